"""Performance and risk figures of one series of returns or levels, through empyrical."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.checks import COLUMN, FLAG, maybe, takes

from ..equal import STILL
from ..peers import peer
from .drawdowns import check_capital, compounded, underwater


@dataclass(frozen=True)
class Metrics:
    """Figures of n simple returns, the first measured from the initial capital; NaN where undefined.

    A NAV of zero or below at any mark, open or close, is a ruin: there are no returns after it, so only sessions,
    total_return (the last NAV over the capital less 1, -1.05 where 5 % are owed) and max_drawdown (the lowest NAV
    against the highest before it, -1.05 as well) are known. The same holds where nothing was traded: what idle cash
    earns is no track record.

    total_return: compounded; cagr: the same per 252 sessions; volatility_annual: ddof=1 deviation times sqrt(252);
    sharpe: mean over ddof=1 deviation times sqrt(252), risk-free rate zero; sharpe_stderr: its standard error for
    independent returns, sqrt((1 + SR^2/2)/n) per session, annualised (Lo 2002, Financial Analysts Journal 58(4));
    sortino: mean over the root mean square of returns below zero (all n in the denominator) times sqrt(252);
    max_drawdown: initial capital included, at closes, and at an open that ruins; calmar: cagr over the size of
    max_drawdown; best_session, worst_session: returns; hit_rate: share of positive returns among those that are not
    zero. What is smaller than 1e-12 is rounding and counts as zero.
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

    def to_dict(self) -> dict[str, float | int]:
        """The figures by name."""
        return asdict(self)


def ruin_levels(closes: NDArray[np.float64], opens: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n + 1,) levels that returns and drawdowns are made of, from NAV at closes, the initial capital before it.

    opens: (n,) NAV at opens. Where that is zero or below the lower of open and close stands for the session, so that
    a ruin at an open is one even where the close is above zero again.
    """
    levels = np.array(closes, dtype=np.float64)
    lost = np.flatnonzero(opens <= 0.0)
    levels[lost + 1] = np.minimum(opens[lost], levels[lost + 1])
    return levels


def simple_returns(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) returns of (n + 1,) levels, the first one the initial capital; NaN after a level of zero or below.

    The return that leads there is known, -1 or less.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        out = levels[1:] / levels[:-1] - 1.0
    lost = np.flatnonzero(underwater(levels) <= -1.0)
    if len(lost):
        out[lost[0] :] = np.nan
    return np.asarray(out)


@takes(returns=COLUMN)
def measure(returns: pd.Series[float]) -> Metrics:
    """Figures of a series of simple returns. A source of each formula stands in Metrics.

    Returns may be NaN after a ruin, and count for nothing there: total_return is what the ruin left.
    Raises ParameterError for values of other kinds.
    """
    values = np.asarray(returns, dtype=np.float64)
    if not len(values):
        raise ParameterError("there is no return", where="returns", bound="one or more")
    with np.errstate(over="ignore"):
        levels = compounded(values)
    return _measured(levels, values, True)


@takes(levels=COLUMN, traded=FLAG, opens=maybe(COLUMN))
def measure_levels(
    levels: NDArray[np.float64], *, traded: bool = True, opens: NDArray[np.float64] | None = None
) -> Metrics:
    """Figures of (n + 1,) levels, as NAV at closes with the initial capital before it.

    traded: whether any order was filled; where none was, or the capital was lost, what is known is little. opens: (n,)
    NAV at opens, where a ruin counts as well.
    Raises ParameterError for values of other kinds.
    """
    levels = np.asarray(levels, dtype=np.float64)
    if len(levels) < 2:
        raise ParameterError("there are too few levels", where="levels", value=len(levels), bound="2 or more")
    check_capital(levels)
    if opens is not None and len(opens) != len(levels) - 1:
        raise ParameterError("does not fit the levels", where="opens", value=len(opens), bound=str(len(levels) - 1))
    if opens is None:
        return _measured(levels, simple_returns(levels), traded)
    marked = ruin_levels(levels, np.asarray(opens, dtype=np.float64))
    found = _measured(marked, simple_returns(marked), traded)
    return replace(found, total_return=float(levels[-1] / levels[0] - 1.0))


def _measured(levels: NDArray[np.float64], returns: NDArray[np.float64], traded: bool) -> Metrics:
    """Figures of levels and the returns between them; NaN in either follow a ruin alone."""
    known = levels[~np.isnan(levels)]
    deepest = float(underwater(known).min()) + 0.0
    total = float(known[-1] / known[0] - 1.0)
    if not traded or deepest <= -1.0:
        nan = math.nan
        return Metrics(len(returns), total, nan, nan, nan, nan, nan, deepest, nan, nan, nan, nan)
    return _figures(pd.Series(returns), total, deepest)


def _figures(returns: pd.Series[float], total: float, deepest: float) -> Metrics:
    """Everything about returns without NaN."""
    empyrical = peer("empyrical")

    n = len(returns)
    spread = n > 1 and float(np.ptp(returns)) > STILL  # the deviation of equal returns may be off zero by rounding
    moving = returns[returns.abs() > STILL]
    downside = float(empyrical.downside_risk(returns)) if n > 1 else 0.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sharpe = float(empyrical.sharpe_ratio(returns)) if spread else math.nan
        per_session = sharpe / math.sqrt(SESSIONS_PER_YEAR)
        cagr = _finite(empyrical.annual_return(returns))
        volatility = float(empyrical.annual_volatility(returns)) if spread else 0.0
        return Metrics(
            sessions=n,
            total_return=total,
            cagr=cagr,
            volatility_annual=volatility if n > 1 else math.nan,
            sharpe=sharpe,
            sharpe_stderr=math.sqrt((1 + per_session**2 / 2) / n * SESSIONS_PER_YEAR),
            sortino=_finite(empyrical.sortino_ratio(returns)) if downside > STILL else math.nan,
            max_drawdown=deepest,
            calmar=_finite(empyrical.calmar_ratio(returns)) if deepest < -STILL else math.nan,
            best_session=float(returns.max()),
            worst_session=float(returns.min()),
            hit_rate=float((moving > 0).mean()) if len(moving) else math.nan,
        )


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else math.nan
