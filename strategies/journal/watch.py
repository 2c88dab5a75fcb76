"""What came of the watched indicators while a trade was on, and on whose side it is by the trade's own thesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.universes.event import Event, event_calendar
from hedgebook.universes.universe import Universe
from hedgebook.universes.watch.indicators import INDICATORS, Indicator, indicators_of

from .state import JournalState

FOR, AGAINST, BOTH, NEITHER = "for the trade", "against the trade", "both ways", "names none of its sides"


@dataclass(frozen=True)
class Watched:
    """An event of an indicator since a trade's own.

    stands: for the trade, against it, both ways or neither, by the sides that the event was expected to favour and to
    hurt; pnl_usd: what the trade made from the close before the event's first mark to the last row, None where there
    is no such row.
    """

    event: Event
    indicators: tuple[Indicator, ...]
    first_session: str
    stands: str
    pnl_usd: float | None


def watched(state: JournalState, events: Sequence[Event]) -> tuple[Watched, ...]:
    """The events of the four indicators from the trade's first kept row on, by day; its own event is not among them."""
    if not state.rows:
        return ()
    first, last = state.rows[0]["session"], state.rows[-1]["session"]
    own = None if state.trade.event is None else state.trade.event["id"]
    found = []
    for event in events:
        about = indicators_of(event)
        if not about or event.id == own:
            continue
        session = str(event.first_fill(event_calendar(event)).session)
        if first <= session <= last:
            found.append(Watched(event, about, session, stands(state, event), _since(state, session)))
    return tuple(sorted(found, key=lambda one: (one.first_session, one.event.id)))


def unseen(found: Sequence[Watched]) -> tuple[Indicator, ...]:
    """The indicators that no event is of."""
    seen = {one.tag for event in found for one in event.indicators}
    return tuple(one for one in INDICATORS if one.tag not in seen)


def stands(state: JournalState, event: Event) -> str:
    """On whose side an event is, by ticker: who gains in the long leg or loses in the short one is for the trade."""
    universe = state.trade.universe
    long = {t for t, side in state.trade.terms.legs.items() if side == "long"}
    short = {t for t, side in state.trade.terms.legs.items() if side == "short"}
    winners, losers = _tickers(universe, event.expected_winners), _tickers(universe, event.expected_losers)
    good = bool(winners & long or losers & short)
    bad = bool(winners & short or losers & long)
    return BOTH if good and bad else FOR if good else AGAINST if bad else NEITHER


def _tickers(universe: Universe, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        bucket = next((one for one in universe.buckets if one.name == name), None)
        found |= {name} if bucket is None else {member.ticker for member in bucket.members}
    return found


def _since(state: JournalState, session: str) -> float | None:
    days = [row["session"] for row in state.rows]
    at = int(np.searchsorted(days, session))
    before = state.rows[at - 1]["total_usd"] if at else 0.0
    return float(state.rows[-1]["total_usd"] - before)
