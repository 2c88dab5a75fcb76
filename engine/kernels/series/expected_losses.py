"""Simulation of losses under a VaR and ES forecast that is true."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import kernel
from .bootstrap import STEP, stream, unit


@kernel
def simulated_losses(ratio: Floats, tail: float, seed: int, out: Floats) -> None:
    """Fill out (D, 2) with Z1 and Z2 of Acerbi and Szekely on samples drawn from the forecasts.

    ratio: (n,) VaR over ES. A hit has probability `tail`; the loss on it, in units of ES, is ratio plus an
    exponential of mean 1 - ratio. Waits between hits are drawn as geometric numbers: one logarithm a hit.
    """
    calm = math.log1p(-tail)
    for d in range(out.shape[0]):
        state = stream(seed, d)
        at, hits, total = -1, 0, 0.0
        while True:
            state += STEP
            at += 1 + int(math.log(1.0 - unit(state)) / calm)
            if at >= ratio.size:
                break
            state += STEP
            total += ratio[at] - (1.0 - ratio[at]) * math.log(1.0 - unit(state))
            hits += 1
        out[d, 0] = 1.0 - total / hits if hits > 0 else math.nan
        out[d, 1] = 1.0 - total / (ratio.size * tail)
