"""What was known of a ticker's liquidity before a session."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.universes.market import Market

MIN_SESSIONS = 5


def average_daily_value(
    market: Market, start: int, stop: int, window_sessions: int, columns: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """(stop - start, N): mean USD traded a day over the window that ends before each session.

    columns: of the market, None = all. NaN where fewer than 5 sessions of it are known, or where nothing was traded.
    """
    first = max(0, start - window_sessions - 1)
    at = slice(None) if columns is None else columns
    if not np.isfinite(market.volume[first:stop]).any():
        return np.full((stop - start, len(market.tickers) if columns is None else len(columns)), np.nan)
    value = pd.DataFrame(market.close[first:stop, at] * market.volume[first:stop, at])
    mean = value.rolling(window_sessions, min_periods=MIN_SESSIONS).mean().shift(1)
    return np.ascontiguousarray(mean.where(mean > 0).to_numpy()[start - first :])


def daily_volatility(market: Market, start: int, stop: int, window_sessions: int) -> NDArray[np.float64]:
    """(stop - start, N): deviation (ddof=1) of close-to-close returns over the window before each session.

    NaN where fewer than 5 returns of it are known.
    """
    first = max(0, start - window_sessions - 1)
    returns = pd.DataFrame(market.close[first:stop]).pct_change(fill_method=None)
    deviation = returns.rolling(window_sessions, min_periods=MIN_SESSIONS).std().shift(1)
    return np.ascontiguousarray(deviation.to_numpy()[start - first :])
