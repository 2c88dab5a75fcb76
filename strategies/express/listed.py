"""Which expiries and strikes are listed, where no chain says so: the rules of US exchanges for equity options."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import as_day, trading_calendar

# Weeklies are listed so many calendar days ahead; beyond them only the third Fridays of months.
WEEKLY_DAYS, LONGEST_DAYS = 45, 730
# Distance of strikes by the price of the stock: below each price the step beside it. Exchanges list 0.50, 1, 2.50, 5
# and 10; which of them a name has near its price grows with the price.
STRIKE_STEPS = ((5.0, 0.5), (25.0, 0.5), (100.0, 1.0), (200.0, 2.5), (1000.0, 5.0), (np.inf, 10.0))
LOWEST_FRAC, HIGHEST_FRAC = 0.3, 2.5


def listed_expiries(on: date | np.datetime64 | str, longest_days: int = LONGEST_DAYS) -> NDArray[np.datetime64]:
    """Sessions after `on` on which options expire, ascending: Fridays of the next 45 days, then third Fridays.

    A Friday without a session gives way to the session before it. Raises ParameterError for a day that no calendar has.
    """
    return _listed_expiries(as_day(on), longest_days)


@lru_cache(maxsize=64)
def _listed_expiries(start: np.datetime64, longest_days: int) -> NDArray[np.datetime64]:
    days = start + np.arange(1, longest_days + 1)
    # Day 0 of numpy is a Thursday.
    fridays = days[(days.astype(np.int64) + 3) % 7 == 4]
    of_month = fridays.astype("datetime64[M]")
    third = (fridays - of_month.astype("datetime64[D]")).astype(np.int64) // 7 == 2
    near = (fridays - start).astype(np.int64) <= WEEKLY_DAYS
    first_year, last_year = int(str(start)[:4]), int(str(days[-1])[:4])
    calendar = trading_calendar(first_year, last_year)
    moved = [_session_up_to(day, calendar.is_session) for day in fridays[third | near]]
    found: NDArray[np.datetime64] = np.unique(np.array(moved, dtype="datetime64[D]"))
    ahead = found[found > start]
    ahead.flags.writeable = False
    return ahead


def expiry_near(on: date | np.datetime64 | str, days: int, *, after: np.datetime64 | None = None) -> np.datetime64:
    """The listed expiry whose calendar days from `on` are closest to `days`, the later of two as close.

    after: a session that it must not lie before. Raises ParameterError where none is listed so far ahead.
    """
    start = as_day(on)
    if not 1 <= days <= LONGEST_DAYS:
        raise ParameterError(
            "no option is listed so many days ahead", where="days", value=days, bound=f"1 to {LONGEST_DAYS}"
        )
    found = listed_expiries(start, LONGEST_DAYS + 40)
    if after is not None:
        found = found[found >= after]
    gaps = np.abs((found - start).astype(np.int64) - days)
    return found[len(gaps) - 1 - int(np.argmin(gaps[::-1]))]  # type: ignore[no-any-return]


def listed_strikes(spot: float) -> Floats:
    """Strikes that are listed around a price, ascending, from 0.3 to 2.5 times it."""
    step = next(step for below, step in STRIKE_STEPS if spot < below)
    first, last = np.ceil(LOWEST_FRAC * spot / step), np.floor(HIGHEST_FRAC * spot / step)
    return np.asarray(np.arange(max(first, 1.0), last + 1.0) * step)


def _session_up_to(day: np.datetime64, is_session: object) -> np.datetime64:
    while not is_session(day):  # type: ignore[operator]
        day = day - np.timedelta64(1, "D")
    return day
