"""What a finished sweep says, in plain Python: one loop per definition, no arrays, no shared code with the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tests.oracle.overfitting import mean, sharpe

Numbers = Sequence[float]


def middle(values: Numbers) -> float:
    """The median."""
    ordered = sorted(values)
    n = len(ordered)
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


def judged(
    strategies: Sequence[Numbers],
    train: Sequence[int],
    test: Sequence[int],
    metric: Callable[[Numbers], float] = sharpe,
) -> tuple[int, float, float, float, float]:
    """Best strategy in training, its metric there and in the test, its middle rank there, and the median there."""
    inside = [metric([values[t] for t in train]) for values in strategies]
    outside = [metric([values[t] for t in test]) for values in strategies]
    best = inside.index(max(inside))
    below = sum(value < outside[best] for value in outside)
    equal = sum(value == outside[best] for value in outside)
    return best, inside[best], outside[best], below + (equal + 1) / 2, middle(outside)


def event_left_out(
    sets: Sequence[tuple[tuple[int, ...], str, float]], test: str, train: Sequence[str], sign: int
) -> tuple[int, float, float, float, float, int]:
    """Over sets of (other parameters, event, metric): the set chosen, its metric inside and outside, its rank, the
    median outside and the number of groups."""
    groups: dict[tuple[int, ...], dict[str, tuple[int, float]]] = {}
    for index, (rest, event, value) in enumerate(sets):
        groups.setdefault(rest, {}).setdefault(event, (index, value))
    rows = []
    for by_event in groups.values():
        if all(event in by_event and math.isfinite(by_event[event][1]) for event in (*train, test)):
            rows.append((mean([by_event[event][1] for event in train]), by_event[test][1], by_event[test][0]))
    best = rows[0]
    for row in rows:
        if sign * row[0] > sign * best[0]:
            best = row
    below = sum(sign * row[1] < sign * best[1] for row in rows)
    equal = sum(row[1] == best[1] for row in rows)
    return best[2], best[0], best[1], below + (equal + 1) / 2, middle([row[1] for row in rows]), len(rows)


def top(values: Numbers, k: int, sign: int) -> list[int]:
    """The best k by repeated search, the first of equals; values that are not finite are passed over."""
    left = [i for i, value in enumerate(values) if math.isfinite(value)]
    found: list[int] = []
    while left and len(found) < k:
        best = left[0]
        for i in left:
            if sign * values[i] > sign * values[best]:
                best = i
        found.append(best)
        left.remove(best)
    return found


def cell(values: Numbers) -> dict[str, float]:
    """Figures of a group of sets."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return {"count": 0}
    return {
        "count": len(known),
        "mean": mean(known),
        "median": middle(known),
        "best": max(known),
        "share_positive": sum(value > 0 for value in known) / len(known),
    }
