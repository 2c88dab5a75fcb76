"""Hedge ratios against R's quadprog and lm, and Pearson's major axis of 1901 (see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.hedging.bounded import least_variance
from hedgebook.engine.hedging.estimate import HedgeEstimate, estimate_hedge
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.request import Bounds, HedgeRequest
from hedgebook.universes.market import Market
from tests import markets

CLOSE = 1e-10
FACTORS = ("Mkt-RF", "SMB", "HML")


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "golden" / "hedge" / "hedge_golden.json").read_text())["results"])


@pytest.fixture(scope="module")
def table(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden" / "factors" / "dji30_ff5mom_daily.csv").tail(252)


@pytest.fixture(scope="module")
def market(golden: dict[str, Any], table: pd.DataFrame) -> Market:
    """Closes whose returns are the golden file's, on sessions of our own; the market factor is the benchmark."""
    names = (golden["target"], *golden["hedges"], "Mkt-RF")
    returns = np.vstack([np.zeros(len(names)), table[list(names)].to_numpy()])
    universe = markets.numbered_universe(("Mkt-RF", *names[:-1]))
    close = 100.0 * np.cumprod(1.0 + returns, axis=0)
    return markets.market_of({"close": close}, names, first="2025-06-02", universe=universe)


def hedge(market: Market, table: pd.DataFrame, golden: dict[str, Any], request: HedgeRequest) -> HedgeEstimate:
    values = np.vstack([np.full((1, 3), np.nan), table[list(FACTORS)].to_numpy()])
    factors = FactorSet(FACTORS, FACTORS, market.sessions, values)
    legs = HedgeLegs((golden["target"],), tuple(golden["hedges"]))
    return estimate_hedge(market, legs, request, market.close_at[-1] + np.timedelta64(1, "s"), factors)


def shorts(found: HedgeEstimate, golden: dict[str, Any]) -> list[float]:
    """Weights as R signs them: negative is short."""
    return [-found.weights[ticker] for ticker in golden["hedges"]]


def test_betas_and_minimum_variance(market: Market, table: pd.DataFrame, golden: dict[str, Any]) -> None:
    beta = hedge(market, table, golden, HedgeRequest("beta", 252))
    found = [beta.betas[t]["Mkt-RF"] for t in (golden["target"], *golden["hedges"])]
    np.testing.assert_allclose(found, [golden["beta_target"], *golden["beta_hedges"]], rtol=CLOSE)
    assert beta.ratio == pytest.approx(golden["beta_target"] / np.mean(golden["beta_hedges"]), rel=CLOSE)
    basket = hedge(market, table, golden, HedgeRequest("multi_min_variance", 252))
    np.testing.assert_allclose(list(basket.weights.values()), golden["ols_basket"]["w"], rtol=CLOSE)
    assert basket.effectiveness == pytest.approx(golden["ols_basket"]["r2"], rel=CLOSE)
    assert basket.r_squared == pytest.approx(golden["ols_basket"]["r2"], rel=CLOSE)
    one = HedgeLegs((golden["target"],), ("Mkt-RF",))
    at = market.close_at[-1] + np.timedelta64(1, "s")
    single = estimate_hedge(market, one, HedgeRequest("min_variance", 252), at)
    assert single.ratio == pytest.approx(golden["ols_market"]["hedge_ratio"], rel=CLOSE)
    assert single.effectiveness == pytest.approx(golden["ols_market"]["ederington_HE"], rel=CLOSE)
    slope = estimate_hedge(market, one, HedgeRequest("total_least_squares", 252), at).ratio
    assert slope == pytest.approx(golden["tls_target_vs_market"][0], rel=CLOSE)


@pytest.mark.parametrize(
    ("case", "request_"),
    [
        ("qp_dollar_neutral", HedgeRequest("factor_neutral", 252, neutral_to=("dollar",))),
        ("qp_ff3_neutral", HedgeRequest("factor_neutral", 252, neutral_to=FACTORS)),
        ("qp_dollar_beta_neutral", HedgeRequest("factor_neutral", 252, neutral_to=("dollar", "Mkt-RF"))),
        ("qp_short_only", HedgeRequest("factor_neutral", 252, neutral_to=("dollar",), bounds=Bounds())),
        ("qp_short_only_cap40", HedgeRequest("factor_neutral", 252, neutral_to=("dollar",), bounds=Bounds(0.0, 0.4))),
    ],
)
def test_quadratic_programmes(
    market: Market, table: pd.DataFrame, golden: dict[str, Any], case: str, request_: HedgeRequest
) -> None:
    found = hedge(market, table, golden, request_)
    np.testing.assert_allclose(shorts(found, golden), golden[case]["w"], atol=CLOSE)
    assert (found.residual_volatility**2 / 252) == pytest.approx(golden[case]["var"], rel=CLOSE)


def test_factor_betas(market: Market, table: pd.DataFrame, golden: dict[str, Any]) -> None:
    found = hedge(market, table, golden, HedgeRequest("factor_neutral", 252, neutral_to=FACTORS))
    rows = [[found.betas[t][f] for f in FACTORS] for t in (golden["target"], *golden["hedges"])]
    np.testing.assert_allclose(rows, golden["ff3_betas"], rtol=1e-9, atol=1e-12)


def test_major_axis_of_1901(golden: dict[str, Any]) -> None:
    """Ten points as returns of two tickers, with y the long leg."""
    points = golden["tls_pearson1901"]
    returns = np.column_stack([points["y"], points["x"]])
    close = np.cumprod(np.vstack([np.ones(2), 1.0 + returns]), axis=0)
    market = markets.market_of({"close": close}, ("Y", "X"), universe=markets.numbered_universe(("Y", "X")))
    request = HedgeRequest("total_least_squares", 10, min_sessions=10)
    found = estimate_hedge(market, HedgeLegs(("Y",), ("X",)), request, market.close_at[-1] + np.timedelta64(1, "s"))
    assert found.ratio == pytest.approx(points["slope_intercept"][0], rel=CLOSE)


def test_the_solver_against_r(golden: dict[str, Any]) -> None:
    """The covariances of the file itself, straight into the solver."""
    cov = np.array(golden["cov"])
    rules = np.ones((1, 5))
    for case, bounds in (("qp_short_only", Bounds()), ("qp_short_only_cap40", Bounds(0.0, 0.4))):
        found = least_variance(cov[1:, 1:], cov[1:, 0], rules, np.ones(1), bounds)
        assert found is not None
        np.testing.assert_allclose(-found, golden[case]["w"], atol=CLOSE)
