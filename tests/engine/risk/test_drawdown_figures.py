"""Depth and length of drawdowns against plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook.engine.risk import drawdowns
from hedgebook.engine.risk.metrics_table import metrics_table
from hedgebook.errors import ParameterError
from tests.oracle import risk as oracle

RETURNS = np.random.default_rng(8).standard_t(3, 251) * 0.02


def test_figures_equal_the_oracle_and_the_kernel() -> None:
    depths = oracle.underwater(RETURNS.tolist())
    assert np.allclose(drawdowns.underwater_returns(RETURNS), depths, atol=1e-14)
    row = metrics_table(RETURNS).iloc[0]
    assert drawdowns.ulcer_index(RETURNS) == pytest.approx(math.sqrt(oracle.mean([d * d for d in depths])))
    assert drawdowns.ulcer_index(RETURNS) == pytest.approx(row["ulcer_index"], rel=1e-12)
    assert drawdowns.pain_index(RETURNS) == pytest.approx(row["pain_index"], rel=1e-12)
    for confidence in (0.5, 0.9, 0.95, 0.99, 0.999):
        expected = oracle.conditional_drawdown(RETURNS.tolist(), confidence)
        assert drawdowns.conditional_drawdown(RETURNS, confidence) == pytest.approx(expected, rel=1e-12)
        found = metrics_table(RETURNS, confidence=confidence)["cdar"].iloc[0]
        assert found == pytest.approx(expected, rel=1e-12)


def test_extremes_of_the_conditional_drawdown() -> None:
    assert drawdowns.conditional_drawdown(RETURNS, 0.0) == pytest.approx(drawdowns.pain_index(RETURNS))
    deepest = -drawdowns.underwater_returns(RETURNS).min()
    assert drawdowns.conditional_drawdown(RETURNS, 0.9999) == pytest.approx(deepest)
    with pytest.raises(ParameterError, match="out of range"):
        drawdowns.conditional_drawdown(RETURNS, 1.0)


def test_state_under_water() -> None:
    # 1 -> 0.9 -> 0.81 -> 1.0 (recovered one session after its valley) -> 1.1 -> 0.88 -> 0.99, still below.
    returns = np.array([-0.1, -0.1, 1 / 0.81 - 1 + 1e-9, 0.1, -0.2, 0.125])
    state = drawdowns.time_underwater(returns)
    assert state.drawdown == pytest.approx(-0.1, abs=1e-8)
    assert state.needed_return == pytest.approx(1 / 0.9 - 1, abs=1e-8)
    assert state.sessions == 2
    assert state.longest_sessions == 2
    assert state.slowest_recovery_sessions == 1


def test_a_loss_on_the_first_session_counts_and_a_rise_does_not() -> None:
    assert drawdowns.underwater_returns(np.array([-0.1, 0.05]))[0] == pytest.approx(-0.1)
    rising = drawdowns.time_underwater(np.array([0.01, 0.02]))
    assert (rising.drawdown, rising.sessions, rising.longest_sessions) == (0.0, 0, 0)
    assert math.isnan(rising.slowest_recovery_sessions)


def test_longest_stay_equals_the_kernel() -> None:
    expected = oracle.longest_underwater(RETURNS.tolist())
    assert drawdowns.time_underwater(RETURNS).longest_sessions == expected
    assert metrics_table(RETURNS)["longest_underwater_sessions"].iloc[0] == expected
