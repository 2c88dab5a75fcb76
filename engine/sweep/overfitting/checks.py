"""Arguments that several measures of luck share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ...risk.series import check_whole, returns_matrix

# Beyond it the chance that goes with one of them is no number any more.
MOST_TRIALS = 1e300


def check_share(name: str, value: float) -> float:
    """The value, when it lies strictly between 0 and 1. Raises ParameterError."""
    if not 0.0 < value < 1.0:
        raise ParameterError("is out of range", where=name, value=value, bound="above 0 and below 1")
    return float(value)


def check_number(name: str, value: float) -> float:
    """The value, when it is a finite number. Raises ParameterError."""
    if not math.isfinite(value):
        raise ParameterError("is not a number", where=name, value=value, bound="a finite number")
    return float(value)


def check_not_negative(name: str, value: float) -> float:
    """The value, when it is finite and not below 0. Raises ParameterError."""
    if not 0.0 <= value < math.inf:
        raise ParameterError("is out of range", where=name, value=value, bound="0 or more")
    return float(value)


def check_trials(trials: float) -> float:
    """How many strategies were tried, a fraction for an effective number. Raises ParameterError below 1."""
    if not 1.0 <= trials <= MOST_TRIALS:
        what = "is too large" if trials > MOST_TRIALS else "is too small"
        raise ParameterError(what, where="trials", value=trials, bound=f"1 to {MOST_TRIALS:g}")
    return float(trials)


def check_threads(threads: int) -> int:
    """The number of threads. Raises ParameterError below 1."""
    return check_whole("threads", threads, 1)


def complete_returns(returns: Any, *, at_least: int, where: str = "returns") -> tuple[Floats, pd.Index[Any]]:
    """(T, N) array without the sessions in which any strategy has a NaN, and the names of the strategies.

    Raises ParameterError for an infinity, no strategy, or fewer than `at_least` sessions left.
    """
    values, names = returns_matrix(returns)
    values = np.ascontiguousarray(values[~np.isnan(values).any(axis=1)])
    if values.shape[1] == 0:
        raise ParameterError("there is no strategy", where=where)
    if len(values) < at_least:
        raise ParameterError(
            "too few sessions have a return of every strategy",
            where=where,
            value=len(values),
            bound=f"at least {at_least}",
            remedy="Leave out the strategies that began late, or fill their returns.",
        )
    return values, names


def excess_over(values: Floats, benchmark: Any) -> Floats:
    """values (T, N) less the benchmark: None for zero, a number, or a series of T returns.

    Raises ParameterError for a benchmark of another length.
    """
    if benchmark is None:
        return values
    series = np.asarray(benchmark, dtype=np.float64)
    if series.ndim > 1 or (series.ndim == 1 and len(series) != len(values)):
        raise ParameterError(
            "does not fit the returns",
            where="benchmark",
            value=series.shape,
            bound=f"a number or {len(values)} sessions",
        )
    return values - (series if series.ndim == 0 else series[:, None])
