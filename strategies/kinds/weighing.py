"""Weights inside one side of a basket: from volatilities and covariances."""

from __future__ import annotations

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.errors import ParameterError, VerificationError
from hedgebook.universes.counted import counted

from ..ranks.scores import enough_returns

# Part of a look-back on which all tickers of a side must have returns together.
COMMON_FRAC = 0.5
# Newton's steps double the digits: from a hundredth to the last one takes four.
MOST_STEPS, PRECISION = 200, 1e-13


def complete_columns(returns: Floats) -> Ints:
    """Numbers of the columns of (L, N) returns that a covariance is made of, in their order.

    Those with the fewest returns are left out, of equals the last, until half of the rows have all that are left.
    """
    known = np.isfinite(returns)
    kept = np.arange(returns.shape[1])
    least = max(2, int(np.ceil(COMMON_FRAC * len(returns))))
    while len(kept) > 1 and known[:, kept].all(axis=1).sum() < least:
        counts = known[:, kept].sum(axis=0)
        kept = np.delete(kept, len(kept) - 1 - int(np.argmin(counts[::-1])))
    return kept


def covariance_of(returns: Floats, kind: str) -> Floats:
    """(N, N) of the rows of (L, N) that have all returns. Raises ParameterError where it cannot be inverted."""
    # The kernels are loaded when a plan is made: lists of trades must not wait for them.
    from hedgebook.engine.exposure.covariance import ledoit_wolf_covariance, sample_covariance

    if kind == "ledoit_wolf":
        return ledoit_wolf_covariance(returns)[0]
    rows, count = int(np.isfinite(returns).all(axis=1).sum()), returns.shape[1]
    if rows <= count:
        raise ParameterError(
            "a sample covariance needs more sessions than tickers",
            where="covariance",
            value=f"{counted(rows, 'complete session')} of {counted(count, 'ticker')}",
            remedy="Use covariance=ledoit_wolf, or look back further with lookback_sessions.",
        )
    return sample_covariance(returns)


def inverse_volatility(returns: Floats) -> Floats:
    """(N,) shares in proportion to one over the standard deviation (ddof 1) of each column's own returns."""
    parts = 1.0 / np.nanstd(returns, axis=0, ddof=1)
    return np.asarray(parts / parts.sum())


def risk_parity(covariance: Floats) -> Floats:
    """(N,) shares above zero that add up to 1, each of which brings the same part of the variance.

    The one such portfolio: the least of n x'Rx/2 - sum(ln x) with R the correlations, by damped Newton steps, over the
    deviations (Maillard, Roncalli and Teiletche 2010; Spinu 2013). Raises VerificationError where it is not found.
    """
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    count = len(deviation)
    x = np.full(count, 1.0 / np.sqrt(max(correlation.sum(), PRECISION)))
    for _ in range(MOST_STEPS):
        gradient = count * (correlation @ x) - 1.0 / x
        step = np.linalg.solve(count * correlation + np.diag(1.0 / x**2), gradient)
        decrement = float(np.sqrt(max(gradient @ step, 0.0)))
        # A self-concordant function: this step never leaves x > 0 and always comes closer.
        x = x - step / (1.0 + decrement if decrement > 0.25 else 1.0)
        if decrement < PRECISION * np.sqrt(count):
            break
    parts = x / deviation
    shares = parts / parts.sum()
    contributions = shares * (covariance @ shares)
    if not np.allclose(contributions, contributions.mean(), rtol=1e-8, atol=0.0):
        raise VerificationError("no weights of equal risk were found for this covariance")
    return np.asarray(shares)


def minimum_variance(covariance: Floats) -> Floats:
    """(N,) shares of at least zero that add up to 1 with the least variance.

    Up to its size it is the least of x'Cx/2 - sum(x) with x >= 0, which is a least-squares problem without negative
    numbers, solved exactly on its active set (Lawson and Hanson 1974).
    """
    from scipy.optimize import nnls

    scale = float(np.trace(covariance)) / len(covariance)
    root = np.linalg.cholesky(covariance / scale)
    x, _ = nnls(root.T, np.linalg.solve(root, np.ones(len(covariance))))
    return np.asarray(x / x.sum())


def shares_of(returns: Floats, weighting: str, covariance: str) -> Floats:
    """(N,) shares of a side that add up to 1, from (L, N) returns up to the decision; 0 for what is left out.

    A column with fewer than 0.8 of its returns, or that never moved, has no part.
    """
    count = np.isfinite(returns).sum(axis=0)
    good = count >= enough_returns(len(returns))
    good[good] = np.nanstd(returns[:, good], axis=0, ddof=1) > 0.0
    out = np.zeros(returns.shape[1])
    own = np.flatnonzero(good)
    if not len(own):
        return out
    if weighting == "inverse_volatility":
        out[own] = inverse_volatility(returns[:, own])
        return out
    own = own[complete_columns(returns[:, own])]
    if len(own) == 1:
        out[own] = 1.0
        return out
    found = covariance_of(returns[:, own], covariance)
    out[own] = risk_parity(found) if weighting == "risk_parity" else minimum_variance(found)
    return out
