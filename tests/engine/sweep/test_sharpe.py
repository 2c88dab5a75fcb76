"""Sharpe ratios with their errors, number of trials and haircut, against plain Python and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.overfitting.discovery import (
    SharpeHypotheses,
    observed_false_discovery_rate,
    sharpe_test,
    sharpe_test_at_rate,
)
from hedgebook.engine.sweep.overfitting.haircut import haircut_sharpe
from hedgebook.engine.sweep.overfitting.sharpe import (
    NEW,
    SharpeEstimate,
    deflated_sharpe,
    expected_max_sharpe,
    largest_of_normals,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_standard_error,
)
from hedgebook.engine.sweep.overfitting.trials import effective_rank, trial_clusters
from hedgebook.errors import ParameterError
from tests.oracle import overfitting as oracle

RNG = np.random.default_rng(4)
RETURNS = np.append(RNG.standard_t(4, 300) * 0.01 + 0.001, np.nan)


def test_estimate_equals_the_oracle() -> None:
    values = [x for x in RETURNS.tolist() if not math.isnan(x)]
    found = SharpeEstimate.of_returns(pd.Series(RETURNS), autocorrelation=None)
    assert found.observations == 300
    assert found.sharpe == pytest.approx(oracle.sharpe(values), rel=1e-12)
    assert (found.skewness, found.kurtosis) == pytest.approx(oracle.moments(values), rel=1e-10)
    centre = oracle.mean(values)
    products = sum((a - centre) * (b - centre) for a, b in zip(values[1:], values[:-1], strict=True))
    assert found.autocorrelation == pytest.approx(products / sum((x - centre) ** 2 for x in values), rel=1e-9)
    for bar in (0.0, 0.05, -0.1):
        expected = oracle.probabilistic_sharpe(found.sharpe, bar, 300, found.skewness, found.kurtosis)
        assert probabilistic_sharpe(found, bar) == pytest.approx(expected, rel=1e-12)
    assert SharpeEstimate.of_returns(RETURNS, risk_free=0.001).sharpe == pytest.approx(
        oracle.sharpe([x - 0.001 for x in values]), rel=1e-9
    )


def test_standard_error_is_that_of_many_samples() -> None:
    """40,000 samples of 250 skewed returns: the spread of their Sharpe ratios."""
    draws = np.random.default_rng(1).gamma(4.0, 1.0, (40_000, 250)) - 3.5
    ratios = draws.mean(axis=1) / draws.std(axis=1, ddof=1)
    true = SharpeEstimate(0.5 / 2.0, 250, skewness=2.0 / math.sqrt(4.0), kurtosis=3.0 + 6.0 / 4.0)
    for convention in ("bailey-lopez-de-prado", "lopez-de-prado-lipton-zoonekynd"):
        assert sharpe_standard_error(true, convention=convention) == pytest.approx(ratios.std(), rel=0.02)


def test_autocorrelation_widens_the_error() -> None:
    """20,000 autoregressions of 500 steps."""
    rho, rng = 0.3, np.random.default_rng(2)
    noise = rng.normal(size=(20_000, 600))
    for t in range(1, 600):
        noise[:, t] += rho * noise[:, t - 1]
    values = noise[:, 100:] + 0.1 * noise[:, 100:].std()
    spread = (values.mean(axis=1) / values.std(axis=1, ddof=1)).std()
    estimate = SharpeEstimate(0.1, 500, autocorrelation=rho)
    assert sharpe_standard_error(estimate, convention=NEW) == pytest.approx(spread, rel=0.02)
    assert sharpe_standard_error(estimate) < 0.8 * spread


@settings(deadline=None, max_examples=50)
@given(st.floats(0.01, 0.5), st.integers(10, 5000), st.floats(-2.0, 1.0), st.floats(0.0, 5.0), st.floats(0.6, 0.99))
def test_a_track_record_of_minimum_length_has_the_confidence(
    ratio: float, n: int, skew: float, extra: float, confidence: float
) -> None:
    estimate = SharpeEstimate(ratio, n, skew, 1.5 + skew**2 + extra)
    for convention in ("bailey-lopez-de-prado", "lopez-de-prado-lipton-zoonekynd"):
        for bar in (0.0, ratio / 2):
            needed = minimum_track_record(estimate, bar, confidence=confidence, convention=convention)
            longer = SharpeEstimate(ratio, math.ceil(needed) + 1, skew, 1.5 + skew**2 + extra)
            assert probabilistic_sharpe(longer, bar, convention=convention) >= confidence - 1e-9
            if needed > 4:
                shorter = SharpeEstimate(ratio, math.floor(needed) - 1, skew, 1.5 + skew**2 + extra)
                assert probabilistic_sharpe(shorter, bar, convention=convention) <= confidence + 1e-9
    assert minimum_track_record(estimate, ratio) == math.inf


def test_largest_of_normals_equals_the_oracle() -> None:
    for count in (1, 2, 3, 7, 50, 1000):
        assert largest_of_normals(count) == pytest.approx(oracle.largest_of_normals(count), abs=1e-9)
    mean, variance = largest_of_normals(1e6)
    assert mean == pytest.approx(4.8636, abs=2e-3)
    assert 0.0 < variance < 0.07


def test_expected_maximum_is_close_to_that_of_normals() -> None:
    assert expected_max_sharpe(1, 0.5) == 0.0
    for count in (10, 100, 10_000, 1_000_000):
        exact = largest_of_normals(count)[0]
        assert expected_max_sharpe(count, 4.0) == pytest.approx(2.0 * exact, rel=0.025)
    assert expected_max_sharpe(1e15, 1.0) > expected_max_sharpe(1e14, 1.0)


def test_luck_alone_is_deflated_to_a_uniform_probability() -> None:
    """The best of 50 worthless strategies, 400 times: nearly never significant, though 92 % would be by itself."""
    rng = np.random.default_rng(8)
    found, naive = [], []
    for _ in range(400):
        returns = rng.normal(0.0, 0.01, (250, 50))
        ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
        best = SharpeEstimate.of_returns(returns[:, ratios.argmax()])
        result = deflated_sharpe(best, trials=50, sharpe_variance=float(ratios.var(ddof=1)))
        found.append(result.probability)
        naive.append(probabilistic_sharpe(best))
    assert np.mean(np.array(naive) > 0.95) > 0.85
    assert np.mean(np.array(found) > 0.95) < 0.05
    assert np.median(found) == pytest.approx(0.5, abs=0.12)


def test_deflated_sharpe_names_what_it_did() -> None:
    estimate = SharpeEstimate(0.15, 500)
    one = deflated_sharpe(estimate, trials=20.5, sharpe_variance=0.002).to_dict()
    two = deflated_sharpe(estimate, trials=20.5, sharpe_variance=0.002, convention=NEW).to_dict()
    assert (one["convention"], two["convention"]) == ("bailey-lopez-de-prado", "lopez-de-prado-lipton-zoonekynd")
    assert one["trials"] == 20.5
    assert one["deflated_sharpe"] != two["deflated_sharpe"]
    alone = deflated_sharpe(estimate, trials=1, sharpe_variance=0.002)
    assert alone.probability == probabilistic_sharpe(estimate)


def test_discovery_rates_are_shares_of_simulated_strategies() -> None:
    """A million strategies, a fifth of them good: what a test of that level rejects."""
    rng, n = np.random.default_rng(6), 100
    estimate = SharpeEstimate(0.2, n)
    hypotheses = SharpeHypotheses(alternative=0.25, prior=0.2)
    test = sharpe_test(estimate, hypotheses, level=0.1)
    good = rng.random(1_000_000) < 0.2
    true = np.where(good, 0.25, 0.0)
    seen = true + rng.normal(size=true.size) * np.sqrt((1 + true**2 / 2) / n)
    rejected = seen > test.critical
    assert rejected[~good].mean() == pytest.approx(0.1, abs=0.002)
    assert rejected[good].mean() == pytest.approx(test.power, abs=0.003)
    assert (~good)[rejected].mean() == pytest.approx(test.false_discovery_rate, abs=0.004)
    assert (~good)[seen > 0.2].mean() == pytest.approx(observed_false_discovery_rate(estimate, hypotheses), abs=0.005)
    at_rate = sharpe_test_at_rate(estimate, hypotheses, rate=0.15)
    assert at_rate.false_discovery_rate == pytest.approx(0.15, abs=1e-9)
    assert test.to_dict()["level"] == 0.1


def test_effective_rank_of_known_correlations() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=(64, 9))
    base = np.linalg.qr(base - base.mean(axis=0))[0]
    for copies in (1, 3, 20):
        assert effective_rank(np.repeat(base, copies, axis=1)) == pytest.approx(9.0, rel=1e-9)
    assert effective_rank(np.repeat(base[:, :1], 5, axis=1)) == pytest.approx(1.0, rel=1e-9)
    # Two series with correlation r have eigenvalues 1 + r and 1 - r.
    r = 0.6
    two = np.column_stack([base[:, 0], r * base[:, 0] + math.sqrt(1 - r**2) * base[:, 1]])
    shares = ((1 + r) / 2, (1 - r) / 2)
    assert effective_rank(two) == pytest.approx(math.exp(-sum(p * math.log(p) for p in shares)), rel=1e-9)
    wide = rng.normal(size=(20, 500))
    assert 15 < effective_rank(wide) <= 19 + 1e-9
    dirty = np.vstack([two, [np.nan, 1.0]])
    assert effective_rank(dirty) == pytest.approx(effective_rank(two), rel=1e-12)
    assert effective_rank(np.column_stack([two, np.full(64, 0.01)])) == pytest.approx(effective_rank(two), rel=1e-12)


def test_clusters_are_found() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(size=(400, 4))
    group = np.repeat(np.arange(4), 6)
    names = [f"s{i}" for i in range(24)]
    found = trial_clusters(pd.DataFrame(base[:, group] + 0.3 * rng.normal(size=(400, 24)), columns=names))
    assert found.count == 4
    assert found.labels.groupby(group).nunique().eq(1).all()
    assert list(found.labels.index) == names
    assert found.to_dict()["largest_cluster"] == 6
    assert trial_clusters(np.repeat(base[:, :1], 5, axis=1)).count == 1
    duplicates = trial_clusters(np.repeat(base[:, :3], 4, axis=1))
    assert duplicates.count == 3
    assert duplicates.silhouette == pytest.approx(1.0)


@pytest.mark.parametrize("adjustment", ["bonferroni", "holm", "bhy"])
def test_haircut_equals_the_oracle(adjustment: str) -> None:
    from scipy.stats import t as student

    ratios = pd.Series([0.2, -0.05, 0.12, 0.0, 0.12, 0.3, 2.0], index=list("abcdefg"))
    found = haircut_sharpe(ratios, 240, adjustment=adjustment)
    p = [2 * student.sf(abs(x) * math.sqrt(240), 239) for x in ratios]
    expected = {
        "bonferroni": [min(7 * x, 1.0) for x in p],
        "holm": oracle.holm(p),
        "bhy": oracle.benjamini_yekutieli(p),
    }[adjustment]
    np.testing.assert_allclose(found["adjusted_p_value"], expected, rtol=1e-12)
    assert list(found.index) == list("abcdefg")
    back = 2 * student.sf(found["haircut_sharpe"].abs() * math.sqrt(240), 239)
    np.testing.assert_allclose(back, expected, rtol=1e-6)
    assert (found["haircut_sharpe"].abs() <= found["sharpe"].abs() + 1e-12).all()
    assert found.loc["b", "haircut_sharpe"] <= 0.0
    assert math.isnan(found.loc["d", "haircut_frac"])
    assert haircut_sharpe([80.0], 240)["haircut_frac"].iloc[0] == 0.0


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="not the excess"):
        SharpeEstimate(0.1, 100, skewness=-1.0, kurtosis=0.5)
    with pytest.raises(ParameterError, match="observations"):
        SharpeEstimate(0.1, 1)
    with pytest.raises(ParameterError, match="autocorrelation"):
        SharpeEstimate(0.1, 100, autocorrelation=1.0)
    with pytest.raises(ParameterError, match="sharpe"):
        SharpeEstimate(math.nan, 100)
    with pytest.raises(ParameterError, match="never change"):
        SharpeEstimate.of_returns([0.01] * 10)
    good = SharpeEstimate(0.1, 100)
    with pytest.raises(ParameterError, match="Did you mean 'bailey-lopez-de-prado'"):
        probabilistic_sharpe(good, convention="bailey-lopez")
    with pytest.raises(ParameterError, match="variance of the Sharpe ratio is not positive"):
        probabilistic_sharpe(SharpeEstimate(1.0, 100, 2.0, 5.0))
    with pytest.raises(ParameterError, match="trials"):
        expected_max_sharpe(0.5, 1.0)
    with pytest.raises(ParameterError, match="variance"):
        expected_max_sharpe(10, -1.0)
    with pytest.raises(ParameterError, match="confidence"):
        minimum_track_record(good, confidence=95.0)
    with pytest.raises(ParameterError, match="alternative"):
        SharpeHypotheses(null=0.2, alternative=0.1)
    with pytest.raises(ParameterError, match="share of true nulls"):
        sharpe_test_at_rate(good, SharpeHypotheses(prior=0.5), rate=0.6)
    with pytest.raises(ParameterError, match="sharpes"):
        haircut_sharpe([0.1, math.nan], 100)
    with pytest.raises(ParameterError, match="Did you mean 'bonferroni'"):
        haircut_sharpe([0.1], 100, adjustment="bonferoni")
    with pytest.raises(ParameterError, match="returns that change"):
        effective_rank(np.ones((10, 3)))
    with pytest.raises(ParameterError, match="3 strategies"):
        trial_clusters(np.random.default_rng(0).normal(size=(10, 2)))


@pytest.mark.parametrize("trials", [1.0, 1.0 + 1e-12, 1.000001, 1.1, 1.5])
def test_luck_never_gives_less_than_nothing_to_the_best(trials: float) -> None:
    """An effective number of trials that is one but for rounding is one."""
    assert 0.0 <= expected_max_sharpe(trials, 0.01) <= expected_max_sharpe(2.0, 0.01)
    if trials < 1.01:
        assert expected_max_sharpe(trials, 0.01) == 0.0
