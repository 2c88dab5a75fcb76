"""Caps, lots, minimums, write-offs and missing bids of the plain simulator, worked out by hand."""

from __future__ import annotations

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause

from .by_hand import by_hand, column, fills, lines, one
from .simulator import NAN, OracleLimits, OracleRow, OracleRules, simulate

HALF, OUT = [0.5], [0.0]


def test_whole_shares_are_cut_toward_zero_on_both_sides() -> None:
    # 500 / 30 = 16.67 and -250 / 30 = -8.33.
    row = OracleRow(0, CLOSE, [0.5, -0.25])
    result = simulate(by_hand([[30.0, 30.0]], [row], limits=OracleLimits(lot=1)))
    assert result.shares[0] == [16.0, -8.0]
    assert result.cash[0] == 1000.0 - 480.0 + 240.0


def test_a_target_of_less_than_a_share_is_none() -> None:
    # 10 % of 1000 buys no share of 300, which is rejected, but 3 held shares of 300 would be sold to it.
    limits = OracleLimits(lot=1)
    nothing = simulate(by_hand(one(300), [OracleRow(0, CLOSE, [0.1])], limits=limits))
    assert lines(nothing) == [(0, CLOSE, 0, "REJECTED", "LESS_THAN_ONE_SHARE")]
    rows = [OracleRow(0, CLOSE, [0.9]), OracleRow(1, CLOSE, [0.1])]
    assert column(simulate(by_hand(one(300, 300), rows, limits=limits))) == [3.0, 0.0]


def test_minimum_order_rejects_what_is_small_but_never_an_exit() -> None:
    # 50 USD to buy against a minimum of 60 are rejected, 60 are not.
    limits = OracleLimits(min_order_usd=60.0)
    rows = [
        OracleRow(0, OPEN, [0.05]),
        OracleRow(0, CLOSE, [0.06]),
        OracleRow(1, OPEN, [0.1]),
        OracleRow(1, CLOSE, OUT),
    ]
    opens, closes = one(100, 50), one(100, 50)
    result = simulate(by_hand(closes, rows, opens=opens, limits=limits))
    # Session 1: 0.6 shares at 50 = 30 and NAV 970: to 97 it is 67 more, and then all of it goes.
    assert lines(result) == [
        (0, OPEN, 0, "REJECTED", "TOO_SMALL"),
        (0, CLOSE, 0, "FILLED", "ORDER"),
        (1, OPEN, 0, "FILLED", "ORDER"),
        (1, CLOSE, 0, "FILLED", "ORDER"),
    ]
    # To 87.30 it is 57.30 and rejected; the exit of the 30 that are held is not.
    rows[2:] = [OracleRow(1, OPEN, [0.09]), OracleRow(1, CLOSE, OUT)]
    result = simulate(by_hand(closes, rows, opens=opens, limits=limits))
    assert lines(result)[2:] == [(1, OPEN, 0, "REJECTED", "TOO_SMALL"), (1, CLOSE, 0, "FILLED", "ORDER")]
    assert result.orders[-1].shares == pytest.approx(-0.6)


def test_minimum_commission() -> None:
    # 1 % of 500 = 5, under a minimum of 7; 1 % of 900 = 9 is not.
    limits = OracleLimits(min_commission_usd=7.0)
    for weight, commission in ((0.5, 7.0), (0.9, 9.0)):
        result = simulate(by_hand(one(100), [OracleRow(0, CLOSE, [weight])], commission=0.01, limits=limits))
        assert result.orders[0].commission == pytest.approx(commission)
        assert result.cash[0] == pytest.approx(1000.0 - 1000.0 * weight - commission)
        assert result.pnl[0][0][Cause.COMMISSION] == pytest.approx(-commission)


def test_a_cap_carries_the_rest_over_the_sessions() -> None:
    # 500 wanted, 200 a session: 2 shares at the open of 0, none at its close, 2 at the open of 1, the last 1
    # at the open of 2; after that 100 of the cap is left for the sale of 0.5 shares at the close.
    cap = [[200.0], [200.0], [200.0]]
    rows = [OracleRow(0, OPEN, HALF), OracleRow(2, CLOSE, [0.45])]
    result = simulate(by_hand(one(100, 100, 100), rows, limits=OracleLimits(cap=cap)))
    assert lines(result) == [
        (0, OPEN, 0, "DEFERRED", "CAP"),
        (0, OPEN, 0, "FILLED", "ORDER"),
        (1, OPEN, 0, "FILLED", "ORDER"),
        (2, OPEN, 0, "FILLED", "ORDER"),
        (2, CLOSE, 0, "FILLED", "ORDER"),
    ]
    assert [order.shares for order in result.orders] == [0.0, 2.0, 2.0, 1.0, -0.5]
    assert column(result) == [2.0, 4.0, 4.5]


