"""Maximum-likelihood fit of a location-scale Student t."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Floats

# Below the first a tail has no meaning; above the second it cannot be told from a normal one.
SMALLEST_DF, LARGEST_DF = 0.3, 1e5
# How far the scale may lie from that of the middle half of the returns.
SCALE_ROOM = 100.0
MOST_STEPS, MOST_HALVINGS, SMALLEST_SLOPE, SMALLEST_GAIN = 200, 40, 1e-9, 1e-15
NORMAL_QUARTILE = 0.6744897501960817


class StudentFit(NamedTuple):
    """Degrees of freedom, location and scale of a Student t."""

    nu: float
    location: float
    scale: float

    def quantile(self, tail: float) -> tuple[float, float]:
        """Lower quantile and density there of the standard t."""
        from scipy import special

        q = float(special.stdtrit(self.nu, tail))
        log_density = math.lgamma((self.nu + 1.0) / 2.0) - math.lgamma(self.nu / 2.0)
        log_density -= 0.5 * math.log(self.nu * math.pi) + (self.nu + 1.0) / 2.0 * math.log1p(q * q / self.nu)
        return q, math.exp(log_density)

    def losses(self, tail: float, sessions: int = 1) -> tuple[float, float]:
        """VaR and ES; the spread grows with the square root of the sessions. ES is infinite for nu <= 1."""
        mean, spread = self.location * sessions, self.scale * math.sqrt(sessions)
        q, density = self.quantile(tail)
        if not self.nu > 1.0:
            return -(mean + q * spread), math.inf
        es = -mean + spread * density * (self.nu + q * q) / ((self.nu - 1.0) * tail)
        return -(mean + q * spread), es


def fit_student(returns: Floats) -> StudentFit:
    """Degrees of freedom (0.3 to 100,000), location and scale of the highest likelihood.

    returns: (n,) without NaN. Raises ParameterError where half of the returns are alike or the likelihood grows
    without end on some that are: then there is no scale.
    """
    from scipy import special

    low, middle, high = np.quantile(returns, [0.25, 0.5, 0.75]).tolist()
    spread = (high - low) / (2.0 * NORMAL_QUARTILE)
    if not spread > 0.0 or float(np.mean(returns == middle)) >= 0.5:
        raise ParameterError("half of the returns are alike: a Student t has no scale", where="returns")
    values, n = (returns - middle) / spread, len(returns)

    def loss(parts: Floats) -> tuple[float, Floats]:
        location, log_scale, log_nu = parts
        scale, nu = math.exp(log_scale), math.exp(log_nu)
        z = (values - location) / scale
        ratio = z * z / nu
        bend = np.log1p(ratio).sum()
        share = ratio / (1.0 + ratio)
        constant = math.lgamma((nu + 1.0) / 2.0) - math.lgamma(nu / 2.0) - 0.5 * math.log(nu * math.pi) - log_scale
        by_location = (nu + 1.0) / (nu * scale) * (z / (1.0 + ratio)).sum()
        by_scale = -n + (nu + 1.0) * share.sum()
        digamma = float(special.psi((nu + 1.0) / 2.0) - special.psi(nu / 2.0))
        by_nu = 0.5 * n * (digamma - 1.0 / nu) - 0.5 * bend + (nu + 1.0) / (2.0 * nu) * share.sum()
        value = -(n * constant - (nu + 1.0) / 2.0 * bend) / n
        return value, -np.array([by_location, by_scale, by_nu * nu]) / n

    room = math.log(SCALE_ROOM)
    lower = np.array([-np.inf, -room, math.log(SMALLEST_DF)])
    upper = np.array([np.inf, room, math.log(LARGEST_DF)])
    location, log_scale, log_nu = _lowest(loss, np.array([0.0, 0.0, math.log(5.0)]), lower, upper).tolist()
    if log_scale <= -room + 1e-6:
        raise ParameterError("too many returns are alike: a Student t has no scale", where="returns")
    return StudentFit(math.exp(log_nu), middle + location * spread, math.exp(log_scale) * spread)


def _lowest(loss: Callable[[Floats], tuple[float, Floats]], start: Floats, lower: Floats, upper: Floats) -> Floats:
    """Where a smooth function of a few numbers within bounds is lowest: BFGS with steps that are halved.

    Without BLAS, whose threads cost more than the search itself.
    """
    at = start
    value, slope = loss(at)
    inverse = np.eye(len(at))
    for _ in range(MOST_STEPS):
        # A number at its bound stays there while the slope pushes it outwards.
        free = ~(((at <= lower) & (slope > 0.0)) | ((at >= upper) & (slope < 0.0)))
        if float(np.abs(slope[free]).max(initial=0.0)) < SMALLEST_SLOPE:
            break
        way = np.where(free, -(inverse * np.where(free, slope, 0.0)).sum(axis=1), 0.0)
        if not float((way * slope).sum()) < 0.0:
            inverse = np.eye(len(at))
            way = np.where(free, -slope, 0.0)
        length, moved = 1.0, False
        for _ in range(MOST_HALVINGS):
            following = np.clip(at + length * way, lower, upper)
            new, new_slope = loss(following)
            if new <= value + 1e-4 * float((slope * (following - at)).sum()):
                moved = True
                break
            length *= 0.5
        if not moved:
            break
        step, change, gain = following - at, new_slope - slope, value - new
        curve = float((step * change).sum())
        if curve > 1e-14:
            turn = np.eye(len(at)) - np.outer(step, change) / curve
            inverse = np.einsum("ij,jk,lk->il", turn, inverse, turn) + np.outer(step, step) / curve
        at, value, slope = following, new, new_slope
        if gain <= SMALLEST_GAIN * abs(value):
            break
    return at
