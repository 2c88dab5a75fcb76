"""The summary of a run: complete, JSON-ready, and its parts add up."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.reports.page.json import plain
from hedgebook.reports.run.summary import summarise
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting

from ..conftest import BOLD, run_invented

PROMISED = {
    *("trade", "event", "announced_at", "first_fill", "tradable", "hindsight", "entry_session", "exit_session"),
    *("capital", "final_nav", "total_return", "max_drawdown", "sharpe", "volatility_annual", "costs"),
    *("pnl_by_bucket", "pnl_by_leg", "pnl_by_ticker", "exposures", "fills", "rejected", "data", "warnings"),
    "versions",
}
RUNS = ("run", "one_leg", "hindsight", "one_session", "stuck", "free")


@pytest.fixture(scope="module", params=RUNS)
def case(request: pytest.FixtureRequest, every_run: dict[str, TradeRun]) -> tuple[TradeRun, dict[str, Any]]:
    """Each run with its summary, through JSON and back."""
    run = every_run[request.param]
    summary: dict[str, Any] = json.loads(json.dumps(summarise(run), allow_nan=False))
    return run, summary


def test_every_promised_key_is_there(case: tuple[TradeRun, dict[str, Any]]) -> None:
    _, summary = case
    assert set(summary) >= PROMISED
    assert set(summary["costs"]) == {"commission", "spread", "slippage", "impact", "borrow", "interest"}
    assert set(summary["pnl_by_leg"]) == {"long", "short"}
    assert set(summary["data"]) >= {"source", "sha256", "first", "last", "simulated"}
    assert all(set(fill) >= {"session", "mark", "ticker", "shares", "price", "cost"} for fill in summary["fills"])
    assert set(summary["versions"]) >= {"hedgebook", "python", "numpy", "pandas", "numba", "empyrical"}


@pytest.mark.parametrize("by", ["ticker", "bucket", "leg"])
def test_pnl_and_interest_add_up_to_the_change_of_nav(case: tuple[TradeRun, dict[str, Any]], by: str) -> None:
    _, summary = case
    change = summary["final_nav"] - summary["capital"]
    explained = sum(summary[f"pnl_by_{by}"].values()) - summary["costs"]["interest"]
    assert explained == pytest.approx(change, abs=1e-9 * summary["capital"], rel=0)


def test_causes_add_up_and_agree_with_the_costs(case: tuple[TradeRun, dict[str, Any]]) -> None:
    _, summary = case
    causes, costs = summary["pnl_by_cause"], summary["costs"]
    change = summary["final_nav"] - summary["capital"]
    assert sum(causes.values()) == pytest.approx(change, abs=1e-9 * summary["capital"], rel=0)
    assert {name: -causes[name] for name in costs} == pytest.approx(costs)
    assert summary["total_return"] == pytest.approx(change / summary["capital"], rel=1e-12, abs=1e-15)


def test_pnl_of_a_ticker_follows_from_its_fills_and_nights(run: TradeRun) -> None:
    """Cash in less cash out, less the borrow fee of every night, in plain Python from fills and closes."""
    summary = summarise(run)
    closes = run.market.frame("close")
    for ticker, pnl in summary["pnl_by_ticker"].items():
        fills = run.fills[run.fills["ticker"] == ticker]
        cash = sum(-f.shares * f.price - f.commission for f in fills.itertuples())
        held = sum(f.shares for f in fills.itertuples() if str(f.session.date()) == "2026-07-01")
        days = [day for day in closes.index if pd.Timestamp("2026-07-01") <= day <= pd.Timestamp("2026-07-14")]
        fee = sum(
            max(-held, 0.0) * closes.at[night, ticker] * 0.06 * (morning - night).days / 360
            for night, morning in pairwise(days)
        )
        assert pnl == pytest.approx(cash - fee, abs=1e-6), ticker


def test_times_and_parameters(run: TradeRun) -> None:
    summary = summarise(run)
    wanted = {
        "trade": "invented-trade",
        "event": "invented-news",
        "announced_at": "2026-07-01T09:29:59-04:00",
        "announced_at_is_bound": True,
        "known_at": "2026-06-30",
        "first_fill": "2026-07-01 open",
        "tradable": True,
        "hindsight": False,
        "entry_session": "2026-07-01",
        "entry_mark": "open",
        "exit_session": "2026-07-14",
        "exit_mark": "close",
        "capital": 1_000_000.0,
        "sessions": 9,
        "weights": {BOLD: 0.25, "ACME": 0.25, "CLOUD": -0.25, "LATE": -0.25},
        "hedge": {
            "method": "dollar",
            "ratio": 1.0,
            "benchmark": None,
            "known_at": None,
            "betas": {},
            "weights": {"CLOUD": 0.5, "LATE": 0.5},
            "factors": [],
            "sessions": None,
            "undefined": dict.fromkeys(("benchmark", "known_at", "sessions"), "the method dollar needs none"),
        },
        "note": "simulated history, reported event-day moves",
    }
    assert {key: summary[key] for key in wanted} == wanted
    assert summary["parameters"]["hold"] == 8


def test_an_exact_moment_is_not_a_bound(run: TradeRun) -> None:
    exact = run.event.model_copy(update={"announced_at": datetime(2026, 7, 1, 12, 15, tzinfo=UTC)})
    summary = summarise(run_trade(run.trade, exact, RunSetting(run.market, run.backtest.costs)))
    assert summary["announced_at"] == "2026-07-01T08:15:00-04:00"
    assert summary["announced_at_is_bound"] is False


def test_deferred_orders_are_listed_with_their_reason(run: TradeRun) -> None:
    summary = summarise(run)
    assert summary["rejected"] == [
        {"session": "2026-07-01", "mark": "open", "ticker": "CLOUD", "status": "deferred", "reason": "no_open"}
    ]
    entry = next(fill for fill in summary["fills"] if fill["ticker"] == "CLOUD")
    assert (entry["session"], entry["mark"]) == ("2026-07-01", "close")


def test_hindsight_is_marked_not_tradable(hindsight: TradeRun) -> None:
    summary = summarise(hindsight)
    assert (summary["tradable"], summary["hindsight"]) == (False, True)
    assert summary["note"] == "simulated history, reported event-day moves; not tradable"
    assert (summary["entry_session"], summary["entry_mark"]) == ("2026-06-30", "close")


def test_real_prices_carry_no_note(every_run: dict[str, TradeRun]) -> None:
    summary = summarise(every_run["free"])
    assert summary["note"] is None
    assert summary["costs"] == dict.fromkeys(summary["costs"], 0.0)
    assert set(summary["hedge"]["betas"]) == set(summary["weights"])
    assert summary["hedge"]["known_at"] == "2026-06-30"


def test_figures_without_a_definition_are_null(one_session: TradeRun) -> None:
    summary = summarise(one_session)
    undefined = ("sharpe", "sharpe_stderr", "sortino", "volatility_annual")
    assert {name: summary[name] for name in undefined} == dict.fromkeys(undefined)
    assert summary["exposures_during"] == {}
    assert summary["exposure_windows"]["during"] is None
    assert set(summary["exposures"]) == {"market", "semis", "bitcoin", "momentum"}


def test_a_leg_and_a_ticker_that_earned_nothing_stand_at_zero(one_leg: TradeRun, one_session: TradeRun) -> None:
    assert summarise(one_leg)["pnl_by_leg"]["short"] == 0.0
    # Without an open CLOUD would only have been bought at the close at which the trade ends.
    assert summarise(one_session)["pnl_by_ticker"]["CLOUD"] == 0.0


def test_without_proxies_there_is_a_note_instead_of_exposures(run: TradeRun) -> None:
    names = ("open", "high", "low", "close", "volume")
    arrays = {name: getattr(run.market, name)[:, :4] for name in names}
    bare = replace(run.market, tickers=run.market.tickers[:4], **arrays)
    summary = summarise(run_invented(bare))
    assert summary["exposures"] == {}
    assert any("no factor proxy" in warning for warning in summary["warnings"])


def test_plain_values() -> None:
    class Colour(Enum):
        RED = "red"

    given = {
        "nan": math.nan,
        "inf": [np.inf, -np.inf],
        "float": np.float64(0.5),
        "int": np.int64(3),
        "flag": np.bool_(True),
        "day": np.datetime64("2026-07-01T00:00:00", "ns"),
        "not a day": np.datetime64("NaT"),
        "not a time": pd.NaT,
        "stamp": pd.Timestamp("2026-07-01"),
        "enum": Colour.RED,
        "array": np.array([1.0, np.nan]),
    }
    assert plain(given) == {
        "nan": None,
        "inf": [None, None],
        "float": 0.5,
        "int": 3,
        "flag": True,
        "day": "2026-07-01",
        "not a day": None,
        "not a time": None,
        "stamp": "2026-07-01",
        "enum": "red",
        "array": [1.0, None],
    }
    with pytest.raises(TypeError, match="object has no JSON form"):
        plain(object())


def test_reading_the_module_imports_nothing_heavy() -> None:
    code = (
        "import sys; import hedgebook.reports.run.summary, hedgebook.reports.page.html, hedgebook.reports.run.folder; "
        "print([m for m in ('plotly', 'jinja2', 'statsmodels', 'empyrical', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