def test_a_cap_belongs_to_one_ticker_and_is_measured_at_the_reference_price() -> None:
    # Both want 500. A at 100 may trade 250: 2.5 shares, though with 2 % of spread they cost 255.
    row = OracleRow(0, CLOSE, [0.5, 0.5])
    case = by_hand([[100.0, 50.0]], [row], half_spread=[0.02, 0.0], limits=OracleLimits(cap=[[250.0, 600.0]]))
    result = simulate(case)
    assert result.shares[0] == [2.5, 10.0]
    assert lines(result)[0] == (0, CLOSE, 0, "DEFERRED", "CAP")
    assert len(result.orders) == 3


def test_what_a_session_has_traded_is_measured_at_the_reference_price_too() -> None:
    # 400 of 1000 at the open (2 % of spread: 8, NAV 992); at the close all of the NAV is wanted, 592 more,
    # and 600 of the cap is left. At what was paid it would be 592 again, at a cap of 990 it is 590: 5.9 shares.
    rows = [OracleRow(0, OPEN, [0.4]), OracleRow(0, CLOSE, [1.0])]
    for cap, shares in ((1000.0, 9.92), (990.0, 9.9)):
        case = by_hand(one(100), rows, half_spread=[0.02], limits=OracleLimits(cap=[[cap]]))
        assert column(simulate(case)) == pytest.approx([shares], abs=1e-12)


def test_whole_shares_under_a_cap() -> None:
    # 250 USD of 100: 2 shares; the 50 that are left buy none at the close, and 99 USD a session none at all.
    rows = [OracleRow(0, OPEN, HALF)]
    case = by_hand(one(100, 100), rows, limits=OracleLimits(lot=1, cap=[[250.0], [99.0]]))
    result = simulate(case)
    assert lines(result) == [(0, OPEN, 0, "DEFERRED", "CAP"), (0, OPEN, 0, "FILLED", "ORDER")]
    assert column(result) == [2.0, 2.0]
    # A short goes down to -2 and not to -3.
    short = by_hand(one(100), [OracleRow(0, OPEN, [-0.5])], limits=OracleLimits(lot=1, cap=[[250.0]]))
    assert column(simulate(short)) == [-2.0]


def test_a_capped_exit_waits_on_and_keeps_its_reason() -> None:
    # 5 shares at 80 (-10 %): 160 a session: 2, 2, 1, all of them the stop's.
    cap = [[1e9], [160.0], [160.0], [160.0], [160.0]]
    case = by_hand(
        one(100, 80, 80, 80, 80),
        [OracleRow(0, CLOSE, HALF)],
        limits=OracleLimits(cap=cap),
        rules=OracleRules(stop_loss=0.1),
    )
    result = simulate(case)
    assert lines(result)[1:3] == [(2, OPEN, 0, "DEFERRED", "CAP"), (2, OPEN, 0, "FILLED", "STOP_LOSS")]
    assert fills(result)[1:] == [(t, OPEN, 0, "STOP_LOSS") for t in (2, 3, 4)]
    assert column(result) == [5.0, 5.0, 3.0, 1.0, 0.0]


def test_a_capped_entry_is_dropped_at_a_close_without_a_price() -> None:
    closes, opens = one(100, NAN, 100), one(100, 100, 100)
    case = by_hand(closes, [OracleRow(1, OPEN, HALF)], opens=opens, limits=OracleLimits(cap=[[100.0]] * 3))
    result = simulate(case)
    assert lines(result)[2:] == [(1, CLOSE, 0, "REJECTED", "NO_PRICE")]
    assert column(result) == [0.0, 1.0, 1.0]


def test_an_order_tells_every_reason_to_wait_once() -> None:
    # No open, then the cap, then no open again and the cap again: two lines, and a fill in each session.
    closes, opens = one(100, 100, 100), one(NAN, NAN, NAN)
    case = by_hand(closes, [OracleRow(0, OPEN, HALF)], opens=opens, limits=OracleLimits(cap=[[100.0]] * 3))
    assert [line[3:] for line in lines(simulate(case))] == [
        ("DEFERRED", "NO_OPEN"),
        ("DEFERRED", "CAP"),
        ("FILLED", "ORDER"),
        ("FILLED", "ORDER"),
        ("FILLED", "ORDER"),
    ]


