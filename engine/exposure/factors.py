"""Factor returns from exchange-traded proxies, each net of the factors before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market

PROXIES = {"market": "SPY", "semis": "SMH", "bitcoin": "IBIT", "momentum": "MTUM"}
DEFINITIONS = {
    "market": "SPY",
    "semis": "SMH net of market",
    "bitcoin": "IBIT net of market and semis",
    "momentum": "MTUM net of market, semis and bitcoin",
}


@dataclass(frozen=True, eq=False)
class FactorModel:
    """How raw proxy returns become factors: each proxy less its projection on the proxies before it.

    names: (K,); intercepts: (K,); loadings: (K, K), strictly lower triangular: row k holds the slopes of proxy
    k on the factors before it, estimated once, so that a factor means the same in every window.
    """

    names: tuple[str, ...]
    intercepts: NDArray[np.float64]
    loadings: NDArray[np.float64]

    def factors(self, proxies: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, K) factor returns from (n, K) proxy returns."""
        out = np.empty_like(proxies)
        for k in range(proxies.shape[1]):
            out[:, k] = proxies[:, k] - self.intercepts[k] - out[:, :k] @ self.loadings[k, :k]
        return out


def fit_factor_model(names: tuple[str, ...], proxies: NDArray[np.float64]) -> FactorModel:
    """Sequential least squares over (n, K) finite proxy returns; the first factor is its proxy, unchanged."""
    count = proxies.shape[1]
    intercepts, loadings = np.zeros(count), np.zeros((count, count))
    model = FactorModel(names, intercepts, loadings)
    for k in range(1, count):
        before = np.column_stack([np.ones(len(proxies)), model.factors(proxies)[:, :k]])
        slopes = np.linalg.lstsq(before, proxies[:, k], rcond=None)[0]
        intercepts[k], loadings[k, :k] = slopes[0], slopes[1:]
    return model


def proxy_returns(market: Market, names: tuple[str, ...]) -> NDArray[np.float64]:
    """(T, K): daily close-to-close returns of each factor's proxy; NaN where a close is missing."""
    return market.close_returns([PROXIES[name] for name in names])


def available_factors(market: Market) -> tuple[str, ...]:
    """Factors whose proxy has prices."""
    return tuple(name for name, ticker in PROXIES.items() if ticker in market.columns)
