"""Tests that tell whether to believe a VaR forecast: how many losses exceeded it, and when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ..series import check_confidence, reject_infinities

Hits = NDArray[np.bool_]
LEAST_SESSIONS = 10


class TestResult(NamedTuple):
    """One test: its statistic, p-value and degrees of freedom (NaN where there are none)."""

    name: str
    statistic: float
    p_value: float
    freedom: float


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Returns and the losses that were forecast for them, without the sessions on which one is missing.

    returns: (n,); var, es: (n,) positive losses, es None where it was not forecast and NaN on a session without a
    finite one above zero; hits: return < -var. A negative VaR says that even the tail gains.
    """

    returns: Floats
    var: Floats
    es: Floats | None
    confidence: float

    @property
    def hits(self) -> Hits:
        """(n,) whether the loss exceeded its VaR."""
        return np.asarray(self.returns < -self.var)

    @property
    def tail(self) -> float:
        """The share of sessions that should be hits."""
        return 1.0 - self.confidence


def paired_forecasts(
    returns: ArrayLike | pd.Series[float],
    var_frac: ArrayLike | pd.Series[float],
    es_frac: ArrayLike | pd.Series[float] | None = None,
    *,
    confidence: float,
    check_signs: bool = True,
) -> Forecasts:
    """Returns and forecasts of the same sessions; those without a return or a VaR are left out.

    An ES that is missing, infinite or not above zero leaves its session to the tests of VaR alone. Raises
    ParameterError for other lengths or indices, a negative VaR throughout that most returns fall below (a sign
    error; check_signs=False takes it as it is), an infinite return or VaR, or fewer than ten sessions.
    """
    check_confidence(confidence)
    given = [item for item in (returns, var_frac, es_frac) if isinstance(item, pd.Series)]
    if any(not item.index.equals(given[0].index) for item in given[1:]):
        raise ParameterError("returns and forecasts have other sessions", where="var_frac", remedy="Align them first.")
    parts = [np.asarray(item, dtype=np.float64) for item in (returns, var_frac, es_frac) if item is not None]
    if any(part.shape != parts[0].shape or part.ndim != 1 for part in parts):
        raise ParameterError("returns and forecasts differ in length", value=[part.shape for part in parts])
    kept = ~np.isnan(np.vstack(parts[:2])).any(axis=0)
    parts = [part[kept] for part in parts]
    reject_infinities(np.concatenate(parts[:2]), "forecasts")
    if len(parts[0]) < LEAST_SESSIONS:
        raise ParameterError("too few sessions have a forecast", value=len(parts[0]), bound="at least 10")
    # A T-bill's VaR is below zero throughout, and few of its returns fall below it.
    if check_signs and (parts[1] < 0).all() and (parts[0] < -parts[1]).mean() > 0.5:
        raise ParameterError("VaR is a positive loss here", where="var_frac", remedy="Change its sign.")
    es = None
    if len(parts) > 2:
        es = np.where(np.isfinite(parts[2]) & (parts[2] > 0.0), parts[2], np.nan)
    return Forecasts(parts[0], parts[1], es, confidence)


def kupiec(forecasts: Forecasts) -> TestResult:
    """Unconditional coverage: is the share of hits the nominal one? (Kupiec 1995, Journal of Derivatives 3(2))."""
    n, x, p = len(forecasts.returns), int(forecasts.hits.sum()), forecasts.tail
    ratio = 2.0 * (_likelihood(n - x, x, x / n) - _likelihood(n - x, x, p))
    return _chi2("kupiec", ratio, 1)


def christoffersen_independence(forecasts: Forecasts) -> TestResult:
    """Does a hit make a hit on the next session more or less likely? (Christoffersen 1998, IER 39(4))."""
    (n00, n01), (n10, n11) = transitions(forecasts.hits)
    after_calm, after_hit = _share(n01, n00), _share(n11, n10)
    free = _likelihood(n00, n01, after_calm) + _likelihood(n10, n11, after_hit)
    bound = _likelihood(n00 + n10, n01 + n11, _share(n01 + n11, n00 + n10))
    return _chi2("christoffersen_independence", 2.0 * (free - bound), 1)


def christoffersen_coverage(forecasts: Forecasts) -> TestResult:
    """Conditional coverage: both of the above together."""
    both = kupiec(forecasts).statistic + christoffersen_independence(forecasts).statistic
    return _chi2("christoffersen_coverage", both, 2)


def transitions(hits: Hits) -> tuple[tuple[int, int], tuple[int, int]]:
    """((n00, n01), (n10, n11)): sessions by the state before (row) and after (column), 1 = hit."""
    before, after = hits[:-1], hits[1:]
    return (
        (int((~before & ~after).sum()), int((~before & after).sum())),
        (int((before & ~after).sum()), int((before & after).sum())),
    )


def time_between_failures(forecasts: Forecasts) -> TestResult:
    """Mixed test of Haas (2001): is the waiting time before every hit geometric with the nominal rate?

    Coverage of all waits one by one, plus Kupiec's test: -2 ln[p (1-p)^(v-1) / ((1/v) (1-1/v)^(v-1))] for each wait
    v in sessions, the first one counted from the start.
    """
    p = forecasts.tail
    waits = np.diff(np.concatenate([[-1], np.flatnonzero(forecasts.hits)]))
    ratio = sum(2.0 * (_likelihood(v - 1, 1, 1.0 / v) - _likelihood(v - 1, 1, p)) for v in waits.tolist())
    return _chi2("time_between_failures", ratio + kupiec(forecasts).statistic, len(waits) + 1)


def basel_zone(forecasts: Forecasts) -> tuple[str, float]:
    """Traffic light: green, yellow or red, and the chance of at most so many hits under the nominal rate.

    Green below 95 %, yellow below 99.99 % (Basel Committee 1996); its table of 250 sessions at 99 % follows.
    """
    from scipy import stats

    chance = float(stats.binom.cdf(int(forecasts.hits.sum()), len(forecasts.returns), forecasts.tail))
    return ("green" if chance < 0.95 else "yellow" if chance < 0.9999 else "red"), chance


def quantile_loss(forecasts: Forecasts) -> float:
    """Mean of (p - hit) (r + VaR): the loss that the true quantile makes smallest (Koenker and Bassett 1978)."""
    return float(((forecasts.tail - forecasts.hits) * (forecasts.returns + forecasts.var)).mean())


def _likelihood(misses: float, hits: float, rate: float) -> float:
    """Bernoulli log likelihood with 0 ln 0 = 0."""
    first = misses * math.log1p(-rate) if misses else 0.0
    return first + (hits * math.log(rate) if hits else 0.0)


def _share(hits: int, misses: int) -> float:
    return hits / (hits + misses) if hits + misses else 0.0


def _chi2(name: str, statistic: float, freedom: int) -> TestResult:
    from scipy import stats

    statistic = max(statistic, 0.0)
    return TestResult(name, statistic, float(stats.chi2.sf(statistic, freedom)), freedom)
