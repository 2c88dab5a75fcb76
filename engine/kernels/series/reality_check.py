"""Bootstrap of many strategies at once: how often each session is drawn, and the largest statistic of every draw."""

from __future__ import annotations

import math

from ...arrays import Floats, Ints
from ...equal import EQUAL
from ..jit import kernel
from .bootstrap import STEP, stream, unit


@kernel
def stationary_counts(new_block: float, seed: int, start: int, counts: Floats) -> None:
    """Fill counts (D, T): how often draws start .. start + D - 1 of bootstrap.stationary_indices take each session."""
    sessions = counts.shape[1]
    for d in range(counts.shape[0]):
        counts[d, :] = 0.0
        state = stream(seed, start + d)
        at = 0
        for t in range(sessions):
            state += STEP
            if t == 0 or unit(state) < new_block:
                state += STEP
                at = int(unit(state) * sessions)
            else:
                at = at + 1 if at + 1 < sessions else 0
            counts[d, at] += 1.0


@kernel
def largest(means: Floats, centres: Floats, scale: Floats, out: Floats) -> None:
    """out (D, C): for each draw and centring the largest of (means[d, k] - centres[c, k]) scale[k].

    means: (D, K); centres: (C, K); scale: (K,).
    """
    for d in range(means.shape[0]):
        for c in range(centres.shape[0]):
            high = -math.inf
            for k in range(means.shape[1]):
                high = max(high, (means[d, k] - centres[c, k]) * scale[k])
            out[d, c] = high


@kernel
def step_down(means: Floats, centre: Floats, scale: Floats, order: Ints, bars: Floats, hits: Ints) -> None:
    """Add to hits (K,) the draws whose largest statistic among order[i:] is at least bars[i], rounding apart.

    order: strategies from the highest statistic down; bars: (K,) their statistics in that order.
    """
    for d in range(means.shape[0]):
        high = -math.inf
        for i in range(order.size - 1, -1, -1):
            k = order[i]
            high = max(high, (means[d, k] - centre[k]) * scale[k])
            if high >= bars[i] - EQUAL * abs(bars[i]):
                hits[i] += 1
