"""Exchange rates that stand in a price file, and a market whose prices are brought into USD by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hedgebook.errors import PriceDataError, did_you_mean

from ..counted import counted
from ..exchanges.currencies import BASE, FxSeries, Series, rates_of, series_of
from ..exchanges.venues import Venues
from ..market import Market
from ..universe import Universe
from .align import TickerCodes
from .cells import to_days, to_numbers
from .layout import FileLayout
from .read import RawTable


def in_usd(market: Market, table: RawTable, layout: FileLayout, found: TickerCodes) -> Market:
    """The market with its prices in USD; itself where all of them are.

    Raises PriceDataError for a currency of which the universe names no rate, and for one whose rate the file lacks.
    """
    currencies = market.universe.currencies_of(market.tickers)
    needed = {currency for currency in currencies if currency != BASE}
    if not needed:
        return market
    series = {name: _series(market.universe, name, table, layout, found) for name in sorted(needed)}
    venues = market.venues or _home(market)
    rates = rates_of(currencies, series, venues)
    lost = np.isfinite(market.close) & ~np.isfinite(rates.close)
    told = list(market.warnings)
    told.append(f"prices in {', '.join(sorted(needed))} are in USD by the last rate known at each open and close")
    if lost.any():
        names = [market.tickers[i] for i in np.flatnonzero(lost.any(axis=0))]
        told.append(f"no exchange rate for {counted(int(lost.sum()), 'close')} of {', '.join(names)}: left out")
    return replace(
        market,
        open=market.open * rates.open,
        high=market.high * rates.close,
        low=market.low * rates.close,
        close=market.close * rates.close,
        warnings=tuple(told),
        rates=rates,
    )


def _home(market: Market) -> Venues:
    """The one exchange of a market of the usual hours."""
    of = np.zeros(len(market.tickers), dtype=np.int64)
    return Venues(("XNYS",), of, market.open_at[:, None], market.close_at[:, None])


def _series(universe: Universe, currency: str, table: RawTable, layout: FileLayout, found: TickerCodes) -> Series:
    fx: FxSeries | None = universe.currencies.get(currency)
    if fx is None:
        raise PriceDataError(
            f"no exchange rate of {currency} is named",
            where=f"universe {universe.name}",
            remedy=f'Name its ticker: [currencies] {currency} = {{ ticker = "{currency}USD=X" }}.',
        )
    if fx.ticker not in found.names:
        raise PriceDataError(
            f"the exchange rate of {currency} is not in it",
            where=table.source,
            value=fx.ticker,
            remedy=f"Add its closes as those of a ticker. {did_you_mean(fx.ticker, found.names)}".strip(),
        )
    days, _, codes = to_days(table.columns[layout.date])
    if found.codes is None:
        closes, _ = to_numbers(table.columns[layout.tickers[fx.ticker]])
        each = days[codes]
    else:
        rows = np.flatnonzero(found.codes == found.names.index(fx.ticker))
        closes, _ = to_numbers(table.columns[layout.fields["close"]].take(rows))
        each = days[codes[rows]]
    return series_of(fx, each, closes, table.source)
