"""How often returns come, read off their dates, and how many of them make a year."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from .series import own_clock

Days = NDArray[np.datetime64]
MONDAY_TO_FRIDAY = "1111100"
# A weekday of which there are fewer than this share of the dates is an exception, not part of the week.
RARE_WEEKDAY_FRAC = 0.05
# So many steps may be longer than the rest: holidays, and dates that are missing.
ODD_STEPS_FRAC, FEW_DATES = 0.10, 5
LONGEST_DAILY_STEP = 4
# Annual figures of fewer returns than this say little: they are shown with the number, and never as a headline.
FEWEST_FOR_ANNUAL = 60
# Name, unit, how many make a year, and the days from one to the next.
LONGER = (
    ("weekly", "week", 52.0, 5, 9),
    ("monthly", "month", 12.0, 26, 36),
    ("quarterly", "quarter", 4.0, 84, 98),
    ("half-yearly", "half-year", 2.0, 175, 190),
    ("yearly", "year", 1.0, 355, 375),
)
# Fortnights have 14 days; halves of a month, which have 13 to 17, have 15.2 in the mean.
FORTNIGHT, HALF_MONTH = ("fortnightly", "fortnight", 26.0), ("semi-monthly", "half-month", 24.0)
SHORTEST_FORTNIGHT, LONGEST_FORTNIGHT, BETWEEN_THEM = 12, 18, 14.6
BY_WEEKDAYS = {5: ("daily", "session", 252.0), 6: ("daily", "session", 302.0), 7: ("calendar-daily", "day", 365.0)}


@dataclass(frozen=True)
class Frequency:
    """How often returns come. name; unit: what one return is of; per_year: how many make a year, NaN where their dates
    have no regular step; reason: why it is NaN, else empty."""

    name: str
    unit: str
    per_year: float
    reason: str = ""

    @property
    def regular(self) -> bool:
        """Whether annual figures are defined."""
        return math.isfinite(self.per_year)

    def before(self, first: pd.Timestamp) -> pd.Timestamp:
        """The date at which the first return begins: one step earlier, at a month's end where the first is one."""
        days = {"weekly": 7, "fortnightly": 14, "semi-monthly": 15, "four-weekly": 28}.get(self.name)
        if days is not None:
            return first - pd.Timedelta(days=days)
        months = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}.get(self.name)
        if months is None:
            return first - pd.Timedelta(days=1)
        start = first - pd.DateOffset(months=months)
        # A month that ends on a weekend has its last session before; the end itself serves as well.
        return start + pd.offsets.MonthEnd(0) if (first + pd.offsets.BDay(1)).month != first.month else start

    def count(self, number: float) -> str:
        """A number of them, as in 1 session or 12 months."""
        return f"{number:,.0f} {self.unit if number == 1 else self.units}"

    @property
    def units(self) -> str:
        """The plural of the unit."""
        return f"{self.unit}s"

    @property
    def basis(self) -> str:
        """How annual figures are made, in a sentence."""
        if not self.regular:
            return f"Annual figures are undefined: {self.reason}."
        return f"Returns are {self.name} by their dates: a year has {self.per_year:,.0f} {self.units}."


DAILY = Frequency("daily", "session", 252.0)


def frequency_of(dates: pd.DatetimeIndex) -> Frequency:
    """The frequency of ascending dates without a time zone.

    Daily: nine of ten steps go to the next day of the week that the dates use: 252 a year for five days, 365 for
    seven. Weekly to yearly: nine of ten steps have that length in days. Intraday: most days have several times, as
    often; a year has so many on 252 or 365 days. Anything else, and a single date, has no frequency. Raises
    ParameterError where the dates do not ascend, or a day stands twice in a series that is not intraday.
    """
    if not dates.is_monotonic_increasing or not dates.is_unique:
        raise ParameterError("the dates do not ascend, each once", where="dates")
    days, counts = np.unique(dates.to_numpy().astype("datetime64[D]"), return_counts=True)
    if len(days) == len(dates):
        return _of_days(days)
    if not is_intraday(dates):
        day = days[counts > 1][0]
        raise ParameterError("two returns have the same day", where="dates", value=str(day))
    each = _of_days(days) if len(days) > 1 else DAILY
    often = float(np.median(counts))
    inner = counts[1:-1] if len(counts) > 2 else counts
    if each.unit not in ("session", "day"):
        return _irregular("several returns a day on days that have no regular step")
    if np.mean(np.abs(inner - often) <= 0.2 * often) < 1.0 - 2.0 * ODD_STEPS_FRAC:
        return _irregular(f"{counts.min()} to {counts.max()} returns a day")
    return Frequency("intraday", "bar", often * each.per_year)


