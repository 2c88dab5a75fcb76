"""Return series as users give them, checked and turned into arrays."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError

from ..arrays import Floats

NanPolicy = Literal["skip", "raise"]


def returns_array(returns: ArrayLike | pd.Series[float], *, at_least: int = 1, where: str = "returns") -> Floats:
    """(n,): one series without its NaN.

    Raises ParameterError when the series is not one-dimensional, holds an infinity or has too few returns left.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 1:
        raise ParameterError("one series is needed", where=where, value=f"{values.ndim} dimensions", bound="1")
    values = values[~np.isnan(values)]
    reject_infinities(values, where)
    if len(values) < at_least:
        raise ParameterError(
            "there are too few returns", where=where, value=len(values), bound=f"at least {at_least} that are not empty"
        )
    return values


def returns_matrix(returns: Any, nan: NanPolicy = "skip") -> tuple[Floats, pd.Index[Any]]:
    """(T, S) array of a frame, a series or an array, and the names of its series; NaN stay where they are.

    Raises ParameterError for an infinity and, under nan="raise", for a NaN.
    """
    if nan not in ("skip", "raise"):
        raise ParameterError("unknown NaN rule", where="nan", value=nan, bound="'skip' or 'raise'")
    names: pd.Index[Any]
    if isinstance(returns, pd.DataFrame):
        values, names = returns.to_numpy(dtype=np.float64), returns.columns
    elif isinstance(returns, pd.Series):
        name = "return" if returns.name is None else returns.name
        values, names = returns.to_numpy(dtype=np.float64)[:, None], pd.Index([name], dtype=object)
    else:
        values = np.asarray(returns, dtype=np.float64)
        values = values[:, None] if values.ndim == 1 else values
        if values.ndim != 2:
            raise ParameterError("a table of returns is needed", where="returns", value=values.shape)
        names = pd.RangeIndex(values.shape[1])
    reject_infinities(values, "returns")
    if nan == "raise" and np.isnan(values).any():
        raise ParameterError("a return is NaN", where="returns", remedy="Fill it or leave it out with nan='skip'.")
    return values, names


def own_clock(dates: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Dates without their time zone, as their own clock shows them: a zone is dropped and never converted."""
    return dates.tz_localize(None) if dates.tz is not None else dates


def values_on(other: pd.Series[float], index: pd.Index[Any], where: str) -> Floats:
    """(T,): values of a series at the labels of another one, NaN where it has none.

    Where one of two indices of dates has a time zone, both are read as their own clock shows the day. Raises
    ParameterError for a label that stands twice.
    """
    labels = other.index
    if isinstance(labels, pd.DatetimeIndex) and isinstance(index, pd.DatetimeIndex) and labels.tz != index.tz:
        labels, index = own_clock(labels).normalize(), own_clock(index).normalize()
    if not labels.is_unique:
        raise ParameterError(f"a session stands twice in the {where}", where=where)
    if not index.is_unique:
        raise ParameterError("a session stands twice", where="returns")
    found = pd.Series(other.to_numpy(dtype=np.float64), index=labels).reindex(index)
    return np.ascontiguousarray(found, dtype=np.float64)


def reject_infinities(values: Floats, where: str) -> None:
    """Raises ParameterError when a value is infinite: a price of zero or a wrong division."""
    if np.isinf(values).any():
        raise ParameterError("a return is infinite", where=where, remedy="Look for a price of zero.")


def check_confidence(confidence: float) -> float:
    """The confidence, when it lies between one half and one. Raises ParameterError with a hint otherwise."""
    if not 0.5 <= confidence < 1.0:
        remedy = "Give the confidence, not the tail: 0.95 for the worst 5%." if 0 < confidence < 0.5 else None
        raise ParameterError(
            "confidence is out of range", where="confidence", value=confidence, bound="0.5 to below 1", remedy=remedy
        )
    return float(confidence)


def check_whole(name: str, value: int, least: int) -> int:
    """A whole number that is at least `least`. Raises ParameterError otherwise."""
    if int(value) != value or value < least:
        raise ParameterError(f"{name} cannot be used", where=name, value=value, bound=f"a whole number from {least}")
    return int(value)
