"""Locates and recalls: by name, by bucket, by date, and what an order makes of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account.shorts import ShortRules
from hedgebook.engine.kernels.book.records import Reason
from hedgebook.universes.calendar import Mark
from tests import markets

from ..small import log, pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE
MARKET = markets.dirty_market()


def bars(**rules: Any) -> Any:
    return ShortRules(**rules).bars(MARKET, 0, 50)


def test_no_rule_bars_nothing_and_recalls_nothing() -> None:
    assert not bars().any()
    assert not ShortRules().recalled(MARKET, 0, 50).any()


@pytest.mark.parametrize(
    ("rule", "tickers", "days"),
    [
        ({"names": ["ACME"]}, {"ACME"}, ("2026-06-01", "2026-08-11")),
        ({"names": ["renter"], "first": "2026-06-20"}, {"CLOUD", "DRIFT", "LATE"}, ("2026-06-22", "2026-08-11")),
        ({"names": ["fund", "BOLT"], "last": "2026-06-19"}, {"BENCH", "SPARE", "BOLT"}, ("2026-06-01", "2026-06-18")),
        ({"names": ["ACME"], "first": "2026-07-02", "last": "2026-07-02"}, {"ACME"}, ("2026-07-02", "2026-07-02")),
    ],
)
def test_no_locate_from_the_first_to_the_last_day(
    rule: dict[str, Any], tickers: set[str], days: tuple[str, str]
) -> None:
    found = bars(no_locate=[rule])
    first, last = (MARKET.session_index(day) for day in days)
    expected = np.zeros(found.shape)
    columns = [i for i, ticker in enumerate(MARKET.tickers) if ticker in tickers]
    expected[:, first : last + 1, columns] = Reason.NO_LOCATE
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(ShortRules(no_locate=[rule]).bars(MARKET, 7, 33), expected[:, 7:33])


def test_a_recall_falls_on_one_close() -> None:
    rules = ShortRules(recalls=[{"names": ["maker", "LATE"], "session": "2026-07-01"}])
    found = rules.recalled(MARKET, 5, 40)
    at = MARKET.session_index("2026-07-01") - 5
    assert np.argwhere(found).tolist() == [[at, MARKET.column(t)] for t in ("ACME", "BOLT", "LATE")]
    on_a_holiday = ShortRules(recalls=[{"names": ["maker"], "session": "2026-07-03"}])
    assert not on_a_holiday.recalled(MARKET, 0, 50).any()


def test_without_a_locate_a_sale_goes_down_to_zero_and_no_further() -> None:
    account = {"shorts": {"no_locate": [{"names": ["ACME"], "first": "2026-06-02"}]}}
    rows = [(0, CLOSE, [0.5]), (1, CLOSE, [-0.5]), (2, CLOSE, [-0.5])]
    found = run(path(*[10.0] * 4), rows, account)
    assert log(found)[1:] == [
        (1, "close", "ACME", "rejected", "no_locate"),
        (1, "close", "ACME", "filled", "order"),
        (2, "close", "ACME", "rejected", "no_locate"),
    ]
    assert found.record.shares[:, 0].tolist() == [50.0, 0.0, 0.0, 0.0]


def test_a_short_that_is_there_may_stay_and_shrink_but_not_grow() -> None:
    account = {"shorts": {"no_locate": [{"names": ["ACME"], "first": "2026-06-02"}]}}
    rows = [(0, CLOSE, [-0.5]), (1, CLOSE, [-0.8]), (2, CLOSE, [-0.2])]
    found = run(path(*[10.0] * 4), rows, account)
    assert found.record.shares[:, 0].tolist() == [-50.0, -50.0, -20.0, -20.0]
    assert [line[3:] for line in log(found)] == [("filled", "order"), ("rejected", "no_locate"), ("filled", "order")]


def test_a_recall_covers_the_short_at_the_next_open_and_leaves_the_long() -> None:
    account = {"shorts": {"recalls": [{"names": ["maker"], "session": "2026-06-02"}]}}
    found = run(pair([10.0] * 4, [20.0] * 4), [(0, CLOSE, [0.5, -0.5])], account)
    assert log(found)[2:] == [(2, "open", "BOLT", "filled", "recall")]
    assert found.record.shares[-1].tolist() == [50.0, 0.0]


@pytest.mark.parametrize(
    ("rule_201", "lines", "shares"),
    [
        ("ignore", [(1, "filled", "order")], [0.0, -50.0, -50.0, -50.0]),
        ("reject", [(1, "rejected", "rule_201")], [0.0, 0.0, 0.0, 0.0]),
        ("defer", [(1, "deferred", "rule_201"), (3, "filled", "order")], [0.0, 0.0, 0.0, -50.0]),
    ],
)
def test_rule_201_defers_rejects_or_is_ignored(
    rule_201: str, lines: list[tuple[int, str, str]], shares: list[float]
) -> None:
    """A fall from 10 to 8.90 during session 1 bars that close and the whole of session 2."""
    market = path(10.0, 10.0, 9.5, 10.0, 10.0, low=[10.0, 8.9, 9.5, 9.5, 10.0], open=[10.0] * 5)
    flat = dataclasses.replace(market, close=np.full_like(market.close, 10.0))
    found = run(flat, [(0, OPEN, [float("nan")]), (1, CLOSE, [-0.5])], {"shorts": {"rule_201": rule_201}})
    assert [(line[0], line[3], line[4]) for line in log(found)] == lines
    assert found.record.shares[:4, 0].tolist() == shares


def test_a_locate_outranks_rule_201_in_the_log() -> None:
    market = path(10.0, 8.0, 8.0, low=[10.0, 8.0, 8.0])
    account = {"shorts": {"rule_201": "defer", "no_locate": [{"names": ["ACME"]}]}}
    found = run(market, [(0, OPEN, [float("nan")]), (1, CLOSE, [-0.5])], account)
    assert log(found) == [(1, "close", "ACME", "rejected", "no_locate")]


def test_a_fall_before_the_first_order_is_known() -> None:
    """The trigger lies on the session before the simulated window."""
    market = path(10.0, 8.0, 8.0, 8.0, low=[10.0, 8.0, 8.0, 8.0])
    found = run(market, [(2, OPEN, [-0.5])], {"shorts": {"rule_201": "reject"}})
    assert log(found) == [(0, "open", "ACME", "rejected", "rule_201")]
    after = run(market, [(3, OPEN, [-0.5])], {"shorts": {"rule_201": "reject"}})
    assert log(after) == [(0, "open", "ACME", "filled", "order")]


def test_a_fall_across_a_halt_of_any_length_bars_the_reopening() -> None:
    """Forty sessions without a price, then 20 % lower: the last close before the halt is the one that counts."""
    halt = [float("nan")] * 40
    market = path(100.0, *halt, 80.0, 80.0, 80.0, open=[100.0, *halt, 80.0, 80.0, 80.0])
    found = ShortRules(rule_201="reject").bars(market, 41, 44)[:, :, 0]
    barred, free = int(Reason.RULE_201), 0
    assert found.tolist() == [[barred, barred, free], [barred, barred, free]]
