"""Factors: each proxy less what the proxies before it explain."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats
from hedgebook.engine.exposure.factors import DEFINITIONS, PROXIES, available_factors, fit_factor_model, proxy_returns
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle.ols import multiple_ols

NAMES = tuple(PROXIES)


def random_proxies(seed: int = 4, n: int = 90) -> Floats:
    draw = np.random.default_rng(seed)
    mix = np.array([[1.0, 0, 0, 0], [2.1, 1, 0, 0], [1.5, 0.2, 1, 0], [0.9, -0.3, 0.4, 1]])
    return np.asarray(draw.normal(0.001, 0.01, (n, 4)) @ mix.T)


def test_factors_are_uncorrelated_and_keep_their_means() -> None:
    """A factor is what its proxy earned beyond its slopes times the others, its own mean included."""
    proxies = random_proxies()
    factors = fit_factor_model(NAMES, proxies).factors(proxies)
    np.testing.assert_array_equal(factors[:, 0], proxies[:, 0])
    for k in range(1, 4):
        fit = multiple_ols(proxies[:, k].tolist(), [proxies[:, j].tolist() for j in range(k)])
        assert factors[:, k].mean() == pytest.approx(fit.coefficients[0], rel=1e-9)
    semis = multiple_ols(proxies[:, 1].tolist(), [proxies[:, 0].tolist()]).coefficients[1]
    np.testing.assert_allclose(factors[:, 1], proxies[:, 1] - semis * proxies[:, 0], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(np.corrcoef(factors.T), np.eye(4), atol=1e-12)


def test_loadings_are_the_slopes_of_least_squares_and_strictly_lower_triangular() -> None:
    proxies = random_proxies()
    model = fit_factor_model(NAMES, proxies)
    assert not np.triu(model.loadings).any()
    factors = model.factors(proxies)
    for k in range(1, 4):
        fit = multiple_ols(proxies[:, k].tolist(), [factors[:, j].tolist() for j in range(k)])
        np.testing.assert_allclose(model.loadings[k, :k], fit.coefficients[1:], rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(factors[:, k], np.array(fit.residuals) + fit.coefficients[0], rtol=0, atol=1e-14)


def test_a_model_means_the_same_in_every_window() -> None:
    proxies = random_proxies()
    model = fit_factor_model(NAMES, proxies[:60])
    np.testing.assert_array_equal(model.factors(proxies)[60:], model.factors(proxies[60:]))


def test_a_missing_proxy_makes_the_factors_from_it_on_unknown() -> None:
    proxies = random_proxies()
    model = fit_factor_model(NAMES, proxies)
    proxies[5, 2] = np.nan
    factors = model.factors(proxies)
    assert np.isnan(factors[5]).tolist() == [False, False, True, True]
    assert np.isfinite(np.delete(factors, 5, axis=0)).all()


def test_proxy_returns_run_from_close_to_close(market: Market) -> None:
    returns = proxy_returns(market, ("market", "bitcoin"))
    assert returns.shape == (len(market.sessions), 2)
    assert np.isnan(returns[0]).all()
    spy, ibit = market.close[:, market.column("SPY")].tolist(), market.close[:, market.column("IBIT")].tolist()
    assert returns[300].tolist() == [spy[300] / spy[299] - 1.0, ibit[300] / ibit[299] - 1.0]


def test_available_factors_are_those_with_a_proxy_in_the_prices(market: Market) -> None:
    assert available_factors(market) == ("market", "semis", "bitcoin", "momentum") == tuple(DEFINITIONS)
    columns = [i for i, ticker in enumerate(market.tickers) if ticker != "SMH"]
    assert available_factors(markets.permuted(market, columns)) == ("market", "bitcoin", "momentum")
    assert available_factors(markets.dirty_market()) == ()


@pytest.mark.parametrize("k", [1, 2])
def test_models_of_fewer_factors(k: int) -> None:
    proxies = random_proxies()[:, :k]
    model = fit_factor_model(NAMES[:k], proxies)
    whole = fit_factor_model(NAMES, random_proxies())
    np.testing.assert_array_equal(model.factors(proxies), whole.factors(random_proxies())[:, :k])
    assert dataclasses.replace(model).names == NAMES[:k]
