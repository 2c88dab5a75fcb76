"""Performance and risk figures of one return series, through empyrical."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from .peers import peer

SESSIONS_PER_YEAR = 252


@dataclass(frozen=True)
class Metrics:
    """Figures of n simple returns, the first measured from the initial capital; NaN where undefined.

    total_return: compounded; cagr: the same per 252 sessions, NaN after a loss of more than everything;
    volatility_annual: ddof=1 deviation times sqrt(252); sharpe: mean over ddof=1 deviation times sqrt(252),
    risk-free rate zero; sharpe_stderr: its standard error for independent returns, sqrt((1 + SR^2/2)/n) per
    session, annualised (Lo 2002, Financial Analysts Journal 58(4)); sortino: mean over the root mean square of
    returns below zero (all n in the denominator) times sqrt(252); max_drawdown: the lowest NAV against the
    highest before it, initial capital included, at closes; calmar: cagr over the size of max_drawdown;
    best_session, worst_session: returns; hit_rate: share of positive returns among those that are not zero.
    """

    sessions: int
    total_return: float
    cagr: float
    volatility_annual: float
    sharpe: float
    sharpe_stderr: float
    sortino: float
    max_drawdown: float
    calmar: float
    best_session: float
    worst_session: float
    hit_rate: float

    def as_dict(self) -> dict[str, float | int]:
        """The figures by name."""
        return asdict(self)


def measure(returns: pd.Series[float]) -> Metrics:
    """Figures of a series of simple returns without NaN. A source of each formula stands in Metrics."""
    empyrical = peer("empyrical")
    n = len(returns)
    spread = n > 1 and float(np.ptp(returns)) > 0.0  # the deviation of equal returns may be off zero by rounding
    total = float(empyrical.cum_returns_final(returns))
    annual = total >= -1.0  # a loss of more than everything has no rate of growth
    moving = returns[returns != 0.0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sharpe = float(empyrical.sharpe_ratio(returns)) if spread else math.nan
        per_session = sharpe / math.sqrt(SESSIONS_PER_YEAR)
        return Metrics(
            sessions=n,
            total_return=total,
            cagr=_finite(empyrical.annual_return(returns)) if annual else math.nan,
            volatility_annual=float(empyrical.annual_volatility(returns)) if n > 1 else math.nan,
            sharpe=sharpe,
            sharpe_stderr=math.sqrt((1 + per_session**2 / 2) / n * SESSIONS_PER_YEAR),
            sortino=_finite(empyrical.sortino_ratio(returns)) if n > 1 else math.nan,
            max_drawdown=float(empyrical.max_drawdown(returns)),
            calmar=_finite(empyrical.calmar_ratio(returns)) if annual else math.nan,
            best_session=float(returns.max()),
            worst_session=float(returns.min()),
            hit_rate=float((moving > 0).mean()) if len(moving) else math.nan,
        )


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else math.nan
