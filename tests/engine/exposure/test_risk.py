"""Covariances and risk decompositions: they add up, and they equal plain Python and peers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.exposure.covariance import (
    ewma_covariance,
    factor_model_risk,
    ledoit_wolf_covariance,
    sample_covariance,
)
from hedgebook.engine.exposure.risk import risk_by_factor, risk_by_ticker
from hedgebook.errors import ParameterError
from tests.oracle.attribution import contributions
from tests.oracle.hedge import covariance
from tests.oracle.ols import multiple_ols

TICKERS = ("A", "B", "C", "D")


def draw_returns(seed: int = 1, sessions: int = 80) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    factors = draw.normal(0.0, 0.01, (sessions, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    returns = factors @ draw.normal(1.0, 0.7, (2, 4)) + draw.normal(0.0, [0.01, 0.02, 0.005, 0.03], (sessions, 4))
    returns[[5, 41], [1, 3]] = np.nan
    factors[sessions - 20, 0] = np.nan
    return returns, factors


def complete(returns: np.ndarray) -> list[int]:
    return [t for t in range(len(returns)) if np.isfinite(returns[t]).all()]


def test_sample_and_weighted_covariances() -> None:
    returns, _ = draw_returns()
    rows = complete(returns)
    columns = [returns[:, i].tolist() for i in range(4)]
    for found, ages in (
        (sample_covariance(returns), [1.0] * 80),
        (ewma_covariance(returns, 15.0), [2.0 ** (-(79 - t) / 15.0) for t in range(80)]),
    ):
        expected = [[covariance(a, b, ages, rows) for b in columns] for a in columns]
        np.testing.assert_allclose(found, expected, rtol=1e-11)
    np.testing.assert_allclose(ewma_covariance(returns, 1e9), sample_covariance(returns), rtol=1e-6)


def test_ledoit_wolf_shrinks_towards_the_mean_variance() -> None:
    returns, _ = draw_returns(2, 45)
    found, shrinkage = ledoit_wolf_covariance(returns)
    part = returns[complete(returns)]
    n = len(part)
    centred = part - part.mean(axis=0)
    sample = centred.T @ centred / n
    target = np.trace(sample) / 4 * np.eye(4)
    distance = ((sample - target) ** 2).sum()
    noise = sum(((np.outer(row, row) - sample) ** 2).sum() for row in centred) / n**2
    expected = min(noise / distance, 1.0)
    assert shrinkage == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose(found, expected * target + (1 - expected) * sample, rtol=1e-10)


def test_factor_model() -> None:
    returns, factors = draw_returns()
    model = factor_model_risk(returns, factors, ("one", "two"))
    rows = complete(np.column_stack([returns, factors]))
    columns = [factors[rows, k].tolist() for k in range(2)]
    for i in range(4):
        fit = multiple_ols(returns[rows, i].tolist(), columns)
        np.testing.assert_allclose(model.betas[i], fit.coefficients[1:], rtol=1e-10)
        assert model.specific[i] == pytest.approx(math.fsum(e * e for e in fit.residuals) / (len(rows) - 3), rel=1e-10)
    np.testing.assert_allclose(model.factor_covariance, np.cov(factors[rows].T), rtol=1e-12)
    with pytest.raises(ParameterError, match="collinear"):
        factor_model_risk(returns, np.column_stack([factors[:, 1], 2 * factors[:, 1]]), ("a", "b"))


@settings(deadline=None, max_examples=40)
@given(weights=st.lists(st.floats(-2.0, 2.0), min_size=4, max_size=4), seed=st.integers(0, 1000))
def test_contributions_add_up(weights: list[float], seed: int) -> None:
    returns, factors = draw_returns(seed)
    w = np.array(weights)
    if np.abs(w).max() < 1e-3:
        return
    cov = sample_covariance(returns)
    found = risk_by_ticker(w, cov, TICKERS)
    volatility, parts = contributions(weights, cov.tolist())
    assert found.volatility == pytest.approx(volatility, rel=1e-12)
    np.testing.assert_allclose(found.table["contribution"], parts, rtol=1e-9, atol=1e-14)
    assert math.fsum(found.table["contribution"]) == pytest.approx(volatility, rel=1e-12)
    assert math.fsum(found.table["share"]) == pytest.approx(1.0, rel=1e-12)
    step = 1e-6
    for i in range(4):
        up, down = w.copy(), w.copy()
        up[i], down[i] = up[i] + step, down[i] - step
        slope = (math.sqrt(up @ cov @ up) - math.sqrt(down @ cov @ down)) / (2 * step)
        assert found.table["marginal"].iloc[i] == pytest.approx(slope, abs=1e-7)
    grouped = found.by(["left", "right", "left", "right"])
    assert grouped["contribution"].sum() == pytest.approx(volatility, rel=1e-12)
    assert grouped.loc["left", "contribution"] == pytest.approx(parts[0] + parts[2], rel=1e-9, abs=1e-14)
    model = factor_model_risk(returns, factors, ("one", "two"))
    split = risk_by_factor(w, model, TICKERS)
    assert split.volatility**2 == pytest.approx(w @ model.covariance @ w, rel=1e-12)
    assert split.factor_variance + split.specific_variance == pytest.approx(split.volatility**2, rel=1e-12)
    assert split.table["contribution"].sum() == pytest.approx(split.volatility, rel=1e-12)
    assert split.specific.sum() == pytest.approx(split.table.loc["specific", "contribution"], rel=1e-12)
    np.testing.assert_allclose(split.table["exposure"].iloc[:2], model.betas.T @ w, rtol=1e-12)


def test_a_portfolio_without_risk_has_no_shares() -> None:
    found = risk_by_ticker(np.zeros(2), np.eye(2), ("A", "B"))
    assert found.volatility == 0.0
    assert found.table["share"].isna().all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(ParameterError, match="do not fit together"):
        risk_by_ticker(np.ones(3), np.eye(2), ("A", "B"))
    with pytest.raises(ParameterError, match="must be finite"):
        risk_by_ticker(np.array([1.0, np.nan]), np.eye(2), ("A", "B"))
    with pytest.raises(ParameterError, match="one group for each ticker"):
        risk_by_ticker(np.ones(2), np.eye(2), ("A", "B")).by(["x"])
    with pytest.raises(ParameterError, match="too few complete sessions"):
        sample_covariance(np.full((5, 2), np.nan))
    with pytest.raises(ParameterError, match="half_life_sessions"):
        ewma_covariance(np.ones((5, 2)), 0.0)
    with pytest.raises(ParameterError, match="all weight lies on one session"):
        ewma_covariance(np.random.default_rng(1).normal(size=(50, 2)), 1e-3)
