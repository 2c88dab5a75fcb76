"""Sessions on which nothing of the kind happened, and earlier events that tell how volatile such days are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from hedgebook.universes.calendar import as_utc
from hedgebook.universes.event import Event, Timing, event_calendar
from hedgebook.universes.market import Market

from ..trade.trade import EventTrade

PLACEBO = "placebo"


def placebo_events(
    trade: EventTrade, market: Market, tested: Sequence[Event], library: Sequence[Event], most: int, seed: int
) -> tuple[Event, ...]:
    """Made-up news before the open of sessions on which no event of the library was first traded, of those whose
    holding period does not meet that of an event that is `tested`; at most `most` of them, drawn without replacement,
    in the order of sessions.

    A placebo is planned as the trade is, on what was known the evening before.
    """
    sessions, length = market.sessions, trade.delay + trade.hold + 1
    free = np.ones(max(0, len(sessions) - length + 1), dtype=np.bool_)
    free[:1] = False
    for events, reach in ((library, 1), (tested, length)):
        for event in events:
            row = first_row(event, market)
            if row is not None:
                free[max(0, row - reach + 1) : row + reach] = False
    rows = np.flatnonzero(free)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    return tuple(_placebo(sessions[row].item()) for row in rows)


def first_row(event: Event, market: Market) -> int | None:
    """The row of an event's first tradable session, None where the prices do not cover it."""
    fill = event.first_fill(event_calendar(event))
    row = int(np.searchsorted(market.sessions, fill.session))
    covered = 0 < row < len(market.sessions) and market.sessions[row] == fill.session
    return row if covered else None


def earlier_events(events: Sequence[Event], own: Sequence[Event]) -> tuple[Event, ...]:
    """Events known before the first of `own` that have a tag of theirs, in the order of their news."""
    first = min(_known_at(event) for event in own)
    tags = {tag for event in own for tag in event.tags}
    ids = {event.id for event in own}
    found = [event for event in events if event.id not in ids and tags & set(event.tags) and _known_at(event) < first]
    return tuple(sorted(found, key=_known_at))


def _known_at(event: Event) -> np.datetime64:
    return as_utc(event.known_by(event_calendar(event)))


def _placebo(day: date) -> Event:
    return Event(
        id=f"{PLACEBO}-{day}",
        announced_on=day,
        timing=Timing.PRE_OPEN,
        headline="a session without an event",
        sources=(PLACEBO,),
    )
