"""The exchanges, currencies and exchange rates that kept prices are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hedgebook.universes.calendar import EXCHANGE
from hedgebook.universes.exchanges.currencies import BASE, Series
from hedgebook.universes.market import Market

Told = list[list[Any]]


@dataclass(frozen=True, eq=False)
class Abroad:
    """venues: exchanges whose days count, the first of which counts the sessions of a trade; exchanges, currencies: of
    each kept ticker; rates: by currency, those that were known when they were kept."""

    venues: tuple[str, ...]
    exchanges: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    rates: Mapping[str, Series] = field(default_factory=dict)

    @classmethod
    def of(cls, market: Market, tickers: Sequence[str]) -> Abroad | None:
        """Those of some tickers of a market, currencies among them; None where all is in New York and in USD.

        Raises PriceDataError for a ticker without prices.
        """
        at = [market.column(ticker) for ticker in tickers if ticker not in market.currency_columns]
        money = {ticker for ticker in tickers if ticker in market.currency_columns}
        venues, rates = market.venues, market.rates
        exchanges = tuple(EXCHANGE if venues is None else venues.names[venues.of[i]] for i in at)
        names = (EXCHANGE,) if venues is None else venues.names
        used = (names[0], *(name for name in names[1:] if name in exchanges))
        currencies = tuple(BASE if rates is None else rates.names[i] for i in at)
        needed = sorted(({*currencies} | money) - {BASE})
        if used == (EXCHANGE,) and not needed:
            return None
        return cls(used, exchanges, currencies, {} if rates is None else {name: rates.series[name] for name in needed})

    @property
    def is_usual(self) -> bool:
        """Whether the usual exchange is the only one."""
        return self.venues == (EXCHANGE,)

    def until(self, moment: np.datetime64, since: np.datetime64) -> Abroad:
        """The same with the rates known at one moment, from the last one up to another on."""
        rates = {}
        for name, series in self.rates.items():
            first = max(int(np.searchsorted(series.moments, since, side="right")) - 1, 0)
            part = slice(first, int(np.searchsorted(series.moments, moment, side="right")))
            rates[name] = Series(series.moments[part], series.usd[part])
        return replace(self, rates=rates)

    def after(self, moment: np.datetime64) -> Abroad:
        """The same with the rates that came after a moment alone."""
        rates = {}
        for name, series in self.rates.items():
            later = series.moments > moment
            rates[name] = Series(series.moments[later], series.usd[later])
        return replace(self, rates=rates)

    def between(self, after: np.datetime64 | None, until: np.datetime64) -> dict[str, Told]:
        """By currency, the moment, UTC, and USD of a unit of each rate that came between two moments, None: of all up
        to the second."""
        found = {}
        for name, series in self.rates.items():
            here = series.moments <= until
            if after is not None:
                here &= series.moments > after
            if here.any():
                found[name] = _told(Series(series.moments[here], series.usd[here]))
        return found

    def with_rates(self, told: Mapping[str, Told]) -> Abroad:
        """The same with later rates, as `between` tells them."""
        if not told:
            return self
        rates = dict(self.rates)
        for name, more in told.items():
            old, new = rates[name], _series(more)
            rates[name] = Series(np.concatenate([old.moments, new.moments]), np.concatenate([old.usd, new.usd]))
        return replace(self, rates=rates)

    def to_json(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return {
            "venues": list(self.venues),
            "exchanges": list(self.exchanges),
            "currencies": list(self.currencies),
            "rates": {name: _told(series) for name, series in self.rates.items()},
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Abroad:
        """What `to_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        rates = {name: _series(more) for name, more in told["rates"].items()}
        return cls(tuple(told["venues"]), tuple(told["exchanges"]), tuple(told["currencies"]), rates)


HOME = Abroad((EXCHANGE,))


def _told(series: Series) -> Told:
    moments = series.moments.astype("datetime64[s]")
    return [[str(moment), float(usd)] for moment, usd in zip(moments, series.usd.tolist(), strict=True)]


def _series(told: Told) -> Series:
    moments = np.array([moment for moment, _ in told], dtype="datetime64[ns]")
    return Series(moments, np.array([usd for _, usd in told], dtype=np.float64))
