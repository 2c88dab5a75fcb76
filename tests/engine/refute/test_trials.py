"""A test among many trials against draws of whole families of trials, and against the closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hedgebook.engine.refute.trials import among_trials, best_of
from hedgebook.engine.refute.verdict import Evidence

NULL = np.random.default_rng(5).normal(0.0, 1.0, 40_000)


def made(statistic: float, draws: int = 40_000) -> Evidence:
    null = NULL[:draws]
    p = (1 + (null >= statistic).sum()) / (draws + 1)
    # An edge of 0.5 moves the statistic by 1.5, as of nine events.
    return Evidence("dates", "", p, 0.5, statistic, statistic / 3.0, 0.5, 5.0, 1.0, 0.44, 0.83, draws, 9, 25, null=null)


@pytest.mark.parametrize("trials", [2, 10, 60])
def test_the_best_of_strategies_without_an_edge_passes_in_five_of_a_hundred(trials: int) -> None:
    draw, cases = np.random.default_rng(7), 4_000
    best = draw.normal(0.0, 1.0, (cases, trials)).max(axis=1)
    alone = stats.norm.sf(best)
    passed = np.mean([best_of(float(p), trials) <= 0.05 for p in alone])
    assert abs(passed - 0.05) < 3.0 * math.sqrt(0.05 * 0.95 / cases)
    assert np.mean(alone <= 0.05) > passed


@pytest.mark.parametrize("trials", [2, 10, 60])
def test_power_is_that_at_the_level_that_the_best_leaves(trials: int) -> None:
    found = among_trials("all trials", "", made(3.2), trials)
    bar = stats.norm.isf(1.0 - 0.95 ** (1.0 / trials))
    assert found.power == pytest.approx(stats.norm.sf(bar - 1.5), abs=0.02)
    assert found.control == pytest.approx(stats.norm.sf(bar - 15.0), abs=0.02)
    at = (bar - stats.norm.ppf(0.2)) / 3.0
    assert found.found_at == pytest.approx(at, rel=0.05)
    assert found.needed == pytest.approx(9.0 * (at / 0.5) ** 2, rel=0.1)
    assert found.p_value == pytest.approx(1.0 - (1.0 - made(3.2).p_value) ** trials, rel=1e-9)
    assert found.rejects is bool(bar < 3.2)
    # What pages show of it is the highest of so many.
    highest = np.random.default_rng(9).normal(0.0, 1.0, (4_000, trials)).max(axis=1)
    assert stats.ks_2samp(found.null, highest).statistic < 0.04


def test_one_trial_changes_nothing_and_few_draws_see_nothing() -> None:
    one = among_trials("all trials", "", made(2.0), 1)
    assert one.p_value == pytest.approx(made(2.0).p_value)
    assert (one.power, one.needed) == (0.44, 25)
    few = among_trials("all trials", "", made(9.0, draws=199), 30)
    assert few.p_value == pytest.approx(1.0 - 0.995**30)
    assert not few.sees
    assert (
        "199 draws can show a p of 0.140 at the least for the best of 30 trials, and it takes 586 draws" in few.reason
    )
    # 586 draws do.
    assert among_trials("all trials", "", made(9.0, draws=586), 30).p_value <= 0.05
    assert math.isnan(best_of(math.nan, 5))
    assert best_of(1.0, 5) == 1.0
