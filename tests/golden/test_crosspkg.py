"""One daily series through empyrical, quantstats, vectorbt and ffn: where they agree, and where not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.drawdowns import drawdown_table, underwater_returns
from hedgebook.engine.risk.metrics_table import metrics_table

NAMES = ["AA", "IBM", "XOM", "LS"]
SAME = {
    "empyrical": {
        "annual_return": "cagr",
        "cagr": "cagr",
        "annual_volatility": "volatility_annual",
        "calmar_ratio": "calmar",
        "omega_ratio": "omega",
        "sharpe_ratio": "sharpe",
        "sortino_ratio": "sortino",
        "downside_risk": "downside_deviation_annual",
        "max_drawdown": "max_drawdown",
        "stability_of_timeseries": "stability",
        "tail_ratio": "tail_ratio",
        "cum_returns_final": "total_return",
        "alpha": "alpha_annual",
        "beta": "beta",
        "capture": "capture",
        "up_capture": "up_capture",
        "down_capture": "down_capture",
        "excess_sharpe": "excess_sharpe",
        "beta_fragility_heuristic": "beta_fragility",
    },
    "quantstats": {
        "cagr": "cagr",
        "calmar": "calmar",
        "comp": "total_return",
        "max_drawdown": "max_drawdown",
        "omega": "omega",
        "sharpe": "sharpe",
        "sortino": "sortino",
        "tail_ratio": "tail_ratio",
        "volatility": "volatility_annual",
        "win_rate": "hit_rate",
        "best": "best_session",
        "worst": "worst_session",
        "greeks_beta": "beta",
        "information_ratio": "excess_sharpe",
    },
    "vectorbt": {
        "total": "total_return",
        "annualized": "cagr",
        "annualized_volatility": "volatility_annual",
        "calmar_ratio": "calmar",
        "omega_ratio": "omega",
        "sharpe_ratio": "sharpe",
        "downside_risk": "downside_deviation_annual",
        "sortino_ratio": "sortino",
        "information_ratio": "excess_sharpe",
        "beta": "beta",
        "alpha": "alpha_annual",
        "tail_ratio": "tail_ratio",
        "capture": "capture",
        "up_capture": "up_capture",
        "down_capture": "down_capture",
        "max_drawdown": "max_drawdown",
    },
    "ffn": {
        "total_return": "total_return",
        "daily_sharpe": "sharpe",
        "daily_sortino": "sortino",
        "daily_vol": "volatility_annual",
        "best_day": "best_session",
        "worst_day": "worst_session",
        "max_drawdown": "max_drawdown",
    },
}
# ffn rebuilds returns from prices, which costs digits; vectorbt's Calmar and drawdown compound in another order.
TOLERANCE = {"empyrical": 1e-11, "quantstats": 1e-11, "vectorbt": 1e-11, "ffn": 1e-9}


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((shared / "golden/crosspkg/crosspkg_daily.json").read_text())["values"]
    return values


@pytest.fixture(scope="module")
def daily(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden/crosspkg/daily_returns.csv", index_col=0, parse_dates=True)


@pytest.fixture(scope="module")
def table(daily: pd.DataFrame) -> pd.DataFrame:
    return metrics_table(daily[NAMES], daily["EW"])


def theirs(golden: dict[str, Any], package: str, metric: str, name: str) -> float:
    values = golden[package]
    return float(values[name][metric] if package == "ffn" else values[metric][name])


@pytest.mark.parametrize(("package", "metric"), [(p, m) for p, names in SAME.items() for m in names])
def test_equal(golden: dict[str, Any], table: pd.DataFrame, package: str, metric: str) -> None:
    for name in NAMES:
        expected = theirs(golden, package, metric, name)
        assert table.loc[name, SAME[package][metric]] == pytest.approx(expected, rel=TOLERANCE[package]), name


def test_empyrical_var_is_a_return(golden: dict[str, Any], table: pd.DataFrame) -> None:
    for name in NAMES:
        assert table.loc[name, "var_historical"] == pytest.approx(-theirs(golden, "empyrical", "value_at_risk", name))
        es = theirs(golden, "empyrical", "conditional_value_at_risk", name)
        assert table.loc[name, "es_historical"] == pytest.approx(-es, rel=1e-11)


def test_quantstats_var_and_cvar_are_gaussian(golden: dict[str, Any], table: pd.DataFrame, daily: pd.DataFrame) -> None:
    """Both come from a normal law with the ddof=1 deviation, under names that do not say so; ours has n below."""
    n = len(daily)
    for name in NAMES:
        mean, deviation = daily[name].mean(), daily[name].std(ddof=1)
        var = theirs(golden, "quantstats", "value_at_risk", name)
        assert var == pytest.approx(mean - 1.6448536269514722 * deviation, rel=1e-10)
        cvar = theirs(golden, "quantstats", "conditional_value_at_risk", name)
        shrink = np.sqrt((n - 1) / n)
        assert table.loc[name, "var_gaussian"] == pytest.approx(-(mean + (var - mean) * shrink), rel=1e-10)
        assert table.loc[name, "es_gaussian"] == pytest.approx(-(mean + (cvar - mean) * shrink), rel=1e-10)
        assert table.loc[name, "es_historical"] > 1.05 * -cvar


def test_quantstats_alpha_is_not_compounded(golden: dict[str, Any], table: pd.DataFrame) -> None:
    for name in NAMES:
        daily_alpha = (1.0 + table.loc[name, "alpha_annual"]) ** (1 / 252) - 1.0
        assert theirs(golden, "quantstats", "greeks_alpha", name) == pytest.approx(252 * daily_alpha, rel=1e-9)


def test_quantstats_ulcer_and_moments_divide_by_less(
    golden: dict[str, Any], table: pd.DataFrame, daily: pd.DataFrame
) -> None:
    """Its Ulcer index has n - 1 below; its skewness and kurtosis are the bias-corrected ones of pandas."""
    n = len(daily)
    for name in NAMES:
        ulcer = theirs(golden, "quantstats", "ulcer_index", name)
        assert table.loc[name, "ulcer_index"] == pytest.approx(ulcer * np.sqrt((n - 1) / n), rel=1e-10)
        skew = theirs(golden, "quantstats", "skew", name)
        assert table.loc[name, "skew"] == pytest.approx(skew * (n - 2) / np.sqrt(n * (n - 1)), rel=1e-9)


def test_ffn_counts_years_by_the_calendar(golden: dict[str, Any], table: pd.DataFrame, daily: pd.DataFrame) -> None:
    """Its CAGR takes calendar days over 365.25 from the first price; ours 252 sessions a year."""
    for name in NAMES:
        total = 1.0 + table.loc[name, "total_return"]
        cagr = theirs(golden, "ffn", "cagr", name)
        years = np.log(total) / np.log1p(cagr)
        span = (daily.index[-1] - daily.index[0]).days / 365.25
        assert years == pytest.approx(span, abs=0.02)
        assert len(daily) / 252 != pytest.approx(span, abs=0.02)
        assert theirs(golden, "ffn", "calmar", name) == pytest.approx(-cagr / table.loc[name, "max_drawdown"], rel=1e-9)


def test_pyfolio_and_vectorbt_take_the_worst_returns_that_empyrical_takes(
    golden: dict[str, Any], table: pd.DataFrame
) -> None:
    """pyfolio hands its tables to empyrical, and vectorbt repeats it: a VaR of -4 % is our loss of 4 %."""
    for name in NAMES:
        assert theirs(golden, "vectorbt", "value_at_risk", name) == pytest.approx(-table.loc[name, "var_historical"])
        cvar = theirs(golden, "vectorbt", "cond_value_at_risk", name)
        assert cvar == pytest.approx(-table.loc[name, "es_historical"], rel=1e-11)


def test_drawdown_episodes(golden: dict[str, Any], daily: pd.DataFrame) -> None:
    """quantstats ends an episode on the session before recovery, ffn on that of recovery."""
    for name in NAMES:
        returns = daily[name].to_numpy()
        dates = pd.DatetimeIndex([daily.index[0] - pd.Timedelta(days=1), *daily.index])
        ours = drawdown_table(np.concatenate([[1.0], np.cumprod(1.0 + returns)]), dates)
        for row, (start, valley, _, _, depth) in zip(
            ours.to_dict("records"), golden["quantstats_drawdown_details"][name], strict=False
        ):
            assert row["depth"] == pytest.approx(depth / 100, rel=1e-9)
            assert f"{row['valley']:%Y-%m-%d}" == valley
            assert f"{row['first_underwater']:%Y-%m-%d}" == start
        for row, (start, end, _, depth) in zip(
            ours.to_dict("records"), golden["ffn_drawdown_details"][name], strict=False
        ):
            assert row["depth"] == pytest.approx(depth, rel=1e-9)
            assert f"{row['first_underwater']:%Y-%m-%d}" == start
            if not pd.isna(row["recovery"]):
                assert f"{row['recovery']:%Y-%m-%d}" == end


# vectorbt imports datetime.utcfromtimestamp through its dependencies; nothing of it is used here.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_vectorbt_returns_accessor_forgets_the_initial_capital() -> None:
    """A loss on the first session is a drawdown from the capital put in; vectorbt's accessor starts after it."""
    vectorbt = pytest.importorskip("vectorbt")
    returns = pd.Series([-0.10, 0.05, -0.01, 0.02], index=pd.bdate_range("2026-07-01", periods=4))
    assert vectorbt.returns.accessors.ReturnsSRAccessor(returns).max_drawdown() == pytest.approx(-0.01)
    assert metrics_table(returns)["max_drawdown"].iloc[0] == pytest.approx(-0.10)
    assert underwater_returns(returns.to_numpy()).min() == pytest.approx(-0.10)
