"""Grids, ranges, distances and neighbours in plain Python, one set at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

Row = dict[str, Any]


def grid(axes: Mapping[str, Sequence[Any]], keep: Callable[[Row], bool] | None = None) -> list[Row]:
    """Every combination that is kept, the last name changing fastest."""
    rows = (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
    return [row for row in rows if keep is None or keep(row)]


def decimals(first: str, last: str, step: str) -> list[float]:
    """A range, by adding a step again and again in decimal arithmetic."""
    found, at = [], Decimal(first)
    while (at <= Decimal(last)) if Decimal(step) > 0 else (at >= Decimal(last)):
        found.append(float(at))
        at += Decimal(step)
    return found


def is_number(value: Any) -> bool:
    """Whether a value has a place in an order."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def one_step(values: Sequence[Any], one: Any, two: Any) -> bool:
    """Whether two different values of an axis are next to each other."""
    numbers = sorted(value for value in values if is_number(value))
    if is_number(one) and is_number(two):
        return abs(numbers.index(one) - numbers.index(two)) == 1
    return True


def neighbours(axes: Mapping[str, Sequence[Any]], rows: Sequence[Row], index: int) -> tuple[int, ...]:
    """Rows that differ from one on a single axis, by one step."""
    found = []
    for other, row in enumerate(rows):
        differ = [name for name in axes if row[name] != rows[index][name]]
        if len(differ) == 1 and one_step(axes[differ[0]], row[differ[0]], rows[index][differ[0]]):
            found.append(other)
    return tuple(found)


def distance(bounds: Mapping[str, tuple[float, float] | None], one: Row, two: Row) -> float:
    """Normalised squared distance; bounds are None for an axis without an order."""
    total = 0.0
    for name, ends in bounds.items():
        a, b = one[name], two[name]
        if ends is None or a is None or b is None:
            total += float(a != b)
        else:
            total += ((b - a) / ((ends[1] - ends[0]) or 1.0)) ** 2
    return total


def nearest(
    bounds: Mapping[str, tuple[float, float] | None], rows: Sequence[Row], index: int, wanted: int
) -> tuple[list[int], float]:
    """The nearest rows with the lowest indices first among equals, and how far the last one is."""
    order = sorted((distance(bounds, rows[index], row), other) for other, row in enumerate(rows) if other != index)
    kept = order[:wanted]
    return sorted(other for _, other in kept), math.sqrt(kept[-1][0]) if kept else 0.0
