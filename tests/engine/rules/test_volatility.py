"""Ex-ante volatility against plain Python, and when it was known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.rules.volatility import ex_ante_volatility
from hedgebook.universes.market import Market
from tests import markets

SEEDS = st.integers(0, 2**32 - 1)


def plain(market: Market, weights: list[float], start: int, t: int, halflife: float) -> float:
    """Before session t: from the closes of at most 250 sessions before `start` on."""
    squares = []
    for s in range(max(1, start - 250), t):
        total = 0.0
        for i, weight in enumerate(weights):
            move = market.close[s, i] / market.close[s - 1, i] - 1.0
            total += weight * move if math.isfinite(move) and math.isfinite(weight) else 0.0
        squares.append(total * total)
    if len(squares) < 20:
        return math.nan
    variance = math.fsum(squares[:20]) / 20
    decay = math.exp(-math.log(2.0) / halflife)
    for square in squares[20:]:
        variance = decay * variance + (1 - decay) * square
    return math.sqrt(252 * variance)


def bank(seed: int, tickers: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    rows = draw.uniform(-0.5, 0.5, (3, tickers))
    rows[draw.random(rows.shape) < 0.2] = np.nan
    rows[2] = 0.0
    return rows


@pytest.mark.parametrize(
    ("sessions", "start", "stop"), [(60, 0, 60), (60, 1, 40), (60, 35, 60), (330, 300, 330), (40, 39, 40), (30, 5, 15)]
)
@pytest.mark.parametrize("halflife", [1.0, 20.0, 252.0])
def test_against_plain_python(sessions: int, start: int, stop: int, halflife: float) -> None:
    market = markets.random_market(sessions, sessions=sessions)
    rows = bank(sessions, 5)
    found = ex_ante_volatility(market, rows, start, stop, halflife)
    assert found.shape == (3, stop - start + 1)
    expected = [[plain(market, row.tolist(), start, t, halflife) for t in range(start, stop + 1)] for row in rows]
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-9)
    assert np.isfinite(found[0]).any() == (stop > 20)


def test_the_first_estimate_is_the_plain_mean_of_twenty_returns() -> None:
    """20 returns of one per cent up or down: 0.01 times the root of 252 before session 21."""
    prices = [100.0]
    for k in range(24):
        prices.append(prices[-1] * (1.01 if k % 2 else 0.99))
    market = markets.market_of({"close": [[p] for p in prices], "open": [[p] for p in prices]}, ["ACME"])
    found = ex_ante_volatility(market, np.array([[2.0]]), 0, 25, 20.0)[0]
    assert np.isnan(found[:21]).all()
    np.testing.assert_allclose(found[21:], 0.02 * math.sqrt(252), rtol=1e-12)


@given(SEEDS, st.integers(2, 57), st.integers(0, 50))
@settings(deadline=None, max_examples=60)
def test_the_value_before_a_session_is_known_at_the_close_before(seed: int, t: int, start: int) -> None:
    market = markets.random_market(seed, sessions=60)
    rows = bank(seed, 5)
    one = ex_ante_volatility(market, rows, start, 60, 10.0)
    two = ex_ante_volatility(markets.changed_after(market, t, seed + 1), rows, start, 60, 10.0)
    np.testing.assert_array_equal(one[:, : max(t + 2 - start, 0)], two[:, : max(t + 2 - start, 0)])
    if t + 3 < 60 and t >= 25:
        assert (one[:2, t + 3 - start :] != two[:2, t + 3 - start :]).any()


@given(SEEDS, st.integers(21, 59))
@settings(deadline=None, max_examples=30)
def test_prices_that_end_earlier_give_the_same_beginning(seed: int, stop: int) -> None:
    market = markets.random_market(seed, sessions=60)
    whole = ex_ante_volatility(market, bank(seed, 5), 10, 60, 10.0)
    part = ex_ante_volatility(market.rows(0, stop), bank(seed, 5), 10, stop, 10.0)
    np.testing.assert_array_equal(part, whole[:, : stop - 9])
