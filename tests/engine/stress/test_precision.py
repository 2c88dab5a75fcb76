"""Monte Carlo errors against the scatter of many simulations."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.engine.risk.var.historical import tail_of
from hedgebook.engine.stress.precision import quantile_error, share_with_error, shortfall_error


@pytest.mark.parametrize("level", [0.05, 0.5, 0.95])
def test_quantiles_scatter_as_their_error_says(level: float) -> None:
    rng = np.random.default_rng(1)
    draws = rng.standard_t(4, (400, 2000))
    scatter = np.quantile(draws, level, axis=1).std(ddof=1)
    said = np.mean([quantile_error(row, level) for row in draws[:100]])
    # The deviation of 400 draws is itself known to 4 %.
    assert said == pytest.approx(scatter, rel=0.15)


def test_shortfalls_scatter_as_their_error_says() -> None:
    draws = np.random.default_rng(2).normal(size=(400, 2000))
    scatter = np.std([tail_of(row, 0.05)[1] for row in draws], ddof=1)
    said = np.mean([shortfall_error(row, 0.05) for row in draws[:100]])
    assert said == pytest.approx(scatter, rel=0.15)


def test_shares() -> None:
    share, error = share_with_error(np.array([True] * 20 + [False] * 80))
    assert (share, error) == pytest.approx((0.2, 0.04), rel=1e-12)
    none, error = share_with_error(np.zeros(1000, dtype=bool))
    assert none == 0.0
    assert error == pytest.approx((0.001 * 0.999 / 1000) ** 0.5)
