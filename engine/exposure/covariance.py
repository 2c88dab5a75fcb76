"""Covariances of returns: sample, exponentially weighted, shrunk, and from a factor model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import LIST_OF_NAMES, REAL, TABLE, takes

from ..arrays import Floats
from .ols import checked


@brief
@dataclass(frozen=True, eq=False)
class FactorModelRisk:
    """Covariance as betas, factors and what is left: B F B' + diag(specific).

    names: of the K factors; betas: (N, K); factor_covariance: (K, K); specific: (N,) variances; per session.
    NaN where a beta is.
    """

    names: tuple[str, ...]
    betas: Floats
    factor_covariance: Floats
    specific: Floats

    @property
    def covariance(self) -> Floats:
        """(N, N)."""
        return np.asarray(self.betas @ self.factor_covariance @ self.betas.T + np.diag(self.specific))


@takes(returns=TABLE)
def sample_covariance(returns: Floats) -> Floats:
    """(N, N) over the rows of (T, N) returns without a NaN, ddof=1. Raises ParameterError with fewer than 2."""
    deviation = _deviations(returns, 2)
    return np.asarray(deviation.T @ deviation / (len(deviation) - 1))


@takes(returns=TABLE, half_life_sessions=REAL)
def ewma_covariance(returns: Floats, half_life_sessions: float) -> Floats:
    """(N, N) with weights that halve every `half_life_sessions`, around the weighted mean.

    Unbiased for reliability weights: the sum of weighted products over V1 - V2/V1. Rows of (T, N) with a NaN are left
    out, their age still counts. returns: (T, N) fractions, oldest first. Raises ParameterError for a half-life not
    above 0 or fewer than 2 rows.
    """
    if not 0.0 < half_life_sessions < np.inf:
        raise ParameterError("out of range", where="half_life_sessions", value=half_life_sessions, bound="above 0")
    values = np.asarray(returns, dtype=np.float64)
    complete = np.isfinite(values).all(axis=1)
    _require(int(complete.sum()), 2)
    weights = np.power(0.5, np.arange(len(values))[::-1] / half_life_sessions)[complete]
    deviation = values[complete] - np.average(values[complete], axis=0, weights=weights)
    total = weights.sum()
    scale = total - (weights**2).sum() / total
    if not scale > 0.0:
        raise ParameterError("all weight lies on one session", where="half_life_sessions", value=half_life_sessions)
    return np.asarray((weights[:, None] * deviation).T @ deviation / scale)


@takes(returns=TABLE)
def ledoit_wolf_covariance(returns: Floats) -> tuple[Floats, float]:
    """(N, N) shrunk towards a multiple of the identity, and how far (0 to 1).

    Rows of (T, N) with a NaN are left out; the sample part divides by n. returns: (T, N) fractions. Source: Ledoit and
    Wolf (2004), Journal of Multivariate Analysis 88(2), as in scikit-learn. Raises ParameterError with fewer than 2
    rows.
    """
    from sklearn.covariance import LedoitWolf

    values = np.asarray(returns, dtype=np.float64)
    complete = values[np.isfinite(values).all(axis=1)]
    _require(len(complete), 2)
    fit = LedoitWolf().fit(complete)
    return np.asarray(fit.covariance_, dtype=np.float64), float(fit.shrinkage_)


@takes(returns=TABLE, factors=TABLE, names=LIST_OF_NAMES)
def factor_model_risk(returns: Floats, factors: Floats, names: tuple[str, ...]) -> FactorModelRisk:
    """Betas, factor covariance (ddof=1) and specific variances (n - K - 1) over the rows without a NaN.

    returns: (T, N); factors: (T, K). names: of the K factors. Raises ParameterError where fewer than K + 2 rows are
    complete or factors are collinear.
    """
    y, x = checked(returns, factors, names)
    complete = np.isfinite(y).all(axis=1) & np.isfinite(x).all(axis=1)
    y, x = y[complete], x[complete]
    n, k = x.shape
    _require(n, k + 2)
    centred, own = x - x.mean(axis=0), y - y.mean(axis=0)
    slopes, _, rank, _ = np.linalg.lstsq(centred, own, rcond=None)
    if rank < k:
        raise ParameterError("the factors are collinear", where="factors", value=", ".join(names))
    residuals = own - centred @ slopes
    return FactorModelRisk(
        names=tuple(names),
        betas=np.ascontiguousarray(slopes.T),
        factor_covariance=centred.T @ centred / (n - 1),
        specific=(residuals**2).sum(axis=0) / (n - k - 1),
    )


def _deviations(returns: Floats, least: int) -> Floats:
    values = np.asarray(returns, dtype=np.float64)
    complete = values[np.isfinite(values).all(axis=1)]
    _require(len(complete), least)
    return np.asarray(complete - complete.mean(axis=0))


def _require(rows: int, least: int) -> None:
    if rows < least:
        raise ParameterError("too few complete sessions for a covariance", value=rows, bound=f"{least} or more")
