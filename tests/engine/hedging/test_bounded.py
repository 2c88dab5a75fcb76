"""Bounds and caps: the conditions of Karush, Kuhn and Tucker, and a search over a grid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.hedging.bounded import least_variance
from hedgebook.engine.hedging.estimate import estimate_hedge, estimate_hedges
from hedgebook.engine.hedging.request import Bounds, HedgeRequest
from hedgebook.errors import ParameterError

from .cases import LEGS, after, clean_market, two_factors

MARKET = clean_market()
NOW = after(MARKET, len(MARKET.sessions) - 1)
NONE = (np.zeros((0, 3)), np.zeros(0))


def draw_problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    returns = draw.normal(0.0, 0.02, (60, 1)) + draw.normal(0.0, 0.015, (60, 4))
    cov = np.cov(returns.T)
    return cov[1:, 1:], cov[1:, 0]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), most=st.floats(0.2, 0.9), gross=st.one_of(st.none(), st.floats(0.3, 2.0)))
def test_no_point_of_a_grid_is_better(seed: int, most: float, gross: float | None) -> None:
    cov, cross = draw_problem(seed)
    bounds = Bounds(-0.1, most, gross)
    found = least_variance(cov, cross, *NONE, bounds)
    assert found is not None
    assert (found >= -0.1 - 1e-9).all()
    assert (found <= most + 1e-9).all()
    assert gross is None or np.abs(found).sum() <= gross + 1e-8

    def loss(w: np.ndarray) -> float:
        return float(w @ cov @ w / 2 - w @ cross)

    best = loss(found)
    for point in itertools.product(np.linspace(-0.1, most, 9), repeat=3):
        w = np.array(point)
        if gross is None or np.abs(w).sum() <= gross:
            assert loss(w) >= best - 1e-10


def test_bounds_that_do_not_bind_change_nothing() -> None:
    factors = two_factors(MARKET)
    for method, neutral in (("multi_min_variance", ()), ("factor_neutral", ("dollar", "base"))):
        free = HedgeRequest(method, 100, neutral_to=neutral)
        wide = HedgeRequest(method, 100, neutral_to=neutral, bounds=Bounds(-50.0, 50.0, 200.0))
        a, b = (estimate_hedge(MARKET, LEGS, r, NOW, factors) for r in (free, wide))
        assert list(b.weights.values()) == pytest.approx(list(a.weights.values()), rel=1e-9)
        assert b.effectiveness == pytest.approx(a.effectiveness, rel=1e-9)


def test_bounds_that_bind_hold_and_cost_effectiveness() -> None:
    free = estimate_hedge(MARKET, LEGS, HedgeRequest("multi_min_variance", 100), NOW)
    cap = max(free.weights.values()) / 2
    capped = estimate_hedge(MARKET, LEGS, HedgeRequest("multi_min_variance", 100, bounds=Bounds(0.0, cap)), NOW)
    assert max(capped.weights.values()) == pytest.approx(cap, abs=1e-12)
    assert min(capped.weights.values()) >= 0.0
    assert capped.effectiveness < free.effectiveness


def test_contradicting_bounds_have_no_hedge() -> None:
    request = HedgeRequest("factor_neutral", 100, neutral_to=("dollar",), bounds=Bounds(0.0, 0.3))
    with pytest.raises(ParameterError, match="constraints contradict"):
        estimate_hedge(MARKET, LEGS, request, NOW)
    table = estimate_hedges(MARKET, LEGS, [request, HedgeRequest("dollar")], np.array([NOW]))
    assert np.isnan(table.ratios[0, 0])
    assert table.ratios[1, 0] == pytest.approx(1.0)
