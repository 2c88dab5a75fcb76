"""Whatever a public function is given in place of what it takes, it refuses with an error that names what it takes."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError


class Colour(Enum):
    """What is neither text nor a number, though its value is."""

    RED = "plain"


WRONG: dict[str, Any] = {
    "None": None,
    "True": True,
    "5": 5,
    "-1": -1,
    "nan": float("nan"),
    "inf": float("inf"),
    "1e308": 1e308,
    "10**400": 10**400,
    "1j": 1j,
    "''": "",
    "'x'": "x",
    "nul": "\x00",
    "bytes": b"x",
    "[]": [],
    "{}": {},
    "object": object(),
    "array": np.array([1.0]),
    "frame": pd.DataFrame(),
    "series": pd.Series(dtype=float),
    "datetime": datetime.datetime(2026, 7, 1),
    "NaT": pd.NaT,
    "class": int,
    "function": lambda: 0,
    "path": Path("nope/none.toml"),
    "huge": "y" * 100_000,
    "nested": [[["x"]]],
    "pair": (1, 2),
    "set": {1},
    "int8": np.int8(-128),
    "half": np.float16(0.5),
    "span": np.timedelta64(1, "D"),
    "fraction": Fraction(1, 2),
    "surrogate": "\ud800",
    "surrogates": ["\udcff"],
    "of a zone": pd.Timestamp("2026-07-01", tz="Asia/Tokyo"),
    "plain enum": Colour.RED,
    "words": pd.Series(["a", 1]),
    "named": pd.Series([0.01, -0.02] * 40, pd.bdate_range("2026-01-05", periods=80), name="\udcff"),
}
# Words of other libraries, and of Python's about itself.
NOT_OURS = ("validation error", "pydantic", "Input should", "object has no attribute", "at 0x")


@cache
def _run() -> hb.Run:
    return hb.backtest(hb.trade(), hb.sample_market(), "none")


def _refused(call: Callable[[], Any], label: str) -> None:
    """Run a call, which may give a result or an InputError and nothing else."""
    try:
        call()
    except InputError as problem:
        said = str(problem)
    except Exception as problem:  # what else comes out is what is looked for
        raise AssertionError(f"{label}: {type(problem).__name__}: {problem}") from problem
    else:
        return
    assert len(said) < 3000, label
    assert not any(words in said for words in NOT_OURS), f"{label}: {said}"


def _functions() -> dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[str, ...]]]:
    """Each function with arguments that it would take, and those of them that are swapped for wrong ones."""
    market, trade = hb.sample_market(), hb.trade()
    setting = {"costs": "none", "account": "plain", "events": "events"}
    book = hb.Book({"META": 100.0})
    hedge = hb.HedgeBook(book, ("SPY",))
    schedule = _run().plan.schedule
    frame = pd.DataFrame({"date": market.sessions[:5], "META": market.close[:5, market.column("META")]})
    signs = market.frame("close")[["META", "NVDA"]].iloc[:9] > 0
    daily = pd.Series([0.01, -0.02, 0.005, 0.01], index=pd.bdate_range("2024-01-01", periods=4))
    given: dict[str, dict[str, Any]] = {
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
        "check_claims": {"market": market, "event": None, "claims": "claims"},
        "check_prices": {"path": frame, "universe": "ai_infrastructure"},
        "event_series": {
            "trade": trade, "market": market, "tags": ["cloud"], "sides": "trade", "between": (None, None),
            "overlap": "skip", **setting,
        },
        "event_study": {
            "event": "meta-compute-2026", "market": market, "model": "market", "window": (0, 1), "benchmark": None,
            "names": ["META"], "estimation_sessions": 100, "gap_sessions": 10, "options": None,
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
    return {name: (getattr(hb, name), arguments, tuple(arguments)) for name, arguments in given.items()}


def test_every_public_function_is_asked() -> None:
    public = {name for name in hb.__all__ if inspect.isfunction(getattr(hb, name))}
    assert public - {"trades"} == set(_functions())


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


@pytest.mark.parametrize("name", sorted(_functions()))
def test_functions_refuse_what_they_cannot_use(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEBOOK_DATA", str(tmp_path / "data"))
    function, arguments, swapped = _functions()[name]
    for parameter in swapped:
        for what, wrong in WRONG.items():
            label = f"{name}({parameter}={what})"
            _refused(partial(function, **{**arguments, parameter: wrong}), label)


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
    for field in fields:
        for what, wrong in WRONG.items():
            _refused(partial(kind, **{**good, field: wrong}), f"{name}({field}={what})")


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
            _refused(partial(method, **{**arguments, parameter: wrong}), f"{name}({parameter}={what})")


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


def _modules() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Functions and values of the modules of figures, with arguments that they take."""
    rng = np.random.default_rng(3)
    dates = pd.bdate_range("2024-01-02", periods=120)
    one = pd.Series(rng.normal(0.0, 0.01, 120), index=dates)
    two = pd.DataFrame(rng.normal(0.0, 0.01, (120, 2)), index=dates, columns=["a", "b"])
    x, names = two.to_numpy(), ("a", "b")
    estimate, hypotheses = hb.luck.SharpeEstimate(0.1, 500), hb.luck.SharpeHypotheses()
    market, run = hb.sample_market(), _run()
    factor_set = hb.factors.default_factors(market)
    noise = {"observation": 1e-4, "state": np.full(3, 1e-6), "mean0": np.zeros(3), "variance0": np.eye(3)}
    model = hb.factors.factor_model_risk(x, x[:, :1], ("a",))
    bootstrap = {"draws": 20, "block_length": 2, "seed": 0}
    errors = hb.factors.ErrorTerms()
    rolling = {"returns": one, "other": one, "window_sessions": 63, "least_sessions": 30, "sessions_per_year": 252}
    given: dict[str, dict[str, Any]] = {
        "luck.SharpeEstimate": {
            "sharpe": 0.1, "observations": 9, "skewness": 0.0, "kurtosis": 3.0, "autocorrelation": 0.0
        },
        "luck.SharpeHypotheses": {
            "null": 0.0, "alternative": 0.1, "prior": 0.1, "trials": 2.0, "sharpe_variance": 0.1
        },
        "luck.confidence_set": {"returns": two, "level": 0.1, "method": "R", **bootstrap},
        "luck.cscv_of_returns": {"returns": two, "blocks": 4, "metric": "sharpe", "risk_free": 0.0, "threads": 1},
        "luck.deflated_sharpe": {
            "estimate": estimate, "trials": 5, "sharpe_variance": 0.01, "benchmark": 0.0,
            "convention": "bailey-lopez-de-prado",
        },
        "luck.effective_rank": {"returns": two},
        "luck.expected_max_sharpe": {"trials": 5, "variance": 0.1},
        "luck.haircut_sharpe": {"sharpes": [0.1, 0.0], "observations": 500, "adjustment": "bhy"},
        "luck.minimum_track_record": {"estimate": estimate, "benchmark": 0.0, "confidence": 0.9},
        "luck.observed_false_discovery_rate": {"estimate": estimate, "hypotheses": hypotheses},
        "luck.probabilistic_sharpe": {"estimate": estimate, "benchmark": 0.0, "trials": 1.0},
        "luck.sharpe_interval": {
            "returns": one, "kind": "basic", "confidence": 0.9, "sessions_per_year": 252, **bootstrap
        },
        "luck.sharpe_standard_error": {"estimate": estimate, "convention": "bailey-lopez-de-prado"},
        "luck.sharpe_test": {"estimate": estimate, "hypotheses": hypotheses, "level": 0.05},
        "luck.sharpe_test_at_rate": {"estimate": estimate, "hypotheses": hypotheses, "rate": 0.2},
        "luck.superiority": {"returns": two, "benchmark": None, "studentised": True, **bootstrap},
        "luck.trial_clusters": {"returns": two, "most": 2},
        "metrics.VarSettings": {
            "age_decay_frac": 0.98, "ewma_decay_frac": 0.94, "threshold_quantile_frac": 0.9, "paths": 100, "seed": 0
        },
        "metrics.backtest_table": {"models": {}, "confidence": 0.95, "draws": 100, "seed": 0},
        "metrics.bootstrap_metrics": {"returns": one, "sessions_per_year": 252, "threads": 1, **bootstrap},
        "metrics.conditional_drawdown": {"returns": one, "confidence": 0.9},
        "metrics.drawdown_table": {"levels": np.array([1.0, 0.9, 1.1]), "dates": dates[:3]},
        "metrics.measure": {"returns": one},
        "metrics.measure_levels": {"levels": [1.0, 0.9, 1.1], "traded": True, "opens": [1.0, 1.0]},
        "metrics.metrics_table": {
            "returns": two, "benchmark": one, "confidence": 0.95, "sessions_per_year": 252, "nan": "skip", "threads": 1
        },
        "metrics.optimal_block_length": {"returns": one},
        "metrics.pain_index": {"returns": one},
        "metrics.risk_table": {
            "returns": one, "methods": ["historical"], "confidences": [0.9], "horizon_sessions": 1, "settings": None
        },
        "metrics.rolling_risk": rolling,
        "metrics.rolling_risk_bands": {**rolling, "confidence": 0.9, "threads": 1, "most_dates": 5, **bootstrap},
        "metrics.t_tail_dependence": {"nu": 4.0, "correlation": 0.5},
        "metrics.tail_dependence": {"first": one, "second": one, "quantile_frac": 0.1},
        "metrics.ulcer_index": {"returns": one},
        "metrics.value_at_risk": {
            "returns": one, "method": "historical", "confidence": 0.95, "horizon_sessions": 1, "settings": None
        },
        "factors.DriftNoise": noise,
        "factors.ErrorTerms": {"kind": "plain", "lags": 2, "small_sample": True},
        "factors.attribute_pnl": {
            "market": market, "backtest": run.backtest, "factors": factor_set, "window": 60, "min_sessions": 30,
            "frozen": False,
        },
        "factors.conditional_betas": {"returns": one, "market": one, "stress_fracs": (0.1,), "errors": errors},
        "factors.custom_factors": {"series": {"a": one}, "sessions": dates.to_numpy().astype("datetime64[D]")},
        "factors.default_factors": {"market": market, "until": None},
        "factors.drifting_exposure": {
            "returns": x[:, 0], "factors": x, "names": names, "noise": hb.factors.DriftNoise(**noise)
        },
        "factors.estimate_noise": {
            "returns": x[:, 0], "factors": x, "names": names, "drifting": ("a",), "mean0": noise["mean0"],
            "variance0": noise["variance0"],
        },
        "factors.etf_factors": {"market": market, "names": ("market",), "until": None},
        "factors.ewma_covariance": {"returns": x, "half_life_sessions": 20.0},
        "factors.exposure_path": {
            "market": market, "backtest": run.backtest, "factors": factor_set, "window": 60, "returns_window": 20
        },
        "factors.factor_model_risk": {"returns": x, "factors": x, "names": names},
        "factors.known_betas": {
            "market": market, "tickers": ("META",), "factors": factor_set, "window": 60, "min_sessions": 30
        },
        "factors.ledoit_wolf_covariance": {"returns": x},
        "factors.load_factors": {"path": "nowhere.csv", "unit": "percent"},
        "factors.load_fama_french": {"path": "nowhere.csv", "unit": "percent"},
        "factors.load_loadings": {"path": "nowhere.csv"},
        "factors.newey_west_bandwidth": {"residuals": x[:, 0], "factors": x},
        "factors.newey_west_lags": {"sessions": 250},
        "factors.ols": {"returns": x[:, 0], "factors": x, "names": names, "errors": errors},
        "factors.orthogonalised": {"factors": factor_set, "until": None},
        "factors.ridge": {"returns": x[:, 0], "factors": x, "names": names, "penalty": 1.0},
        "factors.risk_by_factor": {"weights": [0.5, 0.5], "model": model, "tickers": names},
        "factors.risk_by_ticker": {"weights": [0.5, 0.5], "covariance": np.eye(2), "tickers": names},
        "factors.rolling_ols": {
            "returns": x, "factors": x, "names": names, "window": 60, "min_sessions": 30, "errors": errors
        },
        "factors.sample_covariance": {"returns": x},
    }  # fmt: skip
    return {name: (getattr(getattr(hb, name.split(".")[0]), name.split(".")[1]), kw) for name, kw in given.items()}


def test_every_function_of_figures_is_asked() -> None:
    modules = {"luck": hb.luck, "metrics": hb.metrics, "factors": hb.factors}
    public = {
        f"{name}.{one}"
        for name, home in modules.items()
        for one in home.__all__
        if inspect.isfunction(getattr(home, one))
    }
    assert public <= set(_modules())


@pytest.mark.parametrize("name", sorted(_modules()))
def test_functions_of_figures_refuse_what_they_cannot_use(name: str) -> None:
    function, arguments = _modules()[name]
    for parameter in arguments:
        for what, wrong in WRONG.items():
            _refused(partial(function, **{**arguments, parameter: wrong}), f"{name}({parameter}={what})")
