"""Sharpe ratios of all sets, streaming: spread, p-values, haircuts and the sample, against plain Python."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.analysis.sharpe_tally import SharpeTally, adjusted_p_values, haircuts, sharpe_p_values
from hedgebook.engine.sweep.overfitting.haircut import haircut_sharpe
from hedgebook.errors import ParameterError
from tests.oracle import overfitting as oracle


def table(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Annual ratios and sessions, with sets that did not run and sets that never traded."""
    rng = np.random.default_rng(seed)
    ratios, sessions = rng.normal(0.5, 2.0, count), rng.integers(3, 60, count).astype(float)
    ratios[::7] = np.nan
    ratios[3] = np.inf
    sessions[::14] = np.nan
    sessions[5] = 0.0
    return ratios, sessions


def tallied(ratios: np.ndarray, sessions: np.ndarray, size: int, sample: int = 20, seed: int = 0) -> SharpeTally:
    tally = SharpeTally(sample=sample, seed=seed)
    for start in range(0, len(ratios), size):
        tally.add(start, ratios[start : start + size], sessions[start : start + size])
    return tally


@pytest.mark.parametrize("size", [1, 10, 64, 500])
def test_counts_spread_and_sample(size: int) -> None:
    ratios, sessions = table(200)
    found = tallied(ratios, sessions, size)
    ran = [i for i in range(200) if sessions[i] > 0]
    known = [i for i in ran if math.isfinite(ratios[i])]
    assert (found.sets, found.ran, found.finite) == (200, len(ran), len(known))
    expected = statistics.variance([ratios[i] / math.sqrt(252) for i in known])
    assert found.variance == pytest.approx(expected, rel=1e-11)
    whole = tallied(ratios, sessions, 200)
    assert found.sampled.tolist() == whole.sampled.tolist()
    assert len(set(found.sampled.tolist()) & set(known)) == 20
    assert found.sampled.tolist() != tallied(ratios, sessions, size, seed=1).sampled.tolist()
    np.testing.assert_array_equal(found.p_values, whole.p_values)
    assert tallied(ratios, sessions, size, sample=500).sampled.tolist() == known
    assert not found.alike


def test_p_values_are_those_of_students_t() -> None:
    from scipy.stats import t as student

    ratios, sessions = table(60)
    ratios /= math.sqrt(252)
    found = sharpe_p_values(ratios, sessions)
    for ratio, n, p in zip(ratios.tolist(), sessions.tolist(), found.tolist(), strict=True):
        known = math.isfinite(ratio) and n >= 3
        assert p == (pytest.approx(2 * student.sf(abs(ratio) * math.sqrt(n), n - 1), rel=1e-9) if known else 1.0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([1e-9, 0.001, 0.004, 0.01, 0.02, 0.2, 0.7, 1.0]), min_size=1, max_size=30), st.data())
def test_adjusted_p_values_equal_the_oracle(p_values: list[float], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(p_values) - 1))
    found = adjusted_p_values(np.array(p_values), p_values[at])
    assert found["bonferroni"] == min(1.0, len(p_values) * p_values[at])
    assert found["holm"] == pytest.approx(oracle.holm(p_values)[at], rel=1e-12)
    assert found["bhy"] == pytest.approx(oracle.benjamini_yekutieli(p_values)[at], rel=1e-12)


def test_haircuts_of_equal_tracks_are_those_of_the_table() -> None:
    rng = np.random.default_rng(1)
    ratios = rng.normal(0.02, 0.06, 300)
    ratios[17] = 0.31
    p_values = sharpe_p_values(ratios, np.full(300, 250.0))
    for at in (17, 3, int(ratios.argmin())):
        found = haircuts(p_values, float(ratios[at]), 250)
        for name, figures in found.items():
            row = haircut_sharpe(ratios, 250, adjustment=name).iloc[at]
            assert figures["adjusted_p_value"] == pytest.approx(row["adjusted_p_value"], rel=1e-9)
            assert figures["haircut_sharpe"] == pytest.approx(row["haircut_sharpe"], rel=1e-6, abs=1e-12)
            assert figures["haircut_frac"] == pytest.approx(row["haircut_frac"], rel=1e-6)
    assert 0.0 < haircuts(p_values, 0.31, 250)["bonferroni"]["haircut_frac"] < 0.5
    assert math.isnan(haircuts(np.array([1.0]), 0.0, 250)["holm"]["haircut_frac"])


def test_nothing_and_one_and_the_same() -> None:
    empty = SharpeTally()
    assert (empty.variance, empty.ran, empty.p_values.size, empty.sampled.size) == (None, 0, 0, 0)
    one = tallied(np.array([1.0, np.nan]), np.array([20.0, np.nan]), 1)
    assert (one.ran, one.variance, one.alike) == (1, None, True)
    same = tallied(np.full(9, 1.3), np.full(9, 20.0), 2)
    assert same.alike
    assert same.variance == pytest.approx(0.0, abs=1e-30)
    with pytest.raises(ParameterError, match="sample"):
        SharpeTally(sample=0)
