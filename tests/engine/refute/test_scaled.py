"""The statistic of a verdict against plain arithmetic, Student's t and its own laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hedgebook.engine.refute.placebos import PlaceboDates
from hedgebook.engine.refute.scaled import (
    Scores,
    critical,
    found_edge,
    independent,
    needed_events,
    p_above,
    p_below,
    pair_sum,
    power,
    scaled_mean,
)


def plain_statistic(own: list[float], past: list[float], pairs: float) -> float:
    """The mean over its error, one sum at a time."""
    n = len(own)
    mean = sum(own) / n
    squares = sum((x - mean) ** 2 for x in own) + sum(x * x for x in past)
    variance = squares / (n - pairs / n + len(past))
    return mean / math.sqrt(variance * pairs / n**2)


@pytest.mark.parametrize(("own", "past"), [(1, 4), (5, 0), (5, 3), (31, 0)])
def test_is_the_mean_over_its_error(own: int, past: int) -> None:
    draw = np.random.default_rng(own + past)
    a, b, pairs = draw.normal(0.3, 1.0, own), draw.normal(0.0, 1.0, past), own * 1.0 + (0.4 if own > 1 else 0.0)
    found = scaled_mean(a[None, :], b[None, :], pairs)[0]
    assert found == pytest.approx(plain_statistic(a.tolist(), b.tolist(), pairs), rel=1e-12)


def test_without_past_is_student_of_one_sample() -> None:
    values = np.random.default_rng(3).normal(0.2, 2.0, 12)
    assert scaled_mean(values[None, :], np.zeros((1, 0)))[0] == pytest.approx(
        float(stats.ttest_1samp(values, 0.0).statistic), rel=1e-12
    )


def test_does_not_depend_on_how_volatile_events_are() -> None:
    draw = np.random.default_rng(4)
    own, past = draw.normal(0.5, 1.0, (6, 3)), draw.normal(0.0, 1.0, (6, 5))
    assert scaled_mean(3.0 * own, 3.0 * past) == pytest.approx(scaled_mean(own, past), rel=1e-12)


def test_one_event_without_earlier_ones_says_nothing() -> None:
    assert math.isnan(scaled_mean(np.ones((1, 1)), np.zeros((1, 0)))[0])
    assert math.isnan(scaled_mean(np.zeros((1, 0)), np.ones((1, 5)))[0])


def test_pairs_of_holding_periods_count_what_they_share() -> None:
    first, last = np.array([0, 5, 30]), np.array([9, 14, 39])
    # Two of ten sessions share five, the third shares nothing: 3 + 2 * 5 / 10.
    assert pair_sum(first, last) == pytest.approx(4.0)
    same = np.array([7, 7, 7])
    assert pair_sum(same, same + 4) == pytest.approx(9.0)
    assert independent(3, 9.0) == 1
    assert independent(3, 3.0) == 3
    assert independent(0, 1.0) == 0


def test_the_variance_of_overlapping_means_is_what_pairs_say() -> None:
    draw = np.random.default_rng(8)
    daily = draw.normal(0.0, 1.0, (20_000, 20))
    first, last = np.array([0, 4, 10]), np.array([9, 13, 19])
    scores = np.stack(
        [daily[:, a : b + 1].sum(axis=1) / math.sqrt(10) for a, b in zip(first, last, strict=True)], axis=1
    )
    assert scores.mean(axis=1).var() == pytest.approx(pair_sum(first, last) / 9.0, rel=0.03)


def test_p_values_count_draws_and_the_case_itself() -> None:
    null = np.arange(99.0)
    assert p_above(98.0, null) == pytest.approx(2 / 100)
    assert p_above(200.0, null) == pytest.approx(1 / 100)
    assert p_above(-1.0, null) == pytest.approx(1.0)
    assert p_below(0.0, null) == pytest.approx(2 / 100)
    # A tie by rounding is a tie.
    assert p_above(98.0 + 1e-14, null) == pytest.approx(2 / 100)
    assert math.isnan(p_above(math.nan, null))


def test_the_bar_is_where_the_p_value_turns() -> None:
    null = np.random.default_rng(5).normal(size=199)
    bar = critical(null)
    assert p_above(bar + 1e-6, null) <= 0.05 < p_above(bar, null)
    assert critical(np.arange(10.0)) == math.inf


def normal_scores(own: int, past: int, draws: int = 4_000, seed: int = 1) -> Scores:
    draw = np.random.default_rng(seed)
    parts = (
        draw.normal(size=own),
        draw.normal(size=past),
        draw.normal(size=(draws, own)),
        draw.normal(size=(draws, past)),
    )
    return Scores(*parts, together=float(own))


def test_power_is_that_of_the_noncentral_t() -> None:
    scores = normal_scores(5, 6)
    freedom, edge = 10, 1.0
    bar = stats.t.ppf(0.95, freedom)
    expected = 1.0 - stats.nct.cdf(bar, freedom, edge * math.sqrt(5))
    assert power(scores, edge) == pytest.approx(expected, abs=0.03)
    assert power(scores, found_edge(scores)) == pytest.approx(0.8, abs=0.02)


def test_needed_events_give_the_power_that_was_asked_for() -> None:
    scores = normal_scores(3, 8)
    count = needed_events(scores, 0.7)
    assert power(scores, 0.7, copies=count) >= 0.8 > power(scores, 0.7, copies=count - 1)
    # Of normal scores about ((1.645 + 0.842) / 0.7)^2 = 12.6.
    assert 10 <= count <= 16


@pytest.mark.parametrize("ratio", [1.0, 3.0])
@pytest.mark.parametrize("own", [1, 6])
def test_rejects_a_true_null_in_five_of_a_hundred(own: int, ratio: float) -> None:
    draw, rejected, cases = np.random.default_rng(own), 0, 2_000
    for _ in range(cases):
        values = ratio * draw.standard_t(5, own), ratio * draw.standard_t(5, 5)
        null = draw.standard_t(5, (199, own)), draw.standard_t(5, (199, 5))
        scores = Scores(*values, *null, together=float(own))
        rejected += p_above(scores.statistic, scores.null()) <= 0.05
    assert abs(rejected / cases - 0.05) < 3.0 * math.sqrt(0.05 * 0.95 / cases)


def test_placebo_dates_come_from_the_regime_of_the_event() -> None:
    volatility = np.concatenate([np.full(40, 1.0), np.full(40, 2.0), np.full(40, 3.0)])
    dates = PlaceboDates(volatility, np.repeat([-1.0, 0.0, 1.0], 40))
    assert set(dates.pool(1.0)) == {-1.0}
    assert set(dates.pool(2.9)) == {1.0}
    drawn = dates.draw(np.array([1.0, 3.0]), 2, 500, np.random.default_rng(0))
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    assert abs(drawn.mean()) < 0.15


def test_a_regime_with_few_dates_takes_all_of_them() -> None:
    dates = PlaceboDates(np.arange(30.0), np.arange(30.0))
    assert len(dates.pool(1.0)) == 30
