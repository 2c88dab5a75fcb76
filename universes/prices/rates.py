"""Exchange rates that stand in a price file, and a market whose prices are brought into USD by them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from hedgebook.errors import PriceDataError, did_you_mean

from ..counted import counted
from ..exchanges.currencies import BASE, FxSeries, Series, rates_of, series_of
from ..exchanges.held import home_venues
from ..exchanges.usd import brought_to_usd
from ..market import Market
from ..universe import Universe
from .align import TickerCodes
from .cells import to_days, to_numbers
from .layout import FileLayout
from .read import RawTable


def in_usd(
    market: Market, table: RawTable, layout: FileLayout, found: TickerCodes, held: Collection[str] = ()
) -> Market:
    """The market with its prices in USD; itself where all of them are and no currency is to be `held`.

    It has the rates of its tickers and of what is held, and of the universe's other currencies where they are there.
    Raises PriceDataError for a currency of which the universe names no rate, and for one whose rate the file lacks.
    """
    currencies = market.universe.currencies_of(market.tickers)
    needed = {currency for currency in currencies if currency != BASE}
    if not needed and not held:
        return market
    named = {name for name, fx in market.universe.currencies.items() if fx.ticker in found.names}
    wanted = sorted(needed | named | set(held))
    series = {name: _series(market.universe, name, table, layout, found) for name in wanted}
    rates = rates_of(currencies, series, home_venues(market))
    lost = np.isfinite(market.close) & ~np.isfinite(rates.close)
    told = list(market.warnings)
    if needed:
        told.append(f"prices in {', '.join(sorted(needed))} are in USD by the last rate known at each open and close")
    if lost.any():
        names = [market.tickers[i] for i in np.flatnonzero(lost.any(axis=0))]
        told.append(f"no exchange rate for {counted(int(lost.sum()), 'close')} of {', '.join(names)}: left out")
    return replace(brought_to_usd(market, rates), warnings=tuple(told))


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
