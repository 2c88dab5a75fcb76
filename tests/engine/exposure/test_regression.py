"""Exposure against least squares and Newey-West errors in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats
from hedgebook.engine.exposure.regression import newey_west_lags, regress
from tests import markets
from tests.oracle.ols import multiple_ols, newey_west_errors

NAMES = ("market", "semis")


def sample(n: int, seed: int = 3) -> tuple[Floats, Floats, np.ndarray]:
    """Returns with autocorrelated, heteroskedastic errors, so that each part of the formula counts."""
    draw = np.random.default_rng(seed)
    factors = draw.normal(0.0, 0.01, (n, 2))
    noise = draw.normal(0.0, 0.01, n) * (1.0 + 30.0 * np.abs(factors[:, 0]))
    for t in range(1, n):
        noise[t] += 0.5 * noise[t - 1]
    return 0.001 + factors @ [1.5, -0.4] + noise, factors, markets.session_days(n, "2026-01-02")


@pytest.mark.parametrize("n", [9, 30, 99, 100, 240])
def test_against_plain_python(n: int) -> None:
    returns, factors, days = sample(n)
    found = regress(returns, factors, NAMES, days)
    assert found is not None
    columns = [factors[:, k].tolist() for k in range(2)]
    fit = multiple_ols(returns.tolist(), columns)
    errors = newey_west_errors(returns.tolist(), columns, newey_west_lags(n), small_sample=True)
    np.testing.assert_allclose(found.table["beta"], fit.coefficients[1:], rtol=1e-10)
    np.testing.assert_allclose(found.table["stderr"], errors[1:], rtol=1e-10)
    ratios = [b / e for b, e in zip(fit.coefficients, errors, strict=True)]
    np.testing.assert_allclose(found.table["tstat"], ratios[1:], rtol=1e-10)
    assert found.alpha == pytest.approx(fit.coefficients[0], rel=1e-9)
    assert found.alpha_tstat == pytest.approx(ratios[0], rel=1e-9)
    assert found.r_squared == pytest.approx(fit.r_squared, rel=1e-10)
    assert found.lags == newey_west_lags(n)
    assert (found.sessions, found.first, found.last) == (n, days[0], days[-1])


@pytest.mark.parametrize(("sessions", "lags"), [(9, 2), (27, 2), (28, 3), (99, 3), (100, 4), (250, 4), (274, 5)])
def test_lags_by_the_rule_of_newey_and_west(sessions: int, lags: int) -> None:
    """floor(4 (T/100)^(2/9)): a lag is reached where T = 100 (lag/4)^4.5."""
    assert newey_west_lags(sessions) == lags
    assert 100 * (lags / 4) ** 4.5 <= sessions < 100 * ((lags + 1) / 4) ** 4.5


def test_rows_with_a_gap_are_left_out() -> None:
    returns, factors, days = sample(60)
    dirty, holes = returns.copy(), factors.copy()
    dirty[[0, 17]] = np.nan
    holes[[3, 59], [0, 1]] = np.nan
    kept = [t for t in range(60) if t not in (0, 3, 17, 59)]
    found, clean = regress(dirty, holes, NAMES, days), regress(returns[kept], factors[kept], NAMES, days[kept])
    assert found is not None
    assert clean is not None
    assert found.table.equals(clean.table)
    assert (found.sessions, found.first, found.last) == (56, days[1], days[58])


def test_too_few_rows_or_returns_that_never_move_have_no_exposure() -> None:
    returns, factors, days = sample(9)
    assert regress(returns, factors, NAMES, days) is not None
    returns[4] = np.nan
    assert regress(returns, factors, NAMES, days) is None
    assert regress(np.zeros(9), factors, NAMES, days) is None
    assert regress(returns[:0], factors[:0], NAMES, days[:0]) is None


def test_as_values_by_factor() -> None:
    found = regress(*sample(40)[:2], NAMES, sample(40)[2])
    assert found is not None
    values = found.to_dict()
    assert list(values) == ["market", "semis"]
    assert list(values["semis"]) == ["beta", "stderr", "tstat"]
    assert math.isclose(values["semis"]["tstat"], values["semis"]["beta"] / values["semis"]["stderr"])
