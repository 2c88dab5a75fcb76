"""Monte Carlo standard errors: by how much a simulated figure differs from that of endless paths."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats


def share_with_error(happened: NDArray[np.bool_]) -> tuple[float, float]:
    """A share of the paths and its standard error, sqrt(p (1 - p) / P).

    For none or all of the paths p is taken as one path from there, since no error at all would say too much.
    """
    n, k = len(happened), int(happened.sum())
    p = min(max(k, 1), n - 1) / n if n > 1 else 0.5
    return k / n, math.sqrt(p * (1.0 - p) / n)


def quantile_error(values: Floats, level: float) -> float:
    """Half the distance between the order statistics that lie one binomial deviation around the level.

    Distribution-free: the number of values below the quantile is binomial. values: (P,), without NaN.
    """
    n = len(values)
    spread = math.sqrt(level * (1.0 - level) * n)
    low = min(max(math.floor(level * n - spread), 0), n - 1)
    high = min(max(math.ceil(level * n + spread), 0), n - 1)
    ordered = np.partition(values, (low, high))
    return float(ordered[high] - ordered[low]) / 2.0


def shortfall_error(values: Floats, tail: float) -> float:
    """Of the mean of the lowest `tail` of the values: sqrt((s^2 + (1 - tail)(q - m)^2) / (tail P)).

    s^2 and m: variance and mean below the quantile q; the second part comes from estimating q itself (Manistre and
    Hancock 2005, North American Actuarial Journal 9(2)).
    """
    cut = float(np.quantile(values, tail))
    inside = values[values <= cut]
    mean = float(inside.mean())
    return math.sqrt((float(inside.var()) + (1.0 - tail) * (cut - mean) ** 2) / (tail * len(values)))
