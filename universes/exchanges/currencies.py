"""Prices in other currencies than USD, brought into USD by what was known of exchange rates at each of their marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from hedgebook.errors import InputError, PriceDataError, UniverseError

from ..arrays import Floats
from ..brief import brief
from ..model import Value
from ..refusal.problems import flaw

if TYPE_CHECKING:
    from .venues import Venues

BASE = "USD"
CLOSE = re.compile(r"(\d{1,2}):(\d{2})(?: (\S+))?", re.ASCII)
NEW_YORK_CLOSE = "17:00 America/New_York"
# From so many days on a rate is too old to value a price by.
OLDEST_DAYS = 10


class FxSeries(Value):
    """Where the exchange rate of a currency stands: a ticker of the price file, and the time of day of its closes.

    ticker: such as KRWUSD=X; usd_per_unit: whether it says how many USD a unit costs, else how many units a USD;
    close: the time and the zone at which a close of a date is taken, the earliest at which it is known. day: days to
    add to a date, 1 for a vendor whose date is that of the evening before.
    """

    _error: ClassVar[type[InputError]] = UniverseError

    ticker: str = Field(min_length=1, max_length=24, pattern=r"^\S+$")
    usd_per_unit: bool = True
    close: str = NEW_YORK_CLOSE
    day: int = Field(default=0, ge=-1, le=1)

    @field_validator("close")
    @classmethod
    def _is_a_time(cls, text: str) -> str:
        found = CLOSE.fullmatch(text)
        try:
            if found is not None:
                time(int(found[1]), int(found[2]))
                ZoneInfo(found[3] or "UTC")
                return text
        except (ValueError, ZoneInfoNotFoundError):
            pass
        remedy = 'Write a time and a zone, as in close = "17:00 America/New_York".'
        raise flaw("this is not a time of day", at=(), value=text, remedy=remedy)

    def moments(self, days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        """(D,) UTC moments of the closes of some days, datetime64[ns]."""
        import pandas as pd

        found = CLOSE.fullmatch(self.close)
        assert found is not None
        local = pd.DatetimeIndex(days.astype("datetime64[ns]")) + pd.Timedelta(
            days=self.day, hours=int(found[1]), minutes=int(found[2])
        )
        zoned = local.tz_localize(found[3] or "UTC", ambiguous=True, nonexistent="shift_forward")
        return np.asarray(zoned.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")


@brief
@dataclass(frozen=True, eq=False)
class Rates:
    """The rates by which a market's prices were brought into USD.

    names: (N,) the currency of each ticker; open, close: (T, N) USD of a unit as known at each open and close of its
    exchange, 1 for USD, NaN where the exchange had no session or nothing was known. series: the rates themselves by
    currency, by which what is held is worth something while its exchange is closed.
    """

    names: tuple[str, ...]
    open: NDArray[np.float64]
    close: NDArray[np.float64]
    series: Mapping[str, Series] = field(default_factory=dict)

    def held(self, tickers: Sequence[str]) -> dict[str, int]:
        """Column number of each currency that is a ticker itself."""
        found = enumerate(zip(self.names, tickers, strict=True))
        return {name: i for i, (name, ticker) in found if name == ticker and name in self.series}

    def rows(self, part: slice) -> Rates:
        """Those of some days."""
        return Rates(self.names, self.open[part], self.close[part], self.series)


@dataclass(frozen=True, eq=False)
class Series:
    """One exchange rate: USD of a unit at moments, both (F,), ascending."""

    moments: NDArray[np.datetime64]
    usd: NDArray[np.float64]

    def at(self, moments: NDArray[np.datetime64]) -> Floats:
        """(T,): the last rate up to each moment, NaN before the first, where it is too old and without a moment."""
        known = ~np.isnat(moments)
        place = np.searchsorted(self.moments, np.where(known, moments, self.moments[0]), side="right") - 1
        age = np.where(known, moments, self.moments[0]) - self.moments[np.maximum(place, 0)]
        fresh = known & (place >= 0) & (age <= np.timedelta64(OLDEST_DAYS, "D"))
        return np.where(fresh, self.usd[np.maximum(place, 0)], np.nan)


def meant_currency(ticker: str, currencies: Mapping[str, FxSeries]) -> tuple[str, str] | None:
    """What is wrong with a pair of currencies where a ticker is asked for, and the remedy; None for anything else."""
    letters = re.sub(r"=X$|[^A-Za-z]", "", ticker).upper()
    for name, fx in currencies.items():
        if ticker == fx.ticker or letters in (f"USD{name}", f"{name}USD"):
            what = f"{ticker} is an exchange rate and is not held itself"
            return what, f"Hold {name}, of which a share is one unit: above zero to own it, below zero to owe it."
    return None


def series_of(fx: FxSeries, days: NDArray[np.datetime64], closes: NDArray[np.float64], source: str) -> Series:
    """The rate of a currency from the closes of its ticker. Raises PriceDataError where there is none above 0."""
    good = np.isfinite(closes) & ~np.isnat(days)
    if not good.any() or (closes[good] <= 0.0).any():
        raise PriceDataError("there is no usable exchange rate", where=source, value=fx.ticker)
    moments = fx.moments(days[good])
    order = np.argsort(moments, kind="stable")
    usd = closes[good] if fx.usd_per_unit else 1.0 / closes[good]
    return Series(moments[order], usd[order])


def rates_of(currencies: Sequence[str], series: Mapping[str, Series], venues: Venues) -> Rates:
    """The rates of tickers in some currencies at the marks of their exchanges."""
    shape = (len(venues.open_at), len(currencies))
    opens, closes = np.ones(shape), np.ones(shape)
    for i, currency in enumerate(currencies):
        if currency != BASE:
            venue = int(venues.of[i])
            opens[:, i] = series[currency].at(venues.open_at[:, venue])
            closes[:, i] = series[currency].at(venues.close_at[:, venue])
    return Rates(tuple(currencies), opens, closes, dict(series))
