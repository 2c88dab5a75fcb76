"""Dates of rebalancing by hand, and what may be written for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rebalance import Rebalance, parse_rebalance
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets

from ..small import log, pair, run

# 2026-06-19 and 2026-07-03 are holidays, both Fridays.
SESSIONS = markets.session_days(34, "2026-06-15")


def dates(kind: str, *, last: str = "2026-07-30", following: str | None = None, entry: int = 0) -> list[str]:
    count = int(np.searchsorted(SESSIONS, np.datetime64(last), side="right"))
    kept, after = SESSIONS[:count], np.datetime64(following) if following else SESSIONS[count]
    return [str(day) for day in kept[parse_rebalance(kind).dates(kept, after, entry) == 1]]


def test_weekly_is_the_last_session_of_a_week_also_before_a_holiday() -> None:
    assert dates("weekly", last="2026-07-16") == ["2026-06-18", "2026-06-26", "2026-07-02", "2026-07-10"]


def test_the_session_after_the_last_decides_whether_that_one_ends_its_week() -> None:
    assert dates("weekly", last="2026-07-02", following="2026-07-06")[-1] == "2026-07-02"
    assert dates("weekly", last="2026-07-01", following="2026-07-02")[-1] == "2026-06-26"
    assert dates("weekly", last="2026-07-10")[-1] == "2026-07-10"


def test_monthly_is_the_last_session_of_a_month() -> None:
    assert dates("monthly", last="2026-07-28") == ["2026-06-30"]
    assert dates("monthly", last="2026-06-30", following="2026-07-01") == ["2026-06-30"]
    assert dates("monthly", last="2026-06-29", following="2026-06-30") == []


@pytest.mark.parametrize(
    ("count", "entry", "rows"), [(1, 0, [1, 2, 3, 4, 5]), (2, 0, [2, 4]), (2, 1, [3, 5]), (5, 0, [5]), (6, 0, [])]
)
def test_every_so_many_sessions_after_the_entry(count: int, entry: int, rows: list[int]) -> None:
    found = parse_rebalance(f"every:{count}").dates(SESSIONS[:6], SESSIONS[6], entry)
    assert np.flatnonzero(found).tolist() == rows


def test_never() -> None:
    assert dates("none") == []
    assert Rebalance() == parse_rebalance("none") == parse_rebalance(None)


@pytest.mark.parametrize("text", ["none", "weekly", "monthly", "every:1", "every:2520"])
def test_text_there_and_back(text: str) -> None:
    rule = parse_rebalance(text)
    assert str(rule) == text
    assert parse_rebalance(f" {text.upper()} ") == rule
    assert parse_rebalance(rule) is rule
    assert Rules(rebalance=rule).model_dump()["rebalance"] == text


@pytest.mark.parametrize("value", ["", "daily", "every", "every:", "every:0", "every:2521", "every:-1", "every:1.5", 3])
def test_what_is_no_rebalancing(value: Any) -> None:
    with pytest.raises(ValueError, match=r"rebalance is none, weekly, monthly or every:N with N from 1 to 2520"):
        parse_rebalance(value)


def doubling() -> Market:
    """From Monday 2026-06-29: ACME rises to 20 in the first week, BOLT stays at 10."""
    closes = [10.0, 12.0, 15.0, 20.0, *[20.0] * 6]
    acme, bolt = closes, [10.0] * 10
    rows = pair(acme, bolt)
    tables: Any = {"open": rows.open, "close": rows.close}
    return markets.market_of(tables, ["ACME", "BOLT"], first="2026-06-29")


@pytest.mark.parametrize(
    ("rebalance", "fills"),
    [
        ("none", []),
        ("weekly", ["2026-07-06"]),
        ("monthly", ["2026-07-01"]),
        ("every:2", ["2026-07-02"]),
        ("every:1", ["2026-07-01", "2026-07-02"]),
    ],
)
def test_a_date_decides_at_the_close_and_fills_at_the_next_open(rebalance: str, fills: list[str]) -> None:
    """Only where something has moved is there something to trade: from 2026-07-02 on nothing does."""
    market = doubling()
    found = run(market, [(0, Mark.OPEN, [0.25, 0.25])], rules=Rules(rebalance=parse_rebalance(rebalance)))
    traded = found.fills[found.fills["reason"] == "rebalance"]
    assert sorted({str(day)[:10] for day in traded["session"]}) == fills
    assert set(traded["mark"]) <= {"open"}
    if rebalance == "weekly":
        # 25 shares each; NAV 1250 at 20 and 10: back to 312.50 of each.
        assert found.record.shares[4].tolist() == pytest.approx([15.625, 31.25])
        assert log(found)[2:] == [
            (4, "open", "ACME", "filled", "rebalance"),
            (4, "open", "BOLT", "filled", "rebalance"),
        ]


def test_the_last_session_of_the_prices_looks_at_the_exchange_and_not_at_the_prices() -> None:
    """Prices end on Thursday 2026-07-02; the exchange rests on Friday, so the week is over."""
    market = doubling().until("2026-07-02")
    found = run(market, [(0, Mark.OPEN, [0.25, 0.25])], rules=Rules(rebalance=parse_rebalance("weekly")))
    longer = run(doubling(), [(0, Mark.OPEN, [0.25, 0.25])], rules=Rules(rebalance=parse_rebalance("weekly")))
    np.testing.assert_array_equal(found.record.nav, longer.record.nav[:4])
    assert str(market.next_session(market.sessions[-1])) == "2026-07-06"
