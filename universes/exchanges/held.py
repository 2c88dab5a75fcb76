"""Currencies as tickers of a market: money in won or euro that can be held, owed and hedged with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .currencies import BASE, Rates, rates_of
from .venues import Venues

if TYPE_CHECKING:
    from ..market import Market


def home_venues(market: Market) -> Venues:
    """The exchanges of a market; the usual one where it has no others."""
    if market.venues is not None:
        return market.venues
    of = np.zeros(len(market.tickers), dtype=np.int64)
    return Venues(("XNYS",), of, market.open_at[:, None], market.close_at[:, None])


def with_currencies(market: Market) -> Market:
    """The market with each currency whose rate it has as a ticker, such as KRW: USD of one unit, in no bucket.

    It is exchanged at the opens and closes of the exchange at which the first ticker in that currency trades, at the
    rate known by then, so that money and shares change hands at one moment; without such a ticker at those of the first
    exchange. Volume, high and low are NaN.
    """
    rates = market.rates
    names = () if rates is None else tuple(name for name in sorted(rates.series) if name not in market.columns)
    if rates is None or not names:
        return market
    venues = home_venues(market)
    own = np.array([_venue_of(name, rates.names, venues) for name in names], dtype=np.int64)
    added = rates_of(names, rates.series, Venues(venues.names, own, venues.open_at, venues.close_at))
    unknown = np.full(added.close.shape, np.nan)
    more = {"open": added.open, "close": added.close, "high": unknown, "low": unknown, "volume": unknown}
    fields: dict[str, Any] = {
        field: np.ascontiguousarray(np.hstack([getattr(market, field), values])) for field, values in more.items()
    }
    quotes = market.quotes
    if quotes is not None:
        opens, closes = np.hstack([quotes.open, added.open]), np.hstack([quotes.close, added.close])
        quotes = replace(quotes, open=opens, close=closes)
    return replace(
        market,
        **fields,
        tickers=(*market.tickers, *names),
        quotes=quotes,
        venues=None if market.venues is None else replace(market.venues, of=np.concatenate([venues.of, own])),
        rates=Rates(
            (*rates.names, *names),
            np.hstack([rates.open, added.open]),
            np.hstack([rates.close, added.close]),
            rates.series,
        ),
    )


def _venue_of(currency: str, names: Sequence[str], venues: Venues) -> int:
    return next((int(venues.of[i]) for i, name in enumerate(names) if name == currency != BASE), 0)
