"""The rule of a verdict, case by case, and its tests of series and of a search."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook.engine.refute.search import search_evidence, search_scores
from hedgebook.engine.refute.series import SeriesScores, resampled_null, root_n_sharpe, series_evidence
from hedgebook.engine.refute.verdict import Evidence, Verdict, Veto, decide


def made(p: float, *, worthless: float = 0.5, control: float = 0.9, name: str = "dates") -> Evidence:
    return Evidence(name, "", p_value=p, p_worthless=worthless, control=control, draws=199)


@pytest.mark.parametrize(
    ("tests", "vetoes", "expected"),
    [
        ([made(0.01), made(0.05)], [], Verdict.SURVIVES),
        ([made(0.01), made(0.051)], [], Verdict.UNDERPOWERED),
        ([made(0.01), made(0.01)], [Veto("costs", -0.1, False)], Verdict.REFUTED),
        ([made(0.01), made(0.01)], [Veto("later", -0.1, False, vetoes=False)], Verdict.SURVIVES),
        ([made(0.2), made(0.6, worthless=0.02)], [], Verdict.REFUTED),
        ([made(0.2), made(0.6, worthless=0.03)], [], Verdict.UNDERPOWERED),
        ([made(0.01), made(0.01, control=0.79)], [], Verdict.BLIND),
        ([made(0.01), made(math.nan, control=0.0)], [], Verdict.BLIND),
        ([], [], Verdict.BLIND),
    ],
)
def test_the_rule(tests: list[Evidence], vetoes: list[Veto], expected: Verdict) -> None:
    assert decide(tests, vetoes) is expected


def test_series_without_an_edge_pass_in_five_of_a_hundred() -> None:
    draw, rejected, cases = np.random.default_rng(11), 0, 300
    for k in range(cases):
        returns = draw.standard_t(5, 300) * 0.01
        scores = SeriesScores(float(root_n_sharpe(returns[None, :])[0]), resampled_null(returns, 199, k), 300)
        rejected += series_evidence("s", "", scores).rejects
    assert abs(rejected / cases - 0.05) < 3.0 * math.sqrt(0.05 * 0.95 / cases)


def test_a_series_with_an_edge_is_found_and_says_how_large_it_is() -> None:
    returns = np.random.default_rng(2).normal(0.002, 0.01, 1_000)
    scores = SeriesScores(float(root_n_sharpe(returns[None, :])[0]), resampled_null(returns, 999, 0), 1_000)
    found = series_evidence("s", "", scores)
    assert found.rejects
    assert found.edge == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(252.0), rel=1e-12)
    # (1.645 + 0.842)^2 * 252 / 0.5^2 sessions find a Sharpe ratio of 0.5 in 80 % of cases.
    assert found.needed == pytest.approx((1.645 + 0.842) ** 2 * 252 / 0.25, rel=0.15)


def test_the_best_of_many_sets_of_noise_is_not_found() -> None:
    draw, rejected, cases = np.random.default_rng(21), 0, 150
    for k in range(cases):
        common = draw.normal(0.0, 0.01, (250, 1))
        returns = 0.6 * common + draw.standard_t(5, (250, 60)) * 0.008
        rejected += search_evidence("search", "", search_scores(returns, 199, k)).rejects
    # One such test alone would reject in nearly all cases.
    assert rejected / cases < 0.05 + 3.0 * math.sqrt(0.05 * 0.95 / cases)


def test_one_true_set_among_many_is_found() -> None:
    draw = np.random.default_rng(22)
    returns = draw.normal(0.0, 0.01, (750, 200))
    returns[:, 17] += 0.0035
    found = search_evidence("search", "", search_scores(returns, 499, 0))
    assert found.rejects
    assert found.control > 0.5


def test_search_is_of_the_whole_table_resampled_together() -> None:
    """One set: the test is that of its own mean alone, of which a plain bootstrap knows the distribution."""
    returns = np.random.default_rng(23).normal(0.0004, 0.01, (400, 1))
    scores = search_scores(returns, 2_000, 5)
    assert scores.own == pytest.approx(scores.largest)
    assert scores.largest.std() == pytest.approx(1.0, abs=0.08)
    expected = returns.mean() / returns.std() * math.sqrt(400)
    assert scores.statistic == pytest.approx(expected, rel=0.12)


def test_a_set_that_never_moves_is_no_trial_of_its_own() -> None:
    draw = np.random.default_rng(24)
    moving = draw.normal(0.0, 0.01, (300, 3))
    still = np.column_stack([moving, np.zeros(300)])
    assert search_scores(still, 199, 1).largest == pytest.approx(search_scores(moving, 199, 1).largest)