def is_intraday(dates: pd.DatetimeIndex) -> bool:
    """Whether half of the days or more have several dates of different times."""
    _, counts = np.unique(dates.to_numpy().astype("datetime64[D]"), return_counts=True)
    return bool(dates.is_unique and len(counts) and np.mean(counts > 1) >= 0.5)


def year_of(returns: Any, sessions_per_year: float | None) -> float:
    """Returns in a year: as given (NaN: no annual figures), or by the dates of a Series or a frame; 252 where
    there are no dates.

    Raises ParameterError for a number not above zero and for dates that do not ascend.
    """
    if sessions_per_year is None:
        index = getattr(returns, "index", None)
        if not isinstance(index, pd.DatetimeIndex):
            return DAILY.per_year
        return frequency_of(own_clock(index)).per_year
    if sessions_per_year <= 0:
        raise ParameterError("cannot be used", where="sessions_per_year", value=sessions_per_year, bound="above 0")
    return float(sessions_per_year)


def _of_days(days: Days) -> Frequency:
    if len(days) < 2:
        return Frequency("single", "return", math.nan, "one return has no frequency")
    steps = np.diff(days).astype(np.int64)
    middle = float(np.median(steps))
    if middle <= LONGEST_DAILY_STEP:
        mask = _week_of(days)
        opened = np.busday_count(days[:-1], days[1:], weekmask=mask)
        if mask.count("1") in BY_WEEKDAYS and _mostly(opened == 1):
            return Frequency(*BY_WEEKDAYS[mask.count("1")])
        return _irregular(f"the dates are {steps.min()} to {steps.max()} days apart")
    if len(steps) >= 3 and (steps == 28).all():
        return Frequency("four-weekly", "four-week period", 13.0)
    halves = (steps >= SHORTEST_FORTNIGHT) & (steps <= LONGEST_FORTNIGHT)
    if _mostly(halves):
        return Frequency(*(FORTNIGHT if steps[halves].mean() < BETWEEN_THEM else HALF_MONTH))
    for name, unit, per_year, low, high in LONGER:
        if low <= middle <= high and _mostly((steps >= low) & (steps <= high)):
            return Frequency(name, unit, per_year)
    return _irregular(f"the dates are {steps.min()} to {steps.max()} days apart")


def _mostly(as_expected: NDArray[np.bool_]) -> bool:
    odd = int((~as_expected).sum())
    return odd <= max(ODD_STEPS_FRAC * len(as_expected), 1.0 if len(as_expected) >= FEW_DATES else 0.0)


def _week_of(days: Days) -> str:
    """The days of the week that the dates use, Monday first, as 1111100."""
    weekday = (days.astype(np.int64) + 3) % 7
    counts = np.bincount(weekday, minlength=7)
    if (counts[5:] <= RARE_WEEKDAY_FRAC * len(days)).all():
        return MONDAY_TO_FRIDAY
    if len(days) < 2 * 7:
        # Too few to count weekdays: every day of the week, once a weekend is among them.
        return "1111111"
    return "".join("1" if c >= 0.5 * counts.max() else "0" for c in counts.tolist())


def _irregular(reason: str) -> Frequency:
    return Frequency("irregular", "return", math.nan, reason)
