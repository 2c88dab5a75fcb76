"""Exit, sizing and rebalancing rules of the plain simulator, against numbers worked out by hand.

Where opens are not given a session opens at its own close. Capital is 1000 throughout.
"""

from __future__ import annotations

from typing import Any

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN

from .by_hand import by_hand, column, fills, lines, one
from .inputs import LONG_LEG, NO_LEG, SHORT_LEG
from .simulator import NAN, OracleInput, OracleLimits, OracleRow, OracleRules, simulate

BUY = OracleRow(0, CLOSE, [1.0])  # 10 shares at a first close of 100
PAIR = OracleRow(0, CLOSE, [0.5, -0.5])  # 5 shares of A at 100, -10 of B at 50
LEGS = (LONG_LEG, SHORT_LEG)


def ruled(closes: list[list[float]], row: OracleRow = BUY, /, **rules: Any) -> OracleInput:
    return by_hand(closes, [row], rules=OracleRules(**rules))


def test_stop_loss_fires_at_the_close_and_fills_at_the_next_open() -> None:
    # -5 %, then (900 - 1000) / 1000 = -10 %, which is enough; the open is 85: 10 x 85 = 850 and not 900.
    closes, opens = one(100, 95, 90, 80), one(100, 96, 91, 85)
    result = simulate(by_hand(closes, [BUY], opens=opens, rules=OracleRules(stop_loss=0.10)))
    assert fills(result) == [(0, CLOSE, 0, "ORDER"), (3, OPEN, 0, "STOP_LOSS")]
    assert result.nav_close == [1000.0, 950.0, 900.0, 850.0]
    # A low open on the way is not a close: 88 at the open of session 1 stops nothing.
    opens[1] = [88.0]
    assert fills(simulate(by_hand(closes, [BUY], opens=opens, rules=OracleRules(stop_loss=0.10))))[1][0] == 3
    assert len(simulate(by_hand(closes, [BUY], rules=OracleRules(stop_loss=0.21))).orders) == 1


def test_take_profit() -> None:
    # +5 %, +10 % at the close of session 2, sold at the open of 118: 1180.
    closes, opens = one(100, 105, 110, 120), one(100, 111, 108, 118)
    result = simulate(by_hand(closes, [BUY], opens=opens, rules=OracleRules(take_profit=0.10)))
    assert fills(result)[1:] == [(3, OPEN, 0, "TAKE_PROFIT")]
    assert result.nav_close[-1] == 1180.0
    assert len(simulate(ruled(closes, take_profit=0.201)).orders) == 1


def test_trailing_stop_is_measured_from_the_peak_as_a_fraction_of_the_entry_nav() -> None:
    # P&L .20, .30, then .16 (.14 below the peak, not enough) and .14 (.16 below): out, though from the peak
    # NAV of 1300 it is only 1140 / 1300 - 1 = -12.3 %.
    result = simulate(ruled(one(100, 120, 130, 116, 114, 114), trailing_stop=0.15))
    assert fills(result)[1:] == [(5, OPEN, 0, "TRAILING_STOP")]
    # A trade that only loses trails from zero: -8 % stays, -16 % goes.
    assert fills(simulate(ruled(one(100, 92, 84, 84), trailing_stop=0.15)))[1:] == [(3, OPEN, 0, "TRAILING_STOP")]


@pytest.mark.parametrize(("mark", "leaves"), [(OPEN, 4), (CLOSE, 4)])
def test_max_hold_counts_sessions_since_the_entry(mark: int, leaves: int) -> None:
    # In at session 1; 3 - 1 = 2 sessions later the close decides and the open of session 4 fills.
    result = simulate(ruled(one(100, 100, 100, 100, 100, 100), OracleRow(1, mark, [1.0]), max_hold=2))
    assert fills(result)[1:] == [(leaves, OPEN, 0, "MAX_HOLD")]


def test_the_entry_nav_is_taken_before_the_fills_so_costs_count() -> None:
    # 10 shares and 1 % of 1000 for the broker: -1 % at the very close of the entry, out at the next open.
    case = by_hand(one(100, 100), [BUY], commission=0.01, rules=OracleRules(stop_loss=0.01))
    assert fills(simulate(case)) == [(0, CLOSE, 0, "ORDER"), (1, OPEN, 0, "STOP_LOSS")]


