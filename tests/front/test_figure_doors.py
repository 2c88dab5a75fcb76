"""Whatever a function of figures is given in place of what it takes, it refuses as the public functions do."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb

from .wrong import refuses

MODULES = {"luck": hb.luck, "metrics": hb.metrics, "factors": hb.factors}
# Told without running anything, as tests are collected; values that a function takes have doors too.
EXPORTED = [(home, name) for home, module in MODULES.items() for name in module.__all__]
NAMES = [f"{home}.{name}" for home, name in EXPORTED if inspect.isfunction(getattr(MODULES[home], name))]
NAMES += ["luck.SharpeEstimate", "luck.SharpeHypotheses", "metrics.VarSettings"]
NAMES += ["factors.DriftNoise", "factors.ErrorTerms"]
DATES = pd.bdate_range("2024-01-02", periods=120)
_DRAW = np.random.default_rng(3)
ONE = pd.Series(_DRAW.normal(0.0, 0.01, 120), index=DATES)
PAIR = pd.DataFrame(_DRAW.normal(0.0, 0.01, (120, 2)), index=DATES, columns=["a", "b"])
BOOTSTRAP = {"draws": 20, "block_length": 2, "seed": 0}


def _luck() -> dict[str, dict[str, Any]]:
    estimate, hypotheses = hb.luck.SharpeEstimate(0.1, 500), hb.luck.SharpeHypotheses()
    return {
        "SharpeEstimate": {
            "sharpe": 0.1, "observations": 9, "skewness": 0.0, "kurtosis": 3.0, "autocorrelation": 0.0
        },
        "SharpeHypotheses": {
            "null": 0.0, "alternative": 0.1, "prior": 0.1, "trials": 2.0, "sharpe_variance": 0.1
        },
        "confidence_set": {"returns": PAIR, "level": 0.1, "method": "R", **BOOTSTRAP},
        "cscv_of_returns": {"returns": PAIR, "blocks": 4, "metric": "sharpe", "risk_free": 0.0, "threads": 1},
        "deflated_sharpe": {
            "estimate": estimate, "trials": 5, "sharpe_variance": 0.01, "benchmark": 0.0,
            "convention": "bailey-lopez-de-prado",
        },
        "effective_rank": {"returns": PAIR},
        "expected_max_sharpe": {"trials": 5, "variance": 0.1},
        "haircut_sharpe": {"sharpes": [0.1, 0.0], "observations": 500, "adjustment": "bhy"},
        "minimum_track_record": {"estimate": estimate, "benchmark": 0.0, "confidence": 0.9},
        "observed_false_discovery_rate": {"estimate": estimate, "hypotheses": hypotheses},
        "probabilistic_sharpe": {"estimate": estimate, "benchmark": 0.0, "trials": 1.0},
        "sharpe_interval": {
            "returns": ONE, "kind": "basic", "confidence": 0.9, "sessions_per_year": 252, **BOOTSTRAP
        },
        "sharpe_standard_error": {"estimate": estimate, "convention": "bailey-lopez-de-prado"},
        "sharpe_test": {"estimate": estimate, "hypotheses": hypotheses, "level": 0.05},
        "sharpe_test_at_rate": {"estimate": estimate, "hypotheses": hypotheses, "rate": 0.2},
        "superiority": {"returns": PAIR, "benchmark": None, "studentised": True, **BOOTSTRAP},
        "trial_clusters": {"returns": PAIR, "most": 2},
    }  # fmt: skip


def _metrics() -> dict[str, dict[str, Any]]:
    rolling = {"returns": ONE, "other": ONE, "window_sessions": 63, "least_sessions": 30, "sessions_per_year": 252}
    return {
        "VarSettings": {
            "age_decay_frac": 0.98, "ewma_decay_frac": 0.94, "threshold_quantile_frac": 0.9, "paths": 100, "seed": 0
        },
        "backtest_table": {"models": {}, "confidence": 0.95, "draws": 100, "seed": 0},
        "bootstrap_metrics": {"returns": ONE, "sessions_per_year": 252, "threads": 1, **BOOTSTRAP},
        "conditional_drawdown": {"returns": ONE, "confidence": 0.9},
        "drawdown_table": {"levels": np.array([1.0, 0.9, 1.1]), "dates": DATES[:3]},
        "measure": {"returns": ONE},
        "measure_levels": {"levels": [1.0, 0.9, 1.1], "traded": True, "opens": [1.0, 1.0]},
        "metrics_table": {
            "returns": PAIR, "benchmark": ONE, "confidence": 0.95, "sessions_per_year": 252, "nan": "skip", "threads": 1
        },
        "optimal_block_length": {"returns": ONE},
        "pain_index": {"returns": ONE},
        "risk_table": {
            "returns": ONE, "methods": ["historical"], "confidences": [0.9], "horizon_sessions": 1, "settings": None
        },
        "rolling_risk": rolling,
        "rolling_risk_bands": {**rolling, "confidence": 0.9, "threads": 1, "most_dates": 5, **BOOTSTRAP},
        "t_tail_dependence": {"nu": 4.0, "correlation": 0.5},
        "tail_dependence": {"first": ONE, "second": ONE, "quantile_frac": 0.1},
        "ulcer_index": {"returns": ONE},
        "value_at_risk": {
            "returns": ONE, "method": "historical", "confidence": 0.95, "horizon_sessions": 1, "settings": None
        },
    }  # fmt: skip


def _factors() -> dict[str, dict[str, Any]]:
    x, names, market = PAIR.to_numpy(), ("a", "b"), hb.sample_market()
    run = hb.backtest(hb.trade(), market, "none")
    factor_set = hb.factors.default_factors(market)
    noise = {"observation": 1e-4, "state": np.full(3, 1e-6), "mean0": np.zeros(3), "variance0": np.eye(3)}
    model = hb.factors.factor_model_risk(x, x[:, :1], ("a",))
    errors = hb.factors.ErrorTerms()
    return {
        "DriftNoise": noise,
        "ErrorTerms": {"kind": "plain", "lags": 2, "small_sample": True},
        "attribute_pnl": {
            "market": market, "backtest": run.backtest, "factors": factor_set, "window": 60, "min_sessions": 30,
            "frozen": False,
        },
        "conditional_betas": {"returns": ONE, "market": ONE, "stress_fracs": (0.1,), "errors": errors},
        "custom_factors": {"series": {"a": ONE}, "sessions": DATES.to_numpy().astype("datetime64[D]")},
        "default_factors": {"market": market, "until": None},
        "drifting_exposure": {
            "returns": x[:, 0], "factors": x, "names": names, "noise": hb.factors.DriftNoise(**noise)
        },
        "estimate_noise": {
            "returns": x[:, 0], "factors": x, "names": names, "drifting": ("a",), "mean0": noise["mean0"],
            "variance0": noise["variance0"],
        },
        "etf_factors": {"market": market, "names": ("market",), "until": None},
        "ewma_covariance": {"returns": x, "half_life_sessions": 20.0},
        "exposure_path": {
            "market": market, "backtest": run.backtest, "factors": factor_set, "window": 60, "returns_window": 20
        },
        "factor_model_risk": {"returns": x, "factors": x, "names": names},
        "known_betas": {
            "market": market, "tickers": ("META",), "factors": factor_set, "window": 60, "min_sessions": 30
        },
        "ledoit_wolf_covariance": {"returns": x},
        "load_factors": {"path": "nowhere.csv", "unit": "percent"},
        "load_fama_french": {"path": "nowhere.csv", "unit": "percent"},
        "load_loadings": {"path": "nowhere.csv"},
        "newey_west_bandwidth": {"residuals": x[:, 0], "factors": x},
        "newey_west_lags": {"sessions": 250},
        "ols": {"returns": x[:, 0], "factors": x, "names": names, "errors": errors},
        "orthogonalised": {"factors": factor_set, "until": None},
        "ridge": {"returns": x[:, 0], "factors": x, "names": names, "penalty": 1.0},
        "risk_by_factor": {"weights": [0.5, 0.5], "model": model, "tickers": names},
        "risk_by_ticker": {"weights": [0.5, 0.5], "covariance": np.eye(2), "tickers": names},
        "rolling_ols": {
            "returns": x, "factors": x, "names": names, "window": 60, "min_sessions": 30, "errors": errors
        },
        "sample_covariance": {"returns": x},
    }  # fmt: skip


@cache
def _given() -> dict[str, dict[str, Any]]:
    """Functions and values of the modules of figures, with arguments that they take."""
    homes = {"luck": _luck(), "metrics": _metrics(), "factors": _factors()}
    return {f"{home}.{name}": arguments for home, given in homes.items() for name, arguments in given.items()}


def test_every_function_of_figures_is_asked() -> None:
    assert set(_given()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_figures_refuse_what_they_cannot_use(name: str) -> None:
    home, _, function = name.partition(".")
    refuses(getattr(MODULES[home], function), _given()[name], name)
