"""The journal's alarm in plain Python: every sign path of the sizes that were seen, no arrays, no drawn paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product


def score(signs: Sequence[int], sizes: Sequence[float]) -> float:
    """Sum of losses over the root of the sum of squares."""
    lost = math.fsum(-sign * size for sign, size in zip(signs, sizes, strict=True))
    return lost / math.sqrt(math.fsum(size * size for size in sizes))


def bounds(sizes: Sequence[float], spent: Sequence[float]) -> list[float]:
    """What a score has to exceed in each session so that, of all sign paths, no more than `spent` have crossed by it.

    Sizes above zero. Where no path may cross the bound is the highest score that is left.
    """
    alive = set(product((-1, 1), repeat=len(sizes)))
    every, crossed, found = len(alive), 0, []
    for t, share in enumerate(spent, start=1):
        room = max(math.floor(share * every + 1e-9) - crossed, 0)
        ranked = sorted((score(path[:t], sizes[:t]) for path in alive), reverse=True)
        bound = ranked[room] if room < len(ranked) else -math.inf
        over = {path for path in alive if score(path[:t], sizes[:t]) > bound + 1e-9}
        crossed += len(over)
        alive -= over
        found.append(bound)
    return found
