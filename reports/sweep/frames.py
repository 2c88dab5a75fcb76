"""The tables of a sweep's workbook that its report shows in part: all sets, means by value, neighbours of the best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.sweep.result import SweepResult

from .effects import BINS, ParameterEffect, effects, level_order


def sweep_frames(result: SweepResult) -> dict[str, pd.DataFrame]:
    """Tables by name: fractions and USD unrounded, empty where undefined.

    compared: the metric of a set, empty where it was on for too few sessions to count. Means by value has the metric
    by value of each parameter, over a range from low to below high of a parameter that was drawn anywhere;
    above_zero_frac: share of sets with a metric above 0.
    """
    found = {"All sets": result.table.rename_axis("set").reset_index().assign(compared=result.values)}
    means = [row for one in effects(result) for row in _means(result, one)]
    if means:
        found["Means by value"] = pd.DataFrame(means)
    near = result.sets.neighbours(int(result.top[0]))
    if near:
        values = [float(result.values[index]) for index in near]
        found["Neighbours of the best set"] = pd.DataFrame({"set": list(near), "compared": values})
    return found


def _means(result: SweepResult, one: ParameterEffect) -> list[dict[str, Any]]:
    axis = result.sets.space.by_name[one.axis]
    edges: Any = [None] * (len(one.values) + 1)
    values: list[Any] = [None] * len(one.values)
    if one.binned:
        edges = np.linspace(float(axis.low or 0.0), float(axis.high or 0.0), BINS + 1).tolist()
    else:
        values = [axis.levels[k] for k in level_order(axis)]
    return [
        {
            "parameter": one.axis, "value": values[k], "low": edges[k] if one.binned else None,
            "high": edges[k + 1] if one.binned else None, "sets": int(one.count[k]), "mean": float(one.mean[k]),
            "median": float(one.median[k]), "best": float(one.best[k]), "above_zero_frac": float(one.share_positive[k]),
        }
        for k in range(len(one.values))
    ]  # fmt: skip
