"""What cash earns from session to session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..frictions.costs import Costs
from ..kernels.book.hold import YEAR_DAYS


def riskless_returns(sessions: NDArray[np.datetime64], costs: Costs) -> Floats:
    """(T,) what positive cash earns over the nights before each session, a fraction; 0 for the first one."""
    nights = np.diff(sessions, prepend=sessions[:1]).astype("timedelta64[D]").astype(np.float64)
    return np.asarray(costs.cash.rate_annual * nights / YEAR_DAYS)
