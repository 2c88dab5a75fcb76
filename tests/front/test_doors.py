"""Whatever a public function is given in place of what it takes, it refuses with an error that names what it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError

from .wrong import WRONG, refused, refuses

# Told without running anything, as tests are collected.
NAMES = [name for name in hb.__all__ if name != "trades" and inspect.isfunction(getattr(hb, name))]


@cache
def _run() -> hb.Run:
    return hb.backtest(hb.trade(), hb.sample_market(), "none")


@cache
def _functions() -> dict[str, dict[str, Any]]:
    """Each function with arguments that it would take."""
    market, trade = hb.sample_market(), hb.trade()
    setting = {"costs": "none", "account": "plain", "events": "events"}
    book = hb.Book({"META": 100.0})
    hedge = hb.HedgeBook(book, ("SPY",))
    schedule = _run().plan.schedule
    frame = pd.DataFrame({"date": market.sessions[:5], "META": market.close[:5, market.column("META")]})
    signs = market.frame("close")[["META", "NVDA"]].iloc[:9] > 0
    daily = pd.Series([0.01, -0.02, 0.005, 0.01], index=pd.bdate_range("2024-01-01", periods=4))
    return {
        "audit": {"strategy": trade, "market": market, "decisions": 1, "seed": 0, "events": "events"},
        "backtest": {
            "strategy": trade, "market": market, "rules": None, "start": None, "until": None, "holdings": None,
            **setting,
        },
        "capacity": {"strategy": trade, "market": market, "share": 0.5, **setting},
        "compare": {
            "subjects": [daily, -daily], "benchmark": None, "names": None, "market": None, "returns_in": None,
            "benchmark_in": None,
        },
        "compare_prices": {"a": frame, "b": frame, "universe": None},
        "check_claims": {"market": market, "event": None, "claims": "claims"},
        "check_prices": {"path": frame, "universe": "ai_infrastructure", "confirmed_moves": ()},
        "event_series": {
            "trade": trade, "market": market, "tags": ["cloud"], "sides": "trade", "between": (None, None),
            "overlap": "skip", **setting,
        },
        "event_study": {
            "event": "meta-compute-2026", "market": market, "model": "market", "window": (0, 1), "benchmark": None,
            "names": ["META"], "estimation_sessions": 100, "gap_sessions": 10, "options": None, "chain": None,
        },
        "events": {"path": "events"},
        "fetch": {
            "universe": "ai_infrastructure", "source": frame, "start": None, "until": None, "store": None,
            "full": False, "layout": None,
        },
        "find_hedge": {
            "book": book, "market": market, "costs": "none", "names": 1, "events": "events", "out": None,
            "options": None,
        },
        "hedge_book": {"book": hedge, "market": market, "period": None, **setting},
        "catalogue_results": {"market": market, "trades": None, **setting},
        "hedges": {"trade": trade, "market": market, "methods": ["dollar"], "on": None, "tags": None, **setting},
        "load_account": {"name_or_path": "plain"},
        "load_costs": {"name_or_path": "default"},
        "load_market": {"path": frame, "universe": "ai_infrastructure", "tickers": ["META"], "confirmed_moves": ()},
        "load_report": {"folder": "nowhere"},
        "load_run": {"folder": "nowhere"},
        "load_sweep": {"folder": "nowhere"},
        "replay": {"folder": "nowhere", "recorded": False, "prices": None, "universe": None},
        "load_universe": {"name_or_path": "ai_infrastructure"},
        "read_book": {"path": "nowhere.csv", "market": market, "ignore": ()},
        "refute": {
            "subject": trade, "market": market, "on": None, "tags": None,
            "options": hb.RefuteOptions(dates=100, baskets=20, draws=199), **setting,
        },
        "risk": {
            "subject": 0, "market": None, "benchmark": None, "confidence": 0.95, "horizon": 1, "scenarios": "scenarios",
            "account": "plain", "events": "events", "loss": 0.1, "paths": 100, "sessions": 2, "seed": 0,
            "missing": "common", "as_of": None, "cash": None,
        },
        "tearsheet": {
            "returns": daily, "benchmark": None, "name": None, "market": None, "returns_in": None,
            "benchmark_in": None,
        },
        "express": {
            "trade": trade, "market": market, "chain": None, "surfaces": "default", "event": None, "asked": {},
            **setting,
        },
        "ticket": {
            "trade": trade, "market": market, "book": None, "capital": 1e6, "limits": None, "as_of": None,
            "event": None, "scenarios": "scenarios", "seed": 0, **setting,
        },
        "load_limits": {"name_or_path": "nowhere.toml"},
        "load_actions": {"given": "actions.csv"},
        "run_schedule": {
            "market": market, "schedule": schedule, "costs": "none", "account": "plain", "rules": None, "legs": {},
            "holdings": None, "until": None,
        },
        "sample_market": {"seed": -1},
        "signals": {
            "entries": signs, "exits": ~signs, "size": 0.5, "short_entries": None, "short_exits": None,
            "fill": "next open", "stop_loss": 0.1,
        },
        "sweep": {
            "strategy": trade, "market": market, "costs": "none", "account": "plain", "sample": "grid", "where": (),
            "metric": "sharpe", "cv": "cscv", "options": None, "hold": [5, 6, 7],
        },
        "trade": {"name": "long-meta-short-neocloud", "hold": 5, "gross": 1.0, "long": "META", "short_stop": 0.1},
        "weights": {"frame": signs * 0.5, "fill": "next close", "capital": 5e5},
    }  # fmt: skip


def test_every_public_function_is_asked() -> None:
    assert set(_functions()) == set(NAMES)


def test_numbers_of_numpy_are_numbers() -> None:
    """A small whole number or a half float counts in full: 120 is no 120 of eight bits once it is squared."""
    returns = pd.Series(np.random.default_rng(4).normal(0.0, 0.01, 400), pd.bdate_range("2024-01-02", periods=400))
    window = hb.metrics.rolling_risk(returns, window_sessions=np.int8(120))
    pd.testing.assert_frame_equal(window, hb.metrics.rolling_risk(returns, window_sessions=120))
    half = hb.metrics.value_at_risk(returns, confidence=np.float16(0.75))
    assert half == hb.metrics.value_at_risk(returns, confidence=0.75)
    given = hb.luck.SharpeEstimate(np.float16(0.125), np.int16(30_000))
    assert hb.luck.probabilistic_sharpe(given) == hb.luck.probabilistic_sharpe(hb.luck.SharpeEstimate(0.125, 30_000))
    flag = hb.luck.superiority(returns, studentised=np.bool_(True), draws=20, block_length=2)
    assert flag.studentised is True


@pytest.mark.parametrize("name", NAMES)
def test_functions_refuse_what_they_cannot_use(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEBOOK_DATA", str(tmp_path / "data"))
    function, arguments = getattr(hb, name), _functions()[name]
    refuses(function, arguments, name)


VALUES: dict[str, Callable[[], Any]] = {
    "Account": lambda: hb.Account(),
    "Book": lambda: hb.Book({"META": 1.0}),
    "Costs": lambda: hb.Costs(),
    "EventTrade": lambda: hb.trade(),
    "HedgeBook": lambda: hb.HedgeBook(hb.Book({"META": 1.0}), ("SPY",)),
    "Market": lambda: hb.sample_market(),
    "Period": lambda: hb.Period(),
    "RefuteOptions": lambda: hb.RefuteOptions(),
    "RiskOptions": lambda: hb.RiskOptions(),
    "Rules": lambda: hb.Rules(),
    "Schedule": lambda: _run().plan.schedule,
    "StudyOptions": lambda: hb.StudyOptions(),
    "SweepOptions": lambda: hb.SweepOptions(),
    "Universe": lambda: hb.sample_market().universe,
}


@pytest.mark.parametrize("name", VALUES)
def test_values_refuse_what_they_cannot_hold(name: str) -> None:
    made = VALUES[name]()
    kind: Callable[..., Any] = type(made)
    fields = getattr(type(made), "model_fields", None) or {
        field: 0 for field, one in made.__dataclass_fields__.items() if one.init
    }
    good = {field: getattr(made, field) for field in fields}
    refuses(kind, good, name)


METHODS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "Run.report": (_run, {"path": ""}),
    "Run.save": (_run, {"folder": "", "overwrite": True}),
    "Run.pnl": (_run, {"by": "ticker"}),
    "Market.column": (hb.sample_market, {"ticker": "META"}),
    "Market.frame": (hb.sample_market, {"field": "close"}),
    "Market.rows": (hb.sample_market, {"start": 0, "stop": 5}),
    "Market.until": (hb.sample_market, {"session": "2026-07-01"}),
    "Market.session_index": (hb.sample_market, {"session": "2026-07-01"}),
    "Market.next_session": (hb.sample_market, {"session": "2026-07-01"}),
    "Market.close_returns": (hb.sample_market, {"tickers": ["META"]}),
    "Market.bucket_of": (hb.sample_market, {"ticker": "META"}),
    "Universe.bucket": (lambda: hb.sample_market().universe, {"name": "meta"}),
    "Universe.resolve": (lambda: hb.sample_market().universe, {"names": ["meta"], "on": "2026-07-01"}),
    "Event.first_fill": (lambda: hb.events()[0], {"calendar": None}),
    "EventTrade.hedged": (lambda: hb.trade(), {"method": "beta"}),
    "Costs.check_names": (lambda: hb.Costs(), {"universe": None}),
    "Account.check_names": (lambda: hb.Account(), {"universe": None}),
    "Schedule.orders": (lambda: _run().plan.schedule, {"market": None, "start": 0}),
    "Backtest.pnl_of": (lambda: _run().backtest, {"tickers": ["META"]}),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_refuse_what_they_cannot_use(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    owner, arguments = METHODS[name]
    method = getattr(owner(), name.partition(".")[2])
    for parameter in arguments:
        for what, wrong in WRONG.items():
            if name in ("Run.report", "Run.save") and what in ("'x'", "path"):
                continue  # these are paths
            refused(partial(method, **{**arguments, parameter: wrong}), f"{name}({parameter}={what})")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: hb.backtest(hb.trade(), "prices.parquet"), "market: .*'prices.parquet'.*hb.load_market"),
        (lambda m: hb.backtest(hb.trade(), m, costs=5), 'costs: .*got 5.*"default", "none".*TOML'),
        (lambda m: hb.backtest(hb.trade(), m, account=[]), 'account: .*list.*"plain", "strict", "none"'),
        (lambda m: hb.run_schedule(m, pd.DataFrame()), "schedule: a DataFrame cannot be used here.*a Schedule"),
        (lambda _: hb.trade(short_stop=True), "short_stop: this is not a number .got True"),
        (lambda m: hb.sweep(hb.trade(), m, hold=[5, 6, 7]).returns_of(0), r"indices: .*got 0.*a list .*\[0, 3\]"),
    ],
)
def test_what_is_accepted_is_named(call: Callable[[hb.Market], Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        call(hb.sample_market())


def test_signatures_and_help_are_those_of_the_functions() -> None:
    names = ["strategy", "market", "costs", "account", "rules", "start", "until", "holdings", "events", "event"]
    names += ["factors", "loadings", "factors_in"]
    assert list(inspect.signature(hb.backtest).parameters) == names
    assert "Run any strategy" in str(hb.backtest.__doc__)
    with pytest.raises(TypeError, match="unexpected keyword argument 'cost'"):
        hb.backtest(hb.trade(), hb.sample_market(), cost="none")  # type: ignore[call-arg]
