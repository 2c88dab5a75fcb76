"""Hedge ratios against least squares in plain Python."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.hedging.ratio import beta_ratio, dollar_ratio, ols_slope
from hedgebook.engine.hedging.request import Method
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle.ols import simple_ols

MARKET = markets.dirty_market(sessions=60)


def benchmark_driven(betas: dict[str, float]) -> Market:
    """The dirty market with closes that follow BENCH by a beta each, gaps kept."""
    close = MARKET.close.copy()
    bench = close[:, MARKET.column("BENCH")]
    for ticker, beta in betas.items():
        i = MARKET.column(ticker)
        noise = np.random.default_rng(i).normal(0.0, 0.002, len(bench))
        growth = 1.0 + beta * np.append(0.0, bench[1:] / bench[:-1] - 1.0) + noise
        close[:, i] = np.where(np.isfinite(close[:, i]), 50.0 * np.cumprod(growth), np.nan)
    return dataclasses.replace(MARKET, close=close)


TRENDING = benchmark_driven({"ACME": 1.0, "BOLT": 1.5, "CLOUD": 2.0, "DRIFT": 3.0, "LATE": 0.5})


def plain_beta(market: Market, ticker: str, last: int, lookback: int) -> tuple[float, int]:
    y, x = (market.close[:, market.column(t)].tolist() for t in (ticker, "BENCH"))
    pairs = []
    for t in range(max(1, last - lookback + 1), last + 1):
        a, b = y[t] / y[t - 1] - 1.0, x[t] / x[t - 1] - 1.0
        if math.isfinite(a) and math.isfinite(b):
            pairs.append((a, b))
    return simple_ols([a for a, _ in pairs], [b for _, b in pairs]).slope, len(pairs)


@pytest.mark.parametrize(("last", "lookback"), [(29, 22), (29, 25), (29, 120), (50, 30), (59, 40), (59, 58), (59, 59)])
def test_betas_against_plain_python(last: int, lookback: int) -> None:
    found = beta_ratio(TRENDING, ["ACME", "BOLT"], ["CLOUD"], "BENCH", last, lookback)
    expected = {t: plain_beta(TRENDING, t, last, lookback) for t in ("ACME", "BOLT", "CLOUD")}
    for estimate in found.betas:
        beta, sessions = expected[estimate.ticker]
        assert estimate.beta == pytest.approx(beta, rel=1e-11)
        assert estimate.sessions == sessions
    long = (expected["ACME"][0] + expected["BOLT"][0]) / 2
    assert found.ratio == pytest.approx(long / expected["CLOUD"][0], rel=1e-11)
    assert (found.method, found.benchmark) == (Method.BETA, "BENCH")
    assert found.known_at == TRENDING.sessions[last]
    if last == 29 and lookback == 25:  # BOLT misses the close of session 23, and so two returns
        assert expected["BOLT"][1] == 23


def test_a_late_listing_uses_what_it_has_from_twenty_sessions_on() -> None:
    first = TRENDING.session_index("2026-06-24")
    found = beta_ratio(TRENDING, ["ACME"], ["LATE"], "BENCH", first + 20, 40)
    assert [b.sessions for b in found.betas] == [first + 20, 20]
    with pytest.raises(ParameterError, match=r"hedge=beta: LATE and BENCH share 19 sessions .*20 or more.*lookback"):
        beta_ratio(TRENDING, ["ACME"], ["LATE"], "BENCH", first + 19, 40)


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_leg_without_a_positive_beta_has_no_hedge(side: str) -> None:
    against = benchmark_driven({"ACME": 1.0, "CLOUD": -1.0})
    legs = (["ACME"], ["CLOUD"]) if side == "short" else (["CLOUD"], ["ACME"])
    with pytest.raises(ParameterError, match=f"the {side} leg's beta to BENCH is not positive.*got -.*hedge=dollar"):
        beta_ratio(against, *legs, "BENCH", 40, 30)


def test_a_benchmark_that_never_moves_has_no_beta() -> None:
    close = TRENDING.close.copy()
    close[:, TRENDING.column("BENCH")] = 100.0
    with pytest.raises(ParameterError, match="beta to BENCH is not positive"):
        beta_ratio(dataclasses.replace(TRENDING, close=close), ["ACME"], ["CLOUD"], "BENCH", 40, 30)


def test_a_benchmark_without_prices() -> None:
    with pytest.raises(PriceDataError, match=r"BENSH has no prices in .*Did you mean 'BENCH'"):
        beta_ratio(TRENDING, ["ACME"], ["CLOUD"], "BENSH", 40, 30)


def test_later_closes_do_not_matter() -> None:
    one = beta_ratio(TRENDING, ["ACME"], ["CLOUD"], "BENCH", 40, 30)
    two = beta_ratio(markets.changed_after(TRENDING, 40, 1), ["ACME"], ["CLOUD"], "BENCH", 40, 30)
    assert one == two


def test_as_many_dollars_short_as_long() -> None:
    assert (dollar_ratio().ratio, dollar_ratio().method, dollar_ratio().betas) == (1.0, Method.DOLLAR, ())


@given(st.integers(0, 10**6), st.integers(3, 60))
@settings(deadline=None, max_examples=50)
def test_slope(seed: int, n: int) -> None:
    draw = np.random.default_rng(seed)
    x, y = draw.normal(0.01, 0.02, (2, n))
    assert ols_slope(y, x) == pytest.approx(simple_ols(y.tolist(), x.tolist()).slope, rel=1e-9, abs=1e-12)
