"""The luck of the best of many trials: what a test says once it is known how many strategies were tried."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hedgebook.universes.counted import counted

from ..arrays import Floats
from .scaled import LEVEL, critical
from .verdict import FOUND_FRAC, Evidence


def best_of(p_value: float, trials: int) -> float:
    """Chance that the best of so many independent trials without an edge has a p-value this low: 1 - (1 - p)^trials.

    NaN of NaN. Source: Sidak (1967), Journal of the American Statistical Association 62(318).
    """
    return -math.expm1(trials * math.log1p(-p_value)) if p_value < 1.0 else p_value


def among_trials(name: str, asks: str, test: Evidence, trials: int) -> Evidence:
    """A test as that of the best of so many trials, itself among them.

    Its p-value is that of the best of them, and its power is that at the level which 5 % of the best leaves to each:
    how often the placebos' statistics, moved by an edge, are above what is rejected there. An edge moves the statistic
    in proportion. Where the placebos are too few to show so small a p-value, it sees nothing, with the reason.
    """
    own = replace(test, name=name, asks=asks, p_value=best_of(test.p_value, trials))
    if math.isnan(test.p_value) or trials <= 1:
        return own
    known = test.null[np.isfinite(test.null)]
    own = replace(own, null=_highest(known, trials))
    level = -math.expm1(math.log1p(-LEVEL) / trials)
    bar = critical(known, level)
    if not math.isfinite(bar):
        least = best_of(1.0 / (test.draws + 1), trials)
        reason = (
            f"{counted(test.draws, 'draw')} can show a p of {least:.3f} at the least for the best of "
            f"{counted(trials, 'trial')}, and it takes {math.ceil(1.0 / level):,} draws"
        )
        return replace(own, reason=reason, control=0.0, power=0.0, found_at=math.inf, needed=None)
    rate = test.statistic / test.edge if test.edge else math.nan
    if not rate > 0.0:
        return own
    found_at = max(0.0, (bar - float(np.quantile(known, 1.0 - FOUND_FRAC))) / rate)
    return replace(
        own,
        control=min(test.control, float((known + rate * test.planted > bar).mean())),
        power=min(test.power, float((known + rate * test.worth > bar).mean())),
        found_at=max(test.found_at, found_at),
        needed=None if test.needed is None else max(test.needed, math.ceil(test.units * (found_at / test.worth) ** 2)),
    )


def _highest(null: Floats, trials: int) -> Floats:
    """(B,) statistics spread as the highest of so many independent ones of (B,) is, ascending."""
    ranks = (np.arange(len(null)) + 0.5) / len(null)
    return np.asarray(np.quantile(null, ranks ** (1.0 / trials), method="inverted_cdf"))
