"""The exchanges that the tickers of a market trade on: whose session is when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..arrays import Flags, Ints
from ..brief import brief
from ..calendar import EXCHANGE, Mark, TradingCalendar, trading_calendar
from ..checks import LIST_OF_NAMES, as_array, check

Moments = NDArray[np.datetime64]


@brief
@dataclass(frozen=True, eq=False)
class Venues:
    """K exchanges over T days on which any of them trades.

    names: (K,) codes of exchange_calendars, the first of which counts the sessions of a trade; of: (N,) which of them
    each ticker trades on; open_at, close_at: (T, K) datetime64[ns] UTC, NaT on days without a session.
    """

    names: tuple[str, ...]
    of: NDArray[np.int64]
    open_at: NDArray[np.datetime64]
    close_at: NDArray[np.datetime64]

    def __post_init__(self) -> None:
        check("names", self.names, LIST_OF_NAMES, PriceDataError)
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "of", as_array(self.of, np.int64, "of", PriceDataError))
        for name in ("open_at", "close_at"):
            found = np.asarray(getattr(self, name), dtype="datetime64[ns]")
            object.__setattr__(self, name, found)
            if found.ndim != 2 or found.shape[1] != len(self.names):
                what = "one moment a day and exchange is needed"
                raise PriceDataError(what, where=name, value=str(found.shape), bound=f"(T, {len(self.names)})")

    def moments(self, mark: Mark) -> Moments:
        """(T, K): when each exchange opens or closes, NaT where it does not."""
        return self.open_at if mark == Mark.OPEN else self.close_at

    @property
    def trades(self) -> Flags:
        """(T, K): whether an exchange has a session on a day."""
        return ~np.isnat(self.open_at)

    @property
    def counted(self) -> Ints:
        """(S,): the days that count as sessions of a trade: those of the first exchange."""
        return np.flatnonzero(self.trades[:, 0])

    def rows(self, part: slice) -> Venues:
        """Those of some days."""
        return Venues(self.names, self.of, self.open_at[part], self.close_at[part])

    def only(self, columns: Flags) -> Venues:
        """Those of some tickers, with all exchanges."""
        return Venues(self.names, self.of[columns], self.open_at, self.close_at)

    def first_after(self, venue: int, moment: np.datetime64) -> tuple[int, Mark] | None:
        """Day and mark of an exchange's first open or close after a moment; None where there is none."""
        found = []
        for mark in Mark:
            at = self.moments(mark)[:, venue]
            later = np.flatnonzero(~np.isnat(at) & (at > moment))
            if len(later):
                found.append((int(later[0]), mark))
        return min(found) if found else None

    def last_close(self, venue: int, row: int) -> int | None:
        """The last day up to `row` on which an exchange closed; None where there is none."""
        known = np.flatnonzero(self.trades[: row + 1, venue])
        return int(known[-1]) if len(known) else None


def several(calendars: Sequence[str]) -> bool:
    """Whether tickers need exchanges of their own: any of them trades elsewhere than on the usual one."""
    return any(name != EXCHANGE for name in calendars)


def names_of(calendars: Sequence[str]) -> tuple[str, ...]:
    """The exchanges of tickers, each once, the usual one first where it is among them."""
    found = dict.fromkeys(calendars)
    return tuple(sorted(found, key=lambda name: name != EXCHANGE))


def joint_calendar(first_year: int, last_year: int, names: Sequence[str]) -> tuple[TradingCalendar, Venues]:
    """The days on which any exchange trades, and when each does; a day opens with the first of the exchanges, where
    that has a session, and closes with the last one. Raises ParameterError for an exchange that is not known."""
    each = [trading_calendar(first_year, last_year, name) for name in names]
    days = np.unique(np.concatenate([one.sessions for one in each]))
    opens = np.full((len(days), len(names)), np.datetime64("NaT"), dtype="datetime64[ns]")
    closes = opens.copy()
    for k, one in enumerate(each):
        at = np.searchsorted(days, one.sessions)
        opens[at, k], closes[at, k] = one.open_at, one.close_at
    lowest, highest = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    earliest = np.where(np.isnat(opens), lowest, opens.astype(np.int64)).min(axis=1).astype("datetime64[ns]")
    latest = np.where(np.isnat(closes), highest, closes.astype(np.int64)).max(axis=1).astype("datetime64[ns]")
    start = np.where(np.isnat(opens[:, 0]), earliest, opens[:, 0])
    calendar = TradingCalendar("+".join(names), days, start, latest)
    return calendar, Venues(tuple(names), np.zeros(0, dtype=np.int64), opens, closes)
