"""What a sweep says of families of sets whose truth is known: noise, a plateau, and one skilled set among many."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.sweep.analysis.luck import luck_of
from hedgebook.engine.sweep.analysis.luck_parts import Chosen, LuckSettings
from hedgebook.engine.sweep.analysis.overfit import cscv_of_sweep
from hedgebook.engine.sweep.analysis.sharpe_tally import SharpeTally

from .markets import garch, shocks

SETS, SESSIONS, BLOCKS = 200, 504, 8
DAILY = 0.01
# Annual Sharpe ratios.
SKILL = 3.0
SETTINGS = LuckSettings(draws=499)


def noise(rng: np.random.Generator) -> Floats:
    """(T, K): half of every set's variance is one common series; none has an edge."""
    common, own = garch(shocks(rng, SESSIONS, 1)), garch(shocks(rng, SESSIONS, SETS))
    return np.asarray(DAILY * np.sqrt(0.5) * (common + own))


def plateau(rng: np.random.Generator) -> Floats:
    """The same edge in every set, of which all but a hundredth of the variance is common."""
    common, own = garch(shocks(rng, SESSIONS, 1)), garch(shocks(rng, SESSIONS, SETS))
    return np.asarray(DAILY * (np.sqrt(0.99) * common + np.sqrt(0.01) * own + SKILL / np.sqrt(252.0)))


def one_skilled(rng: np.random.Generator) -> Floats:
    """Independent sets, of which one has twice the edge of a plateau."""
    table = DAILY * garch(shocks(rng, SESSIONS, SETS))
    table[:, 7] += 2.0 * DAILY * SKILL / np.sqrt(252.0)
    return table


FAMILIES = {
    f"Noise ({SETS} sets)": noise,
    f"Plateau: every set a Sharpe ratio of {SKILL:g}": plateau,
    f"One set of {SETS} with a Sharpe ratio of {2 * SKILL:g}": one_skilled,
}


def run_families(cases: int) -> list[dict[str, Any]]:
    """How often each finding is made of each family."""
    out = []
    for name, make in FAMILIES.items():
        said: Counter[str] = Counter()
        for k in range(cases):
            said.update(_said(make(np.random.default_rng([k, SETS]))))
        out.append({"what": name, "cases": cases, "said": dict(said)})
    return out


def _said(returns: Floats) -> tuple[str, str]:
    tally = SharpeTally()
    deviation = returns.std(axis=0, ddof=1)
    ratios = returns.mean(axis=0) / deviation * np.sqrt(252.0)
    tally.add(0, ratios, np.full(SETS, float(SESSIONS)))
    parts = np.array_split(returns, BLOCKS)
    counts = np.array([len(part) for part in parts])
    totals, squares = (np.array([(part**power).sum(axis=0) for part in parts]).T for power in (1, 2))
    cross = cscv_of_sweep(lambda: [(0, totals, squares)], counts, usable=np.ones(SETS, dtype=np.bool_), threads=1)
    best = np.argsort(-ratios)
    chosen = Chosen(int(best[0]), "sharpe", float(ratios[best[0]]))
    luck = luck_of(chosen, tally, lambda rows: returns[:, rows], best[:100], cross, settings=SETTINGS)
    return luck.finding, luck.choice
