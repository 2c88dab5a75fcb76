"""Market impact by the square-root law."""

from __future__ import annotations

from typing import Annotated
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value

from .liquidity import MIN_SESSIONS, average_daily_value, daily_volatility

MOST_KEPT = 2
Asked = tuple[float, int, int, int]
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
_KEPT: WeakKeyDictionary[Market, dict[Asked, Pair]] = WeakKeyDictionary()


class SquareRootImpact(Value):
    """Relative price move Y * sigma * sqrt(Q / ADV), paid by the trade that causes it.

    sigma: standard deviation of daily close-to-close returns; ADV: mean daily traded value in USD; both over
    `window_sessions` sessions that end at the close before the session of the fill.
    Source: Toth et al. (2011), Physical Review X 1, 021006; Y lies between 0.5 and 1.
    """

    y: Annotated[float, Field(ge=0, le=10)] = 0.0
    window_sessions: Annotated[int, Field(ge=MIN_SESSIONS, le=252)] = 20
    reason: str = ""

    def coefficients(self, market: Market, start: int, stop: int) -> NDArray[np.float64]:
        """(stop - start, N): Y * sigma / sqrt(ADV), so that impact is this times sqrt(USD traded).

        NaN where fewer than 5 sessions of returns or volumes are known. (1, N) without impact.
        """
        return self._both(market, start, stop)[0]

    def charged(self, market: Market, start: int, stop: int) -> NDArray[np.float64]:
        """The coefficients with zero where they are unknown: nothing is charged there. (1, N) where all are zero."""
        return self._both(market, start, stop)[1]

    def _both(self, market: Market, start: int, stop: int) -> Pair:
        if self.y == 0.0:
            none = np.zeros((1, len(market.tickers)))
            return none, none
        return _coefficients(market, self.y, start, stop, self.window_sessions)


def _coefficients(market: Market, y: float, start: int, stop: int, window_sessions: int) -> Pair:
    """(stop - start, N) as they are, and with zero for NaN, one row where all are zero; not to be written to.

    Kept for the spans that a market was last asked about: a script that runs one strategy after another on a market
    asks for the same one each time.
    """
    kept = _KEPT.setdefault(market, {})
    key = y, start, stop, window_sessions
    if key not in kept:
        while len(kept) >= MOST_KEPT:
            kept.pop(next(iter(kept)))
        sigma = daily_volatility(market, start, stop, window_sessions)
        root = np.sqrt(average_daily_value(market, start, stop, window_sessions))
        found = np.ascontiguousarray(y * sigma / root)
        charged = np.nan_to_num(found, nan=0.0) if not np.isnan(found).all() else np.zeros((1, found.shape[1]))
        found.flags.writeable = charged.flags.writeable = False
        kept[key] = found, charged
    return kept[key]
