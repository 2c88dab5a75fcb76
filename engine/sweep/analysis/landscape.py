"""How a metric lies over the parameters: the effect of each value, two axes at once, and the plateau of the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.names import named

from ...arrays import Floats
from ...equal import STILL
from ...risk.measures import direction_of
from ..overfitting.ties import slack
from .codes import AxisLike, CodesOf, axis_number, codes_of_axes
from .json_ready import json_ready


class CellFigure(StrEnum):
    """What a cell of a heat map says of the sets in it."""

    MEAN = "mean"
    BEST = "best"
    MEDIAN = "median"


def marginal_effects(values: ArrayLike, codes: CodesOf, axes: Sequence[AxisLike], *, metric: str) -> pd.DataFrame:
    """One row a value of each discrete axis, over all sets that have it whatever their other parameters.

    values: (N,) the metric, a set without a finite one is left out; codes: levels of sets start .. stop - 1, (n, P).
    Columns: axis, value, position (place among the axis's values), count, mean, median, best (the highest, or the
    lowest where lower is better), share_positive. NaN where no set has the value. Continuous axes are left out. Takes
    4 bytes a set and axis besides the metric.
    """
    scores = np.asarray(values, dtype=np.float64)
    places = [k for k, axis in enumerate(axes) if axis.values is not None]
    columns = codes_of_axes(codes, len(scores), places)
    known = np.isfinite(scores)
    rows = []
    for column, place in zip(columns, places, strict=True):
        levels = axes[place].values or ()
        groups = _by_group(scores, np.where(known, column, -1), len(levels))
        for position, (value, group) in enumerate(zip(levels, groups, strict=True)):
            figures = _figures(group, direction_of(metric))
            rows.append({"axis": axes[place].name, "value": value, "position": position, **figures})
    names = ["axis", "value", "position", "count", "mean", "median", "best", "share_positive"]
    return pd.DataFrame(rows, columns=names)


def heat_map(
    values: ArrayLike,
    codes: CodesOf,
    axes: Sequence[AxisLike],
    across: tuple[str, str],
    *,
    metric: str,
    how: CellFigure | str = CellFigure.MEAN,
) -> pd.DataFrame:
    """The metric by the values of two discrete axes: rows of the first, columns of the second, NaN without any set.

    how: "mean", "median" or "best" of the sets in a cell; sets without a finite metric are left out. Raises
    ParameterError for an axis that there is not, or the same one twice.
    """
    figure = named(CellFigure, how, "there is no such figure", "how")
    scores = np.asarray(values, dtype=np.float64)
    first, second = (axis_number(axes, name) for name in across)
    if first == second:
        raise ParameterError("two different axes are needed", where="across", value=across[0])
    rows, columns = (axes[place].values or () for place in (first, second))
    low, high = codes_of_axes(codes, len(scores), (first, second))
    cell = np.where(np.isfinite(scores), low * len(columns) + high, -1)
    groups = _by_group(scores, cell, len(rows) * len(columns))
    found = [_figures(group, direction_of(metric))[figure.value] for group in groups]
    return pd.DataFrame(
        np.array(found, dtype=np.float64).reshape(len(rows), len(columns)),
        index=pd.Index(list(rows), name=across[0], dtype=object),
        columns=pd.Index(list(columns), name=across[1], dtype=object),
    )


@dataclass(frozen=True)
class Plateau:
    """How good the neighbours of a set are, those one level away on one axis.

    score: (mean of the neighbours - median of all sets) / (the set - median of all sets), clipped to 0 .. 1: 1 on a
    plateau, 0 on a lone peak whose neighbours are no better than the middle of all sets; None, with a reason, where
    there is no finite neighbour or the set is not better than the median. mean, worst: of the neighbours; share:
    mean over the set's own metric, None where that is 0; percentile: share of all sets that the mean of the neighbours
    is at least as good as; neighbours: how many; failed: those of them without a metric, which count nowhere else.
    """

    index: int
    value: float
    neighbours: int
    failed: int
    mean: float | None
    worst: float | None
    share: float | None
    percentile: float | None
    score: float | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        found: dict[str, Any] = json_ready(vars(self))
        return found


def plateau_score(values: ArrayLike, index: int, neighbours: Sequence[int], *, metric: str) -> Plateau:
    """The plateau around a set, by default the best one.

    values: (N,) the metric of all sets; neighbours: indices, as ParameterSets.neighbours gives them. Whether higher
    is better follows from the metric's name. Raises ParameterError for a set that has no metric.
    """
    scores, sign = np.asarray(values, dtype=np.float64), direction_of(metric)
    if not 0 <= index < len(scores) or not math.isfinite(scores[index]):
        raise ParameterError("the set has no metric", where="index", value=index)
    around = scores[np.asarray(neighbours, dtype=np.int64)]
    near = around[np.isfinite(around)]
    value, failed = float(scores[index]), len(around) - len(near)
    if near.size == 0:
        reason = "The set has no neighbour." if len(around) == 0 else "None of the neighbours ran."
        return Plateau(index, value, len(around), failed, None, None, None, None, None, reason)
    known = scores[np.isfinite(scores)]
    mean, middle = float(near.mean()), float(np.median(known))
    lead = sign * (value - middle)
    # A set that is ahead of the median by rounding alone is not ahead of it.
    lead = lead if lead > max(float(slack(value)), float(slack(middle))) else 0.0
    alike = None if lead > 0.0 else "The set is not better than the median of all sets."
    return Plateau(
        index,
        value,
        len(around),
        failed,
        mean,
        float(sign * (sign * near).min()),
        mean / value if value != 0.0 else None,
        float((sign * known <= sign * mean + float(slack(mean))).mean()),
        min(max(sign * (mean - middle) / lead, 0.0), 1.0) if lead > 0.0 else None,
        alike,
    )


def _by_group(scores: Floats, group: NDArray[Any], count: int) -> list[Floats]:
    """The scores of each group 0 .. count - 1; group -1 is left out."""
    order = np.argsort(group, kind="stable")
    cuts = np.searchsorted(group[order], np.arange(count + 1))
    ordered = scores[order]
    return [ordered[a:b] for a, b in pairwise(cuts)]


def _figures(group: Floats, sign: int) -> dict[str, float]:
    if group.size == 0:
        return {"count": 0, **dict.fromkeys(("mean", "median", "best", "share_positive"), math.nan)}
    return {
        "count": len(group),
        "mean": float(group.mean()),
        "median": float(np.median(group)),
        "best": float(group.max() if sign > 0 else group.min()),
        "share_positive": float((group > STILL).mean()),
    }