@pytest.mark.parametrize(("weight", "recovery", "nav"), [(0.5, 0.4, 700.0), (0.5, 0.0, 500.0), (-0.5, 0.4, 1300.0)])
def test_a_position_that_stops_printing_brings_what_is_recovered(weight: float, recovery: float, nav: float) -> None:
    # 5 shares at 100, delisted from session 2 on: 5 x 100 x (0.4 - 1) = -300 in the session of the write-off; a short
    # gains as much. No cap, no lot, no minimum and no cost stands in the way.
    limits = OracleLimits(recovery=[recovery], delisted=[2], cap=[[1e9], [0.0], [0.0], [0.0]], min_commission_usd=0.0)
    case = by_hand(one(100, NAN, NAN, 55), [OracleRow(0, CLOSE, [weight])], half_spread=[0.0], limits=limits)
    result = simulate(case)
    assert lines(result)[1:] == [(2, CLOSE, 0, "FILLED", "DELISTED")]
    gone = result.orders[1]
    assert (gone.shares, gone.reference, gone.price) == (-10.0 * weight, 100.0 * recovery, 100.0 * recovery)
    assert result.pnl[2][0] == [0.0, pytest.approx(nav - 1000.0), 0.0, 0.0, 0.0, 0.0, 0.0]
    assert result.nav_close == pytest.approx([1000.0, 1000.0, nav, nav])
    assert [line[0] for line in result.price[2:]] == pytest.approx([100.0 * recovery, 55.0])


def test_a_write_off_pays_no_minimum_commission_and_counts_for_its_leg() -> None:
    # A is written off to 40 % (-300); its leg has lost 30 % of 1000, so B, of the same leg, leaves.
    case = by_hand(
        [[100.0, 50.0], [NAN, 50.0], [100.0, 50.0]],
        [OracleRow(0, CLOSE, [0.5, 0.25])],
        limits=OracleLimits(recovery=[0.4, 1.0], delisted=[1, None], min_commission_usd=1.0),
        rules=OracleRules(leg=[0, 0], leg_stop=(0.3, NAN)),
    )
    result = simulate(case)
    assert fills(result)[2:] == [(1, CLOSE, 0, "DELISTED"), (2, OPEN, 1, "LEG_STOP")]
    assert [order.commission for order in result.orders] == [1.0, 1.0, 0.0, 1.0]


def test_a_write_off_takes_the_place_of_another_order_and_is_sized_out_of_the_nav() -> None:
    # A (500) is written off to 0 at the close of session 1, where its own row wanted more of it; B is sized
    # on the 500 that are left: .5 x 500 / 50 = 5 shares.
    rows = [OracleRow(0, CLOSE, [0.5, NAN]), OracleRow(1, CLOSE, [0.7, 0.5])]
    case = by_hand([[100.0, 50.0], [NAN, 50.0]], rows, limits=OracleLimits(recovery=[0.0, 1.0], delisted=[0, 0]))
    result = simulate(case)
    assert fills(result)[1:] == [(1, CLOSE, 0, "DELISTED"), (1, CLOSE, 1, "ORDER")]
    assert result.shares[1] == [0.0, 5.0]


def test_a_write_off_gives_its_reason_to_an_exit_that_waited_for_a_price() -> None:
    rows = [OracleRow(0, CLOSE, HALF), OracleRow(1, OPEN, OUT)]
    result = simulate(by_hand(one(100, NAN, NAN), rows, max_stale=2, limits=OracleLimits(recovery=[1.0])))
    assert lines(result)[1:] == [
        (1, OPEN, 0, "DEFERRED", "NO_OPEN"),
        (1, CLOSE, 0, "DEFERRED", "NO_PRICE"),
        (2, CLOSE, 0, "FILLED", "STALE"),
    ]


def test_the_end_writes_off_only_what_is_quiet_for_long_and_recovers_what_somebody_stated() -> None:
    # One session short of its patience, or without a stated recovery, the position stands at its last price.
    rows = [OracleRow(0, CLOSE, HALF)]
    for max_stale, recovery, shares, nav in ((2, 0.4, 0.0, 700.0), (3, 0.4, 5.0, 1000.0), (2, NAN, 5.0, 1000.0)):
        limits = OracleLimits(recovery=[recovery])
        result = simulate(by_hand(one(100, NAN, NAN), rows, max_stale=max_stale, limits=limits))
        assert (column(result), result.nav_close) == ([5.0, 5.0, shares], [1000.0, 1000.0, pytest.approx(nav)])


