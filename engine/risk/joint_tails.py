"""How often two series are extreme together."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import REAL, SERIES, takes

from ..arrays import Floats
from ..equal import STILL
from .series import reject_infinities


@takes(first=SERIES, second=SERIES, quantile_frac=REAL)
def tail_dependence(first: pd.Series[float], second: pd.Series[float], quantile_frac: float) -> tuple[float, float]:
    """Share of sessions on which both are in their tail, over quantile_frac: lower and upper tail.

    1 for series that are extreme together, quantile_frac for independent ones. Tails are cut by rank in each series;
    quantile_frac below one half. first, second: returns by date; dates without both are left out. Raises
    ParameterError.
    """
    if not 0.0 < quantile_frac < 0.5:
        raise ParameterError("is out of range", where="quantile_frac", value=quantile_frac, bound="above 0, below 0.5")
    a, b = _pairs(first, second)
    # Pseudo-observations: mean ranks over n + 1, strictly inside (0, 1); returns that differ by rounding are ties.
    u, v = (pd.Series(np.round(x / STILL)).rank().to_numpy() / (len(x) + 1) for x in (a, b))
    low = (u < quantile_frac) & (v < quantile_frac)
    high = (u > 1.0 - quantile_frac) & (v > 1.0 - quantile_frac)
    return float(low.mean() / quantile_frac), float(high.mean() / quantile_frac)


@takes(nu=REAL, correlation=REAL)
def t_tail_dependence(nu: float, correlation: float) -> float:
    """Coefficient of tail dependence of a t copula: 2 t_(nu+1)(-sqrt((nu + 1)(1 - rho) / (1 + rho))).

    McNeil, Frey and Embrechts (2005, 5.3). nu: degrees of freedom, above 0. correlation: of the copula, above -1 and
    up to 1. Raises ParameterError.
    """
    from scipy import stats

    if not nu > 0.0:
        raise ParameterError("is out of range", where="nu", value=nu, bound="above 0")
    if not -1.0 < correlation <= 1.0:
        raise ParameterError("is out of range", where="correlation", value=correlation, bound="above -1, to 1")
    edge = -math.sqrt((nu + 1.0) * (1.0 - correlation) / (1.0 + correlation))
    return float(2.0 * stats.t.cdf(edge, nu + 1.0))


def _pairs(first: pd.Series[float], second: pd.Series[float]) -> tuple[Floats, Floats]:
    both = pd.concat([first, second], axis=1, join="inner").dropna().to_numpy(dtype=np.float64)
    reject_infinities(both, "returns")
    if len(both) < 3:
        raise ParameterError("too few sessions have both returns", value=len(both), bound="at least 3")
    return both[:, 0], both[:, 1]
