"""A mean of scores over its own error, whose size is known where one event alone says nothing about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Floats, Ints

LEVEL = 0.05
# Of the statistic: draws that differ by rounding of prices are one and the same.
ROUNDING = 1e-12
MOST_SIMULATED = 256
# Of the variance: below this nothing tells how large it is.
LEAST_FREEDOM = 1.0


def scaled_mean(own: Floats, past: Floats, together: float | None = None) -> Floats:
    """(B,): mean of (B, G) own scores over its standard error, NaN where no scores tell how large that is.

    together: the sum of the correlations of all pairs of own scores, each with itself among them (None: G, as of
    independent ones). The variance is pooled over own scores, about their mean, and (B, M) past ones, about zero: with
    G - together / G + M degrees of freedom it has no bias. What multiplies all scores of a row leaves its statistic as
    it is, so that it does not depend on how much more volatile events are than other days, as in Boehmer, Musumeci and
    Poulsen (1991), Journal of Financial Economics 30(2).
    """
    count, more = own.shape[1], past.shape[1]
    if count == 0:
        return np.full(len(own), np.nan)
    pairs = float(count) if together is None else together
    freedom = count - pairs / count + more
    if freedom < LEAST_FREEDOM:
        return np.full(len(own), np.nan)
    mean = own.mean(axis=1)
    squares = np.square(own - mean[:, None]).sum(axis=1) + np.square(past).sum(axis=1)
    error = np.sqrt(squares / freedom * pairs) / count
    out = np.full(len(own), np.nan)
    np.divide(mean, error, out=out, where=error > 0.0)
    return out


def pair_sum(first: Ints, last: Ints) -> float:
    """The sum of the correlations of all pairs of (G,) holding periods, first to last session, both included.

    Of two it is the share of sessions that both have, over the geometric mean of their lengths: as of sums of returns
    that are independent from session to session.
    """
    shared = np.minimum(last[:, None], last[None, :]) - np.maximum(first[:, None], first[None, :]) + 1.0
    length = last - first + 1.0
    return float((np.maximum(shared, 0.0) / np.sqrt(length[:, None] * length[None, :])).sum())


def independent(count: int, together: float) -> int:
    """How many independent scores have a mean as certain as that of so many with such correlations, rounded, and 1 at
    least; 0 of none."""
    return max(1, round(count * count / together)) if count else 0


@dataclass(frozen=True, eq=False)
class Scores:
    """What a test compares, in deviations of the holding period.

    own: (G,) scores of the strategy's events; past: (M,) of earlier events of their kind, which tell how much more
    volatile such events are; together: of own scores, as in `scaled_mean`; null_own: (B, g), null_past: (B, m) the
    same of B placebos, and null_together: of each of their rows (None: independent).
    """

    own: Floats
    past: Floats
    null_own: Floats
    null_past: Floats
    together: float
    null_together: float | None = None

    @property
    def statistic(self) -> float:
        """The scaled mean of the strategy's own scores."""
        return float(scaled_mean(self.own[None, :], self.past[None, :], self.together)[0])

    @property
    def units(self) -> int:
        """How many independent scores the own ones stand for."""
        return independent(len(self.own), self.together)

    @property
    def edge(self) -> float:
        """The mean of own scores in deviations of such events."""
        return self.statistic * math.sqrt(self.together) / len(self.own) if len(self.own) else math.nan

    def null(self, shift: float = 0.0, copies: int | None = None) -> Floats:
        """(B,) statistics of the placebos with an edge of `shift` deviations planted in each own score.

        copies: of so many independent own scores instead, drawn from those there are.
        """
        if copies is None:
            return scaled_mean(self.null_own + shift * self.deviation, self.null_past, self.null_together)
        rng = np.random.default_rng(0)
        rows = rng.integers(len(self.null_own), size=(len(self.null_own), copies))
        own = self.null_own[rows, rng.integers(self.null_own.shape[1], size=rows.shape)]
        return scaled_mean(own + shift * self.deviation, self.null_past)

    @cached_property
    def bar(self) -> float:
        """What the statistic must exceed for a p-value of 5 %."""
        return critical(self.null())

    @cached_property
    def deviation(self) -> float:
        """The deviation of a placebo's score."""
        values = np.concatenate([self.null_own.ravel(), self.null_past.ravel()])
        return float(np.sqrt(np.square(values - values.mean()).mean()))


def p_above(statistic: float, null: Floats) -> float:
    """The share of draws, the one that happened among them, that are at least as high; NaN without a statistic."""
    known = null[np.isfinite(null)]
    if not math.isfinite(statistic) or not len(known):
        return math.nan
    bar = statistic - ROUNDING * max(1.0, abs(statistic))
    return (1 + int((known >= bar).sum())) / (len(known) + 1)


def p_below(statistic: float, null: Floats) -> float:
    """The same of draws that are at most as high."""
    return p_above(-statistic, -null)


def critical(null: Floats, level: float = LEVEL) -> float:
    """What a statistic must exceed for `p_above` to be at most `level`; infinite where so few draws cannot say so."""
    known = np.sort(null[np.isfinite(null)])[::-1]
    allowed = math.floor(level * (len(known) + 1) + ROUNDING) - 1
    return float(known[allowed]) if 0 <= allowed < len(known) else math.inf


def power(scores: Scores, edge: float, *, copies: int | None = None) -> float:
    """In which share of cases an edge of so many deviations of such an event is found at 5 %."""
    bar = scores.bar if copies is None else critical(scores.null(copies=copies))
    found = scores.null(edge, copies=copies)
    known = found[np.isfinite(found)]
    return float((known > bar).mean()) if len(known) else 0.0


def found_edge(scores: Scores, share: float = 0.8, most: float = 50.0) -> float:
    """The smallest edge, in deviations, that is found in `share` of cases; infinite where `most` is not."""
    low, high = 0.0, most
    if power(scores, high) < share:
        return math.inf
    while high - low > 0.005:
        middle = (low + high) / 2.0
        low, high = (low, middle) if power(scores, middle) >= share else (middle, high)
    return high


def needed_events(scores: Scores, edge: float, share: float = 0.8) -> int:
    """How many events an edge of so many deviations needs to be found in `share` of cases.

    Simulated from the placebos up to 256 events, beyond that as of normal means.
    """
    low, high = 0, 1
    while high <= MOST_SIMULATED and power(scores, edge, copies=high) < share:
        low, high = high, 2 * high
    if high > MOST_SIMULATED:
        from scipy.special import ndtri

        return max(MOST_SIMULATED + 1, math.ceil(((ndtri(1.0 - LEVEL) + ndtri(share)) / edge) ** 2))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(scores, edge, copies=middle) >= share else (middle, high)
    return high
