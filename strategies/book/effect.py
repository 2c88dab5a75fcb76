"""What a hedge does to the returns of a book, in figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.calendar import SESSIONS_PER_YEAR


@dataclass(frozen=True)
class HedgeEffect:
    """What a hedge did to the daily returns of n sessions, all after the fill of its first decision.

    effectiveness: 1 - Var(hedged)/Var(book) (Ederington 1979), out of sample; volatilities: ddof=1, annual; betas:
    slopes on the benchmark; NaN where undefined.
    """

    sessions: int
    effectiveness: float
    volatility_book: float
    volatility_hedged: float
    beta_book: float
    beta_hedged: float


def effect_of(book: NDArray[np.float64], hedged: NDArray[np.float64], benchmark: NDArray[np.float64]) -> HedgeEffect:
    """The effect on (n,) returns of the book alone and with its hedge, both on the book's value alone."""
    year = math.sqrt(SESSIONS_PER_YEAR)
    deviations = [float(np.std(x, ddof=1)) if len(x) > 1 else math.nan for x in (book, hedged)]
    # The deviation of equal returns may be off zero by rounding.
    moves = len(book) > 1 and float(np.ptp(book)) > 1e-14
    known = np.isfinite(benchmark)
    betas = [_slope(x[known], benchmark[known]) for x in (book, hedged)]
    return HedgeEffect(
        sessions=len(book),
        effectiveness=1.0 - (deviations[1] / deviations[0]) ** 2 if moves else math.nan,
        volatility_book=deviations[0] * year,
        volatility_hedged=deviations[1] * year,
        beta_book=betas[0],
        beta_hedged=betas[1],
    )


def _slope(y: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """Slope of the least-squares line of y on x, NaN for less than three points or an x that does not vary."""
    if len(x) < 3 or not np.ptp(x) > 0:
        return math.nan
    deviation = x - x.mean()
    return float(deviation @ (y - y.mean()) / (deviation @ deviation))
