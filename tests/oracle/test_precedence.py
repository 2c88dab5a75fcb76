"""Which rule of the plain simulator has its way when several fire at one close, and that off is off."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN

from .by_hand import by_hand, column, fills, lines, one
from .cases import dirty_case
from .inputs import LONG_LEG, SHORT_LEG
from .simulator import (
    NAN,
    Action,
    OracleInput,
    OracleLimits,
    OracleMargin,
    OracleRow,
    OracleRules,
    OracleShorting,
    simulate,
)

BUY = OracleRow(0, CLOSE, [1.0])  # 10 shares at a first close of 100
PAIR = OracleRow(0, CLOSE, [0.5, -0.5])  # 5 shares of A at 100, -10 of B at 50
LEGS = (LONG_LEG, SHORT_LEG)
FALL = one(100, 80, 80)  # -20 % at session 1
RISE = one(100, 150, 80, 80)  # +50 %, then -20 %: 70 % below the peak
LEVERED = OracleRow(0, CLOSE, [2.0])  # 20 shares on 1000 borrowed: called below 66.67
YES = [False, True, False]


@pytest.mark.parametrize(
    ("closes", "rules", "wanted"),
    [
        (RISE, {"stop_loss": 0.2, "trailing_stop": 0.6, "max_hold": 2}, "STOP_LOSS"),
        (RISE, {"trailing_stop": 0.6, "max_hold": 2}, "TRAILING_STOP"),
        (RISE, {"trailing_stop": 0.8, "max_hold": 2}, "MAX_HOLD"),
        (one(100, 120, 110, 110), {"take_profit": 0.1, "max_hold": 1}, "TAKE_PROFIT"),
        (one(100, 150, 115, 115), {"take_profit": 0.6, "trailing_stop": 0.3, "max_hold": 2}, "TRAILING_STOP"),
        # 0 is already a profit of -30 % or more, and 0 below the peak of 0 is a trailing stop of 0.
        (FALL, {"take_profit": -0.3, "trailing_stop": 0.0}, "TAKE_PROFIT"),
    ],
)
def test_the_first_exit_rule_that_applies_gives_the_reason(
    closes: list[list[float]], rules: dict[str, Any], wanted: str
) -> None:
    result = simulate(by_hand(closes, [BUY], rules=OracleRules(**rules)))
    assert [reason for *_, reason in fills(result)[1:]] == [wanted]


def test_stop_loss_comes_before_take_profit() -> None:
    # Thresholds below zero let both fire at a P&L of 0: 0 <= 0.01 and 0 >= -0.3.
    rules = OracleRules(stop_loss=-0.01, take_profit=-0.3)
    assert fills(simulate(by_hand(FALL, [BUY], rules=rules)))[1:] == [(1, OPEN, 0, "STOP_LOSS")]


def test_a_calendar_overrides_the_band_and_the_derisking_but_keeps_the_derisked_target() -> None:
    # -20 %: derisked to half, and the calendar gives the name: REBALANCE to .5 x 800 / 80 = 5.
    rules = OracleRules(derisk_drawdown=0.1, derisk_to=0.5, rebalance=YES)
    result = simulate(by_hand(FALL, [BUY], rules=rules))
    assert fills(result)[1:] == [(2, OPEN, 0, "REBALANCE")]
    assert column(result)[2] == pytest.approx(5.0)
    # A half rises to 150 / 125 of it: out of a band of 10 %, but the calendar gives the name.
    rules = OracleRules(band=0.1, rebalance=YES)
    result = simulate(by_hand(one(100, 150, 150), [OracleRow(0, CLOSE, [0.5])], rules=rules))
    assert fills(result)[1:] == [(2, OPEN, 0, "REBALANCE")]


def test_derisking_comes_before_the_band() -> None:
    # .5 at 100 -> 60: NAV 800, weight .375 against a derisked .25: out of the band of 10 % as well.
    rules = OracleRules(band=0.1, derisk_drawdown=0.1, derisk_to=0.5)
    result = simulate(by_hand(one(100, 60, 60), [OracleRow(0, CLOSE, [0.5])], rules=rules))
    assert fills(result)[1:] == [(2, OPEN, 0, "DERISK")]
    assert column(result)[2] == pytest.approx(0.25 * 800.0 / 60.0)


def test_a_margin_call_overrides_a_resize_for_what_is_held() -> None:
    # 19 shares, cash -900: at 60 NAV 240, M = 285, I = 570: k = 240 / 570; 1140 / 240 k = 2: 480 / 60 = 8.
    # B could not be bought at the entry and is not held, so the calendar's order for it stands.
    closes = [[100.0, NAN], [60.0, 50.0], [60.0, 50.0]]
    margin, rules = OracleMargin(action=Action.REDUCE), OracleRules(rebalance=YES)
    case = by_hand(closes, [OracleRow(0, CLOSE, [1.9, 0.1])], margin=margin, rules=rules)
    result = simulate(case)
    assert fills(result)[1:] == [(2, OPEN, 0, "MARGIN_CALL"), (2, OPEN, 1, "REBALANCE")]
    assert column(result)[2] == pytest.approx(8.0, abs=1e-9)


def test_an_exit_overrides_a_margin_reduction_and_a_resize() -> None:
    margin, rules = OracleMargin(action=Action.REDUCE), OracleRules(rebalance=YES, stop_loss=0.5)
    result = simulate(by_hand(one(100, 60, 60), [LEVERED], margin=margin, rules=rules))
    assert fills(result)[1:] == [(2, OPEN, 0, "STOP_LOSS")]


def test_an_exit_rule_gives_the_reason_before_a_liquidation() -> None:
    margin = OracleMargin(action=Action.LIQUIDATE)
    result = simulate(by_hand(one(100, 60, 60), [LEVERED], margin=margin, rules=OracleRules(stop_loss=0.5)))
    assert fills(result)[1:] == [(2, OPEN, 0, "STOP_LOSS")]
    # What no rule of the episode closes the liquidation does, with its entries that wait: B under a cap of 0.
    cap = [[1e9, 0.0], [1e9, 0.0], [1e9, 1e9]]
    closes = [[100.0, 50.0], [60.0, 50.0], [60.0, 50.0]]
    case = by_hand(closes, [OracleRow(0, CLOSE, [1.9, 0.1])], margin=margin, limits=OracleLimits(cap=cap))
    assert lines(simulate(case))[2:] == [(2, OPEN, 0, "FILLED", "MARGIN_CALL")]


def test_an_exit_overrides_a_reduction_that_may_come_to_nothing() -> None:
    # At 45 NAV is -100. What the call would leave is known at the open alone: all of it is the exit's.
    margin, rules = OracleMargin(action=Action.REDUCE), OracleRules(stop_loss=0.5)
    result = simulate(by_hand(one(100, 45, 45), [LEVERED], margin=margin, rules=rules))
    assert fills(result)[1:] == [(2, OPEN, 0, "STOP_LOSS")]


def test_a_leg_stop_overrides_a_reduction_and_a_recall_does_not_rename_it() -> None:
    # 15 short at 100; at 170 NAV is -50.
    case = by_hand(
        one(100, 170, 170),
        [OracleRow(0, CLOSE, [-1.5])],
        margin=OracleMargin(action=Action.REDUCE),
        shorting=OracleShorting(recall=[[False], [True], [False]]),
        rules=OracleRules(leg=[SHORT_LEG], leg_stop=(NAN, 0.1)),
    )
    assert fills(simulate(case))[1:] == [(2, OPEN, 0, "LEG_STOP")]


def test_leg_stop_then_recall_then_exit_then_liquidation() -> None:
    # A 100 -> 90, B 50 -> 60, C 20 -> 20: NAV 1000 - 50 - 100 = 850. The leg stop takes B, the
    # recall C (a short of the other leg; B is recalled too), the stop loss A: nothing is left for the call
    # (.9 x 1150 = 1035 against 850; at the entry .9 x 1100 = 990 against 1000).
    closes = [[100.0, 50.0, 20.0], [90.0, 60.0, 20.0], [90.0, 60.0, 20.0]]
    row = OracleRow(0, CLOSE, [0.5, -0.5, -0.1])
    recall = [[False] * 3, [True] * 3, [False] * 3]
    case = by_hand(
        closes,
        [row],
        shorting=OracleShorting(recall=recall),
        rules=OracleRules(leg=[0, 1, 0], leg_stop=(NAN, 0.1), stop_loss=0.1),
        margin=OracleMargin(action=Action.LIQUIDATE, maint_long=0.9, maint_short=0.9),
    )
    assert fills(simulate(case))[3:] == [(2, OPEN, 0, "STOP_LOSS"), (2, OPEN, 1, "LEG_STOP"), (2, OPEN, 2, "RECALL")]


def test_derisking_to_nothing_keeps_its_reason_before_an_exit() -> None:
    rules = OracleRules(derisk_drawdown=0.1, derisk_to=0.0, stop_loss=0.1)
    result = simulate(by_hand(FALL, [BUY], rules=rules))
    assert fills(result)[1:] == [(2, OPEN, 0, "DERISK")]


def test_an_exit_that_waits_keeps_its_reason_and_its_log_when_another_rule_fires() -> None:
    # B is stopped at session 1 and has no price at session 2, where A ends the whole episode and the lender
    # wants B back: B is still the leg stop's, and it is logged as deferred once.
    closes = [[100.0, 50.0], [100.0, 60.0], [80.0, NAN], [80.0, NAN], [80.0, 60.0]]
    case = by_hand(
        closes,
        [PAIR],
        shorting=OracleShorting(recall=[[False, False], [False, False], [False, True], [False] * 2, [False] * 2]),
        rules=OracleRules(leg=LEGS, leg_stop=(NAN, 0.1), stop_loss=0.15),
    )
    assert lines(simulate(case))[2:] == [
        (2, OPEN, 1, "DEFERRED", "NO_OPEN"),
        (2, CLOSE, 1, "DEFERRED", "NO_PRICE"),
        (3, OPEN, 0, "FILLED", "STOP_LOSS"),
        (4, OPEN, 1, "FILLED", "LEG_STOP"),
    ]


def test_neither_a_resize_nor_a_reduction_takes_the_place_of_an_exit_that_waits() -> None:
    # A recall of B at session 0 finds no price at session 1, where the calendar and a margin call resize A.
    closes = [[100.0, 50.0], [40.0, NAN], [40.0, 50.0]]
    case = by_hand(
        closes,
        [PAIR],
        shorting=OracleShorting(recall=[[False, True], [False, False], [False, False]]),
        rules=OracleRules(rebalance=[False, True, False]),
    )
    assert fills(simulate(case))[2:] == [(2, OPEN, 0, "REBALANCE"), (2, OPEN, 1, "RECALL")]
    # .5 x 500 + 1.4 x 500 = 950 at the entry, then .5 x 200 + 700 = 800 against 700: called. B has no open: what it
    # requires, 700, is not there for A, which keeps nothing; B is covered at the close.
    margin = OracleMargin(action=Action.REDUCE, initial_short=1.3, maint_long=0.5, maint_short=1.4)
    opens = [[100.0, 50.0], [40.0, NAN], [40.0, NAN]]
    assert fills(simulate(dataclasses.replace(case, opens=opens, margin=margin)))[2:] == [
        (2, OPEN, 0, "MARGIN_CALL"),
        (2, CLOSE, 1, "RECALL"),
    ]


def test_a_row_at_the_next_open_replaces_an_exit_that_was_decided_at_the_close() -> None:
    # Stopped at the close of session 1; the row at the open of 2 wants 1.5 of NAV 800 at 80: 15 shares.
    rows = [BUY, OracleRow(2, OPEN, [1.5])]
    result = simulate(by_hand(FALL, rows, rules=OracleRules(stop_loss=0.1)))
    assert fills(result)[1:] == [(2, OPEN, 0, "ORDER")]
    assert column(result)[2] == 15.0


@pytest.mark.parametrize("seed", range(20))
def test_everything_off_by_name_equals_everything_left_out(seed: int) -> None:
    case = dirty_case(seed)
    tickers, sessions = len(case.half_spread), len(case.dates)
    zeros, never = [[0] * tickers] * sessions, [[False] * tickers] * sessions
    off: OracleInput = dataclasses.replace(
        case,
        limits=OracleLimits(0, 0.0, 0.0, [[math.inf] * tickers] * sessions, [NAN] * tickers, [3] * tickers),
        shorting=OracleShorting([zeros, zeros], True, never),
        margin=OracleMargin(Action.OFF, [2.0] * tickers, 0.9, 0.9, 0.9, 0.9, 9.0, 9.0, 9.0, 9.0),
        rules=OracleRules(
            stop_loss=math.nan,
            max_scale=3.0,
            derisk_to=0.1,
            rebalance=[False] * sessions,
            leg=[0, 1, 0, 1, -1],
            vol=[[0.3] * (sessions + 1)] * len(case.rows),
        ),
    )
    assert repr(simulate(off)) == repr(simulate(case))


@pytest.mark.parametrize("seed", range(5))
def test_reporting_margin_changes_nothing_but_the_requirement(seed: int) -> None:
    case = dirty_case(seed)
    reported = simulate(dataclasses.replace(case, margin=OracleMargin(action=Action.REPORT)))
    plain = simulate(case)
    assert max(reported.requirement) > 0.0
    assert plain.requirement == [0.0] * len(case.dates)
    assert repr(dataclasses.replace(reported, requirement=plain.requirement)) == repr(plain)
