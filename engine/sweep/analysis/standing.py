"""Which sets say nothing that could be compared: those that traded nothing and those that lost their capital."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...arrays import Flags


def untraded(turnover: ArrayLike) -> Flags:
    """(n,) sets without a fill, of their turnover: a trade of any size makes it more than zero. NaN: it did not run."""
    return np.asarray(np.asarray(turnover, dtype=np.float64) == 0.0)


def ruined(max_drawdown: ArrayLike) -> Flags:
    """(n,) sets whose NAV was zero or below at an open or a close, of their largest drawdown, a negative fraction."""
    return np.asarray(np.asarray(max_drawdown, dtype=np.float64) <= -1.0)
