"""A drifting regression on one factor in plain Python: the textbook filter and the backward pass of Rauch, Tung and
Striebel, with 2 x 2 matrices written out."""

from __future__ import annotations

import math
from collections.abc import Sequence

Pair = tuple[float, float]
Square = tuple[float, float, float]  # upper left, off diagonal, lower right of a symmetric matrix


def drift(
    y: Sequence[float], x: Sequence[float], observation: float, steps: Pair, mean: Pair, variance: Square
) -> tuple[list[Pair], list[Square], list[Pair], list[Square], float]:
    """Filtered and smoothed (intercept, slope) with their variances, and minus the log-likelihood without its
    constant. A NaN in y or x lets time pass."""
    priors, prior_vars, filtered, filtered_vars = [], [], [], []
    loss = 0.0
    (a, b), (p, q, r) = mean, variance
    for target, factor in zip(y, x, strict=True):
        p, r = p + steps[0], r + steps[1]
        priors.append((a, b))
        prior_vars.append((p, q, r))
        if math.isfinite(target) and math.isfinite(factor):
            pull_a, pull_b = p + q * factor, q + r * factor
            spread = pull_a + factor * pull_b + observation
            surprise = target - a - b * factor
            loss += 0.5 * (math.log(spread) + surprise * surprise / spread)
            a, b = a + pull_a * surprise / spread, b + pull_b * surprise / spread
            p, q, r = p - pull_a * pull_a / spread, q - pull_a * pull_b / spread, r - pull_b * pull_b / spread
        filtered.append((a, b))
        filtered_vars.append((p, q, r))
    smoothed, smoothed_vars = [filtered[-1]], [filtered_vars[-1]]
    for t in range(len(y) - 2, -1, -1):
        gain = _times_inverse(filtered_vars[t], prior_vars[t + 1])
        gap = (smoothed[0][0] - priors[t + 1][0], smoothed[0][1] - priors[t + 1][1])
        ahead = tuple(s - m for s, m in zip(smoothed_vars[0], prior_vars[t + 1], strict=True))
        smoothed.insert(
            0,
            (
                filtered[t][0] + gain[0][0] * gap[0] + gain[0][1] * gap[1],
                filtered[t][1] + gain[1][0] * gap[0] + gain[1][1] * gap[1],
            ),
        )
        more = [
            [sum(gain[i][k] * _at(ahead, k, m) * gain[j][m] for k in (0, 1) for m in (0, 1)) for j in (0, 1)]
            for i in (0, 1)
        ]
        p, q, r = filtered_vars[t]
        smoothed_vars.insert(0, (p + more[0][0], q + more[0][1], r + more[1][1]))
    return filtered, filtered_vars, smoothed, smoothed_vars, loss


def _at(matrix: Sequence[float], i: int, j: int) -> float:
    return matrix[i + j]


def _times_inverse(left: Square, right: Square) -> list[list[float]]:
    determinant = right[0] * right[2] - right[1] * right[1]
    inverse = (right[2] / determinant, -right[1] / determinant, right[0] / determinant)
    return [[sum(_at(left, i, k) * _at(inverse, k, j) for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
