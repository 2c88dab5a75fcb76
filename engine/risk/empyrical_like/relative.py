"""Figures against a benchmark or factor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Floats
from .base import DAILY, aligned, by_column, down, less, periods_per_year, up
from .paths import annual_return


def _slope(returns: Floats, factor: Floats) -> float:
    """Covariance over variance of the pairs; NaN where the factor does not move."""
    kept = ~(np.isnan(returns) | np.isnan(factor))
    x, y = factor[kept], returns[kept]
    if not len(x):
        return math.nan
    noise = x - x.mean()
    variance = float((noise**2).mean())
    # Below this the factor is constant but for rounding.
    return float((noise * y).mean()) / variance if variance >= 1e-30 else math.nan


def _one_factor(factor_returns: Any) -> Floats:
    """(n,): the factor, also from a table of one column."""
    values = np.asarray(factor_returns, dtype=np.float64)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def beta_aligned(returns: Any, factor_returns: Any, risk_free: float = 0.0) -> Any:
    """Slope of the returns on the factor, session by session as they stand. risk_free has no influence."""
    del risk_free
    factor = _one_factor(factor_returns)
    if len(returns) < 1 or len(factor) < 2:
        return by_column(lambda _: math.nan, returns)
    return by_column(lambda column: _slope(column, factor), returns)


def beta(returns: Any, factor_returns: Any, risk_free: float = 0.0) -> Any:
    """Slope of the returns on the factor after both are put on the same labels."""
    return beta_aligned(*aligned(returns, factor_returns), risk_free)


def alpha_aligned(
    returns: Any, factor_returns: Any, risk_free: float = 0.0, period: str = DAILY, annualization: float | None = None
) -> Any:
    """Mean of what beta leaves unexplained, compounded to a year."""
    year = periods_per_year(period, annualization)
    factor = _one_factor(factor_returns)
    short = len(returns) < 2

    def intercept(column: Floats) -> float:
        if short:
            return math.nan
        slope = _slope(column, factor)
        rest = (column - risk_free) - slope * (factor - risk_free)
        rest = rest[~np.isnan(rest)]
        return (1.0 + float(rest.mean())) ** year - 1.0 if len(rest) else math.nan

    return by_column(intercept, returns)


def alpha(
    returns: Any, factor_returns: Any, risk_free: float = 0.0, period: str = DAILY, annualization: float | None = None
) -> Any:
    """alpha_aligned after both are put on the same labels."""
    return alpha_aligned(*aligned(returns, factor_returns), risk_free, period, annualization)


def alpha_beta_aligned(
    returns: Any, factor_returns: Any, risk_free: float = 0.0, period: str = DAILY, annualization: float | None = None
) -> Floats:
    """(2,) or, for a table, (columns, 2): alpha and beta."""
    left = alpha_aligned(returns, factor_returns, risk_free, period, annualization)
    return np.stack([np.asarray(left), np.asarray(beta_aligned(returns, factor_returns, risk_free))], axis=-1)


def alpha_beta(
    returns: Any, factor_returns: Any, risk_free: float = 0.0, period: str = DAILY, annualization: float | None = None
) -> Floats:
    """alpha_beta_aligned after both are put on the same labels."""
    return alpha_beta_aligned(*aligned(returns, factor_returns), risk_free, period, annualization)


def up_alpha_beta(returns: Any, factor_returns: Any, **kwargs: Any) -> Any:
    """Alpha and beta over the sessions on which the factor rose."""
    return up(returns, factor_returns, function=alpha_beta_aligned, **kwargs)


def down_alpha_beta(returns: Any, factor_returns: Any, **kwargs: Any) -> Any:
    """Alpha and beta over the sessions on which the factor fell."""
    return down(returns, factor_returns, function=alpha_beta_aligned, **kwargs)


def capture(returns: Any, factor_returns: Any, period: str = DAILY) -> float:
    """Annual return over that of the factor."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mine, theirs = annual_return(returns, period), annual_return(factor_returns, period)
        return float(np.float64(mine) / np.float64(theirs))


def up_capture(returns: Any, factor_returns: Any, **kwargs: Any) -> float:
    """capture over the sessions on which the factor rose."""
    return float(up(returns, factor_returns, function=capture, **kwargs))


def down_capture(returns: Any, factor_returns: Any, **kwargs: Any) -> float:
    """capture over the sessions on which the factor fell."""
    return float(down(returns, factor_returns, function=capture, **kwargs))


def up_down_capture(returns: Any, factor_returns: Any, **kwargs: Any) -> float:
    """up_capture over down_capture."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = np.float64(up_capture(returns, factor_returns, **kwargs))
        return float(rising / down_capture(returns, factor_returns, **kwargs))


def batting_average(returns: Any, factor_returns: Any) -> pd.Series[float]:
    """Share of sessions on which the returns beat the factor: of all, where it did not fall, where it fell."""
    active = less(returns, factor_returns)
    if isinstance(active, pd.Series) and isinstance(factor_returns, pd.Series):
        factor_returns = factor_returns.reindex(active.index)
    wins, factor = np.asarray(active, dtype=np.float64), np.asarray(factor_returns, dtype=np.float64)
    kept = np.isfinite(wins) & np.isfinite(factor)
    sides = {"batting average": kept, "up market": kept & (factor >= 0.0), "down market": kept & (factor < 0.0)}
    return pd.Series({name: float((wins[side] > 0).mean()) if side.any() else math.nan for name, side in sides.items()})


def beta_fragility_heuristic_aligned(returns: Any, factor_returns: Any) -> float:
    """What the returns at both ends of the factor's range give, weighted by distance, less what the middle gives.

    Negative for a book that large moves of the factor hurt (Taleb, Canetti, Kinda, Loukoianova and Schmieder 2012).
    NaN for fewer than three pairs.
    """
    pairs = np.column_stack([np.asarray(factor_returns, np.float64), np.asarray(returns, np.float64)])
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    if len(pairs) < 3:
        return math.nan
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    low, middle, high = pairs[0], pairs[len(pairs) // 2], pairs[-1]
    width = high[0] - low[0]
    near_low = (high[0] - middle[0]) / width if width else 0.5
    near_high = (middle[0] - low[0]) / width if width else 0.5
    return float(near_low * low[1] + near_high * high[1] - middle[1])


def beta_fragility_heuristic(returns: Any, factor_returns: Any) -> float:
    """beta_fragility_heuristic_aligned after both are put on the same labels."""
    if len(returns) < 3 or len(factor_returns) < 3:
        return math.nan
    return beta_fragility_heuristic_aligned(*aligned(returns, factor_returns))
