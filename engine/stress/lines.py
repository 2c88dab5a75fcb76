"""Least squares of many tickers on the same series, those with the same sessions together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats

LEAST_POINTS = 5  # a line through fewer has no standard error worth the name


def patterns(there: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """Each set of rows (T,) that columns of (T, N) have, and those columns."""
    found: dict[bytes, list[int]] = {}
    for i, column in enumerate(np.ascontiguousarray(there.T)):
        found.setdefault(column.tobytes(), []).append(i)
    for columns in found.values():
        yield there[:, columns[0]], np.array(columns, dtype=np.int64)


def slopes(y: Floats, x: Floats, least: int) -> Floats:
    """(N,) slopes of (T, N) on (T,), each over the rows that both have; NaN with fewer than `least` rows."""
    out = np.full(y.shape[1], np.nan)
    for rows, columns in patterns(np.isfinite(y) & np.isfinite(x)[:, None]):
        if rows.sum() >= least:
            out[columns] = line(y[np.ix_(rows, columns)], x[rows])[0]
    return out


def line(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Slopes of finite (n, N) on (n,) with an intercept, and their errors under equal variances (n - 2 degrees of
    freedom); NaN for fewer than 5 rows and where x does not vary."""
    n, count = y.shape
    if n < LEAST_POINTS or np.ptp(x) == 0.0:
        return np.full(count, np.nan), np.full(count, np.nan)
    deviation = x - x.mean()
    variation = float(deviation @ deviation)
    away = y - y.mean(axis=0)
    slope = deviation @ away / variation
    left = away - deviation[:, None] * slope
    return slope, np.sqrt((left**2).sum(axis=0) / (n - 2) / variation)
