"""Calling the kernel: arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..kernels.events.study import PanelBatch, PanelFits, study
from ..kernels.events.tests import Stat


@dataclass(frozen=True, eq=False)
class StudyOutcome:
    """What the kernel found in B panels: fits, columns (B, W, 3, N) and statistics (B, W, G, Stat)."""

    fits: PanelFits
    columns: Floats
    statistics: Floats


def run_study(
    batch: PanelBatch, minimum: int, windows: NDArray[np.int64], groups: NDArray[np.bool_], draws: int, seed: int
) -> StudyOutcome:
    """Run the kernel on panels of one shape, see engine.kernels.events.study.study for what goes in."""
    studies, sessions, count = batch.returns.shape
    size = batch.factors.shape[2]
    fits = PanelFits(
        ar=np.full((studies, sessions, count), np.nan),
        coefficients=np.full((studies, count, 1 + size), np.nan),
        sd=np.full((studies, count), np.nan),
        used=np.zeros((studies, count), dtype=np.int64),
        centre=np.full((studies, count, size), np.nan),
        inverse=np.full((studies, count, size, size), np.nan),
        correlation=np.full((studies, count, count), np.nan),
    )
    columns = np.full((studies, len(windows), 3, count), np.nan)
    statistics = np.full((studies, len(windows), len(groups), len(Stat)), np.nan)
    resampling = np.array([draws, seed], dtype=np.int64)
    study(batch, minimum, windows, groups, resampling, fits, columns, statistics)
    return StudyOutcome(fits, columns, statistics)