def test_an_entry_at_the_open_can_be_stopped_at_the_close_of_the_same_session() -> None:
    case = by_hand(one(80, 70), [OracleRow(0, OPEN, [1.0])], opens=one(100, 75), rules=OracleRules(stop_loss=0.1))
    assert fills(simulate(case)) == [(0, OPEN, 0, "ORDER"), (1, OPEN, 0, "STOP_LOSS")]
    assert simulate(case).nav_close == [800.0, 750.0]


def test_a_stopped_episode_stays_out_until_the_next_entry_row_starts_another() -> None:
    # -20 % stops at the open of 80 (800 left). The row at session 3 buys 10 shares at 80 with entry NAV 800:
    # 76 is -5 % of 800 (but -24 % of 1000, which does not matter any more), 71 is -11.25 %: out at 71.
    rows = [BUY, OracleRow(3, CLOSE, [1.0])]
    result = simulate(by_hand(one(100, 80, 80, 80, 76, 71, 71), rows, rules=OracleRules(stop_loss=0.1)))
    assert fills(result) == [
        (0, CLOSE, 0, "ORDER"),
        (2, OPEN, 0, "STOP_LOSS"),
        (3, CLOSE, 0, "ORDER"),
        (6, OPEN, 0, "STOP_LOSS"),
    ]
    assert result.nav_close[-1] == 710.0


def test_a_row_of_zeros_does_not_start_an_episode() -> None:
    # B goes at session 1; A still leaves two sessions after the entry at 0.
    rows = [OracleRow(0, CLOSE, [0.5, 0.5]), OracleRow(1, CLOSE, [NAN, 0.0])]
    result = simulate(by_hand([[100.0, 50.0]] * 4, rows, rules=OracleRules(max_hold=2)))
    assert fills(result)[2:] == [(1, CLOSE, 1, "ORDER"), (3, OPEN, 0, "MAX_HOLD")]


def test_an_episode_ends_with_its_last_position() -> None:
    # Sold at session 1; the calendar rebalance of session 2 would buy again if the episode still lived.
    rows = [BUY, OracleRow(1, OPEN, [0.0])]
    result = simulate(by_hand([[100.0]] * 4, rows, rules=OracleRules(rebalance=[False, False, True, False])))
    assert column(result) == [10.0, 0.0, 0.0, 0.0]


def test_an_episode_lives_while_its_entry_waits() -> None:
    # No price at the open of the entry; it is bought at the close, and one session later it leaves.
    opens, closes = one(100, NAN, 100, 100), one(100, 100, 100, 100)
    row = OracleRow(1, OPEN, [1.0])
    result = simulate(by_hand(closes, [row], opens=opens, rules=OracleRules(max_hold=1)))
    assert fills(result) == [(1, CLOSE, 0, "ORDER"), (3, OPEN, 0, "MAX_HOLD")]


def test_a_leg_stop_leaves_the_other_leg() -> None:
    # B rises 50 -> 59.9: -99 of 1000; 60: exactly -10 %; the -10 shares are covered at the open of 61.
    closes = [[100.0, 50.0], [100.0, 59.9], [100.0, 60.0], [100.0, 61.0], [100.0, 70.0]]
    result = simulate(ruled(closes, PAIR, leg=LEGS, leg_stop=(NAN, 0.10)))
    assert fills(result)[2:] == [(3, OPEN, 1, "LEG_STOP")]
    assert (column(result, 0), column(result, 1)) == ([5.0] * 5, [-10.0, -10.0, -10.0, 0.0, 0.0])
    # The same loss with the stop on the long leg alone, or in no leg at all, stops nothing.
    assert len(simulate(ruled(closes, PAIR, leg=LEGS, leg_stop=(0.10, NAN))).orders) == 2
    assert len(simulate(ruled(closes, PAIR, leg=[NO_LEG, NO_LEG], leg_stop=(0.1, 0.1))).orders) == 2
    assert len(simulate(ruled(closes, PAIR, leg_stop=(0.1, 0.1))).orders) == 2


