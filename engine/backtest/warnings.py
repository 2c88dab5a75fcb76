"""What a reader must know of a simulation before trusting its figures."""

from __future__ import annotations

import numpy as np

from hedgebook.universes.market import Market
from hedgebook.universes.note import Note, NoteKind

from ..frictions.costs import Costs
from ..kernels.book.records import Record
from .schedule import Schedule


def wanted_tickers(schedule: Schedule) -> list[str]:
    """Tickers that a schedule ever wants a position in."""
    columns = np.nan_to_num(schedule.weights).T
    return [ticker for ticker, weights in zip(schedule.tickers, columns, strict=True) if weights.any()]


def never_filled(schedule: Schedule, window: Market, record: Record) -> tuple[str, ...]:
    """Tickers that were to be held and never traded, so that the portfolio was not the one asked for."""
    traded = {window.tickers[i] for i in np.unique(record.filled["ticker"])}
    missed = [ticker for ticker in wanted_tickers(schedule) if ticker not in traded]
    return (f"ordered but never filled: {', '.join(missed)}",) if missed else ()


def without_impact(market: Market, start: int, window: Market, record: Record, costs: Costs) -> tuple[str, ...]:
    """Tickers of which a fill was charged no impact for want of a history. start: row of the window's first session."""
    filled, impact = record.filled, costs.impact
    if impact.y == 0 or not len(filled):
        return ()
    known = np.isfinite(impact.coefficients(market, start, start + len(window.sessions)))
    blind = np.unique(filled["ticker"][~known[filled["session"], filled["ticker"]]])
    names = sorted(window.tickers[i] for i in blind)
    return (f"no volume or volatility history, so no market impact, for {', '.join(names)}",) if names else ()


def run_warnings(window: Market, record: Record) -> tuple[str, ...]:
    """A lost capital, margin calls, and what is still held at the end."""
    found: list[str] = []
    navs = record.nav
    if (navs <= 0).any():
        at = int(np.argmax((navs <= 0).any(axis=1)))
        where = "on" if navs[at, 1] <= 0 else "at the open of"
        found.append(f"NAV fell to zero or below {where} {window.sessions[at]}: the capital was lost")
    calls = (record.days["requirement"] > 0) & (record.days["nav_close"] < record.days["requirement"])
    if calls.any():
        first = window.sessions[int(np.argmax(calls))]
        found.append(f"margin call at the close of {first}, the first of {int(calls.sum())}")
    held = [window.tickers[i] for i in np.flatnonzero(record.shares[-1])]
    if held:
        found.append(Note(f"still held after the last session: {', '.join(held)}", NoteKind.STILL_HELD, held))
    return tuple(found)
