"""Events: dated pieces of news, and the first price at which each could be traded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from hedgebook.errors import EventError, InputError, did_you_mean

from .calendar import NEW_YORK, Mark, TradingCalendar, as_utc, trading_calendar
from .checks import CALENDAR, EVENTS, TEXT, takes
from .model import Value
from .refusal.problems import flaws, repeats, tables_in
from .toml_file import find_file, read_toml, validate

# A day, which no identifier begins with; what follows it is a timing.
DATED = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}(?![\w])")
SHIPPED = Path(__file__).parent / "data" / "events.toml"


class Timing(StrEnum):
    """When on its day a piece of news came, relative to the regular session."""

    PRE_OPEN = "pre-open"
    INTRADAY = "intraday"
    AFTER_CLOSE = "after-close"
    WEEKEND = "weekend"


@dataclass(frozen=True)
class FirstFill:
    """The first mark at which an event can be traded."""

    session: np.datetime64
    mark: Mark


class Event(Value):
    """A dated piece of news with the sides it was expected to favour; expectations are hypotheses.

    id: small letters, digits and dashes; headline, notes, sources, tags: what is known of it; confidence: how sure it
    is; expected_winners, expected_losers: buckets or tickers.
    announced_on: the day in New York; timing: when on that day; announced_at: the exact moment where it is
    known. Where only the timing is known, `known_by` is the latest moment that fits it.
    """

    _error: ClassVar[type[InputError]] = EventError

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    announced_on: date
    timing: Timing
    headline: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    expected_winners: tuple[str, ...] = ()
    expected_losers: tuple[str, ...] = ()
    sources: tuple[str, ...] = Field(min_length=1)
    confidence: str = "one source"
    notes: str = ""
    announced_at: AwareDatetime | None = None

    @takes(calendar=CALENDAR)
    def known_by(self, calendar: TradingCalendar) -> datetime:
        """The moment of the announcement in New York, or the latest one consistent with its timing.

        Raises EventError where day, timing and calendar contradict one another.
        """
        if not calendar.covers(self.announced_on):
            raise self._beyond(calendar)
        moment = self.announced_at.astimezone(NEW_YORK) if self.announced_at else self._latest(calendar)
        self._check(moment, calendar)
        return moment

    @takes(calendar=CALENDAR)
    def first_fill(self, calendar: TradingCalendar) -> FirstFill:
        """The first tradable mark: pre-open news trades at that session's open, all other at the next open.

        With daily bars the close of an intraday announcement's own session is not used: between the news and
        that close lies an unknown part of the move. Raises EventError on a contradiction with the calendar.
        """
        self.known_by(calendar)
        if self.timing is Timing.PRE_OPEN:
            return FirstFill(np.datetime64(self.announced_on, "D"), Mark.OPEN)
        if not bool((calendar.sessions > np.datetime64(self.announced_on, "D")).any()):
            raise self._beyond(calendar)
        return FirstFill(calendar.next_session(self.announced_on), Mark.OPEN)

    def _latest(self, calendar: TradingCalendar) -> datetime:
        if self.timing in (Timing.AFTER_CLOSE, Timing.WEEKEND):
            return datetime.combine(self.announced_on, time(23, 59, 59), tzinfo=NEW_YORK)
        mark = Mark.OPEN if self.timing is Timing.PRE_OPEN else Mark.CLOSE
        return self._mark(calendar, mark) - timedelta(seconds=1)

    def _check(self, moment: datetime, calendar: TradingCalendar) -> None:
        if calendar.is_session(self.announced_on) == (self.timing is Timing.WEEKEND):
            raise self._wrong_day(calendar)
        if moment.date() != self.announced_on:
            raise self._contradiction(moment, f"announced_on {self.announced_on}")
        if self.timing is Timing.WEEKEND:
            return
        opens, closes = self._mark(calendar, Mark.OPEN), self._mark(calendar, Mark.CLOSE)
        fits = {
            Timing.PRE_OPEN: moment < opens,
            Timing.INTRADAY: opens <= moment < closes,
            Timing.AFTER_CLOSE: moment >= closes,
        }
        if not fits[self.timing]:
            raise self._contradiction(moment, f"timing {self.timing.value!r}")

    def _contradiction(self, moment: datetime, other: str) -> EventError:
        return EventError(
            f"announced_at contradicts {other}",
            where=f"event {self.id}",
            value=moment.isoformat(),
            remedy="Correct one of the two.",
        )

    def _wrong_day(self, calendar: TradingCalendar) -> EventError:
        weekend = self.timing is Timing.WEEKEND
        return EventError(
            f"{self.announced_on} is {'a' if weekend else 'not a'} session of {calendar.name}, "
            f"which contradicts timing {self.timing.value!r}",
            where=f"event {self.id}",
            value=self.timing.value,
            bound="'weekend' for days without a session, the other timings for days with one",
            remedy="Correct announced_on or timing.",
        )

    def _beyond(self, calendar: TradingCalendar) -> EventError:
        return EventError(
            f"the event or its first fill lies outside calendar {calendar.name}",
            where=f"event {self.id}",
            value=str(self.announced_on),
            bound=f"sessions from {calendar.sessions[0]} to {calendar.sessions[-1]}",
            remedy="Use a calendar that reaches beyond the event, as event_calendar() gives.",
        )

    def _mark(self, calendar: TradingCalendar, mark: Mark) -> datetime:
        day = np.datetime64(self.announced_on, "D")
        if not calendar.is_session(day):
            raise self._wrong_day(calendar)
        moment: datetime = calendar.mark_time(day, mark).astype("datetime64[us]").item()
        return moment.replace(tzinfo=UTC).astimezone(NEW_YORK)


class EventLibrary(Value):
    """Events of one file; every identifier stands once."""

    events: tuple[Event, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_id_once(self) -> EventLibrary:
        if twice := _twice([event.id for event in self.events]):
            raise flaws(twice)
        return self

    @classmethod
    def more_problems(cls, raw: Mapping[str, Any]) -> list[PydanticCustomError]:
        """Identifiers that stand twice."""
        return _twice([entry.get("id") for entry in tables_in(raw.get("events"))])

    @takes(event_id=TEXT)
    def get(self, event_id: str) -> Event:
        """An event by its identifier, or by date as in "2026-07-01:pre-open".

        Raises EventError with the closest identifier.
        """
        for event in self.events:
            if event.id == event_id:
                return event
        if DATED.match(event_id):
            return dated_event(event_id)
        raise EventError(f"there is no event {event_id!r}", remedy=did_you_mean(event_id, [e.id for e in self.events]))


Events = str | Path | Event | Sequence[Event] | EventLibrary


def tagged(events: Sequence[Event], tags: Sequence[str], where: str = "tags") -> tuple[Event, ...]:
    """The events with one of some tags, in their order. Raises EventError for a tag that none has."""
    known = sorted({tag for event in events for tag in event.tags})
    for tag in tags:
        if tag not in known:
            remedy = did_you_mean(tag, known, limit=20)
            raise EventError(f"no event has the tag {tag!r}", where=where, remedy=remedy)
    return tuple(event for event in events if set(event.tags) & set(tags))


def _twice(ids: Sequence[object]) -> list[PydanticCustomError]:
    remedy = "Give each event an identifier of its own."
    return repeats(ids, lambda i: ("events", i, "id"), what="this identifier", remedy=remedy)


def dated_event(text: str) -> Event:
    """The event that a date and a timing make, as in "2026-07-01:pre-open": news of which no more is known.

    The session must fit the timing, which is checked where the event is used. Raises EventError.
    """
    day, timing = text.strip()[:10], text.strip()[10:].lstrip(":- ")
    bound = f"DATE:TIMING, as in 2026-07-01:pre-open; timings are {', '.join(one.value for one in Timing)}"
    try:
        moment = date.fromisoformat(day)
    except ValueError:
        remedy = "Write a day that exists as year-month-day."
        raise EventError("this is no day", where="event", value=text, bound=bound, remedy=remedy) from None
    if timing not in [one.value for one in Timing]:
        what = "an event by date needs its timing" if not timing else f"there is no timing {timing!r}"
        remedy = f"Write {day}:pre-open." if not timing else did_you_mean(timing, [one.value for one in Timing])
        raise EventError(what, where="event", value=text, bound=bound, remedy=remedy)
    return Event(
        id=f"{day}-{timing}", announced_on=moment, timing=Timing(timing), headline=f"News of {day}, {timing}",
        sources=("a date that was given, without a source",), confidence="not told",
    )  # fmt: skip


@takes(path=EVENTS)
def load_events(path: Events = "events") -> EventLibrary:
    """The shipped events, or those of a user's TOML file, which is read anew each time.

    path: a file; or an Event, several, beside which the shipped ones stand, or a library, which is given back. Raises
    EventError.
    """
    if isinstance(path, EventLibrary):
        return path
    if isinstance(path, Event):
        return beside_shipped((path,))
    if not isinstance(path, str | Path):
        return beside_shipped(tuple(path))
    found = find_file(path, {"events": SHIPPED}, kind="event", error=EventError)
    return _shipped_events() if found == SHIPPED else _read_events(found)


def beside_shipped(events: Sequence[Event], library: EventLibrary | None = None) -> EventLibrary:
    """A library (None: the shipped one) with more `events`, each in place of one of the same identifier."""
    own = {event.id for event in events}
    others = (_shipped_events() if library is None else library).events
    return EventLibrary(events=(*events, *(event for event in others if event.id not in own)))


def named_and_given(
    asked: str | Event | Sequence[str | Event] | None, events: Events
) -> tuple[str | list[str] | None, Events]:
    """Identifiers of events that are asked for by name or given as such, and a library that has them.

    Raises EventError for a library that cannot be read.
    """
    if asked is None or isinstance(asked, str):
        return asked, events
    several: Sequence[str | Event] = (asked,) if isinstance(asked, Event) else asked
    own = tuple(one for one in several if isinstance(one, Event))
    ids = [one.id if isinstance(one, Event) else one for one in several]
    return ids, beside_shipped(own, load_events(events)) if own else events


@lru_cache(maxsize=1)
def _shipped_events() -> EventLibrary:
    return _read_events(SHIPPED)


def _read_events(path: Path) -> EventLibrary:
    return validate(EventLibrary, read_toml(path, error=EventError), path=path, error=EventError)


def event_calendar(event: Event) -> TradingCalendar:
    """A calendar wide enough to place an event: its own year and the years around it."""
    return trading_calendar(event.announced_on.year - 1, event.announced_on.year + 1)


__all__ = [
    "Event", "EventLibrary", "Events", "FirstFill", "Timing", "as_utc", "beside_shipped", "dated_event",
    "event_calendar", "load_events", "named_and_given",
]  # fmt: skip