def test_a_leg_earns_as_a_whole_and_pays_its_costs_and_its_borrow() -> None:
    # A leg of two: A -60, C -35, together -95; with 5.5 for the broker -100.50 and the leg goes.
    closes = [[100.0, 100.0, 50.0], [80.0, 100.0, 40.0], [80.0, 100.0, 40.0]]
    row = OracleRow(0, CLOSE, [0.3, -0.4, 0.175])  # 3, -4 and 3.5 shares; 300 + 175 = 475 x 1.1579 % = 5.5
    rules = OracleRules(leg=[0, 1, 0], leg_stop=(0.10, NAN))
    assert len(simulate(by_hand(closes, [row], rules=rules)).orders) == 3
    result = simulate(by_hand(closes, [row], rules=rules, commission=5.5 / 475.0))
    assert fills(result)[3:] == [(2, OPEN, 0, "LEG_STOP"), (2, OPEN, 2, "LEG_STOP")]
    # The short leg: -10 x 9.96 = -99.60; one night of 36 % on 500: 500 x .36 / 360 = 0.50, together -100.10.
    closes = [[100.0, 50.0], [100.0, 59.96], [100.0, 59.96]]
    short = OracleRules(leg=LEGS, leg_stop=(NAN, 0.10))
    assert len(simulate(by_hand(closes, [PAIR], rules=short)).orders) == 2
    result = simulate(by_hand(closes, [PAIR], rules=short, borrow=[[0.0, 0.36]] * 3))
    assert fills(result)[2:] == [(2, OPEN, 1, "LEG_STOP")]


def test_a_new_episode_forgets_what_the_legs_earned_and_closed() -> None:
    # B loses 80 (NAV 920); a new row; B loses 60 more: 60 / 920 is no 10 %. With the first 80 it would be.
    closes = [[100.0, 50.0], [100.0, 58.0], [100.0, 64.0], [100.0, 64.0]]
    rules = OracleRules(leg=LEGS, leg_stop=(NAN, 0.10))
    again = OracleRow(1, CLOSE, [0.5, -0.5])  # -460 / 58 = -7.931 shares, 6 x 7.931 = 47.6 of loss
    assert "LEG_STOP" not in {reason for *_, reason in fills(simulate(by_hand(closes, [PAIR, again], rules=rules)))}
    # A leg that was stopped is open again in the next episode.
    closes = [[100.0, 50.0], [100.0, 61.0], [100.0, 61.0], [100.0, 61.0], [100.0, 75.0], [100.0, 75.0]]
    result = simulate(by_hand(closes, [PAIR, OracleRow(3, CLOSE, [0.5, -0.5])], rules=rules))
    assert [line[:2] for line in fills(result) if line[3] == "LEG_STOP"] == [(2, OPEN), (5, OPEN)]


def test_a_leg_stop_is_measured_on_the_entry_nav_of_its_own_episode() -> None:
    # Half of 1000 is lost outside of any leg; then B loses 60 of 500, which is 12 %, but only 6 % of 1000.
    closes = [[100.0, 50.0], [50.0, 50.0], [50.0, 60.0], [50.0, 60.0]]
    rows = [OracleRow(0, CLOSE, [1.0, NAN]), OracleRow(1, CLOSE, [0.0, -0.6])]
    result = simulate(by_hand(closes, rows, rules=OracleRules(leg=[NO_LEG, SHORT_LEG], leg_stop=(NAN, 0.1))))
    assert fills(result)[3:] == [(3, OPEN, 1, "LEG_STOP")]


def test_a_leg_that_was_stopped_stays_closed_though_it_recovers_before_its_fill() -> None:
    # B is stopped at 61 (-110) and covered at the open of 50: it has lost nothing, and stays closed all the
    # same when the calendar resizes the trade: nothing is to be done for A.
    closes = [[100.0, 50.0], [100.0, 61.0], [100.0, 50.0], [100.0, 50.0]]
    rules = OracleRules(leg=LEGS, leg_stop=(NAN, 0.1), rebalance=[False, False, True, False])
    result = simulate(by_hand(closes, [PAIR], rules=rules))
    assert fills(result)[2:] == [(2, OPEN, 1, "LEG_STOP")]


