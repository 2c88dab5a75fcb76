"""How the metric of a sweep lies over each of its parameters, steps and ranges alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.risk.measures import direction_of
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.engine.sweep.space import Axis

from .words import value_text

BINS = 10
# A map of more cells than this says no more than a smaller one, and weighs on the page.
MOST_LEVELS = 150


@dataclass(frozen=True, eq=False)
class ParameterEffect:
    """The metric by value of one parameter, over all sets that have it.

    values: as a reader takes them, numbers in rising order with none before them, ranges of a continuous axis; count,
    mean, median, best: (values,) NaN where no set has the metric; numeric: whether the order means anything; chosen:
    place of the best set's value; binned: whether values are ranges.
    """

    axis: str
    values: tuple[str, ...]
    count: NDArray[np.int64]
    mean: Floats
    median: Floats
    best: Floats
    share_positive: Floats
    numeric: bool
    chosen: int
    binned: bool = False

    @property
    def spread(self) -> float:
        """Highest mean less the lowest one, NaN without any."""
        known = self.mean[np.isfinite(self.mean)]
        return float(known.max() - known.min()) if known.size else float("nan")


# Page, terminal and JSON ask for the same, which takes a while for a million sets.
_FOUND: WeakKeyDictionary[SweepResult, tuple[ParameterEffect, ...]] = WeakKeyDictionary()


def effects(result: SweepResult) -> tuple[ParameterEffect, ...]:
    """Every axis with more than one value, the one whose means are furthest apart first."""
    if result not in _FOUND:
        _FOUND[result] = _effects(result)
    return _FOUND[result]


def _effects(result: SweepResult) -> tuple[ParameterEffect, ...]:
    parts = dict(iter(result.marginal_effects().groupby("axis", sort=False)))
    found = []
    for axis in result.axes:
        if axis.continuous:
            found.append(_binned(result, axis))
        elif len(axis) > 1:
            found.append(_stepped(result, axis, parts[axis.name]))
    return tuple(sorted(found, key=lambda one: -np.nan_to_num(one.spread, nan=-1.0)))


def level_order(axis: Axis) -> list[int]:
    """Levels as a reader wants them: numbers in rising order, none before them; names as they were given."""
    if not axis.numeric:
        return list(range(len(axis)))
    return [*np.flatnonzero(axis.missing).tolist(), *axis.order.tolist()]


def place_of(result: SweepResult, axis: Axis, index: int) -> int:
    """Where a set's value stands in the level order of a discrete axis."""
    at = result.axes.index(axis)
    return level_order(axis).index(int(result.sets.codes(index, index + 1)[0, at]))


def _stepped(result: SweepResult, axis: Axis, rows: pd.DataFrame) -> ParameterEffect:
    order = level_order(axis)
    held = rows.set_index("position").loc[order]
    names = ("mean", "median", "best", "share_positive")
    mean, median, best, share_positive = (held[name].to_numpy(dtype=np.float64) for name in names)
    return ParameterEffect(
        axis.name,
        tuple(value_text(axis.levels[k]) for k in order),
        held["count"].to_numpy(dtype=np.int64),
        mean,
        median,
        best,
        share_positive,
        axis.numeric,
        place_of(result, axis, int(result.top[0])),
    )


def _binned(result: SweepResult, axis: Axis) -> ParameterEffect:
    assert result.sets.points is not None
    assert axis.low is not None
    assert axis.high is not None
    points = result.sets.points[:, result.sets.space.continuous[axis.name]]
    edges = np.linspace(axis.low, axis.high, BINS + 1)
    at = np.clip(np.searchsorted(edges, points, side="right") - 1, 0, BINS - 1)
    known, sign = np.isfinite(result.values), direction_of(result.metric)
    groups = [result.values[known & (at == k)] for k in range(BINS)]

    def each(figure: str) -> Floats:
        rows = [float(getattr(pd.Series(group), figure)()) if len(group) else np.nan for group in groups]
        return np.array(rows, dtype=np.float64)

    return ParameterEffect(
        axis.name,
        tuple(f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)),
        np.array([len(group) for group in groups], dtype=np.int64),
        each("mean"),
        each("median"),
        each("max" if sign > 0 else "min"),
        np.array([float((group > 0.0).mean()) if len(group) else np.nan for group in groups]),
        numeric=True,
        chosen=int(at[int(result.top[0])]),
        binned=True,
    )


def mapped_axes(result: SweepResult, found: tuple[ParameterEffect, ...]) -> tuple[Axis, Axis] | None:
    """The two axes with steps whose means are furthest apart; None where there are not two."""
    by_name = result.sets.space.by_name
    names = [one.axis for one in found if not one.binned and len(one.values) <= MOST_LEVELS]
    return (by_name[names[0]], by_name[names[1]]) if len(names) > 1 else None
