"""Short sales of the plain simulator: locate, rule 201 and recall, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN

from .by_hand import by_hand, column, fills, lines, one
from .simulator import NAN, OracleLimits, OracleRow, OracleShorting, Reason, simulate

FREE, NO_LOCATE, RULE_201 = 0, int(Reason.NO_LOCATE), int(Reason.RULE_201)


def barred(opens: list[int], closes: list[int]) -> list[list[list[int]]]:
    """The bar of a single ticker at every open and every close."""
    return [[[code] for code in opens], [[code] for code in closes]]


def test_no_short_without_a_locate() -> None:
    # The order of the open is rejected for good, though the close would have been free.
    shorting = OracleShorting(barred=barred([NO_LOCATE], [FREE]))
    result = simulate(by_hand(one(100), [OracleRow(0, OPEN, [-0.5])], shorting=shorting))
    assert lines(result) == [(0, OPEN, 0, "REJECTED", "NO_LOCATE")]
    assert column(result) == [0.0]
    result = simulate(by_hand(one(100), [OracleRow(0, CLOSE, [-0.5])], shorting=shorting))
    assert column(result) == [-5.0]


def test_a_long_is_sold_down_to_nothing_and_not_below() -> None:
    # 5 shares; -0.5 would be -5: the 5 are sold, the rest is rejected.
    shorting = OracleShorting(barred=barred([FREE, NO_LOCATE], [FREE, FREE]))
    rows = [OracleRow(0, CLOSE, [0.5]), OracleRow(1, OPEN, [-0.5])]
    result = simulate(by_hand(one(100, 100), rows, shorting=shorting))
    assert lines(result)[1:] == [(1, OPEN, 0, "REJECTED", "NO_LOCATE"), (1, OPEN, 0, "FILLED", "ORDER")]
    assert result.orders[2].shares == -5.0
    assert column(result) == [5.0, 0.0]


def test_a_bar_lets_longs_trade_and_shorts_shrink_but_not_grow() -> None:
    closes = one(100, 100, 100, 100)
    bar = OracleShorting(barred=barred([NO_LOCATE] * 4, [FREE, NO_LOCATE, NO_LOCATE, NO_LOCATE]))
    rows = [
        OracleRow(0, CLOSE, [-0.5]),
        OracleRow(1, CLOSE, [-0.6]),  # rejected
        OracleRow(2, CLOSE, [-0.25]),
        OracleRow(3, CLOSE, [0.25]),
    ]
    result = simulate(by_hand(closes, rows, shorting=bar))
    assert column(result) == pytest.approx([-5.0, -5.0, -2.5, 2.5])
    assert lines(result)[1] == (1, CLOSE, 0, "REJECTED", "NO_LOCATE")
    assert len(result.orders) == 4
    # Selling part of a long is no short sale.
    rows = [OracleRow(0, OPEN, [0.5]), OracleRow(1, OPEN, [0.25])]
    assert column(simulate(by_hand(one(100, 100), rows, shorting=bar))) == [5.0, 2.5]


def test_rule_201_defers_once_and_the_order_goes_on_waiting() -> None:
    # Barred at both marks of session 1 and at the open of 2; the close of 2 is 80: 500 / 80 = 6.25.
    bar = barred([FREE, RULE_201, RULE_201], [FREE, RULE_201, FREE])
    case: dict[str, Any] = {"closes": one(100, 90, 80), "rows": [OracleRow(1, OPEN, [-0.5])]}
    result = simulate(by_hand(**case, shorting=OracleShorting(barred=bar, defer_201=True)))
    assert lines(result) == [(1, OPEN, 0, "DEFERRED", "RULE_201"), (2, CLOSE, 0, "FILLED", "ORDER")]
    assert column(result) == [0.0, 0.0, -6.25]
    result = simulate(by_hand(**case, shorting=OracleShorting(barred=bar, defer_201=False)))
    assert lines(result) == [(1, OPEN, 0, "REJECTED", "RULE_201")]


def test_deferring_rule_201_does_not_defer_a_missing_locate() -> None:
    bar = barred([NO_LOCATE, FREE], [FREE, FREE])
    case = by_hand(one(100, 100), [OracleRow(0, OPEN, [-0.5])], shorting=OracleShorting(barred=bar, defer_201=True))
    assert lines(simulate(case)) == [(0, OPEN, 0, "REJECTED", "NO_LOCATE")]


def test_rule_201_sells_the_long_part_and_waits_with_the_short_part() -> None:
    # 5 shares at 100 go at the open of 90 (NAV 950); at the close of 95, free, -0.5 x 950 / 95 = -5 shares.
    bar = barred([FREE, RULE_201], [FREE, FREE])
    rows = [OracleRow(0, CLOSE, [0.5]), OracleRow(1, OPEN, [-0.5])]
    case = by_hand(one(100, 95), rows, opens=one(100, 90), shorting=OracleShorting(barred=bar, defer_201=True))
    result = simulate(case)
    assert lines(result)[1:] == [
        (1, OPEN, 0, "DEFERRED", "RULE_201"),
        (1, OPEN, 0, "FILLED", "ORDER"),
        (1, CLOSE, 0, "FILLED", "ORDER"),
    ]
    assert [order.shares for order in result.orders] == [5.0, 0.0, -5.0, -5.0]


def test_a_short_that_waits_under_rule_201_stays_as_it_is_and_can_be_replaced() -> None:
    # -2.5 held, -5 wanted, barred throughout: nothing moves. The row of session 2 replaces the order.
    bar = barred([RULE_201] * 4, [FREE, RULE_201, RULE_201, FREE])
    rows = [OracleRow(0, CLOSE, [-0.25]), OracleRow(1, OPEN, [-0.5]), OracleRow(2, CLOSE, [-0.3])]
    result = simulate(by_hand(one(100, 100, 100, 100), rows, shorting=OracleShorting(barred=bar, defer_201=True)))
    assert lines(result)[1:] == [
        (1, OPEN, 0, "DEFERRED", "RULE_201"),
        (2, CLOSE, 0, "DEFERRED", "RULE_201"),
        (3, CLOSE, 0, "FILLED", "ORDER"),
    ]
    assert column(result) == pytest.approx([-2.5, -2.5, -2.5, -3.0])


def test_an_order_that_waits_under_rule_201_is_rejected_at_a_close_without_a_price() -> None:
    bar = barred([RULE_201, FREE], [FREE, FREE])
    case = by_hand(
        one(NAN, 100),
        [OracleRow(0, OPEN, [-0.5])],
        opens=one(100, 100),
        shorting=OracleShorting(barred=bar, defer_201=True),
    )
    assert lines(simulate(case)) == [(0, OPEN, 0, "DEFERRED", "RULE_201"), (0, CLOSE, 0, "REJECTED", "NO_PRICE")]


def test_the_part_that_rule_201_leaves_may_be_too_small() -> None:
    # Half a share at 20 may go, that is 10 USD against a minimum of 20: the whole order ends.
    bar = barred([FREE, RULE_201], [FREE, FREE])
    rows = [OracleRow(0, CLOSE, [0.05]), OracleRow(1, OPEN, [-0.5])]
    case = by_hand(
        one(100, 20), rows, shorting=OracleShorting(barred=bar, defer_201=True), limits=OracleLimits(min_order_usd=20.0)
    )
    result = simulate(case)
    assert lines(result)[1:] == [(1, OPEN, 0, "DEFERRED", "RULE_201"), (1, OPEN, 0, "REJECTED", "TOO_SMALL")]
    assert column(result) == [0.5, 0.5]


def test_a_locate_that_is_missing_and_a_cap() -> None:
    # 5 shares, -0.5 wanted, a cap of 200 USD a session: the bar speaks first, then the cap, then 2 shares go.
    # What the cap left over waits, meets the bar again at every mark, and ends when the long is gone.
    bar = barred([NO_LOCATE] * 4, [FREE, NO_LOCATE, NO_LOCATE, NO_LOCATE])
    cap = [[1e9], [200.0], [200.0], [200.0]]
    rows = [OracleRow(0, CLOSE, [0.5]), OracleRow(1, CLOSE, [-0.5])]
    case = by_hand(one(100, 100, 100, 100), rows, shorting=OracleShorting(barred=bar), limits=OracleLimits(cap=cap))
    result = simulate(case)
    assert lines(result)[1:] == [
        (1, CLOSE, 0, "REJECTED", "NO_LOCATE"),
        (1, CLOSE, 0, "DEFERRED", "CAP"),
        (1, CLOSE, 0, "FILLED", "ORDER"),
        (2, OPEN, 0, "REJECTED", "NO_LOCATE"),
        (2, OPEN, 0, "FILLED", "ORDER"),
        (2, CLOSE, 0, "REJECTED", "NO_LOCATE"),
        (3, OPEN, 0, "REJECTED", "NO_LOCATE"),
        (3, OPEN, 0, "FILLED", "ORDER"),
    ]
    assert column(result) == [5.0, 3.0, 1.0, 0.0]


def test_a_recalled_short_is_covered_at_the_next_open() -> None:
    # A short, B long, C flat; all are recalled at the close of session 1. A is covered at the open of 55:
    # cash 500 + 500 - 10 x 55 = 450.
    closes = [[50.0, 50.0, 50.0]] * 3
    opens = [[50.0, 50.0, 50.0], [50.0, 50.0, 50.0], [55.0, 50.0, 50.0]]
    recall = [[False] * 3, [True] * 3, [False] * 3]
    row = OracleRow(0, CLOSE, [-0.5, 0.5, 0.0])
    result = simulate(by_hand(closes, [row], opens=opens, shorting=OracleShorting(recall=recall)))
    assert fills(result)[2:] == [(2, OPEN, 0, "RECALL")]
    assert result.shares[2] == [0.0, 10.0, 0.0]
    assert result.cash[2] == 450.0


def test_a_recall_waits_for_a_price_and_overrides_an_order_that_grows_the_short() -> None:
    # -2.5 held, -5 waits under rule 201; the recall of session 1 takes its place; no open at session 2.
    bar = barred([FREE, RULE_201, RULE_201], [FREE, RULE_201, RULE_201])
    rows = [OracleRow(0, CLOSE, [-0.25]), OracleRow(1, OPEN, [-0.5])]
    case = by_hand(
        one(100, 100, 100),
        rows,
        opens=one(100, 100, NAN),
        shorting=OracleShorting(barred=bar, defer_201=True, recall=[[False], [True], [False]]),
    )
    assert lines(simulate(case))[1:] == [
        (1, OPEN, 0, "DEFERRED", "RULE_201"),
        (2, OPEN, 0, "DEFERRED", "NO_OPEN"),
        (2, CLOSE, 0, "FILLED", "RECALL"),
    ]