def test_band() -> None:
    # 5 shares: at 120 the weight is 600 / 1100 = .5455, 9.1 % off .5; at 130 650 / 1150 = .5652, 13 % off.
    # At the next open of 130: .5 x 1150 / 130 = 4.4231 shares.
    result = simulate(ruled(one(100, 120, 130, 130, 130), OracleRow(0, CLOSE, [0.5]), band=0.10))
    assert fills(result)[1:] == [(3, OPEN, 0, "BAND")]
    assert column(result) == pytest.approx([5.0, 5.0, 5.0, 575.0 / 130.0, 575.0 / 130.0], abs=1e-12)
    # One ticker out of its band brings both back: B of -0.25 at 20 is -12.5 shares.
    closes = [[100.0, 20.0], [130.0, 20.0], [130.0, 20.0]]
    result = simulate(ruled(closes, OracleRow(0, CLOSE, [0.5, -0.25]), band=0.10))
    assert fills(result)[2:] == [(2, OPEN, 0, "BAND"), (2, OPEN, 1, "BAND")]
    assert result.shares[2] == pytest.approx([575.0 / 130.0, -0.25 * 1150.0 / 20.0], abs=1e-12)


def test_there_is_no_band_without_any_nav() -> None:
    # 15 shares short at 100; at 170 NAV is -50: nothing is ordered, so nothing is rejected.
    case = ruled(one(100, 170, 170), OracleRow(0, CLOSE, [-1.5]), band=0.1)
    assert len(simulate(case).orders) == 1


def test_band_looks_at_what_the_row_wants_alone() -> None:
    # B was bought before; the row of session 1 leaves it alone (NaN), so its drift to twice its value moves
    # nobody: A has 250 / 1250 = .20 of a NAV that B has made larger, but the band allows half.
    rows = [OracleRow(0, CLOSE, [NAN, 0.25]), OracleRow(1, CLOSE, [0.25, NAN])]
    closes = [[100.0, 50.0], [100.0, 50.0], [100.0, 100.0], [100.0, 100.0]]
    assert len(simulate(by_hand(closes, rows, rules=OracleRules(band=0.5))).orders) == 2
    # At a band of .15 A itself has drifted (.20 against .25) and is bought; B is left alone.
    assert fills(simulate(by_hand(closes, rows, rules=OracleRules(band=0.15))))[2:] == [(3, OPEN, 0, "BAND")]


def test_a_closed_leg_neither_drifts_nor_comes_back() -> None:
    # B is stopped at session 1 and cannot be covered at session 2 (no price at all): its weight of
    # -610 / 890 is out of the band, but its leg is closed. The calendar then resizes A alone, and A rose 5 %.
    closes = [[100.0, 50.0], [100.0, 61.0], [105.0, NAN], [105.0, NAN], [105.0, 61.0]]
    rules: dict[str, Any] = {"leg": LEGS, "leg_stop": (NAN, 0.10), "band": 0.5}
    result = simulate(ruled(closes, PAIR, **rules))
    assert fills(result)[2:] == [(4, OPEN, 1, "LEG_STOP")]
    result = simulate(ruled(closes, PAIR, **rules, rebalance=[False, False, False, True, False]))
    assert fills(result)[2:] == [(4, OPEN, 0, "REBALANCE"), (4, OPEN, 1, "LEG_STOP")]
    result = simulate(ruled([*closes, [105.0, 61.0]], PAIR, **rules, rebalance=[False] * 4 + [True, False]))
    assert [line for line in fills(result) if line[0] == 5] == [(5, OPEN, 0, "REBALANCE")]


def test_scheduled_rebalance_trades_back_to_target_at_the_next_open() -> None:
    # 5 shares at 120: NAV 1100; at the open of 110 it is 1050 and .5 x 1050 / 110 = 4.7727 shares.
    case = by_hand(
        one(100, 120, 115),
        [OracleRow(0, CLOSE, [0.25], 2.0)],
        opens=one(100, 120, 110),
        rules=OracleRules(rebalance=[False, True, False]),
    )
    result = simulate(case)
    assert fills(result)[1:] == [(2, OPEN, 0, "REBALANCE")]
    assert column(result)[2] == pytest.approx(525.0 / 110.0, abs=1e-12)


