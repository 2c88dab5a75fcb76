"""Figures of return series against closed forms and formulas in plain Python."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.risk.metrics import Metrics, measure, measure_levels, simple_returns
from tests.oracle.drawdowns import max_drawdown

NAN = math.nan


def series(returns: list[float]) -> pd.Series[float]:
    return pd.Series(returns, index=pd.bdate_range("2026-01-05", periods=len(returns)), dtype="float64")


def plain(returns: list[float]) -> dict[str, float]:
    """The definitions of Metrics, written out."""
    n = len(returns)
    levels = [1.0]
    for r in returns:
        levels.append(levels[-1] * (1.0 + r))
    mean = math.fsum(returns) / n
    deviation = statistics.stdev(returns)
    downside = math.sqrt(math.fsum(min(r, 0.0) ** 2 for r in returns) / n)
    deepest = max_drawdown(levels)
    cagr = levels[-1] ** (252 / n) - 1.0
    per_session = mean / deviation
    moving = [r for r in returns if r != 0.0]
    return {
        "sessions": n,
        "total_return": levels[-1] - 1.0,
        "cagr": cagr,
        "volatility_annual": deviation * math.sqrt(252),
        "sharpe": per_session * math.sqrt(252),
        "sharpe_stderr": math.sqrt((1.0 + per_session**2 / 2.0) / n) * math.sqrt(252),
        "sortino": mean / downside * math.sqrt(252) if downside > 0 else NAN,
        "max_drawdown": deepest,
        "calmar": cagr / -deepest if deepest < 0 else NAN,
        "best_session": max(returns),
        "worst_session": min(returns),
        "hit_rate": sum(r > 0 for r in moving) / len(moving) if moving else NAN,
    }


def assert_equal(found: Metrics, expected: dict[str, float]) -> None:
    assert list(found.to_dict()) == list(expected)
    for name, value in found.to_dict().items():
        assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-12, nan_ok=True), name


@given(st.lists(st.floats(-0.2, 0.2).map(lambda x: round(x, 4)), min_size=2, max_size=80))
@settings(deadline=None, max_examples=150)
def test_against_plain_python(returns: list[float]) -> None:
    if len(set(returns)) > 1:
        assert_equal(measure(series(returns)), plain(returns))


def test_a_loss_on_day_one_is_a_drawdown() -> None:
    found = measure(series([-0.1, 0.05, 0.02]))
    assert found.max_drawdown == pytest.approx(-0.1, rel=1e-14)
    assert found.worst_session == -0.1


def test_a_closed_form() -> None:
    """+1 % and -1 % in turns: mean 0, so no Sharpe; the deepest point is after the last loss."""
    found = measure(series([0.01, -0.01] * 126))
    assert found.sharpe == pytest.approx(0.0, abs=1e-12)
    assert found.volatility_annual == pytest.approx(0.01 * math.sqrt(252 * 252 / 251), rel=1e-12)
    assert found.total_return == pytest.approx((1 - 1e-4) ** 126 - 1, rel=1e-12)
    assert found.cagr == pytest.approx(found.total_return, rel=1e-12)
    assert found.max_drawdown == pytest.approx(0.99 * (1 - 1e-4) ** 125 - 1, rel=1e-12)
    assert found.hit_rate == 0.5
    assert found.sharpe_stderr == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.0003, 1 / 3, -0.07])
@pytest.mark.parametrize("n", [2, 3, 7, 50])
def test_equal_returns_have_no_ratio_to_a_deviation(level: float, n: int) -> None:
    """The deviation of equal numbers may miss zero in its last digit, which is not a Sharpe ratio of 1e16."""
    found = measure(series([level] * n))
    assert math.isnan(found.sharpe)
    assert math.isnan(found.sharpe_stderr)
    assert found.volatility_annual == pytest.approx(0.0, abs=1e-12)


def test_returns_that_are_all_zero() -> None:
    found = measure(series([0.0] * 5))
    assert (found.total_return, found.cagr, found.volatility_annual, found.max_drawdown) == (0.0, 0.0, 0.0, 0.0)
    assert all(math.isnan(x) for x in (found.sharpe, found.sharpe_stderr, found.sortino, found.calmar, found.hit_rate))


def test_one_session() -> None:
    found = measure(series([0.02]))
    assert found.total_return == pytest.approx(0.02, rel=1e-12)
    assert found.cagr == pytest.approx(1.02**252 - 1, rel=1e-9)
    assert found.max_drawdown == 0.0
    undefined = (found.volatility_annual, found.sharpe, found.sharpe_stderr, found.sortino, found.calmar)
    assert all(math.isnan(x) for x in undefined)
    assert measure(series([-0.02])).max_drawdown == pytest.approx(-0.02, rel=1e-12)


def test_no_loss_has_no_sortino_and_no_calmar() -> None:
    found = measure(series([0.01, 0.0, 0.03]))
    assert math.isnan(found.sortino)
    assert math.isnan(found.calmar)
    assert found.hit_rate == 1.0


def test_capital_lost_and_more() -> None:
    """A short that is squeezed past zero: what it cost is known, and there are no returns from there on."""
    for after in (0.2, -0.3, NAN):
        found = measure(series([0.1, -1.5, after, 0.0]))
        assert found.sessions == 4
        assert found.total_return == pytest.approx(1.1 * -0.5 - 1, rel=1e-12)
        assert found.max_drawdown == pytest.approx(-1.5, rel=1e-12)
        assert_nothing_else(found)
    assert_nothing_else(measure(series([0.1, -1.0, 0.0])))


def assert_nothing_else(found: Metrics) -> None:
    known = ("sessions", "total_return", "max_drawdown")
    assert all(math.isnan(value) for name, value in found.to_dict().items() if name not in known), found


def test_a_nav_below_zero_says_the_ruin() -> None:
    """100 USD of which 5 are owed at the end: a return of -105 %, of a high of 120 a drawdown of -104 1/6 %."""
    levels = np.array([100.0, 120.0, 40.0, -10.0, -5.0])
    found = measure_levels(levels)
    assert found.total_return == pytest.approx(-1.05, rel=1e-14)
    assert found.max_drawdown == pytest.approx(-13 / 12, rel=1e-14)
    assert_nothing_else(found)
    # A capital that comes back from below zero was lost all the same.
    back = measure_levels(np.array([100.0, 0.0, 150.0, 160.0]))
    assert back.total_return == pytest.approx(0.6)
    assert back.max_drawdown == -1.0
    assert_nothing_else(back)
    returns = simple_returns(levels)
    assert returns[:3].tolist() == pytest.approx([0.2, -2 / 3, -1.25])
    assert np.isnan(returns[3:]).all()


def test_interest_of_idle_cash_is_no_track_record() -> None:
    found = measure_levels(np.array([500.0, 500.05, 500.1, 500.3]), traded=False)
    assert found.total_return == pytest.approx(0.0006, rel=1e-12)
    assert found.max_drawdown == 0.0
    assert_nothing_else(found)


@pytest.mark.parametrize("ulps", [0, 1, -1, 3])
def test_rounding_is_no_gain_and_no_deviation(ulps: int) -> None:
    """NAV that stands still but for its last digits: no session is won, no ratio divides by the rounding."""
    levels = np.full(8, 1e6)
    levels[2::3] += ulps * np.spacing(1e6)
    found = measure_levels(levels)
    assert found.volatility_annual == 0.0
    assert all(math.isnan(x) for x in (found.sharpe, found.sortino, found.calmar, found.hit_rate))
    # One gain among them is all gain.
    levels[-1] = 1.01e6
    assert measure_levels(levels).hit_rate == 1.0


def test_a_rate_of_growth_too_large_for_a_number_is_no_number() -> None:
    assert math.isnan(measure(series([20.0])).cagr)
