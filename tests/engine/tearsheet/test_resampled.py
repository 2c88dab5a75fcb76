"""Resampled measures: the same draws as the bootstrap of one series, and the same dates of all series."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.engine.risk.bootstrap import bootstrap_metrics, resampled_sessions
from hedgebook.engine.tearsheet.resampled import deviation, resampled, standard_errors

BLOCK, DRAWS, YEAR = 6.0, 60, 252.0


def returns(columns: int = 3, count: int = 250) -> np.ndarray:
    return np.random.default_rng(4).normal(0.0006, 0.01, (count, columns))


def test_a_column_has_the_draws_of_the_bootstrap() -> None:
    values = returns()
    found = resampled(values, YEAR, block_length=BLOCK, draws=DRAWS)
    for s in range(3):
        alone = bootstrap_metrics(values[:, s], draws=DRAWS, block_length=BLOCK, seed=0, sessions_per_year=YEAR)
        for name in alone.names:
            np.testing.assert_array_equal(found[name][:, s], alone.table[name])


def test_sums_are_those_of_the_drawn_dates() -> None:
    values = returns()
    benchmark = values @ [0.5, 0.2, 0.1] + np.random.default_rng(5).normal(0.0, 0.004, len(values))
    found = resampled(values, YEAR, benchmark, block_length=BLOCK, draws=DRAWS)
    rows = resampled_sessions(len(values), draws=DRAWS, block_length=BLOCK, seed=0)
    for d in (0, 7, 59):
        for s in range(3):
            x, b = values[rows[d], s], benchmark[rows[d]]
            beta = np.cov(x, b, ddof=0)[0, 1] / b.var()
            gap = x - b
            expected = {
                "total_return": np.prod(1.0 + x) - 1.0,
                "omega": x[x > 0].sum() / -x[x < 0].sum(),
                "hit_rate": (x > 0).sum() / (x != 0).sum(),
                "beta": beta,
                "alpha_annual": (1.0 + x.mean() - beta * b.mean()) ** YEAR - 1.0,
                "correlation": np.corrcoef(x, b)[0, 1],
                "tracking_error_annual": gap.std(ddof=1) * np.sqrt(YEAR),
                "information_ratio": gap.mean() / gap.std(ddof=1) * np.sqrt(YEAR),
            }
            for name, value in expected.items():
                assert found[name][d, s] == pytest.approx(value, rel=1e-9), name


def test_one_series_twice_differs_by_nothing() -> None:
    values = returns(1)
    found = resampled(np.hstack([values, values]), YEAR, block_length=BLOCK, draws=DRAWS)
    for name, draws in found.items():
        assert deviation(draws[:, 0] - draws[:, 1]) == 0.0, name


def test_the_error_of_a_mean_is_that_of_theory() -> None:
    """Volatility of independent normal returns has the error sigma / sqrt(2 n)."""
    values = np.random.default_rng(11).normal(0.0, 0.01, 4000)
    found = standard_errors(values, YEAR)
    assert found["volatility_annual"] == pytest.approx(0.01 * np.sqrt(YEAR) / np.sqrt(2 * 4000), rel=0.12)
    assert found["hit_rate"] == pytest.approx(0.5 / np.sqrt(4000), rel=0.12)


def test_too_few_returns_have_no_error() -> None:
    assert standard_errors(np.array([0.01, -0.02, 0.01]), YEAR) == {}
    assert np.isnan(deviation(np.array([np.nan] * 20 + [1.0] * 80)))
