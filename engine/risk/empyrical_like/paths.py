"""Compounding, drawdowns and the shape of the path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Floats
from .base import DAILY, MONTHLY, QUARTERLY, WEEKLY, YEARLY, EmpyricalError, by_column, known, like, periods_per_year


def simple_returns(prices: Any) -> Any:
    """Price over the price before, less one; the first price has none. Whole numbers are subtracted exactly."""
    if isinstance(prices, (pd.Series, pd.DataFrame)):
        return prices.pct_change().iloc[1:]
    changes = np.diff(prices.astype(object) if np.issubdtype(prices.dtype, np.integer) else prices, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(changes, dtype=np.float64) / prices[:-1].astype(np.float64)


def cum_returns(returns: Any, starting_value: float = 0) -> Any:
    """Compounded return at every point, or the value of starting_value; a NaN counts as no change."""
    if len(returns) == 0:
        return returns.copy()
    values = np.asarray(returns, dtype=np.float64)
    wealth: Any = np.cumprod(1.0 + np.where(np.isnan(values), 0.0, values), axis=0)
    return like(wealth - 1.0 if starting_value == 0 else wealth * starting_value, returns)


def cum_returns_final(returns: Any, starting_value: float = 0) -> Any:
    """The last value of cum_returns; NaN for no returns."""
    if len(returns) == 0:
        return np.nan

    def final(column: Floats) -> float:
        wealth = float(np.prod(1.0 + known(column)))
        return wealth - 1.0 if starting_value == 0 else wealth * starting_value

    return by_column(final, returns)


def aggregate_returns(returns: pd.Series[float], convert_to: str) -> pd.Series[float]:
    """Compounded by ISO week, month, quarter or year. Raises EmpyricalError for another period."""
    index = pd.DatetimeIndex(returns.index)
    calendar = index.isocalendar()
    parts: dict[str, list[Any]] = {
        WEEKLY: [calendar["year"].to_numpy(), calendar["week"].to_numpy()],
        MONTHLY: [index.year, index.month],
        QUARTERLY: [index.year, index.quarter],
        YEARLY: [index.year],
    }
    if convert_to not in parts:
        raise EmpyricalError("unknown period", where="convert_to", value=convert_to, bound=", ".join(parts))
    growth = (1.0 + returns.fillna(0.0)).groupby(parts[convert_to]).prod()
    return growth - 1.0


def drawdown_series(returns: Any) -> Any:
    """Value against the highest before it, from the initial capital: 0 at a high, else negative."""
    if len(returns) == 0:
        return returns.copy()
    values = np.asarray(returns, dtype=np.float64)
    wealth = np.cumprod(1.0 + np.where(np.isnan(values), 0.0, values), axis=0)
    high = np.maximum(np.maximum.accumulate(wealth, axis=0), 1.0)
    return like(wealth / high - 1.0, returns)


def max_drawdown(returns: Any) -> Any:
    """The deepest drawdown, negative; NaN for no returns."""
    if len(returns) == 0:
        return np.nan if returns.ndim == 1 else by_column(lambda _: np.nan, returns)
    return by_column(lambda column: float(drawdown_series(column).min()), returns)


def annual_return(returns: Any, period: str = DAILY, annualization: float | None = None) -> Any:
    """Compounded annual growth. All rows count as time, NaN too; NaN for no returns."""
    if len(returns) < 1:
        return np.nan
    power = periods_per_year(period, annualization) / len(returns)

    def rate(column: Floats) -> float:
        wealth = float(np.prod(1.0 + known(column)))
        return wealth**power - 1.0 if wealth >= 0.0 else np.nan

    return by_column(rate, returns)


def cagr(returns: Any, period: str = DAILY, annualization: float | None = None) -> Any:
    """The same as annual_return."""
    return annual_return(returns, period, annualization)


def stability_of_timeseries(returns: Any) -> float:
    """R squared of the cumulated log return on time; NaN for fewer than two returns or a level path."""
    heights = np.cumsum(np.log1p(known(np.asarray(returns, dtype=np.float64))))
    if len(heights) < 2:
        return np.nan
    times = np.arange(len(heights)) - (len(heights) - 1) / 2.0
    noise = heights - heights.mean()
    spread = float(noise @ noise)
    return float((times @ noise) ** 2 / ((times @ times) * spread)) if spread > 0.0 else np.nan
