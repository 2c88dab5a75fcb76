"""The nearest move at which a sum of one curve a ticker falls below zero: found, and proved to be the nearest.

Branch and bound (Land and Doig, Econometrica 28, 1960) on boxes of factor moves. On a box each curve lies above its
tangent at the middle less what its slope falls by on the way to the sides; boxes where the sum stays above zero go,
the nearest of the others is cut in two. What no box is left nearer than is proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Floats, Ints

# Points of a curve, boxes that are looked at together and in all, and how near the proof comes to what was found.
POINTS = 1001
TOGETHER, MOST_BOXES = 2048, 60_000
CLOSE_FRAC = 5e-3
# Times that curves are tabulated anew, up to the nearest point so far.
ROUNDS = 2
NONE = 1e-12
# A ticker that nothing moves has a curve too.
LEAST_REACH = 1e-6


@dataclass(frozen=True, eq=False)
class Curves:
    """What each of U tickers adds to a sum, at even steps of its move. base: of the sum; reach: (U,) largest move
    either way; values: (U, P) from -reach to reach."""

    base: float
    reach: Floats
    values: Floats

    @cached_property
    def step(self) -> Floats:
        """(U,) between two points."""
        return np.asarray(2.0 * self.reach / (self.values.shape[1] - 1))

    @cached_property
    def slopes(self) -> Floats:
        """(U, P - 1)."""
        return np.asarray(np.diff(self.values, axis=1) / self.step[:, None])

    @cached_property
    def fallen(self) -> Floats:
        """(U, P): by how much slopes have fallen in all from the first point on."""
        falls = np.maximum(-np.diff(self.slopes, axis=1), 0.0)
        wide: Floats = np.zeros(self.values.shape)
        wide[:, 1:-1] = np.cumsum(falls, axis=1)
        wide[:, -1] = wide[:, -2]
        return wide

    @cached_property
    def bends(self) -> list[Floats]:
        """By how much a curve leaves its chords at most within 1, 2, 4, ... points from each: where it has no jump by a
        quarter of the bend, of which this is twice as much."""
        bend: Floats = np.zeros(self.values.shape)
        bend[:, 1:-1] = 0.5 * np.abs(np.diff(self.values, 2, axis=1))
        # The points on both sides tell of what lies between them.
        bend[:, :-1] = np.maximum(bend[:, :-1], bend[:, 1:])
        found = [bend]
        while 2 ** len(found) <= bend.shape[1]:
            last, half = found[-1], 2 ** (len(found) - 1)
            found.append(np.maximum(last[:, : last.shape[1] - half], last[:, half:]))
        return found

    def least(self, middle: Floats, half: Floats, at: Floats) -> Floats:
        """(B,): what the sum is at least on boxes. middle, half: (B, D); at: (U, D), what moves each ticker."""
        center, wide = middle @ at.T, half @ np.abs(at).T
        low, high = np.maximum(center - wide, -self.reach), np.minimum(center + wide, self.reach)
        point = np.clip(center, low, high)
        own = np.arange(len(self.reach))
        last = self.values.shape[1] - 1
        place = (point + self.reach) / self.step
        k: Ints = np.clip(place.astype(np.int64), 0, last - 1)
        slope = self.slopes[own, k]
        there = self.values[own, k] + slope * (place - k) * self.step
        first: Ints = np.clip(np.floor((low + self.reach) / self.step).astype(np.int64), 0, last)
        end: Ints = np.clip(np.ceil((high + self.reach) / self.step).astype(np.int64), 0, last)
        left = self.fallen[own, k] - self.fallen[own, first]
        right = self.fallen[own, end] - self.fallen[own, k]
        lost = np.maximum(left * (point - low), right * (high - point))
        level = np.frexp((end - first + 1).astype(np.float64))[1] - 1
        bend = np.zeros(point.shape)
        for n in np.unique(level).tolist():
            rows, columns = np.nonzero(level == n)
            table = self.bends[n]
            a, b = first[rows, columns], end[rows, columns] + 1 - 2**n
            bend[rows, columns] = np.maximum(table[columns, a], table[columns, b])
        tangent = slope @ at
        shift = (slope * (center - point)).sum(axis=1)
        return np.asarray(self.base + (there - lost - bend).sum(axis=1) + shift - (np.abs(tangent) * half).sum(axis=1))


def tabulated(curve: Callable[[Floats], Floats], base: float, reach: Floats) -> Curves:
    """Curves up to `reach` either way; curve: what tickers add after moves (P, U), as (P, U)."""
    reach = np.maximum(reach, LEAST_REACH)
    grid = np.linspace(-1.0, 1.0, POINTS)[:, None] * reach
    return Curves(base, reach, np.ascontiguousarray(curve(grid).T))


@dataclass(frozen=True, eq=False)
class Nearest:
    """point: (K,) the nearest that was found, None where none was; at_least: no point nearer to zero than this is one;
    checked: how many boxes were looked at."""

    point: Floats | None
    at_least: float
    checked: int


def nearest_of(
    curve: Callable[[Floats], Floats], base: float, moves: Floats, point: Floats | None, farthest: float,
    better: Callable[[Floats], Floats | None],
) -> Nearest:  # fmt: skip
    """The point nearest to zero at which base + curves falls below zero, from one that is known or none.

    curve: what U tickers add after moves (P, U), as (P, U), without jumps; moves: (U, K), what a point does to each
    ticker; farthest: how far is looked where no point is known; better: from a direction to a point of it that is one,
    as near as can be, or None.
    """
    at_least = 0.0
    for _ in range(ROUNDS):
        limit = farthest if point is None else float(np.linalg.norm(point))
        curves = tabulated(curve, base, limit * np.linalg.norm(moves, axis=1))
        found = nearest_below(curves, moves, point, farthest, better)
        point, at_least = found.point, max(at_least, found.at_least)
        # Nearer to zero the same number of points says more of each curve.
        if point is None or at_least >= float(np.linalg.norm(point)) * (1.0 - 1.1 * CLOSE_FRAC):
            break
    return Nearest(point, at_least, found.checked)


def nearest_below(
    curves: Curves, moves: Floats, point: Floats | None, farthest: float, better: Callable[[Floats], Floats | None]
) -> Nearest:
    """The same of curves that are tabulated as far as `point` or the farthest."""
    own = np.flatnonzero((np.abs(moves) > NONE).any(axis=1))
    still = np.delete(np.arange(len(moves)), own)
    middle = curves.values.shape[1] // 2
    some = Curves(
        curves.base + float(curves.values[still, middle].sum()), curves.reach[own],
        np.ascontiguousarray(curves.values[own]),
    )  # fmt: skip
    # What moves no ticker only leads away from zero.
    _, sizes, basis = np.linalg.svd(moves[own], full_matrices=False)
    basis = basis[sizes > NONE * sizes.max(initial=1.0)]
    at, size = moves[own] @ basis.T, len(basis)
    limit = farthest if point is None else float(np.linalg.norm(point))
    center, half = np.zeros((1, size)), np.full((1, size), limit)
    away, checked = np.zeros(1), 0
    while len(away) and checked < MOST_BOXES and away.min() < limit * (1.0 - CLOSE_FRAC):
        order = np.argsort(away, kind="stable")
        now, later = order[:TOGETHER], order[TOGETHER:]
        middles, halves = _cut(center[now], half[now], at)
        checked += len(middles)
        near = np.linalg.norm(np.maximum(np.abs(middles) - halves, 0.0), axis=1)
        open_ = near < limit
        middles, halves, near = middles[open_], halves[open_], near[open_]
        left = some.least(middles, halves, at) <= 0.0
        middles, halves, near = middles[left], halves[left], near[left]
        found = _try(some, middles, at, basis, limit, better)
        if found is not None:
            point, limit = found, float(np.linalg.norm(found))
        center = np.concatenate([center[later], middles])
        half = np.concatenate([half[later], halves])
        away = np.concatenate([away[later], near])
        keep = away < limit
        center, half, away = center[keep], half[keep], away[keep]
    return Nearest(point, min(float(away.min(initial=limit)), limit), checked)


def _cut(center: Floats, half: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Boxes in two, across the side that moves tickers most."""
    side = np.argmax(half * np.abs(at).sum(axis=0), axis=1)
    rows = np.arange(len(center))
    halves = half.copy()
    halves[rows, side] /= 2.0
    low, high = center.copy(), center.copy()
    low[rows, side] -= halves[rows, side]
    high[rows, side] += halves[rows, side]
    return np.concatenate([low, high]), np.concatenate([halves, halves])


def _try(
    curves: Curves, middles: Floats, at: Floats, basis: Floats, limit: float,
    better: Callable[[Floats], Floats | None],
) -> Floats | None:  # fmt: skip
    """A point nearer than `limit` on the way to the middle of a box where the sum is below zero, None without one."""
    far = np.linalg.norm(middles, axis=1)
    sums = curves.least(middles, np.zeros(middles.shape), at)
    below = np.flatnonzero((sums < 0.0) & (far < limit))
    if not len(below):
        return None
    found = better(middles[below[np.argmin(far[below])]] @ basis)
    return found if found is not None and float(np.linalg.norm(found)) < limit else None
