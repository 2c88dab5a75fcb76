"""Points and weights on which exercise boundaries are found: the same for all options, made once."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..arrays import Floats

# Points of the boundary (even), parts of its integrals, parts of the price's. Measured on the benchmark's prices:
# two in three stop at 18 points, a third at 28, and one in a hundred, of much more carry than volatility, needs 40.
# Parts of the price come in eights, as processors take them: what is left over goes one by one and takes as long.
LEVELS = ((6, 8, 32), (10, 16, 32), (18, 24, 48), (28, 32, 64), (40, 48, 96))
# Where the drift over the life is some deviations, the boundary bends within a small part of it: of 40 points prices
# were 4e-9 off from 4 deviations on, and 1e-4 from 60. Made only where asked for: they take half a second and 30 MB.
STEEP_LEVELS = ((6, 8, 32), (18, 24, 48), (40, 48, 96), (64, 96, 128), (96, 128, 256))
STEEP_DRIFT = 3.0


class Grid(NamedTuple):
    """roots (n,): sqrt of time left over its whole; steps and weights (l,); between (n, l * n): from the boundary at
    the points to the boundary at each part of the points' integrals; fine_*: the same of the price's integral; up: from
    the points of the coarser grid.
    """

    roots: Floats
    steps: Floats
    weights: Floats
    between: Floats
    fine_steps: Floats
    fine_weights: Floats
    fine: Floats
    up: Floats


@lru_cache(maxsize=2)
def grids(steep: bool) -> tuple[Grid, ...]:
    """One grid for each level, coarse to fine; steep: for much drift against the volatility."""
    found, before = [], 0
    for points, parts, fine in STEEP_LEVELS if steep else LEVELS:
        found.append(_grid(points, parts, fine, before))
        before = points
    return tuple(found)


def _crowded(count: int) -> tuple[Floats, Floats]:
    """Gauss and Legendre's points on 0..1, moved to both ends by (3x - x^3) / 2, and their weights."""
    x, weights = np.polynomial.legendre.leggauss(count)
    return (1.0 + 0.5 * (3.0 * x - x**3)) / 2.0, weights * 0.75 * (1.0 - x * x)


def _shares(points: int, at: Floats) -> Floats:
    """Weights (..., points) of Chebyshev's extreme points for the values at `at`; the last, expiry, is zero there."""
    gap = at[..., None] - np.cos(np.pi * np.arange(points + 1) / points)
    hit = np.abs(gap) < 1e-14
    barycentric = (-1.0) ** np.arange(points + 1)
    barycentric[[0, -1]] *= 0.5
    shares = barycentric / np.where(hit, 1.0, gap)
    shares /= shares.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(hit.any(axis=-1, keepdims=True), hit, shares)[..., :points])


def _grid(points: int, parts: int, fine_parts: int, before: int) -> Grid:
    roots = (1.0 + np.cos(np.pi * np.arange(points) / points)) / 2.0
    steps, weights = _crowded(parts)
    fine_steps, fine_weights = _crowded(fine_parts)
    later = 2.0 * roots[:, None] * np.sqrt(1.0 - steps * steps) - 1.0
    between = _shares(points, later).transpose(2, 1, 0).reshape(points, -1)
    fine = _shares(points, 2.0 * np.sqrt(1.0 - fine_steps * fine_steps) - 1.0).T
    up = _shares(before, 2.0 * roots - 1.0) if before else np.zeros((points, 1))
    return Grid(
        *(np.ascontiguousarray(a) for a in (roots, steps, weights, between, fine_steps, fine_weights, fine, up))
    )
