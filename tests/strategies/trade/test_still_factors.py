"""Factors that stand still, or repeat another one, take no run with them: they are left out as those without prices."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.exposure.regression import regress
from hedgebook.reports.run.page import render_report
from hedgebook.universes.market import Market
from tests import markets

FIELDS = ("open", "high", "low", "close")


def changed(ticker: str, prices: Callable[[Market, str], Any]) -> Market:
    """The sample market with other prices of one ticker; prices: of a market and a field (T,)."""
    market = hb.sample_market()
    tables = {name: getattr(market, name).copy() for name in (*FIELDS, "volume")}
    for field in FIELDS:
        tables[field][:, market.column(ticker)] = prices(market, field)
    return markets.market_of(tables, market.tickers, first=str(market.sessions[0]), universe=market.universe)


def without(market: Market, ticker: str) -> Market:
    return markets.permuted(market, [i for i, name in enumerate(market.tickers) if name != ticker])


def still(market: Market, field: str) -> Any:
    """The same price throughout."""
    return np.full(getattr(market, field).shape[0], 7.0)


def twin(market: Market, field: str) -> Any:
    """What the index has, at three times its price."""
    return 3.0 * getattr(market, field)[:, market.column("SPY")]


CASES = [
    ("SPY", still, "no factor market: SPY does not move up to "),
    ("SMH", still, "no factor semis: SMH does not move up to "),
    ("SMH", twin, "no factor semis: SMH moves only with the factors before it"),
    ("MTUM", twin, "no factor momentum: MTUM moves only with the factors before it"),
]


@pytest.mark.parametrize(("ticker", "prices", "said"), CASES, ids=["SPY", "SMH", "twin", "last-twin"])
def test_a_run_leaves_out_the_factor_and_says_so(ticker: str, prices: Any, said: str) -> None:
    market = changed(ticker, prices)
    run = hb.backtest("long-meta-short-neocloud", market, "none")
    assert any(text.startswith(said) for text in run.warnings), run.warnings
    gone = hb.backtest("long-meta-short-neocloud", without(market, ticker), "none")
    ours, theirs = run.to_dict(), gone.to_dict()
    assert ours["exposures"]
    for name in ("exposures", "exposures_during", "pnl_by_factor"):
        assert set(ours[name]) == set(theirs[name]), name
    for factor, figures in theirs["exposures"].items():
        assert ours["exposures"][factor] == pytest.approx(figures, rel=1e-9), factor
    assert ours["pnl_by_factor"] == pytest.approx(theirs["pnl_by_factor"], rel=1e-9, abs=1e-6)
    assert sum(ours["pnl_by_factor"].values()) == pytest.approx(ours["final_nav"] - ours["capital"], abs=1e-3)
    assert said in render_report(run)
    json.dumps(ours, allow_nan=False)


def test_a_ticker_on_whose_sessions_a_factor_stands_still_has_no_beta() -> None:
    """CRWV begins after the others; MTUM moves before that and not since."""
    sample = hb.sample_market()
    listed = int(np.flatnonzero(np.isfinite(sample.close[:, sample.column("CRWV")]))[0])

    def prices(market: Market, field: str) -> Any:
        found = getattr(market, field)[:, market.column("MTUM")].copy()
        found[listed:] = 250.0
        return found

    run = hb.backtest("long-meta-short-neocloud", changed("MTUM", prices), "none")
    summary = run.to_dict()
    split = summary["pnl_by_factor"]
    assert sum(split.values()) == pytest.approx(summary["final_nav"] - summary["capital"], abs=1e-3)
    assert any("MTUM" in text or "no beta of CRWV" in text for text in run.warnings), run.warnings


def test_a_regression_on_what_repeats_itself_has_no_answer() -> None:
    draw = np.random.default_rng(8)
    x, days = draw.normal(0.0, 0.01, 60), np.arange("2025-01-01", "2025-03-02", dtype="datetime64[D]")
    y = 0.5 * x + draw.normal(0.0, 0.001, 60)
    for second in (np.zeros(60), 2.0 * x):
        assert regress(y, np.column_stack([x, second]), ("a", "b"), days) is None
    alone = regress(y, x[:, None], ("a",), days)
    assert alone is not None
    assert alone.table.at["a", "beta"] == pytest.approx(float(np.cov(x, y)[0, 1] / np.var(x, ddof=1)), rel=1e-9)
