"""What every function here needs: periods, columns, pairs and windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, did_you_mean

from ...arrays import Floats

DAILY, WEEKLY, MONTHLY, QUARTERLY, YEARLY = "daily", "weekly", "monthly", "quarterly", "yearly"
PERIODS_PER_YEAR = {DAILY: 252, WEEKLY: 52, MONTHLY: 12, QUARTERLY: 4, YEARLY: 1}


class EmpyricalError(ParameterError, ValueError):
    """An argument cannot be used; also a ValueError, which is what callers of empyrical expect."""


def periods_per_year(period: str, annualization: float | None) -> float:
    """The factor that was given, or that of the period. Raises EmpyricalError for an unknown period."""
    if annualization is not None:
        return annualization
    if period not in PERIODS_PER_YEAR:
        raise EmpyricalError(
            "unknown period", where="period", value=period, remedy=did_you_mean(str(period), PERIODS_PER_YEAR)
        )
    return PERIODS_PER_YEAR[period]


def by_column(figure: Callable[[Floats], float], returns: Any) -> Any:
    """A float for one series; for a table one number a column, in a Series when it has names."""
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim == 1:
        return float(figure(values))
    found = np.array([figure(column) for column in values.T])
    return pd.Series(found, index=returns.columns) if isinstance(returns, pd.DataFrame) else found


def like(values: Floats, returns: Any) -> Any:
    """Values in the container of the returns, with the last of its labels."""
    if isinstance(returns, pd.DataFrame):
        return pd.DataFrame(values, index=returns.index[len(returns) - len(values) :], columns=returns.columns)
    if isinstance(returns, pd.Series):
        return pd.Series(values, index=returns.index[len(returns) - len(values) :])
    return values


def known(values: Floats) -> Floats:
    """The values that are not NaN."""
    return values[~np.isnan(values)]


def less(returns: Any, other: Any) -> Any:
    """returns - other, aligned by label when both have labels."""
    return returns if isinstance(other, (int, float)) and other == 0 else returns - other


def aligned(returns: Any, factor_returns: Any) -> tuple[Floats, Floats]:
    """Both as arrays over the union of their labels; arrays of one length are taken as they are."""
    arrays = isinstance(returns, np.ndarray) and isinstance(factor_returns, np.ndarray)
    if arrays and len(returns) == len(factor_returns):
        return returns.astype(np.float64), factor_returns.astype(np.float64)
    given = [item.iloc[:, 0] if isinstance(item, pd.DataFrame) else item for item in (returns, factor_returns)]
    both = pd.concat([pd.Series(item) for item in given], axis=1).to_numpy(dtype=np.float64)
    return both[:, 0], both[:, 1]


def roll(*series: Any, window: int, function: Callable[..., Any], **kwargs: Any) -> Any:
    """function of each window of one or two series, at the label of the window's last return.

    Raises EmpyricalError for more than two series or for a mixture of containers.
    """
    if not 1 <= len(series) <= 2:
        raise EmpyricalError("one or two series are needed", where="roll", value=len(series))
    if len(series) == 2 and type(series[0]) is not type(series[1]):
        raise EmpyricalError("both series must be of one kind", where="roll", value=[type(x).__name__ for x in series])
    stops = range(window, len(series[0]) + 1)
    cut = [s.iloc if isinstance(s, pd.Series) else s for s in series]
    found = [function(*(s[stop - window : stop] for s in cut), **kwargs) for stop in stops]
    if isinstance(series[0], pd.Series):
        return pd.Series(found, index=series[0].index[window - 1 :], dtype=np.float64)
    return np.array(found)


def up(returns: Any, factor_returns: Any, *, function: Callable[..., Any], **kwargs: Any) -> Any:
    """function of the sessions on which the factor rose and both have a return."""
    return _where(returns, factor_returns, factor_returns > 0, function, kwargs)


def down(returns: Any, factor_returns: Any, *, function: Callable[..., Any], **kwargs: Any) -> Any:
    """function of the sessions on which the factor fell and both have a return."""
    return _where(returns, factor_returns, factor_returns < 0, function, kwargs)


def _where(returns: Any, factor_returns: Any, side: Any, function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
    kept = side & ~(pd.isna(returns) | pd.isna(factor_returns))
    return function(returns[kept], factor_returns[kept], **kwargs)
