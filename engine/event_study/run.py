"""Calling the kernel: arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels.event_study import Batch, Fits, study
from ..kernels.event_tests import Stat

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the kernel found in B panels: fits, columns (B, W, 3, N) and statistics (B, W, G, Stat)."""

    fits: Fits
    columns: Floats
    statistics: Floats


def run_study(
    batch: Batch,
    minimum: int,
    windows: NDArray[np.int64],
    groups: NDArray[np.bool_],
    draws: int,
    seed: int,
) -> Outcome:
    """Run the kernel on panels of one shape, see engine.kernels.event_study.study for what goes in."""
    studies, sessions, count = batch.returns.shape
    size = batch.factors.shape[2]
    fits = Fits(
        ar=np.empty((studies, sessions, count)),
        coefficients=np.empty((studies, count, 1 + size)),
        sd=np.empty((studies, count)),
        used=np.zeros((studies, count), dtype=np.int64),
        centre=np.empty((studies, count, size)),
        inverse=np.empty((studies, count, size, size)),
        correlation=np.empty((studies, count, count)),
    )
    columns = np.empty((studies, len(windows), 3, count))
    statistics = np.empty((studies, len(windows), len(groups), len(Stat)))
    resampling = np.array([draws, seed], dtype=np.int64)
    study(batch, minimum, windows, groups, resampling, fits, columns, statistics)
    return Outcome(fits, columns, statistics)
