"""The sessions over which a book is run: between two days, or around each of some events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

import numpy as np

from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.universes.calendar import check_covered, row_up_to
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, EventLibrary, event_calendar, tagged
from hedgebook.universes.market import Market

from .request import Period

DEFAULT_SESSIONS = 252
R = TypeVar("R")


@dataclass(frozen=True)
class HedgeWindow:
    """Rows `start` to `stop` (excluded) of a market; the hedge is decided at the close of row `start - 1`.

    required: whether the user named it, so that it may not be left out.
    """

    name: str
    start: int
    stop: int
    event: Event | None = None
    required: bool = True


def windows_of(
    period: Period, market: Market, library: EventLibrary
) -> tuple[tuple[HedgeWindow, ...], tuple[str, ...]]:
    """Every window of a period, by time, and what was left out.

    Raises ParameterError for days outside the prices, EventError for an unknown event or tag and for a named event
    that the prices do not cover; events found by tag alone are left out where the prices do not cover them.
    """
    if not period.around_events:
        return (_between(period, market),), ()
    windows, notes = [], []
    for event, required in _chosen(period, library):
        try:
            windows.append(_around(event, market, period, required))
        except InputError as problem:
            if required:
                raise
            notes.append(f"{event.id} left out: {problem.what}")
    if not windows:
        raise EventError(
            "no event with this tag is covered by the prices",
            where=market.provenance.source,
            value=", ".join(period.tags),
            remedy=f"Use fewer sessions before and after. {notes[0]}." if notes else None,
        )
    windows.sort(key=lambda window: window.start)
    return tuple(windows), (*notes, *_overlaps(windows))


def _overlaps(windows: list[HedgeWindow]) -> Iterable[str]:
    pairs = [f"{a.name} and {b.name}" for a, b in pairwise(windows) if b.start < a.stop]
    if pairs:
        yield f"windows overlap, so that pooled sessions count twice: {'; '.join(pairs)}"


def _between(period: Period, market: Market) -> HedgeWindow:
    last = _row(period.last, "last", market, "right") if period.last is not None else len(market.sessions) - 1
    if period.first is not None:
        first = _row(period.first, "first", market, "left")
    else:
        first = max(1, last + 1 - DEFAULT_SESSIONS)
    span = f"{market.sessions[1]} to {market.sessions[-1]}"
    if first < 1:
        raise ParameterError(
            "there is no close before this day at which a hedge could be decided",
            where="first",
            value=str(period.first),
            bound=f"sessions from {span}",
        )
    if last - first < 2:
        raise ParameterError(
            "a window needs at least three sessions",
            where="first, last",
            value=f"{period.first or market.sessions[first]} to {period.last or market.sessions[-1]}",
            bound=f"sessions from {span}",
        )
    return HedgeWindow("window", first, last + 1)


def _row(day: date | str, where: str, market: Market, side: str) -> int:
    """The session on `day`, or the nearest one inside the window."""
    sessions = market.sessions
    try:
        wanted = np.datetime64(date.fromisoformat(str(day)), "D")
    except ValueError:
        raise ParameterError(
            "this is not a day", where=where, value=str(day), remedy="Write it as in 2025-07-01."
        ) from None
    check_covered(sessions, wanted, where)
    if side == "left":
        return int(np.searchsorted(sessions, wanted, side="left"))
    return row_up_to(sessions, wanted)


def _chosen(period: Period, library: EventLibrary) -> list[tuple[Event, bool]]:
    """Each event once, and whether it was named itself."""
    chosen = {name: (library.get(name), True) for name in period.events}
    for event in tagged(library.events, period.tags):
        chosen.setdefault(event.id, (event, False))
    return list(chosen.values())


def _around(event: Event, market: Market, period: Period, required: bool) -> HedgeWindow:
    session = event.first_fill(event_calendar(event)).session
    sessions = market.sessions
    # A day beyond the prices must not be taken for their first or last session.
    at = int(np.searchsorted(sessions, session))
    start, stop = at - period.before, at + period.after + 1
    if start < 1 or stop > len(sessions) or sessions[at] != session:
        raise EventError(
            f"the prices do not cover {counted(period.before, 'session')} before and {period.after} after {event.id}",
            where=market.provenance.source,
            value=f"first tradable session {session}, prices from {sessions[0]} to {sessions[-1]}",
            remedy="Use fewer sessions before or after.",
        )
    return HedgeWindow(event.id, start, stop, event, required)


def every_window(
    windows: Sequence[HedgeWindow], notes: Sequence[str], run: Callable[[HedgeWindow], R]
) -> tuple[tuple[R, ...], tuple[str, ...]]:
    """What a function makes of each window, and what was left out: notes, and windows that only a tag named and that
    cannot be run. Raises the InputError of a window that was asked for, and the last one where none can be run."""
    runs, left_out = [], list(notes)
    for window in windows:
        try:
            runs.append(run(window))
        except InputError as problem:
            if window.required:
                raise
            left_out.append(f"{window.name} left out: {problem.what}")
            refusal = problem
    if not runs:
        raise refusal
    return tuple(runs), tuple(left_out)
