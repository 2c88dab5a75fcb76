"""What a run says of a delisting that its prices or its recovery contradict; no number changes by it."""

from __future__ import annotations

from typing import Any

import pytest

from hedgebook.engine.backtest.result import Backtest
from hedgebook.universes.calendar import Mark
from tests.markets import NAN

from ..account.test_delisting import with_member
from ..small import log, pair, path, run

OPEN = Mark.OPEN
LONG, SHORT = [(0, OPEN, [0.5])], [(0, OPEN, [-0.5])]


def notes(found: Backtest, word: str) -> list[str]:
    return [text for text in found.warnings if word in text]


def delisted(day: object, **more: Any) -> dict[str, Any]:
    return {"delisting": {"delisted": {"ACME": str(day)}, **more}}


def test_prices_after_a_write_off_are_told() -> None:
    """50 shares from 10 to 8, written off at a quarter: 600 USD, whatever is printed later."""
    market = path(10.0, 8.0, NAN, 12.0, 13.0, open=[10.0, 10.0, NAN, 11.0, 12.0])
    days = market.sessions
    found = run(market, LONG, delisted(days[2], recovery_frac=0.25))
    assert log(found)[-1] == (2, "close", "ACME", "filled", "delisted")
    assert found.final_nav == pytest.approx(600.0)
    told = f"is marked as delisted on {days[2]} and has prices after it, in 2 sessions, {days[3]} to {days[4]}"
    (note,) = notes(found, "marked as delisted")
    assert told in note
    assert f"written off on {days[2]}, 2 of them after that" in note
    # The universe may be who says it; and a run that ends before those prices knows of them as a reader does.
    member = with_member(market, delisted=str(days[2]), recovery_frac=0.25)
    assert notes(run(member, LONG), "marked as delisted") == [note]
    early = run(market, LONG, delisted(days[2], recovery_frac=0.25), until=days[2])
    assert notes(early, "marked as delisted") == [note]
    assert early.final_nav == found.final_nav


def test_prices_that_go_on_keep_a_position_from_being_written_off() -> None:
    market = path(10.0, 8.0, 9.0, open=[10.0, 10.0, 8.0])
    days = market.sessions
    found = run(market, LONG, delisted(days[1], recovery_frac=0.0))
    assert found.final_nav == pytest.approx(950.0)
    (note,) = notes(found, "marked as delisted")
    assert f"on {days[2]}: only a close without a price writes a position off" in note
    gap = path(10.0, 8.0, NAN, open=[10.0, 10.0, 8.0])
    (late,) = notes(run(gap, LONG, delisted(days[1], recovery_frac=0.0)), "marked as delisted")
    assert f"written off on {days[2]}, none of them after that" in late


def test_a_delisting_that_prices_bear_out_is_not_told() -> None:
    market = path(10.0, 8.0, NAN, NAN, open=[10.0, 10.0, NAN, NAN])
    for day in market.sessions[1:]:
        assert notes(run(market, LONG, delisted(day, recovery_frac=0.5)), "marked as delisted") == []
    # Nor one of a ticker that the run never ordered.
    both = pair([10.0] * 3, [20.0] * 3)
    other = {"delisting": {"delisted": {"BOLT": str(both.sessions[1])}}}
    assert notes(run(both, [(0, OPEN, [0.5, NAN])], other), "marked as delisted") == []
    assert len(notes(run(both, [(0, OPEN, [0.5, 0.1])], other), "BOLT is marked as delisted")) == 1


@pytest.mark.parametrize(("rows", "nav", "who"), [(LONG, 1020.0, "was paid"), (SHORT, 980.0, "position paid")])
def test_a_recovery_above_the_last_price_is_paid_and_told(rows: Any, nav: float, who: str) -> None:
    """50 shares at 8, taken over at 1.3 of it: 120 USD beyond the last price."""
    market = path(10.0, 8.0, NAN, open=[10.0, 10.0, NAN])
    day = market.sessions[2]
    found = run(market, rows, delisted(day, recovery_by_ticker={"ACME": 1.3}))
    assert found.final_nav == pytest.approx(nav)
    (note,) = notes(found, "was written off")
    assert "at 1.3 of its last price, as stated" in note
    assert f"more than the last price, as in a takeover: the {'long' if nav > 1000 else 'short'} position" in note
    assert f"{who} 120.00 USD beyond it" in note
    assert notes(found, "stated recovery") == []
    plain = run(market, rows, delisted(day, recovery_by_ticker={"ACME": 1.0}))
    assert "takeover" not in " ".join(plain.warnings)
    # Said also where nothing has come to it yet.
    unused = run(path(10.0, 8.0, open=[10.0, 10.0]), rows, {"delisting": {"recovery_by_ticker": {"ACME": 1.3}}})
    (note,) = notes(unused, "stated recovery")
    assert "ACME has a stated recovery of 1.3 of its last price" in note
