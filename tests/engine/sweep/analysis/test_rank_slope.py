"""The slope of ranks outside of a sample on ranks inside, against a slow computation and where nothing can be said."""

from __future__ import annotations

import statistics
from itertools import combinations

import numpy as np
import pytest

from hedgebook.engine.sweep.analysis.rank_slope import rank_slope
from hedgebook.errors import ParameterError


def slow_slope(returns: np.ndarray) -> float:
    """The same from whole columns, ranks by counting."""
    blocks = np.array_split(np.arange(len(returns)), 8)
    slopes = []
    for half in combinations(range(8), 4):
        sides = []
        for chosen in (half, [k for k in range(8) if k not in half]):
            rows = np.concatenate([blocks[k] for k in chosen])
            ratios = [statistics.mean(c) / statistics.pstdev(c) for c in returns[rows].T.tolist()]
            sides.append([sum(other < one for other in ratios) for one in ratios])
        slopes.append(statistics.linear_regression(*sides).slope)
    return statistics.mean(slopes)


def test_as_counted_by_hand() -> None:
    returns = np.random.default_rng(2).normal(0.0, 0.01, (61, 9))
    assert rank_slope(returns) == pytest.approx(slow_slope(returns), abs=1e-12)


def test_what_it_tells() -> None:
    draw = np.random.default_rng(0)
    noise = draw.normal(0.0, 0.01, (400, 300))
    assert abs(rank_slope(noise)) < 0.1
    assert rank_slope(noise + np.linspace(-0.01, 0.01, 300)) > 0.9


def test_sets_that_do_not_move_are_left_out_and_too_little_is_refused() -> None:
    returns = np.random.default_rng(2).normal(0.0, 0.01, (61, 9))
    still = np.hstack([returns, np.zeros((61, 3))])
    assert rank_slope(still) == rank_slope(returns)
    for few in (returns[:15], returns[:, :1], np.zeros((61, 4)), np.zeros((0, 4))):
        with pytest.raises(ParameterError, match="ranks cannot be compared"):
            rank_slope(few)
    with pytest.raises(ParameterError, match="alike in every half"):
        rank_slope(np.repeat(returns[:, :1], 3, axis=1))
