"""Which events a trade is run on, with which legs, and what happens where two of them overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hedgebook.errors import EventError, ParameterError, did_you_mean
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, tagged
from hedgebook.universes.names import listed_once

WHERE = "event_series"
LARGEST_GROSS = 20.0


class Sides(StrEnum):
    """Where the legs come from: the trade's own, or what each event was expected to favour and to hurt."""

    TRADE = "trade"
    EXPECTED = "expected"


class Overlap(StrEnum):
    """What happens to an event that comes while an earlier one is held.

    SKIP: it is left out and listed; STACK: it is held on top; CAP: it is held on top, and every weight is scaled so
    that the gross stays below a limit.
    """

    SKIP = "skip"
    STACK = "stack"
    CAP = "cap"


@dataclass(frozen=True)
class SeriesChoice:
    """What was asked for.

    tags: an event needs one of them, none means every event; first, last: days of the news, None means no bound;
    max_gross: of overlap=cap, a fraction of NAV, None for the trade's own gross.
    """

    tags: tuple[str, ...] = ()
    sides: Sides = Sides.TRADE
    first: date | None = None
    last: date | None = None
    overlap: Overlap = Overlap.SKIP
    max_gross: float | None = None


def parse_choice(
    tags: str | Sequence[str] | None = None,
    sides: Sides | str = Sides.TRADE,
    between: tuple[date | str | None, date | str | None] = (None, None),
    overlap: Overlap | str = Overlap.SKIP,
) -> SeriesChoice:
    """A choice from what a user writes: tags "a,b", sides "expected", overlap "skip", "stack", "cap" or "cap:1.5".

    Raises ParameterError that names the parameter.
    """
    first, last = _between(between)
    kind, max_gross = _overlap(overlap)
    try:
        side = Sides(sides)
    except ValueError:
        raise ParameterError(
            f"there are no sides {sides!r}", where=f"{WHERE}: sides", remedy=did_you_mean(str(sides), list(Sides))
        ) from None
    return SeriesChoice(_tags(tags), side, first, last, kind, max_gross)


def _tags(tags: str | Sequence[str] | None) -> tuple[str, ...]:
    if tags is None:
        return ()
    found = listed_once(tags)
    if not found:
        raise ParameterError(
            "there is no tag in it", where=f"{WHERE}: tags", remedy="Leave tags out to run on every event."
        )
    return found


def _between(between: tuple[date | str | None, date | str | None]) -> tuple[date | None, date | None]:
    if not isinstance(between, tuple | list) or len(between) != 2:
        raise ParameterError("this is no pair of days", where=f"{WHERE}: between", value=between)
    first, last = (_day(one) for one in between)
    if first and last and first > last:
        raise ParameterError("the first day is after the last", where=f"{WHERE}: between", value=f"{first} to {last}")
    return first, last


def _day(value: date | str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ParameterError(
            "this is no day", where=f"{WHERE}: between", value=str(value), bound="a day as in 2026-07-01"
        ) from None


def _overlap(overlap: Overlap | str) -> tuple[Overlap, float | None]:
    name, _, limit = str(overlap).partition(":")
    where = f"{WHERE}: overlap"
    try:
        kind = Overlap(name)
    except ValueError:
        raise ParameterError(
            f"there is no way {name!r} to treat overlaps",
            where=where,
            bound="skip, stack, cap, or cap:1.5 for a limit of 150% of NAV",
        ) from None
    if ":" not in str(overlap):
        return kind, None
    try:
        gross = float(limit) if kind is Overlap.CAP else math.nan
    except ValueError:
        gross = math.nan
    if not 0.0 < gross <= LARGEST_GROSS:
        raise ParameterError(
            "this is no limit of the gross",
            where=where,
            value=str(overlap),
            bound=f"cap:X with X above 0 and up to {LARGEST_GROSS:g}",
        )
    return kind, gross


def choose_events(events: Sequence[Event], choice: SeriesChoice) -> tuple[Event, ...]:
    """The events with one of the tags, announced between the days.

    Raises EventError for a tag that no event has, and where no event is left.
    """
    among = tagged(events, choice.tags, f"{WHERE}: tags") if choice.tags else events
    kept = tuple(
        event
        for event in among
        if (choice.first is None or event.announced_on >= choice.first)
        and (choice.last is None or event.announced_on <= choice.last)
    )
    if not kept:
        days = sorted(event.announced_on for event in among)
        raise EventError(
            "no event lies between these days",
            where=f"{WHERE}: between",
            value=f"{choice.first or 'the first'} to {choice.last or 'the last'}",
            bound=f"the {counted(len(days), 'event')} with these tags, from {days[0]} to {days[-1]}" if days else None,
        )
    return kept
