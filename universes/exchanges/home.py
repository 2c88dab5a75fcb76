"""A market over several exchanges as the first of them sees it: its own sessions, all prices as last known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Floats
from .currencies import BASE, Rates
from .venues import Venues

if TYPE_CHECKING:
    from ..market import Market

PRICED = ("open", "high", "low", "close")


def at_home(market: Market) -> Market:
    """The sessions of the first exchange alone, for figures that compare a session of all tickers.

    A ticker whose own exchange is closed on one stands at its last close, at the exchange rate known by the close of
    the first exchange, if that exchange's last session had a price of it; nothing is traded of it then. Whatever moved
    while the first exchange was closed is in the return of its next session, so no move is lost. A market of one
    exchange, and one with quotes and corporate actions beside its prices, is given back as it is.
    """
    venues = market.venues
    if venues is None or market.quotes is not None:
        return market
    days = venues.counted
    closed = ~venues.trades[:, venues.of]
    close, rate = market.close.copy(), None if market.rates is None else market.rates.close.copy()
    for i in np.flatnonzero(closed[days].any(axis=0)).tolist():
        _carry(market, venues, i, close, rate)
    still = closed[days]
    fields: dict[str, Any] = {
        name: np.ascontiguousarray(np.where(still, close[days], getattr(market, name)[days])) for name in PRICED
    }
    if not market.has_opens:
        fields["open"] = market.open[days]
    rates = market.rates
    if rates is not None and rate is not None:
        opens = np.where(still, rate[days], rates.open[days])
        rates = Rates(rates.names, opens, rate[days], rates.series)
    return replace(
        market,
        sessions=market.sessions[days],
        open_at=venues.open_at[days, 0],
        close_at=venues.close_at[days, 0],
        volume=np.where(still & np.isfinite(close[days]), 0.0, market.volume[days]),
        venues=None,
        rates=rates,
        **fields,
    )


def adjusted_at_home(market: Market) -> Market:
    """As `at_home`, of a market with quotes and corporate actions too: its adjusted prices, which returns are of."""
    return market if market.venues is None else at_home(replace(market, quotes=None))


def _carry(market: Market, venues: Venues, i: int, close: Floats, rate: Floats | None) -> None:
    """Write a ticker's last closes, and the rates they are worth something by, into the days it cannot trade on."""
    own = np.flatnonzero(venues.trades[:, venues.of[i]])
    away = np.flatnonzero(~venues.trades[:, venues.of[i]])
    place = np.searchsorted(own, away) - 1
    away, last = away[place >= 0], own[place[place >= 0]]
    close[away, i] = market.close[last, i]
    name = BASE if market.rates is None else market.rates.names[i]
    if market.rates is None or rate is None:
        return
    rate[away, i] = market.rates.close[last, i]
    if name in market.rates.series:
        known = market.rates.series[name].at(venues.close_at[away, 0])
        there = np.isfinite(known)
        close[away[there], i] *= known[there] / market.rates.close[last[there], i]
        rate[away[there], i] = known[there]
