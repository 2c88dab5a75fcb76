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


def _edges(axis: Axis) -> Floats:
    assert axis.low is not None
    assert axis.high is not None
    return np.linspace(axis.low, axis.high, BINS + 1)


def _bins(result: SweepResult, axis: Axis) -> NDArray[np.int64]:
    """(sets,) in which range of a continuous axis each set lies."""
    assert result.sets.points is not None
    points = result.sets.points[:, result.sets.space.continuous[axis.name]]
    found: NDArray[np.int64] = np.clip(np.searchsorted(_edges(axis), points, side="right") - 1, 0, BINS - 1)
    return found


def _binned(result: SweepResult, axis: Axis) -> ParameterEffect:
    at, edges = _bins(result, axis), _edges(axis)
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


def mapped(found: tuple[ParameterEffect, ...]) -> tuple[ParameterEffect, ParameterEffect] | None:
    """The two parameters whose means are furthest apart, of values or of ranges; None where there are not two."""
    kept = [one for one in found if len(one.values) <= MOST_LEVELS]
    return (kept[0], kept[1]) if len(kept) > 1 else None


def places(result: SweepResult, one: ParameterEffect) -> NDArray[np.int64]:
    """(sets,) which of the values of a parameter each set has."""
    axis = result.sets.space.by_name[one.axis]
    if one.binned:
        return _bins(result, axis)
    levels = np.empty(len(one.values), dtype=np.int64)
    levels[level_order(axis)] = np.arange(len(one.values))
    codes = result.sets.codes(0, result.count)[:, result.axes.index(axis)]
    return levels[codes]


def cell_means(result: SweepResult, down: ParameterEffect, across: ParameterEffect) -> Floats:
    """(values of one, values of the other) mean of the metric over the sets of each cell, NaN where none has it."""
    shape = (len(down.values), len(across.values))
    cells = places(result, down) * shape[1] + places(result, across)
    known = np.isfinite(result.values)
    sums = np.bincount(cells[known], weights=result.values[known], minlength=shape[0] * shape[1])
    counts = np.bincount(cells[known], minlength=shape[0] * shape[1])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(shape)
