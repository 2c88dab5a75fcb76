"""Variance recursions, and the paths that filtered historical simulation draws from them."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ..jit import kernel
from .bootstrap import STEP, stream, unit


@kernel
def variance_path(noise: Floats, omega: float, alpha: float, beta: float, first: float) -> Floats:
    """(n + 1,): v[0] = first, v[t + 1] = omega + alpha noise[t]^2 + beta v[t]; the last one is the forecast."""
    out = np.empty(noise.size + 1)
    out[0] = first
    for t in range(noise.size):
        out[t + 1] = omega + alpha * noise[t] * noise[t] + beta * out[t]
    return out


@kernel
def filtered_paths(shocks: Floats, model: Floats, horizon: int, seed: int, out: Floats) -> None:
    """Fill out (D,) with compounded returns of `horizon` sessions along the variance recursion.

    shocks: (n,) standardised residuals, drawn with replacement; model: mean, omega, alpha, beta, variance of the
    first simulated session.
    """
    for d in range(out.size):
        state = stream(seed, d)
        variance, wealth = model[4], 1.0
        for _ in range(horizon):
            state += STEP
            noise = np.sqrt(variance) * shocks[int(unit(state) * shocks.size)]
            wealth *= 1.0 + model[0] + noise
            variance = model[1] + model[2] * noise * noise + model[3] * variance
        out[d] = wealth - 1.0
