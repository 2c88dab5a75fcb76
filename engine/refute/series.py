"""Tests of a return series as a whole: a ratio of mean to deviation among those of placebo histories."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgebook.universes.calendar import SESSIONS_PER_YEAR

from ..arrays import Floats, Ints
from ..risk.bootstrap import chosen_block_length, resampled_sessions
from .scaled import ROUNDING, critical, p_above, p_below
from .verdict import FOUND_FRAC, Evidence

# Sharpe ratios, annual.
WORTH_HAVING = 0.5
PLANTED = 3.0
# A shift by less leaves much of what the strategy knew in place.
LEAST_SHIFT = 21
MOST_SESSIONS = 200 * SESSIONS_PER_YEAR


@dataclass(frozen=True, eq=False)
class SeriesScores:
    """A root-n Sharpe ratio and those of B placebo histories of as many sessions, without an edge."""

    statistic: float
    null: Floats
    sessions: int

    def shifted(self, sharpe_annual: float, sessions: int | None = None) -> Floats:
        """(B,) statistics of the placebos with a Sharpe ratio planted, over so many sessions instead of their own."""
        count = self.sessions if sessions is None else sessions
        return self.null + sharpe_annual / math.sqrt(SESSIONS_PER_YEAR) * math.sqrt(count)

    def power(self, sharpe_annual: float, sessions: int | None = None) -> float:
        """In which share of cases such a Sharpe ratio is found at 5 %."""
        return float((self.shifted(sharpe_annual, sessions) > critical(self.null)).mean())


def root_n_sharpe(returns: Floats) -> Floats:
    """(B,): mean over deviation times the root of n, of (B, n) returns; NaN where they do not move."""
    count, deviation = returns.shape[1], returns.std(axis=1, ddof=1)
    ratio = np.full(len(returns), np.nan)
    np.divide(returns.mean(axis=1), deviation, out=ratio, where=deviation > ROUNDING)
    return ratio * math.sqrt(count)


def placebo_shifts(sessions: int, most: int, rng: np.random.Generator) -> Ints:
    """Up to `most` numbers of sessions, ascending, by which decisions are turned round in time.

    By half the history at most: what is turned round beyond its end then stands half a history before it was decided,
    where even decisions on a year of returns know nothing of those that they are given.
    """
    shifts = np.arange(LEAST_SHIFT, sessions // 2 + 1)
    return np.sort(rng.choice(shifts, most, replace=False)) if len(shifts) > most else shifts


def resampled_null(returns: Floats, draws: int, seed: int) -> Floats:
    """(draws,) root-n Sharpe ratios of stationary block resamples of (n,) returns less their mean.

    The block length is the optimal one. Source: Politis and Romano (1994), JASA 89(428).
    """
    centred = returns - returns.mean()
    rows = resampled_sessions(len(returns), draws=draws, block_length=chosen_block_length(centred, None), seed=seed)
    return np.concatenate([root_n_sharpe(centred[rows[k : k + 256]]) for k in range(0, draws, 256)])


def series_evidence(name: str, asks: str, scores: SeriesScores, worth: float = WORTH_HAVING) -> Evidence:
    """A test from its scores; edges are annual Sharpe ratios, units are sessions. Without one where nothing moves."""
    if not math.isfinite(scores.statistic) or not np.isfinite(scores.null).any():
        who = "its placebos'" if math.isfinite(scores.statistic) else "its"
        reason = f"{who} returns do not move, so that they have no Sharpe ratio"
        return Evidence(name, asks, worth=worth, planted=PLANTED, units=scores.sessions, reason=reason)
    known = SeriesScores(scores.statistic, scores.null[np.isfinite(scores.null)], scores.sessions)
    control = known.power(PLANTED)
    year = math.sqrt(SESSIONS_PER_YEAR / known.sessions)
    return Evidence(
        name=name,
        asks=asks,
        p_value=p_above(known.statistic, known.null),
        p_worthless=p_below(known.statistic, known.shifted(worth)),
        statistic=known.statistic,
        edge=known.statistic * year,
        worth=worth,
        planted=PLANTED,
        control=control,
        power=known.power(worth),
        found_at=max(0.0, (critical(known.null) - float(np.quantile(known.null, 1.0 - FOUND_FRAC))) * year),
        draws=len(known.null),
        units=known.sessions,
        needed=_needed(known, worth),
        null=known.null,
    )


def _needed(scores: SeriesScores, worth: float) -> int | None:
    """Sessions that an edge worth having needs to be found in 80 % of cases, None beyond 200 years."""
    gap = critical(scores.null) - float(np.quantile(scores.null, 1.0 - FOUND_FRAC))
    count = math.ceil((gap / worth) ** 2 * SESSIONS_PER_YEAR)
    return count if count <= MOST_SESSIONS else None
