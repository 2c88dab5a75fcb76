"""The days on which several exchanges trade together, for figures that relate the returns of their tickers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..market import Market

PRICED = ("open", "high", "low", "close", "volume")


def at_common(market: Market, tickers: Iterable[str]) -> Market:
    """The days on which every exchange of some tickers trades, as sessions of one exchange.

    A return from one of them to the next spans the same days for every ticker: no move over a holiday is lost, and no
    close that stands still while its exchange is closed counts as a return of zero beside one that moved, which would
    pull slopes and covariances towards zero. A market of one exchange is given back as it is. Raises PriceDataError for
    a ticker without prices.
    """
    venues = market.venues
    if venues is None:
        return market
    asked = np.unique([venues.of[market.column(ticker)] for ticker in tickers])
    days = np.flatnonzero(venues.trades[:, asked].all(axis=1))
    fields: dict[str, Any] = {name: np.ascontiguousarray(getattr(market, name)[days]) for name in PRICED}
    return replace(
        market,
        sessions=market.sessions[days],
        open_at=market.open_at[days],
        close_at=market.close_at[days],
        quotes=None,
        venues=None,
        rates=None,
        **fields,
    )
