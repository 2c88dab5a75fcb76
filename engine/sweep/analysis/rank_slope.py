"""Whether sets that are good in one half of the sessions are good in the other."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from ...arrays import Floats

BLOCKS = 8
# Sessions of a block.
LEAST_IN_BLOCK = 2
# Of sums: ratios that differ by rounding alone are ties.
DECIMALS = 12


def rank_slope(returns: Floats) -> float:
    """The least squares slope of a set's rank outside of a sample on its rank inside, of (T, K) returns.

    The mean over all ways to choose four of eight blocks of sessions as the sample; sets rank by mean over deviation,
    ties share the middle rank. 1: the order holds; 0: it says nothing; below 0: it turns round. Raises ParameterError
    for fewer than 16 sessions, fewer than 2 sets that move, and where all sets are alike in some half.
    """
    from scipy.stats import rankdata

    moving = returns[:, np.ptp(returns, axis=0) > 0.0] if len(returns) else returns
    if len(returns) < BLOCKS * LEAST_IN_BLOCK or moving.shape[1] < 2:
        raise ParameterError(
            "ranks cannot be compared", where="rank_slope",
            value=f"{counted(len(returns), 'session')}, {counted(moving.shape[1], 'set')}",
            bound=f"{BLOCKS * LEAST_IN_BLOCK} sessions and 2 sets that move, or more",
        )  # fmt: skip
    parts = np.array_split(moving, BLOCKS)
    counts = np.array([len(part) for part in parts], dtype=np.float64)
    totals, squares = (np.array([(part**power).sum(axis=0) for part in parts]) for power in (1, 2))
    ranks = {}
    for half in combinations(range(BLOCKS), BLOCKS // 2):
        chosen = list(half)
        count, total = counts[chosen].sum(), totals[chosen].sum(axis=0)
        variance = np.maximum(squares[chosen].sum(axis=0) - total**2 / count, 0.0)
        ratio = np.divide(total, np.sqrt(variance * count), out=np.zeros_like(total), where=variance > 1e-30)
        ranks[half] = rankdata(np.round(ratio, DECIMALS))
    slopes = []
    for half, inside in ranks.items():
        outside = ranks[tuple(k for k in range(BLOCKS) if k not in half)]
        spread = inside - inside.mean()
        if spread.any():
            slopes.append(float(spread @ outside / (spread @ spread)))
    if not slopes:
        raise ParameterError("all sets are alike in every half of the sessions", where="rank_slope")
    return float(np.mean(slopes))
