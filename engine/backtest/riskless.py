"""What cash earns from session to session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..frictions.costs import Costs
from ..kernels.book.hold import YEAR_DAYS
from .timeline import days_between


def riskless_returns(sessions: NDArray[np.datetime64], costs: Costs) -> Floats:
    """(T,) what positive cash earns over the nights before each session, a fraction; 0 for the first one."""
    return np.asarray(costs.cash.rate_annual * days_between(sessions) / YEAR_DAYS)
