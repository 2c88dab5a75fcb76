"""Ex-ante volatility of rows of weights, as known before each session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.market import Market

MIN_SESSIONS = 20
HISTORY_SESSIONS = 250


def ex_ante_volatility(
    market: Market, bank: NDArray[np.float64], start: int, stop: int, halflife_sessions: float
) -> NDArray[np.float64]:
    """(K, stop - start + 1): annual volatility of each row of weights before each session and after the last.

    bank: (K, N), NaN = no weight. An exponentially weighted mean of squared daily returns of the weights held
    constant, s2 = lambda s2 + (1 - lambda) r2 with lambda = 0.5^(1/halflife), begun with the plain mean of the
    first 20 sessions of at most 250 before `start`; NaN until then. A ticker without a return on a day counts as
    unchanged. The value before session t uses closes up to t - 1 only.
    """
    first = max(1, start - HISTORY_SESSIONS)
    if market.venues is None:
        closes = market.close[first - 1 : stop]
        with np.errstate(invalid="ignore"):
            squared = (np.nan_to_num(closes[1:] / closes[:-1] - 1.0) @ np.nan_to_num(bank).T) ** 2
    else:
        # Ticker by ticker: the last digits of a product of matrices depend on how many rows there are.
        squared = np.zeros((stop - first, len(bank)))
        weights, returns = np.nan_to_num(bank), np.nan_to_num(market.close_returns(market.tickers)[first:stop])
        for i in range(weights.shape[1]):
            squared += returns[:, i, None] * weights[None, :, i]
        squared **= 2
    decay = 0.5 ** (1.0 / halflife_sessions)
    out = np.full((len(bank), stop - start + 1), np.nan)
    mean = np.full(len(bank), np.nan)
    for k in range(len(squared) + 1):
        row = first + k - start  # the estimate from returns up to session first + k - 1 is known before this one
        if row >= 0:
            out[:, row] = np.sqrt(mean * SESSIONS_PER_YEAR)
        if k == len(squared):
            break
        if k + 1 == MIN_SESSIONS:
            mean = squared[: k + 1].mean(axis=0)
        elif k + 1 > MIN_SESSIONS:
            mean = decay * mean + (1.0 - decay) * squared[k]
    return out
