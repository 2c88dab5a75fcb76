"""Volatility, downside and reward for risk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays import Floats
from .base import DAILY, by_column, known, less, periods_per_year
from .paths import annual_return, max_drawdown


def _deviation(values: Floats) -> float:
    """ddof=1, exactly zero for a constant series; NaN for fewer than two values."""
    if len(values) < 2:
        return math.nan
    return 0.0 if values.min() == values.max() else float(values.std(ddof=1))


def _over(top: float, bottom: float) -> float:
    """A quotient in which zero below gives infinity, and zero over zero NaN."""
    if bottom == 0.0:
        return math.nan if top == 0.0 or math.isnan(top) else math.copysign(math.inf, top)
    return top / bottom


def annual_volatility(returns: Any, period: str = DAILY, alpha: float = 2.0, annualization: float | None = None) -> Any:
    """ddof=1 deviation times the periods of a year to the power 1 / alpha."""
    factor = periods_per_year(period, annualization) ** (1.0 / alpha)
    short = len(returns) < 2
    return by_column(lambda column: math.nan if short else _deviation(known(column)) * factor, returns)


def sharpe_ratio(returns: Any, risk_free: Any = 0, period: str = DAILY, annualization: float | None = None) -> Any:
    """Mean excess return over its ddof=1 deviation, annualised; infinite for a constant excess."""
    factor = math.sqrt(periods_per_year(period, annualization))

    def ratio(column: Floats) -> float:
        values = known(column)
        return _over(float(values.mean()), _deviation(values)) * factor if len(values) > 1 else math.nan

    return by_column(ratio, less(returns, risk_free))


def downside_risk(
    returns: Any, required_return: Any = 0, period: str = DAILY, annualization: float | None = None
) -> Any:
    """Root mean square of the shortfall below the required return, annualised; every return counts in the mean."""
    factor = math.sqrt(periods_per_year(period, annualization))

    def risk(column: Floats) -> float:
        values = known(column)
        return float(np.sqrt(np.mean(np.minimum(values, 0.0) ** 2))) * factor if len(values) else math.nan

    return by_column(risk, less(returns, required_return))


def sortino_ratio(
    returns: Any, required_return: Any = 0, period: str = DAILY, annualization: float | None = None
) -> Any:
    """Mean return above the required one over the downside risk, annualised; infinite where nothing fell short."""
    year = periods_per_year(period, annualization)
    short = len(returns) < 2

    def ratio(column: Floats) -> float:
        values = known(column)
        if short or not len(values):
            return math.nan
        shortfall = float(np.sqrt(np.mean(np.minimum(values, 0.0) ** 2)))
        return _over(float(values.mean()) * year, shortfall * math.sqrt(year))

    return by_column(ratio, less(returns, required_return))


def excess_sharpe(returns: Any, factor_returns: Any) -> Any:
    """Mean active return over its ddof=1 deviation, not annualised; NaN where the two never differ."""
    short = len(returns) < 2

    def ratio(column: Floats) -> float:
        values = known(column)
        return _over(float(values.mean()), _deviation(values)) if len(values) > 1 and not short else math.nan

    return by_column(ratio, less(returns, factor_returns))


def calmar_ratio(returns: Any, period: str = DAILY, annualization: float | None = None) -> float:
    """Annual return over the size of the deepest drawdown; NaN without a drawdown."""
    deepest = max_drawdown(returns)
    if not deepest < 0.0:
        return math.nan
    ratio = annual_return(returns, period, annualization) / -deepest
    return float(ratio) if math.isfinite(ratio) else math.nan


def omega_ratio(returns: Any, risk_free: Any = 0.0, required_return: float = 0.0, annualization: float = 252) -> float:
    """Gains above the threshold over losses below it; required_return is annual unless annualization is 1.

    NaN for fewer than two returns, no losses, or a required return of -100 % and less.
    """
    if len(returns) < 2 or (annualization != 1 and required_return <= -1):
        return math.nan
    hurdle = required_return if annualization == 1 else (1.0 + required_return) ** (1.0 / annualization) - 1.0
    above = known(np.asarray(returns - risk_free, dtype=np.float64) - hurdle)
    losses = -float(above[above < 0.0].sum())
    return float(above[above > 0.0].sum()) / losses if losses > 0.0 else math.nan
