"""Law: changing any price at or after a decision never changes what was estimated for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.hedging.estimate import estimate_hedges
from hedgebook.engine.hedging.request import Bounds, HedgeRequest, Method, Ragged
from tests import markets

from .cases import LEGS, clean_market, dirty_market, two_factors

MARKETS = (clean_market(), dirty_market())
REQUESTS = [
    HedgeRequest(method, lookback, ragged=ragged)
    for method in Method
    if method is not Method.FACTOR_NEUTRAL
    for lookback, ragged in ((40, Ragged.OWN), (70, Ragged.COMMON))
] + [
    HedgeRequest("factor_neutral", 60, 20.0, neutral_to=("dollar", "base")),
    HedgeRequest("multi_min_variance", 60, bounds=Bounds(0.0, 0.5)),
]


@settings(deadline=None, max_examples=15)
@given(which=st.sampled_from((0, 1)), row=st.integers(100, 155), seed=st.integers(0, 10_000))
def test_estimates_do_not_read_on(which: int, row: int, seed: int) -> None:
    market = MARKETS[which]
    factors = two_factors(market)
    later = markets.changed_after(market, row, seed)
    values = factors.returns.copy()
    values[row + 1 :] = np.random.default_rng(seed).normal(0.0, 1.0, values[row + 1 :].shape)
    changed = dataclasses.replace(factors, returns=values)
    # One decision before the next open, one at the very close of the next session, which it must not know.
    moments = np.array([market.open_at[row + 1], market.close_at[row + 1]])
    before = estimate_hedges(market, LEGS, REQUESTS, moments, factors)
    after = estimate_hedges(later, LEGS, REQUESTS, moments, changed)
    assert list(before.known_at) == [market.sessions[row]] * 2
    for name in before.answers._fields:
        np.testing.assert_array_equal(getattr(before.answers, name), getattr(after.answers, name), err_msg=name)


def test_the_law_can_fail() -> None:
    """The change reaches the estimates as soon as the decision comes after it."""
    market = MARKETS[0]
    later = markets.changed_after(market, 120, 1)
    moments = np.array([market.open_at[130]])
    a, b = (estimate_hedges(m, LEGS, [HedgeRequest("min_variance", 40)], moments) for m in (market, later))
    assert a.ratios[0, 0] != pytest.approx(b.ratios[0, 0], rel=1e-3)