def test_volatility_target_sizes_the_entry_and_every_rebalance() -> None:
    # Target 20 %. Known before the entry at session 1: 40 %: scale .5 x 2 = 1, weight .5: 5 shares.
    # Before session 3: 10 %, a factor of 2 held at 1.5: weight .5 x 2 x 1.5 = 1.5, 15 shares.
    # Before session 4 nothing is known: the scale stays. The last column is for the session after the last.
    row, flat = OracleRow(1, CLOSE, [0.5], 2.0), one(100, 100, 100, 100, 100)
    rules: dict[str, Any] = {"target_vol": 0.2, "max_scale": 1.5}
    never = OracleRules(**rules, vol=[[0.9, 0.4, 0.3, 0.1, NAN, 0.8]])
    assert column(simulate(by_hand(flat, [row], rules=never))) == pytest.approx([0.0, 5.0, 5.0, 5.0, 5.0])
    often = OracleRules(**rules, vol=never.vol, rebalance=[False, False, True, True, True])
    result = simulate(by_hand(flat, [row], rules=often))
    assert column(result) == pytest.approx([0.0, 5.0, 5.0, 15.0, 15.0])
    assert fills(result)[1:] == [(3, OPEN, 0, "REBALANCE")]
    # Unknown or zero volatility at the entry leaves the scale as it is; the factor is capped there too.
    for known, shares in ((NAN, 10.0), (0.0, 10.0), (0.05, 15.0)):
        unsure = OracleRules(**rules, vol=[[NAN, known, NAN, NAN, NAN, NAN]])
        assert column(simulate(by_hand(flat, [row], rules=unsure)))[4] == pytest.approx(shares)
    # Zero volatility known before a rebalance is no reason to resize either.
    calm = OracleRules(**rules, vol=[[NAN, 0.4, NAN, 0.0, NAN, NAN]], rebalance=[False, False, True, True, True])
    assert column(simulate(by_hand(flat, [row], rules=calm)))[3] == pytest.approx(5.0)


def test_every_order_row_has_its_own_volatility() -> None:
    rows = [OracleRow(0, CLOSE, [1.0]), OracleRow(1, CLOSE, [1.0])]
    rules = OracleRules(target_vol=0.2, max_scale=9.0, vol=[[0.4, 0.2, 0.2], [0.2, 0.1, 0.2]])
    assert column(simulate(by_hand(one(100, 100), rows, rules=rules))) == pytest.approx([5.0, 20.0])


def test_derisking_halves_the_trade_and_a_new_high_restores_it() -> None:
    # Peak NAV 1200; 970 is -19.2 %, 950 is -20.8 %: at the open of 95 half of 950: 5 shares, cash 475.
    # 144: NAV 1195, below the peak. 145: exactly 1200, a new high: at the open of 150 NAV 1225,
    # 1225 / 150 = 8.1667 shares.
    path = one(100, 120, 97, 95, 95, 90, 144, 145, 150)
    result = simulate(ruled(path, derisk_drawdown=0.2, derisk_to=0.5))
    assert fills(result)[1:] == [(4, OPEN, 0, "DERISK"), (8, OPEN, 0, "DERISK")]
    assert column(result)[3:] == pytest.approx([10.0, 5.0, 5.0, 5.0, 5.0, 1225.0 / 150.0], abs=1e-12)
    # Falling further (to 90) does not halve it again; nothing happens where the drawdown allowed is 26 %.
    assert len(simulate(ruled(path, derisk_drawdown=0.26, derisk_to=0.5)).orders) == 1


def test_a_drawdown_that_equals_the_threshold_derisks() -> None:
    # 750 / 1000 - 1 = -0.25 exactly.
    result = simulate(ruled(one(100, 75, 75), derisk_drawdown=0.25, derisk_to=0.4))
    assert fills(result)[1:] == [(2, OPEN, 0, "DERISK")]
    assert column(result)[2] == pytest.approx(4.0)


