"""Sessions of an exchange and the moments of their two marks, open and close."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean

from .brief import brief

NEW_YORK = ZoneInfo("America/New_York")
EXCHANGE = "XNYS"
COMMON_YEARS = (2010, 2029)
# What figures of a year are scaled by.
SESSIONS_PER_YEAR = 252


class Mark(IntEnum):
    """The two moments of a session at which prices exist and orders fill."""

    OPEN = 0
    CLOSE = 1

    @classmethod
    def _missing_(cls, value: object) -> Mark:
        shown = value if isinstance(value, int | float | str) else type(value).__name__
        raise ParameterError("there is no such mark", where="mark", value=shown, bound="0 = open, 1 = close")

    @property
    def label(self) -> str:
        """The mark's lower-case name, as it stands in tables and files."""
        return self.name.lower()


@brief
@dataclass(frozen=True, eq=False)
class TradingCalendar:
    """Sessions with the UTC moments of their opens and closes.

    sessions: (S,) datetime64[D], ascending; open_at, close_at: (S,) datetime64[ns], UTC.
    """

    name: str
    sessions: NDArray[np.datetime64]
    open_at: NDArray[np.datetime64]
    close_at: NDArray[np.datetime64]

    def covers(self, day: date | np.datetime64) -> bool:
        """Whether `day` lies in the calendar's years; about days outside them it knows nothing."""
        return len(self.sessions) > 0 and bool(
            self.sessions[0].astype("datetime64[Y]")
            <= as_day(day).astype("datetime64[Y]")
            <= self.sessions[-1].astype("datetime64[Y]")
        )

    def is_session(self, day: date | np.datetime64) -> bool:
        """Whether the exchange trades on `day`."""
        i = int(np.searchsorted(self.sessions, as_day(day)))
        return i < len(self.sessions) and bool(self.sessions[i] == as_day(day))

    def next_session(self, day: date | np.datetime64) -> np.datetime64:
        """The first session strictly after `day`. Raises ParameterError where the calendar cannot know it."""
        i = int(np.searchsorted(self.sessions, as_day(day), side="right"))
        if i == len(self.sessions) or not self.covers(day):
            raise self._outside("the calendar does not know the session after this day", day)
        session: np.datetime64 = self.sessions[i]
        return session

    def mark_time(self, session: np.datetime64, mark: Mark) -> np.datetime64:
        """The UTC moment of a mark, as datetime64[ns]. Raises ParameterError for a day without a session."""
        if not self.is_session(session):
            raise self._outside(f"this day is not a session of {self.name}", session)
        i = int(np.searchsorted(self.sessions, as_day(session)))
        moment: np.datetime64 = (self.open_at if mark == Mark.OPEN else self.close_at)[i]
        return moment

    def _outside(self, what: str, day: date | np.datetime64) -> ParameterError:
        span = f"from {self.sessions[0]} to {self.sessions[-1]}" if len(self.sessions) else "none at all"
        return ParameterError(what, where=f"calendar {self.name}", value=str(as_day(day)), bound=f"sessions {span}")


@lru_cache(maxsize=32)
def trading_calendar(first_year: int, last_year: int, name: str = EXCHANGE) -> TradingCalendar:
    """Sessions of an exchange from the first day of `first_year` to the last of `last_year`.

    Whole years, so that the answer depends on the data asked about and never on today's date:
    exchange_calendars' own default range ends a year from now. Raises ParameterError for an unknown exchange
    and for years that it has no sessions for.
    """
    # Prices and events ask for different years of one exchange; building its sessions twice took 0.1 s of a run.
    if name != EXCHANGE or not COMMON_YEARS[0] <= first_year <= last_year <= COMMON_YEARS[1]:
        return _build(first_year, last_year, name)
    whole = _build(*COMMON_YEARS, name)
    first, last = np.datetime64(f"{first_year}-01-01"), np.datetime64(f"{last_year}-12-31")
    part = slice(*np.searchsorted(whole.sessions, [first, last + 1]))
    return TradingCalendar(name, whole.sessions[part], whole.open_at[part], whole.close_at[part])


@lru_cache(maxsize=8)
def _build(first_year: int, last_year: int, name: str) -> TradingCalendar:
    import exchange_calendars

    if name not in (known := exchange_calendars.get_calendar_names()):
        raise ParameterError(
            "there is no such exchange", where="calendar", value=name, remedy=did_you_mean(name, known)
        )
    try:
        with warnings.catch_warnings():
            # exchange_calendars 4.13 itself uses what pandas will change; the schedule is not affected.
            for changes in (r"Series\.values returning an ndarray", r"DatetimeIndex\.weekday is deprecated"):
                warnings.filterwarnings("ignore", message=changes)
            calendar = exchange_calendars.get_calendar(
                name, start=f"{first_year:04d}-01-01", end=f"{last_year:04d}-12-31"
            )
            schedule = calendar.schedule
    except ValueError as problem:
        raise ParameterError(
            f"the sessions of these years are not known: {problem}",
            where=f"calendar {name}",
            value=f"{first_year} to {last_year}",
            remedy="Choose years in order, within the exchange's records.",
        ) from None
    return TradingCalendar(
        name=name,
        sessions=np.asarray(schedule.index.values, dtype="datetime64[D]"),
        open_at=_utc(schedule["open"]),
        close_at=_utc(schedule["close"]),
    )


def _utc(column: object) -> NDArray[np.datetime64]:
    naive = column.dt.tz_convert("UTC").dt.tz_localize(None)  # type: ignore[attr-defined]
    return np.asarray(naive.to_numpy(), dtype="datetime64[ns]")


def as_day(day: date | np.datetime64 | str) -> np.datetime64:
    """A day as datetime64[D]; a moment becomes the day that it lies in. Raises ParameterError for what is no day."""
    if isinstance(day, datetime) and day.tzinfo is not None:
        day = day.replace(tzinfo=None)  # the day on its own clock
    try:
        found: Any = np.asarray(day, dtype="datetime64[D]")[()]
    except (TypeError, ValueError):
        found = np.datetime64("NaT")
    if np.isnat(found):
        shown = str(day) if isinstance(day, str) else type(day).__name__
        remedy = "Write it as in 2025-07-01."
        raise ParameterError("this is not a day", where="day", value=shown, remedy=remedy)
    return cast(np.datetime64, found)


def as_utc(moment: datetime) -> np.datetime64:
    """An aware datetime as UTC datetime64[ns]. Raises ParameterError for one without a time zone."""
    if moment.tzinfo is None:
        raise ParameterError(
            "this moment has no time zone",
            value=moment.isoformat(),
            remedy="Add the offset from UTC, as in 2026-07-01T08:00:00-04:00.",
        )
    return np.datetime64(moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "ns")


def row_up_to(sessions: NDArray[np.datetime64], day: np.datetime64) -> int:
    """The last of ascending sessions up to a day, -1 before the first."""
    return int(np.searchsorted(sessions, day, side="right")) - 1


def row_before(moments: NDArray[np.datetime64], moment: np.datetime64) -> int:
    """The last of ascending moments before a moment, -1 where there is none: of closes, the last one known then."""
    return int(np.searchsorted(moments, moment)) - 1


def check_covered(sessions: NDArray[np.datetime64], day: np.datetime64, where: str) -> None:
    """Raise ParameterError for a day before the first session or after the last one; where: what gives the day."""
    if not sessions[0] <= day <= sessions[-1]:
        bound = f"{sessions[0]} to {sessions[-1]}"
        raise ParameterError("the prices do not cover this day", where=where, value=str(day), bound=bound)
