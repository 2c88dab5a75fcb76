"""Order statistics without sorting."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted


@uncounted
def select(values: Floats, low: int, high: int, rank: int) -> float:
    """Move the `rank`-th smallest of values[low:high] to its place, smaller ones before it, and return it.

    rank counts from the start of the array, low <= rank < high; no NaN. Hoare's selection with the median of
    three as the pivot.
    """
    left, right = low, high - 1
    while right > left:
        middle = (left + right) // 2
        a, b, c = values[left], values[middle], values[right]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = left, right
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            right = j
        elif rank >= i:
            left = i
        else:
            break
    return float(values[rank])


@uncounted
def rank_of(count: int, level: float) -> float:
    """Position of a quantile among `count` ordered values; within 1e-9 of a whole number it is that number."""
    position = level * (count - 1)
    nearest = math.floor(position + 0.5)
    return float(nearest) if abs(position - nearest) < 1e-9 else position


@uncounted
def quantile(values: Floats, count: int, level: float) -> float:
    """Type-7 quantile of values[:count]. Reorders values."""
    position = rank_of(count, level)
    below = math.floor(position)
    value = select(values, 0, count, below)
    part = position - below
    if part <= 0.0:
        return value
    above = float(values[below + 1])
    for i in range(below + 2, count):
        above = min(above, float(values[i]))
    return value + part * (above - value)
