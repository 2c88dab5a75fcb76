"""Cash flows and marks between open and close in the plain simulator, by numbers that a reader can work out."""

from __future__ import annotations

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause

from .by_hand import by_hand, fills, one
from .simulator import OracleFlow, OracleRow, simulate


def test_a_long_is_paid_what_its_shares_bring() -> None:
    # 5 shares of 100 at the first close; the next open pays 3 a share while the price falls to 97: 15 - 15 = 0.
    case = by_hand(one(100, 97), [OracleRow(0, CLOSE, [0.5])], flows=[OracleFlow(1, OPEN, 0, 3.0)])
    result = simulate(case)
    assert result.nav_close == [1000.0, 1000.0]
    assert result.cash == [500.0, 515.0]
    assert result.pnl[1][0][Cause.CASH_FLOW] == 15.0
    assert result.pnl[1][0][Cause.OVERNIGHT] == -15.0


def test_a_short_pays_it() -> None:
    case = by_hand(one(100, 100), [OracleRow(0, CLOSE, [-0.5])], flows=[OracleFlow(1, OPEN, 0, 3.0)])
    assert simulate(case).cash == [1500.0, 1485.0]


def test_it_belongs_to_who_held_before_the_orders_of_the_mark() -> None:
    # Bought at the mark of the flow: nothing. Sold at it: everything, and the exit is sized after it.
    buys = by_hand(one(100, 100), [OracleRow(1, OPEN, [0.5])], flows=[OracleFlow(1, OPEN, 0, 3.0)])
    assert simulate(buys).nav_close == [1000.0, 1000.0]
    rows = [OracleRow(0, CLOSE, [0.5]), OracleRow(1, OPEN, [0.0])]
    assert simulate(by_hand(one(100, 100), rows, flows=[OracleFlow(1, OPEN, 0, 3.0)])).cash == [500.0, 1015.0]


def test_an_order_at_the_mark_is_sized_on_the_cash_that_came() -> None:
    # NAV before orders: 500 + 500 + 100 = 1100; half of it at 100 are 5.5 shares.
    rows = [OracleRow(0, CLOSE, [0.5]), OracleRow(1, OPEN, [0.5])]
    result = simulate(by_hand(one(100, 100), rows, flows=[OracleFlow(1, OPEN, 0, 20.0)]))
    assert result.shares[1] == [pytest.approx(5.5)]


def test_three_marks_a_session() -> None:
    # Half of 1000 at the second open, 125, are 4 shares; sold at the next session's second open, 150.
    rows = [OracleRow(0, 2, [0.5]), OracleRow(1, 2, [0.0])]
    case = by_hand(one(100, 130), rows, opens=one(110, 120), others=[one(125, 150)], order=[0, 2, 1])
    result = simulate(case)
    assert fills(result) == [(0, 2, 0, "ORDER"), (1, 2, 0, "ORDER")]
    assert result.nav_open == [1000.0, 980.0]  # 500 + 4 x 120
    assert result.nav_close == [900.0, 1100.0]  # 500 + 4 x 100; 500 + 4 x 150
    assert result.pnl[1][0][: Cause.COMMISSION] == [80.0, 120.0]  # 4 x (120 - 100); 4 x (150 - 120)
