"""Measures of returns that count and average: gains, losses, streaks, bets, and the penalty of a smart ratio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..equal import STILL


def floats(values: Any) -> Floats:
    """The numbers of a series."""
    return np.asarray(values, dtype=np.float64)


def over(above: float, below: float) -> float:
    """A ratio; NaN where what is below is no more than rounding."""
    return above / below if abs(below) > STILL else math.nan


def moving_share(values: Floats) -> float:
    """Share of values that are not zero."""
    return float(np.mean(np.abs(values) > STILL)) if len(values) else math.nan


def win_rate(values: Floats) -> float:
    """Share of values above zero among those that are not zero; NaN where none moves."""
    moving = values[np.abs(values) > STILL]
    return float(np.mean(moving > 0.0)) if len(moving) else math.nan


def mean_gain(values: Floats) -> float:
    """Mean of the values above zero; NaN without one."""
    gains = values[values > STILL]
    return float(gains.mean()) if len(gains) else math.nan


def mean_loss(values: Floats) -> float:
    """Mean of the values below zero, a negative number; NaN without one."""
    losses = values[values < -STILL]
    return float(losses.mean()) if len(losses) else math.nan


def profit_factor(values: Floats) -> float:
    """Sum of gains over sum of losses; NaN without a loss."""
    return over(float(values[values > 0.0].sum()), -float(values[values < 0.0].sum()))


def gain_to_pain(values: Floats) -> float:
    """Sum of all over the sum of losses; NaN without a loss."""
    return over(float(values.sum()), -float(values[values < 0.0].sum()))


def gains_and_losses(values: Floats) -> dict[str, float]:
    """Everything that follows from gains and losses alone, by the key of its definition."""
    wins, gain, loss, factor = win_rate(values), mean_gain(values), mean_loss(values), profit_factor(values)
    payoff = over(gain, -loss)
    return {
        "average_win": gain,
        "average_loss": loss,
        "payoff_ratio": payoff,
        "profit_factor": factor,
        "gain_to_pain": gain_to_pain(values),
        "cpc_index": factor * wins * payoff,
        "kelly": wins - over(1.0 - wins, payoff),
        "risk_of_ruin": ((1.0 - wins) / (1.0 + wins)) ** len(values),
        "longest_wins": float(longest_run(values > STILL)),
        "longest_losses": float(longest_run(values < -STILL)),
        "outlier_win_ratio": over(float(np.quantile(values, 0.99)), gain),
        "outlier_loss_ratio": over(float(np.quantile(values, 0.01)), loss),
    }


def longest_run(flags: NDArray[np.bool_]) -> int:
    """The longest stretch of True."""
    return max((stop - start for start, stop in runs(flags)), default=0)


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and stop of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(flags, dtype=bool), [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def smart_penalty(values: Floats) -> float:
    """Root of 1 + 2 sum over k of (n - k)/n |rho|^k, rho the correlation of each value with the next.

    NaN for fewer than three values and for values that do not move.
    """
    n = len(values)
    if n < 3 or np.ptp(values[:-1]) <= STILL or np.ptp(values[1:]) <= STILL:
        return math.nan
    rho = min(abs(float(np.corrcoef(values[:-1], values[1:])[0, 1])), 1.0)
    k = np.arange(1, n)
    return math.sqrt(1.0 + 2.0 * float((((n - k) / n) * rho**k).sum()))
