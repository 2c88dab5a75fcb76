"""Rule 201 of Regulation SHO: after a fall of ten per cent nothing is sold short at the bid until the next day ends.

Source: 17 CFR 242.201. A price decline of 10 % or more from the prior close triggers it for the rest of that day and
for the following day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

TRIGGER_FRAC = 0.10
# Prices are adjusted and rounded, so a fall of exactly ten per cent may come out a little smaller.
ROUNDING_FRAC = 1e-9
FIELDS = ("open", "low", "close")
# Codes of exchange_calendars of those that the rule holds for.
US_EXCHANGES = frozenset({"XNYS", "NYSE", "XNAS", "NASDAQ", "XASE", "AMEX", "ARCX", "ARCA", "BATS", "IEXG"})


class Marks(NamedTuple):
    """Some prices of a market, each (T, N)."""

    open: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]


def rule_201_bars(market: Market) -> NDArray[np.bool_]:
    """(2, T, N): where a market short sale is barred at the open and at the close of each session.

    The open is barred when it stands at least 10 % below the last close before it, or after a trigger on the
    session before; the close is barred after a trigger on its own session or the one before. A session
    triggers by its low, or by the lower of open and close where the low is missing. A session without prices
    triggers nothing. It is a rule of the United States: tickers of other exchanges are never barred by it.
    """
    if market.venues is None:
        return _bars(market)
    out = np.zeros((2, *market.close.shape), dtype=np.bool_)
    for k, name in enumerate(market.venues.names):
        columns = np.flatnonzero(market.venues.of == k)
        days = np.flatnonzero(market.venues.trades[:, k])
        if name in US_EXCHANGES and len(columns) and len(days):
            there = np.ix_(days, columns)
            fields = {field: getattr(market, field)[there] for field in FIELDS}
            out[:, days[:, None], columns] = _bars(Marks(**fields))
    return out


def _bars(market: Market | Marks) -> NDArray[np.bool_]:
    """(2, T, N) of sessions of one exchange."""
    limit = (1.0 - TRIGGER_FRAC) * _last_close_before(market) * (1.0 + ROUNDING_FRAC)
    lowest = np.where(np.isfinite(market.low), market.low, np.fmin(market.open, market.close))
    triggered = lowest <= limit
    before = np.vstack([np.zeros((1, triggered.shape[1]), dtype=np.bool_), triggered[:-1]])
    bars = np.zeros((2, *triggered.shape), dtype=np.bool_)
    bars[Mark.OPEN] = before | (market.open <= limit)
    bars[Mark.CLOSE] = before | triggered
    return bars


def _last_close_before(market: Market | Marks) -> NDArray[np.float64]:
    """(T, N): the latest close before each session, NaN where there is none."""
    rows = np.arange(len(market.close))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(market.close), rows, -1), axis=0)
    # Before the first close of a ticker row 0 stands in, which has none.
    known = np.take_along_axis(market.close, np.maximum(last, 0), axis=0)
    return np.vstack([np.full((1, known.shape[1]), np.nan), known[:-1]])
