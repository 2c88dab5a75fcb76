"""Factor returns from exchange-traded proxies, each net of the factors before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..arrays import Floats

PROXIES = {"market": "SPY", "semis": "SMH", "bitcoin": "IBIT", "momentum": "MTUM"}


@brief
@dataclass(frozen=True, eq=False)
class FactorModel:
    """How raw proxy returns become factors: each proxy less its slopes times the factors before it.

    names: (K,); loadings: (K, K), strictly lower triangular: row k holds the slopes of proxy k on the factors
    before it, estimated once, so that a factor means the same in every window. No mean is taken out: a factor is
    what a hedged position in its proxy earned, whatever it earned on average before.
    """

    names: tuple[str, ...]
    loadings: NDArray[np.float64]

    def factors(self, proxies: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, K) factor returns from (n, K) proxy returns."""
        out = np.empty_like(proxies)
        for k in range(proxies.shape[1]):
            out[:, k] = proxies[:, k]
            # One product at a time, so that a session's digits do not depend on how many sessions there are.
            for j in range(k):
                out[:, k] -= self.loadings[k, j] * out[:, j]
        return out


def fit_factor_model(names: tuple[str, ...], proxies: NDArray[np.float64]) -> FactorModel:
    """Sequential least squares with a constant over (n, K) finite proxy returns; the first factor is its proxy."""
    count = proxies.shape[1]
    loadings = np.zeros((count, count))
    model = FactorModel(names, loadings)
    for k in range(1, count):
        before = np.column_stack([np.ones(len(proxies)), model.factors(proxies)[:, :k]])
        loadings[k, :k] = np.linalg.lstsq(before, proxies[:, k], rcond=None)[0][1:]
    return model


def definition_of(name: str, before: tuple[str, ...]) -> str:
    """What a factor is where those `before` stand before it: "IBIT net of market and semis"."""
    if not before:
        return PROXIES[name]
    *first, last = before
    return f"{PROXIES[name]} net of {', '.join(first) + ' and ' + last if first else last}"


def proxy_returns(market: Market, names: tuple[str, ...]) -> NDArray[np.float64]:
    """(T, K): daily close-to-close returns of each factor's proxy; NaN where a close is missing."""
    return market.close_returns([PROXIES[name] for name in names])


def available_factors(market: Market) -> tuple[str, ...]:
    """Factors whose proxy has prices."""
    return tuple(name for name, ticker in PROXIES.items() if ticker in market.columns)


def compounded_between(
    days: NDArray[np.datetime64], returns: Floats, starts: NDArray[np.datetime64], ends: NDArray[np.datetime64]
) -> Floats:
    """(R, K) growth from the close of each of `starts` to that of the same one of `ends`, both (R,).

    days: (T,), ascending, on each of which a return ends; returns: (T, K) fractions. NaN where one of the two is none
    of the days, and where a return between them is NaN: nothing is filled.
    """
    own = np.asarray(days, dtype="datetime64[D]")
    out = np.full((len(ends), returns.shape[1]), np.nan)
    places = [np.searchsorted(own, np.asarray(one, dtype="datetime64[D]")) for one in (starts, ends)]
    known = np.isin(np.asarray(starts, dtype="datetime64[D]"), own) & np.isin(
        np.asarray(ends, dtype="datetime64[D]"), own
    )
    for r in np.flatnonzero(known).tolist():
        out[r] = np.prod(1.0 + returns[places[0][r] + 1 : places[1][r] + 1], axis=0) - 1.0
    return out


DEFINITIONS = {name: definition_of(name, tuple(PROXIES)[:k]) for k, name in enumerate(PROXIES)}
