"""Shares from covariances against what defines them."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.engine.hedging.bounded import least_variance
from hedgebook.engine.hedging.request import Bounds
from hedgebook.strategies.kinds.weighing import complete_columns, minimum_variance, risk_parity, shares_of
from tests.oracle import basket as oracle

NAN = float("nan")


def covariance(size: int, seed: int, spread: float = 1.0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    loadings = draw.normal(0.8, 0.5, (size, 3))
    found = loadings @ loadings.T + np.diag(draw.uniform(0.05, 1.0, size))
    scale = np.exp(draw.normal(0.0, spread, size))
    return np.asarray(found * np.outer(scale, scale) * 1e-4)


@pytest.mark.parametrize("size", [2, 3, 6, 9])
@pytest.mark.parametrize("seed", range(4))
def test_small_ones_are_those_of_the_loop(size: int, seed: int) -> None:
    found = covariance(size, seed)
    assert risk_parity(found) == pytest.approx(oracle.risk_parity(found.tolist()), rel=1e-10)
    assert minimum_variance(found) == pytest.approx(oracle.minimum_variance(found.tolist()), abs=1e-12)


@pytest.mark.parametrize("size", [40, 150])
def test_large_ones_have_equal_risk_or_the_least(size: int) -> None:
    found = covariance(size, seed=size, spread=1.5)
    shares = risk_parity(found)
    risk = shares * (found @ shares)
    np.testing.assert_allclose(risk / risk.sum(), 1.0 / size, rtol=1e-10)
    least = minimum_variance(found)
    assert least.min() >= 0.0
    assert least.sum() == pytest.approx(1.0)
    # Of the first order: what is held has the least slope.
    slope = found @ least
    assert slope[least > 0].max() - slope.min() <= 1e-10 * slope.min()
    peer = least_variance(found, np.zeros(size), np.ones((1, size)), np.ones(1), Bounds(least=0.0))
    assert peer is not None
    np.testing.assert_allclose(least, peer, atol=1e-7)


def test_equal_correlations_have_a_closed_form() -> None:
    deviation = np.array([0.01, 0.02, 0.05])
    found = np.outer(deviation, deviation) * (0.3 + 0.7 * np.eye(3))
    np.testing.assert_allclose(risk_parity(found), (1 / deviation) / (1 / deviation).sum(), rtol=1e-12)
    diagonal = np.diag(deviation**2)
    np.testing.assert_allclose(minimum_variance(diagonal), (1 / deviation**2) / (1 / deviation**2).sum(), rtol=1e-12)


def test_columns_with_the_fewest_returns_are_left_out_first() -> None:
    draw = np.random.default_rng(0)
    returns = draw.normal(0.0, 0.01, (20, 4))
    returns[:9, 1], returns[11:, 3] = NAN, NAN
    assert complete_columns(returns).tolist() == [0, 1, 2]
    returns[:9, 2] = NAN
    assert complete_columns(returns).tolist() == [0, 1, 2]
    returns[9:12, 2] = NAN
    assert complete_columns(returns).tolist() == [0, 1]


def test_a_price_that_stands_still_has_no_part() -> None:
    draw = np.random.default_rng(1)
    returns = draw.normal(0.0, 0.01, (20, 3))
    returns[:, 0] = 0.0
    for weighting in ("inverse_volatility", "risk_parity", "minimum_variance"):
        found = shares_of(returns, weighting, "sample")
        assert found[0] == 0.0
        assert found.sum() == pytest.approx(1.0)
    returns[3:12, 1] = NAN
    assert shares_of(returns, "risk_parity", "ledoit_wolf").tolist() == [0.0, 0.0, 1.0]
    assert not shares_of(returns[:, :1], "risk_parity", "ledoit_wolf").any()