def test_the_band_and_the_calendar_aim_at_the_derisked_target() -> None:
    # After the cut to 5 shares at 75 (cash 375) half the NAV is the target: no drift, so no BAND, and the
    # calendar finds dust. At 105: 525 / 900 = .5833, 16.7 % off .5: back to 450 / 105 = 4.2857.
    path = one(100, 75, 75, 75, 75, 105, 105)
    rules: dict[str, Any] = {"derisk_drawdown": 0.25, "derisk_to": 0.5, "band": 0.1}
    result = simulate(ruled(path, **rules, rebalance=[False] * 3 + [True] + [False] * 3))
    assert fills(result)[1:] == [(2, OPEN, 0, "DERISK"), (6, OPEN, 0, "BAND")]
    assert column(result)[6] == pytest.approx(450.0 / 105.0, abs=1e-12)


def test_derisking_to_nothing_ends_the_episode() -> None:
    # Out at 75; back at 120 there is no episode to restore.
    result = simulate(ruled(one(100, 75, 75, 120, 130), derisk_drawdown=0.25, derisk_to=0.0))
    assert fills(result)[1:] == [(2, OPEN, 0, "DERISK")]
    assert column(result) == [10.0, 10.0, 0.0, 0.0, 0.0]


def test_an_episode_is_over_when_its_exit_is_decided() -> None:
    # A loses 100 of 1000 and is stopped with C at session 1, but finds no price at session 2, where C is sold
    # at 130 and the loss is made good. The calendar of session 2 buys neither C again nor B, which had no price
    # at the entry, because there is no episode any more.
    closes = [[100.0, NAN, 100.0], [80.0, 50.0, 100.0], [NAN, 50.0, 130.0], [80.0, 50.0, 130.0]]
    rules = OracleRules(stop_loss=0.05, rebalance=[False, False, True, False])
    result = simulate(by_hand(closes, [OracleRow(0, CLOSE, [0.5, 0.25, 0.5])], rules=rules))
    assert fills(result)[2:] == [(2, OPEN, 2, "STOP_LOSS"), (3, OPEN, 0, "STOP_LOSS")]


def test_a_resize_also_enters_what_could_not_be_bought_before() -> None:
    # B has no price at the entry and is rejected; the calendar of session 1 buys it at session 2.
    closes = [[100.0, NAN], [100.0, 50.0], [100.0, 50.0]]
    result = simulate(ruled(closes, OracleRow(0, CLOSE, [0.5, 0.25]), rebalance=[False, True, False]))
    assert lines(result)[1] == (0, CLOSE, 1, "REJECTED", "NO_PRICE")
    assert fills(result)[1:] == [(2, OPEN, 1, "REBALANCE")]


def test_an_exit_drops_an_entry_that_still_waits() -> None:
    # B may not be traded at all (a cap of 0), so its order waits; the stop on A forgets it, though the cap
    # goes away afterwards.
    cap = [[1e9, 0.0], [1e9, 0.0], [1e9, 1e9], [1e9, 1e9]]
    closes = [[100.0, 50.0], [70.0, 50.0], [70.0, 50.0], [70.0, 50.0]]
    case = by_hand(
        closes, [OracleRow(0, CLOSE, [0.5, 0.5])], limits=OracleLimits(cap=cap), rules=OracleRules(stop_loss=0.1)
    )
    assert lines(simulate(case)) == [
        (0, CLOSE, 0, "FILLED", "ORDER"),
        (0, CLOSE, 1, "DEFERRED", "CAP"),
        (2, OPEN, 0, "FILLED", "STOP_LOSS"),
    ]


def test_a_leg_stop_drops_the_entry_of_its_leg_that_still_waits() -> None:
    # A and B are the long leg; A loses 150 of 1000; B waits under a cap of 0 and never comes.
    cap = [[1e9, 0.0, 1e9]] * 2 + [[1e9, 1e9, 1e9]] * 2
    closes = [[100.0, 50.0, 10.0], [70.0, 50.0, 10.0], [70.0, 50.0, 10.0], [70.0, 50.0, 10.0]]
    case = by_hand(
        closes,
        [OracleRow(0, CLOSE, [0.5, 0.5, -0.5])],
        limits=OracleLimits(cap=cap),
        rules=OracleRules(leg=[0, 0, 1], leg_stop=(0.1, NAN)),
    )
    result = simulate(case)
    assert fills(result)[2:] == [(2, OPEN, 0, "LEG_STOP")]
    assert result.shares[3] == [0.0, 0.0, -50.0]
