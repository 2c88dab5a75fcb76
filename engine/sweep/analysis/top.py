"""The best sets of a sweep, found while their metrics stream by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...arrays import Floats, Ints
from ...risk.measures import direction_of
from ...risk.series import check_whole
from ..overfitting.ties import best_first, slack
from ..store.chunk import column_names
from .codes import AxisLike, CodesOf, codes_at


class TopSets:
    """The k best sets so far; of equals, rounding apart, the lowest index first.

    A metric that is not finite is never chosen.
    """

    def __init__(self, k: int, direction: int = 1) -> None:
        self.k, self.direction = check_whole("k", k, 1), 1 if direction >= 0 else -1
        self.indices: Ints = np.empty(0, dtype=np.int64)
        self.values: Floats = np.empty(0)

    def add(self, start: int, values: ArrayLike) -> None:
        """Metrics of the sets from `start` on; chunks may come in any order."""
        given = np.asarray(values, dtype=np.float64)
        able = np.isfinite(given)
        if len(self.indices) == self.k:
            worst = float((self.direction * self.values).min())
            able &= self.direction * given >= worst - float(slack(worst))
        rows = np.flatnonzero(able)
        if len(rows) == 0:
            return
        indices = np.concatenate([self.indices, rows + start])
        found = np.concatenate([self.values, given[rows]])
        order = best_first(self.direction * found, indices)[: self.k]
        self.indices, self.values = indices[order], found[order]


def top_k(values: ArrayLike, k: int, *, metric: str = "", direction: int | None = None) -> Ints:
    """(at most k,) indices of the best of (N,) metrics, best first; of equals the lowest index first.

    direction: 1 where higher is better, -1 where lower is; None takes that of the metric's name. A value that is
    not finite is never chosen. Raises ParameterError for a k below 1.
    """
    top = TopSets(k, direction_of(metric) if direction is None else direction)
    top.add(0, values)
    return top.indices


def parallel_coordinates(
    indices: Sequence[int] | Ints, values: ArrayLike, codes: CodesOf, axes: Sequence[AxisLike], *, metric: str
) -> pd.DataFrame:
    """One row a set, in the order given: its metric and, for each discrete axis, where its level stands.

    indices, values: (k,) sets and their metric, as TopSets has them. Columns: set; the metric; for each axis its
    name (the value itself) and its name with `:position` (0 the first level, 1 the last, 0.5 for a single one); one
    that is called like the metric stands as parameter_NAME, as in the table of all sets.
    """
    found: dict[str, Any] = {"set": np.asarray(indices, dtype=np.int64), metric: np.asarray(values, dtype=np.float64)}
    levels = codes_at(codes, indices)
    named = column_names([axis.name for axis in axes], [metric])
    for place, axis in enumerate(axes):
        if axis.values is not None:
            at = levels[:, place] if len(levels) else np.empty(0, dtype=np.int64)
            last = len(axis.values) - 1
            found[named[axis.name]] = pd.Series([axis.values[v] for v in at], dtype=object)
            found[f"{named[axis.name]}:position"] = at / last if last > 0 else np.full(len(at), 0.5)
    return pd.DataFrame(found)
