"""Peaks over threshold: a generalised Pareto tail fitted to the largest losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ...equal import STILL
from .estimate import Question, RiskEstimate, VarSettings, overlapping
from .windows import VarMethod, fitted_now_and_then

LEAST_PEAKS = 10
# Higher than any loss, and finite, since a search subtracts heights.
FORBIDDEN = 1e12


class ParetoTail(NamedTuple):
    """A fitted tail: losses above `threshold` exceed it by a generalised Pareto (shape, scale).

    peaks: losses above the threshold; sessions: all of them; log_likelihood: of the excesses.
    """

    threshold: float
    shape: float
    scale: float
    peaks: int
    sessions: int
    log_likelihood: float

    def var(self, confidence: float) -> float:
        """u + b/xi [((n/N)(1 - p))^-xi - 1] (McNeil, Frey and Embrechts 2005, 7.18), p above the threshold."""
        odds = self.sessions / self.peaks * (1.0 - confidence)
        if odds > 1.0 + 1e-12:
            raise ParameterError(
                "lies inside the sample below the threshold",
                where="confidence",
                value=confidence,
                bound=f"at least {1.0 - self.peaks / self.sessions:.4f}",
                remedy="Lower threshold_quantile_frac or ask for a higher confidence.",
            )
        if abs(self.shape) < 1e-9:
            return self.threshold - self.scale * math.log(odds)
        return self.threshold + self.scale / self.shape * (math.pow(odds, -self.shape) - 1.0)

    def es(self, confidence: float) -> float:
        """VaR/(1 - xi) + (b - xi u)/(1 - xi), infinite for xi >= 1."""
        if self.shape >= 1.0:
            return math.inf
        return (self.var(confidence) + self.scale - self.shape * self.threshold) / (1.0 - self.shape)


def fit_tail(losses: Floats, threshold: float) -> ParetoTail:
    """Maximum-likelihood tail of positive losses above a threshold.

    losses: (n,) without NaN. Raises ParameterError when fewer than ten losses exceed the threshold.
    """
    # A loss at the threshold itself is none above it, whatever its last digit.
    excess = losses[losses > threshold + STILL] - threshold
    if len(excess) < LEAST_PEAKS:
        raise ParameterError(
            "too few losses exceed the threshold", where="threshold", value=len(excess), bound=f"{LEAST_PEAKS} or more"
        )
    mean = float(excess.mean())
    shape, scale, likelihood = _fit_excesses(excess / mean)
    likelihood -= len(excess) * math.log(mean)
    return ParetoTail(threshold, shape, scale * mean, len(excess), len(losses), likelihood)


def _fit_excesses(excess: Floats) -> tuple[float, float, float]:
    """Shape, scale and log likelihood of excesses with mean 1.

    With theta = shape / scale the best shape is the mean of log(1 + theta y), so one number is searched for (Grimshaw
    1993, Technometrics 35(2)). A shape below -1 is left out, where the likelihood grows without end.
    """
    from scipy import optimize

    edge = -1.0 / float(excess.max())

    def loss(theta: float) -> float:
        if abs(theta) < 1e-10:
            return 1.0
        shape = float(np.log1p(theta * excess).mean())
        return FORBIDDEN if shape < -1.0 else math.log(shape / theta) + shape + 1.0

    grid = np.concatenate([edge * (1.0 - np.geomspace(1e-6, 1.0, 40)), np.geomspace(1e-3, 1e3, 60)])
    shapes = np.log1p(np.outer(grid, excess)).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.where(np.abs(grid) < 1e-10, 1.0, np.log(shapes / grid) + shapes + 1.0)
    best = int(np.argmin(np.where(shapes < -1.0, FORBIDDEN, heights)))
    bounds = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)]))
    found = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    theta = float(found.x) if found.fun <= heights[best] else float(grid[best])
    if abs(theta) < 1e-10:
        return 0.0, 1.0, -float(len(excess))
    shape = float(np.log1p(theta * excess).mean())
    return shape, shape / theta, -len(excess) * loss(theta)


def peaks_over_threshold(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Tail above the threshold quantile of the losses of overlapping stretches of the horizon."""
    losses = -overlapping(returns, question.horizon_sessions)
    tail = fit_tail(losses, float(np.quantile(losses, settings.threshold_quantile_frac)))
    return question.answer(
        "peaks_over_threshold",
        tail.var(question.confidence),
        tail.es(question.confidence),
        len(returns),
        threshold=tail.threshold,
        shape=tail.shape,
        scale=tail.scale,
        peaks=tail.peaks,
    )


def _fitted(window: Floats, settings: VarSettings) -> Callable[[float], tuple[float, float]]:
    tail_fit = fit_tail(-window, float(np.quantile(-window, settings.threshold_quantile_frac)))
    return lambda tail: (tail_fit.var(1.0 - tail), tail_fit.es(1.0 - tail))


PEAKS_OVER_THRESHOLD = VarMethod(
    "Peaks over threshold",
    peaks_over_threshold,
    fitted_now_and_then(_fitted),
    infinite_es="shape of the tail 1 or more",
)