def test_a_halt_that_ends_before_the_simulation_does_is_sold_where_it_reopens() -> None:
    # 5 shares; the exit of session 1 waits until a price prints: 5 x 35 at the open of session 4.
    opens, closes = one(100, NAN, NAN, NAN, 35), one(100, NAN, NAN, NAN, 30)
    rows = [OracleRow(0, CLOSE, HALF), OracleRow(1, OPEN, OUT)]
    limits = OracleLimits(recovery=[0.4])
    result = simulate(by_hand(closes, rows, opens=opens, max_stale=2, limits=limits))
    assert lines(result)[1:] == [
        (1, OPEN, 0, "DEFERRED", "NO_OPEN"),
        (1, CLOSE, 0, "DEFERRED", "NO_PRICE"),
        (4, OPEN, 0, "FILLED", "ORDER"),
    ]
    assert result.nav_close == pytest.approx([1000.0] * 4 + [675.0])


def test_what_is_delisted_and_prints_is_not_written_off() -> None:
    # Delisted from session 1 on, it trades over the counter until session 2 and is gone with session 3.
    limits = OracleLimits(recovery=[0.0], delisted=[1])
    result = simulate(by_hand(one(100, 90, 80, NAN, 70), [OracleRow(0, CLOSE, HALF)], limits=limits))
    assert lines(result)[1:] == [(3, CLOSE, 0, "FILLED", "DELISTED")]
    assert result.nav_close == pytest.approx([1000.0, 950.0, 900.0, 500.0, 500.0])


def test_a_sale_that_would_bring_nothing_does_not_happen() -> None:
    # 5 shares x 100: impact .05 x sqrt(500) = 1.118. The exit waits, logged once, until the impact is gone.
    coef = [[0.0], [0.05], [0.05], [0.0]]
    rows = [OracleRow(0, CLOSE, HALF), OracleRow(1, CLOSE, OUT)]
    result = simulate(by_hand(one(100, 100, 100, 100), rows, impact_coef=coef))
    assert lines(result)[1:] == [(1, CLOSE, 0, "DEFERRED", "NO_BID"), (3, OPEN, 0, "FILLED", "ORDER")]
    assert result.nav_close == [1000.0] * 4
    # A sale that is not an exit is rejected: to .1, 400 USD: .05 x 20 = 1 is just too much.
    rows = [OracleRow(0, CLOSE, HALF), OracleRow(1, CLOSE, [0.1])]
    result = simulate(by_hand(one(100, 100, 100, 100), rows, impact_coef=coef))
    assert lines(result)[1:] == [(1, CLOSE, 0, "REJECTED", "NO_BID")]
    # A buyer pays: 5 x 100 x 2.118 of 1000 leaves -59.02 in cash.
    result = simulate(by_hand(one(100), [OracleRow(0, CLOSE, HALF)], impact_coef=[[0.05]]))
    assert result.cash[0] == pytest.approx(1000.0 - 500.0 * (1.0 + 0.05 * 500.0**0.5))


def test_spread_slippage_and_impact_together_leave_no_bid() -> None:
    # .5 + .3 + .01 x sqrt(400) = 1.0 for a short of 4 shares; with 3 shares it is .5 + .3 + .1732.
    terms = {"half_spread": [0.5], "slippage": [0.3], "impact_coef": [[0.01]]}
    assert lines(simulate(by_hand(one(100), [OracleRow(0, CLOSE, [-0.4])], **terms)))[0][3:] == ("REJECTED", "NO_BID")
    assert column(simulate(by_hand(one(100), [OracleRow(0, CLOSE, [-0.3])], **terms))) == [-3.0]


def test_a_cap_can_bring_a_sale_back_to_where_there_is_a_bid() -> None:
    # The exit of 5 shares has no bid (1.118), but 100 USD at a time pays .05 x 10 = .5: 1 share at 50.
    coef, cap = [[0.0], [0.05]], [[1e9], [100.0]]
    rows = [OracleRow(0, CLOSE, HALF), OracleRow(1, CLOSE, OUT)]
    result = simulate(by_hand(one(100, 100), rows, impact_coef=coef, limits=OracleLimits(cap=cap)))
    assert lines(result)[1:] == [(1, CLOSE, 0, "DEFERRED", "CAP"), (1, CLOSE, 0, "FILLED", "ORDER")]
    assert result.orders[2].price == pytest.approx(50.0)
    # Where even that has no bid both are said, and the exit waits.
    result = simulate(by_hand(one(100, 100), rows, impact_coef=[[0.0], [0.2]], limits=OracleLimits(cap=cap)))
    assert lines(result)[1:] == [(1, CLOSE, 0, "DEFERRED", "CAP"), (1, CLOSE, 0, "DEFERRED", "NO_BID")]
