"""The lower end of the distribution. Losses are negative returns here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Floats
from .base import known

FIRST_THRESHOLD, LAST_THRESHOLD = 0.2, 1e-9


def tail_ratio(returns: Any) -> float:
    """Size of the 95th percentile over that of the 5th."""
    values = known(np.asarray(returns, dtype=np.float64))
    if not len(values):
        return math.nan
    low, high = np.abs(np.quantile(values, [0.05, 0.95]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(high / low)


def value_at_risk(returns: Any, cutoff: float = 0.05) -> float:
    """The quantile of the returns at `cutoff`; NaN if there is one among them."""
    values = np.asarray(returns, dtype=np.float64)
    return float(np.quantile(values, cutoff)) if values.size else math.nan


def conditional_value_at_risk(returns: Any, cutoff: float = 0.05) -> float:
    """Mean of the lowest returns, as many as `cutoff` of all less one, plus one."""
    values = np.sort(known(np.asarray(returns, dtype=np.float64)))
    return float(values[: int((len(values) - 1) * cutoff) + 1].mean()) if len(values) else math.nan


def gpd_risk_estimates(returns: Any, var_p: float = 0.01) -> Any:
    """Threshold, scale, shape, VaR and ES of a Pareto tail of the losses; zeros where none is found.

    The threshold is halved from 0.2 until a tail with positive shape and VaR is fitted. Known weakness, kept on
    purpose: only the losses, not all sessions, are counted. Use engine.risk.var.extreme for a new analysis.
    """
    found = _search(np.asarray(returns, dtype=np.float64), var_p) if len(returns) >= 3 else np.zeros(5)
    return pd.Series(found) if isinstance(returns, pd.Series) else found


def gpd_risk_estimates_aligned(returns: Any, var_p: float = 0.01) -> Any:
    """The same as gpd_risk_estimates."""
    return gpd_risk_estimates(returns, var_p)


def _search(returns: Floats, var_p: float) -> Floats:
    losses = -returns[returns < 0.0]
    threshold = FIRST_THRESHOLD
    while threshold > LAST_THRESHOLD:
        beyond = losses[losses >= threshold]
        fitted = _fit(beyond) if len(beyond) else None
        if fitted is not None and fitted[1] > 0.0:
            scale, shape = fitted
            odds = len(losses) / len(beyond) * var_p
            var = threshold + scale / shape * (odds**-shape - 1.0)
            if var > 0.0:
                es = (var + scale - shape * threshold) / (1.0 - shape) if shape < 1.0 else math.inf
                return np.array([threshold, scale, shape, var, es])
        threshold /= 2.0
    return np.zeros(5)


def _fit(losses: Floats) -> tuple[float, float] | None:
    """Scale and shape by Nelder and Mead's search from (1, 1); None when it does not converge."""
    from scipy import optimize

    def cost(point: Floats) -> float:
        scale, shape = float(point[0]), float(point[1])
        if scale <= 0.0 or shape < 0.0:
            return float(np.finfo(np.float64).max)
        if shape == 0.0:
            return len(losses) * math.log(scale) + float(losses.sum()) / scale
        return len(losses) * math.log(scale) + (1.0 / shape + 1.0) * float(np.log(shape / scale * losses + 1.0).sum())

    found = optimize.minimize(cost, np.ones(2), method="Nelder-Mead")
    return (float(found.x[0]), float(found.x[1])) if found.success else None
