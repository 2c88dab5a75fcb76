"""A trade over several exchanges is entered in parts, and its ticket is of all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.strategies.ticket.planned import parts_later
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.event import EventLibrary

from ..journal.abroad_market import event, market_of, prices


def test_parts_that_are_entered_later_are_told() -> None:
    schedule = hb.Schedule(
        tickers=("META", "000660.KS"),
        decided_at=np.array(["2026-07-01T12:00"] * 3, dtype="datetime64[ns]"),
        session=np.array(["2026-07-01", "2026-07-02", "2026-07-10"], dtype="datetime64[D]"),
        mark=np.array([0, 0, 1]),
        weights=np.array([[0.5, np.nan], [np.nan, -0.5], [0.0, 0.0]]),
        joins=np.array([False, True, False]),
    )
    (note,) = parts_later(schedule)
    assert note.startswith("000660.KS: entered later, at the open of 2026-07-02 by the hours of its own")
    plain = hb.Schedule(schedule.tickers, schedule.decided_at, schedule.session, schedule.mark, schedule.weights)
    assert parts_later(plain) == ()


def test_the_orders_of_every_exchange_stand_in_the_ticket_and_the_journal_holds_them(tmp_path: Path) -> None:
    frame = prices(3, missing_frac=0.0)
    market = market_of(frame)
    library = EventLibrary(events=(event(),))
    trade = EventTrade(name="own", title="Own", event="made-up-news", long=("HOME",), short=("SEOUL",), hold=6)
    ticket = hb.ticket(trade, market, events=library, costs="default")
    orders = ticket.orders.set_index("ticker")
    assert orders["session"].to_dict() == {"HOME": "2026-06-17", "SEOUL": "2026-06-18"}
    assert set(orders["mark"]) == {"open"}
    # Half of the capital each, at the last closes known: whole shares.
    row = market.session_index("2026-06-16")
    for name, side in (("HOME", 1), ("SEOUL", -1)):
        close = market.close[: row + 1, market.column(name)]
        reference = close[np.isfinite(close)][-1]
        assert orders.loc[name, "reference_usd"] == pytest.approx(reference)
        assert orders.loc[name, "shares"] == pytest.approx(side * 500_000.0 / reference, rel=2e-3)
    assert ticket.sizes.loc["after", "gross"] == pytest.approx(1.0, abs=0.01)
    assert abs(ticket.sizes.loc["after", "net"]) < 0.01
    assert ticket.shorts["ticker"].tolist() == ["SEOUL"]
    assert ticket.shorts["rule_201"].tolist() == ["free"]  # it is a rule of the United States
    assert float(ticket.costs.table["entry_usd"]["total"]) == pytest.approx(orders["cost_usd"].sum())
    assert len(ticket.costs.by_session) == 7  # of New York: the holiday of 2026-06-19 is none
    assert any("SEOUL: entered later" in note for note in ticket.notes)
    made = hb.journal.open(ticket, market, events=library, as_of="2026-06-22", file=tmp_path / "journal.sqlite")
    held = {name: one["shares"] for name, one in made.state.rows[-1]["tickers"].items()}
    assert held == orders["shares"].to_dict()
    assert hb.journal.verify(file=tmp_path / "journal.sqlite").sound
