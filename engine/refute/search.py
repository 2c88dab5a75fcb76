"""How high luck lifts the best of all sets that were tried."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgebook.universes.calendar import SESSIONS_PER_YEAR

from ..arrays import Floats
from ..risk.bootstrap import chosen_block_length, resampled_sessions
from ..sweep.overfitting.superiority import long_run_deviation
from .scaled import critical, p_above, p_below
from .series import PLANTED, WORTH_HAVING
from .verdict import FOUND_FRAC, Evidence
from .verdict import PLANTED as EVENT_PLANTED
from .verdict import WORTH_HAVING as EVENT_WORTH

CHUNK = 64
# A long-run deviation below this share of the largest is that of a set that does not move.
STILL_FRAC = 1e-12


@dataclass(frozen=True, eq=False)
class SearchScores:
    """statistic: root-n mean over long-run deviation of the best of all sets; largest: (B,) the highest of any set in
    each resample of what all of them earned beyond their means; own: (B,) that of the best set alone; sessions: n."""

    statistic: float
    largest: Floats
    own: Floats
    sessions: int

    def power(self, shift: float) -> float:
        """In which share of cases a statistic of the best set that is higher by so much is found at 5 % among all that
        were tried."""
        return float((self.own + shift > critical(self.largest)).mean())


def search_scores(returns: Floats, draws: int, seed: int) -> SearchScores:
    """The best of (n, K) returns less cash, and what luck gives to the best of them.

    The sessions of all sets are resampled together, in blocks as long as suits the best one. No set is left out for
    being poor, so that the test is never too generous. Source: White (2000), Econometrica 68(5), studentised as in
    Romano and Wolf (2005), Econometrica 73(4).
    """
    count = len(returns)
    first = int(np.argmax(returns.mean(axis=0) / np.maximum(returns.std(axis=0), 1e-300)))
    length = chosen_block_length(returns[:, first], None)
    deviation = long_run_deviation(returns, length)
    moving = deviation > STILL_FRAC * max(float(deviation.max()), 1e-300)
    table, scale = returns[:, moving], math.sqrt(count) / deviation[moving]
    means = table.mean(axis=0)
    best = int(np.argmax(means * scale))
    rows = resampled_sessions(count, draws=draws, block_length=length, seed=seed)
    largest, own = np.empty(draws), np.empty(draws)
    for start in range(0, draws, CHUNK):
        part = rows[start : start + CHUNK]
        counts = np.stack([np.bincount(row, minlength=count) for row in part]).astype(np.float64)
        ratios = (counts @ table / count - means) * scale
        largest[start : start + len(part)], own[start : start + len(part)] = ratios.max(axis=1), ratios[:, best]
    return SearchScores(float(means[best] * scale[best]), largest, own, count)


def search_evidence(
    name: str, asks: str, scores: SearchScores, worth: float | None = None, *, event: bool = False
) -> Evidence:
    """A test from its scores; edges are annual Sharpe ratios, units are sessions.

    event: of sets that trade one event each, whose edges are deviations of the holding period, as the sum of returns
    over their deviation is; the unit is that event. worth: the least edge worth having, None: that of the unit.
    """
    year = 1.0 if event else math.sqrt(SESSIONS_PER_YEAR / scores.sessions)
    planted = EVENT_PLANTED if event else PLANTED
    least = worth if worth is not None else EVENT_WORTH if event else WORTH_HAVING
    gap = critical(scores.largest) - float(np.quantile(scores.own, 1.0 - FOUND_FRAC))
    whole = 1.0 if event else SESSIONS_PER_YEAR
    return Evidence(
        name=name,
        asks=asks,
        p_value=p_above(scores.statistic, scores.largest),
        p_worthless=p_below(scores.statistic, scores.own + least / year),
        statistic=scores.statistic,
        edge=scores.statistic * year,
        worth=least,
        planted=planted,
        control=scores.power(planted / year),
        power=scores.power(least / year),
        found_at=max(0.0, gap * year),
        draws=len(scores.largest),
        units=1 if event else scores.sessions,
        needed=math.ceil((gap / least) ** 2 * whole) if math.isfinite(gap) else None,
        null=scores.largest,
    )
