"""Drawdown episodes of a NAV path, found by walking along it once, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Episode:
    """One stay below a peak; every index counts from 0 = the initial capital.

    peak: the last point at the high; first_underwater: the next point, below it; valley: the first lowest
    point; recovery: the first point back at the high or above it, None while still below; depth:
    valley / peak - 1, a negative fraction.
    """

    peak: int
    first_underwater: int
    valley: int
    recovery: int | None
    depth: float


def drawdown_episodes(nav: Sequence[float]) -> list[Episode]:
    """All episodes in order of time; nav[0] is the initial capital, so that a loss on day one counts."""
    episodes = []
    peak = 0
    point = 1
    while point < len(nav):
        if nav[point] >= nav[peak]:
            peak = point
            point += 1
            continue
        recovery = _recovery(nav, peak, point)
        end = len(nav) if recovery is None else recovery
        valley = min(range(point, end), key=lambda index: nav[index])
        episodes.append(Episode(peak, point, valley, recovery, nav[valley] / nav[peak] - 1.0))
        point = end
    return episodes


def max_drawdown(nav: Sequence[float]) -> float:
    """The deepest loss from a running high, a negative fraction; 0 where the path never falls."""
    deepest, high = 0.0, nav[0]
    for value in nav:
        high = max(high, value)
        deepest = min(deepest, value / high - 1.0)
    return deepest


def _recovery(nav: Sequence[float], peak: int, first_underwater: int) -> int | None:
    for index in range(first_underwater, len(nav)):
        if nav[index] >= nav[peak]:
            return index
    return None
