"""The move against positions that brings a margin call."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from .positions import MarginTerms, Positions

LARGEST_MOVE, STEPS, BISECTIONS = 10.0, 2001, 60


def adverse_move(positions: Positions, margin: MarginTerms, *, longs: bool = True, shorts: bool = True) -> float:
    """The smallest move against the positions after which NAV is below the maintenance requirement, a fraction.

    Every long falls, and every short rises, by it at once; a long loses all of its value at most. longs, shorts: which
    of them move. 0 where there is a call already, inf where no move up to 1,000 % brings one, NaN where margin is off.
    """
    if not margin.enforced:
        return float("nan")
    held = positions.shares
    against = np.where(held > 0, -1.0 if longs else 0.0, np.where(held < 0, 1.0 if shorts else 0.0, 0.0))
    values = positions.values_usd

    def left(moves: Floats) -> Floats:
        """(S,) NAV less requirement after each of S moves."""
        change = np.maximum(moves[:, None] * against, -1.0)
        prices = positions.prices * (1.0 + change)
        return np.asarray(positions.nav_usd + change @ values - margin.requirement_usd(prices))

    grid = np.linspace(0.0, LARGEST_MOVE, STEPS)
    below = np.flatnonzero(left(grid) < 0.0)
    if not len(below):
        return float("inf")
    if below[0] == 0:
        return 0.0
    low, high = float(grid[below[0] - 1]), float(grid[below[0]])
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if left(np.array([middle]))[0] < 0.0 else (middle, high)
    return high
