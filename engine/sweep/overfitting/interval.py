"""Bootstrap interval of a Sharpe ratio."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import DRAWS, NUMBERS, REAL, SEED, maybe, number, takes
from hedgebook.universes.names import named

from ...arrays import Floats
from ...equal import EQUAL
from ...risk.bootstrap import bootstrap_metrics, chosen_block_length
from ...risk.series import check_confidence, check_whole, returns_array
from .sharpe import NORMAL
from .ties import moves, share_below


class IntervalKind(StrEnum):
    """How draws become an interval.

    PERCENTILE: their quantiles; BASIC: twice the estimate less their quantiles; BCA: quantiles at levels that are
    corrected for bias and for a variance that changes with the ratio (Efron 1987).
    """

    PERCENTILE = "percentile"
    BASIC = "basic"
    BCA = "bca"


@dataclass(frozen=True)
class SharpeInterval:
    """Annual Sharpe ratio and its interval; draws: those in which the ratio exists; block_length: sessions.

    sharpe, low, high: per year; confidence: of the interval; kind: how it was made.
    """

    sharpe: float
    low: float
    high: float
    confidence: float
    kind: str
    draws: int
    block_length: float

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


@takes(
    returns=NUMBERS,
    confidence=REAL,
    draws=DRAWS,
    block_length=maybe(REAL),
    seed=SEED,
    sessions_per_year=number(0.01, 1e6),
)
def sharpe_interval(
    returns: ArrayLike | pd.Series[float],
    *,
    kind: IntervalKind | str = IntervalKind.BCA,
    confidence: float = 0.95,
    draws: int = 10_000,
    block_length: float | None = None,
    seed: int = 0,
    sessions_per_year: float = 252,
) -> SharpeInterval:
    """Interval of the annual Sharpe ratio of one series by the stationary bootstrap.

    returns: (n,) simple returns, NaN left out, at least 8; block_length: average sessions (None: the optimal length).
    It says how precisely the ratio is known, not that the series was the best of many: for that take the deflated
    ratio or superiority(). kind: see IntervalKind; confidence: 0.5 to below 1; draws, seed: of the bootstrap;
    sessions_per_year: returns in a year. Raises ParameterError, also for constant returns.
    """
    values = returns_array(returns, at_least=8)
    length = chosen_block_length(values, block_length)
    drawn = bootstrap_metrics(
        values,
        draws=check_whole("draws", draws, 20),
        block_length=length,
        seed=seed,
        sessions_per_year=sessions_per_year,
    ).table["sharpe"]
    return interval_of_draws(
        values, drawn.to_numpy(), kind=kind, confidence=confidence, block_length=length, year=sessions_per_year
    )


def interval_of_draws(
    values: Floats,
    drawn: Floats,
    *,
    kind: IntervalKind | str,
    confidence: float,
    block_length: float,
    year: float = 252,
) -> SharpeInterval:
    """The interval from annual Sharpe ratios that were drawn already; NaN are left out."""
    name = named(IntervalKind, kind, "there is no such interval", "kind")
    if not moves(values):
        raise ParameterError("the returns never change, so there is no Sharpe ratio", where="returns")
    estimate = float(values.mean() / values.std(ddof=1)) * math.sqrt(year)
    known = drawn[np.isfinite(drawn)]
    tail = (1.0 - check_confidence(confidence)) / 2.0
    levels = [tail, 1.0 - tail]
    if name is IntervalKind.BCA:
        levels = _corrected(levels, share_below(known, estimate), _acceleration(values))
    low, high = np.quantile(known, levels)
    if name is IntervalKind.BASIC:
        low, high = 2.0 * estimate - high, 2.0 * estimate - low
    return SharpeInterval(estimate, float(low), float(high), confidence, name.value, len(known), block_length)


def _corrected(levels: list[float], below: float, acceleration: float) -> list[float]:
    """Levels of the quantiles: below is the share of draws under the estimate, those that equal it counted half.

    With few sessions many draws give the estimate itself, and rounding would put them on either side.
    """
    if not 0.0 < below < 1.0:
        raise ParameterError(
            "all draws lie on one side of the estimate",
            where="draws",
            remedy="Take more draws, or the percentile interval.",
        )
    bias = NORMAL.inv_cdf(below)
    shifted = (bias + NORMAL.inv_cdf(level) for level in levels)
    return [NORMAL.cdf(bias + z / (1.0 - acceleration * z)) for z in shifted]


def _acceleration(values: Floats) -> float:
    """Sixth of the skewness of the Sharpe ratios that leave out one session each, signs turned.

    A session without which the returns never change leaves no ratio, and is passed over.
    """
    n = len(values)
    noise = values - values.mean()
    squares = float(noise @ noise)
    means = values.mean() - noise / (n - 1)
    left = squares - noise**2 * n / (n - 1)
    known = left > EQUAL * squares
    ratios = means[known] / np.sqrt(left[known] / (n - 2))
    gaps = ratios.mean() - ratios
    spread = float((gaps**2).sum())
    if spread <= EQUAL * float((ratios**2).sum()):
        return 0.0
    return float((gaps**3).sum() / (6.0 * spread**1.5))
