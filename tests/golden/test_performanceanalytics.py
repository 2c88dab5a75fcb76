"""PerformanceAnalytics 2.1.0 on its own data: monthly, ragged, with missing months."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.drawdowns import conditional_drawdown, drawdown_table, underwater_returns
from hedgebook.engine.risk.metrics_table import metrics_table
from hedgebook.engine.risk.var.methods import METHODS
from hedgebook.engine.risk.var.positions import position_risk
from hedgebook.engine.risk.var.value_at_risk import value_at_risk

EXACT = 1e-12
MONTHS = 12
ROOT_YEAR = np.sqrt(MONTHS)
DATASETS = ["managers", "edhec"]

# Several returns equal the quantile here. Interpolating between two equal numbers leaves R a rounding error below
# them, so that its mean of the returns at or below VaR loses them; they are part of it here.
TIED = {
    ("managers", 0.9, "historical", "HAM1"),
    ("managers", 0.9, "historical", "HAM6"),
    ("edhec", 0.9, "historical", "Equity Market Neutral"),
    ("edhec", 0.9, "historical", "Fixed Income Arbitrage"),
}

# Each entry of the golden file in terms of the columns of metrics_table.
SAME: dict[str, Callable[[pd.DataFrame], Any]] = {
    "Return.annualized.geo": lambda t: t["cagr"],
    "Return.cumulative": lambda t: t["total_return"],
    "StdDev": lambda t: t["volatility_annual"] / ROOT_YEAR,
    "StdDev.annualized": lambda t: t["volatility_annual"],
    # Not annualised there.
    "SortinoRatio.MAR0": lambda t: t["sortino"] / ROOT_YEAR,
    "DownsideDeviation.full.MAR0": lambda t: t["downside_deviation_annual"] / ROOT_YEAR,
    "Omega.L0": lambda t: t["omega"],
    "BernardoLedoitRatio": lambda t: t["omega"],
    "OmegaSharpeRatio": lambda t: t["omega"] - 1.0,
    "CalmarRatio": lambda t: t["calmar"],
    "SterlingRatio.excess.1": lambda t: t["cagr"] / (0.1 - t["max_drawdown"]),
    "MartinRatio": lambda t: t["martin_ratio"],
    "PainIndex": lambda t: t["pain_index"],
    "PainRatio": lambda t: t["pain_ratio"],
    "UlcerIndex": lambda t: t["ulcer_index"],
    "maxDrawdown": lambda t: -t["max_drawdown"],
    "skewness.moment": lambda t: t["skew"],
    "kurtosis.excess": lambda t: t["excess_kurtosis"],
    "TrackingError": lambda t: t["tracking_error_annual"],
}


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[tuple[str, str], Any]:
    entries = json.loads((shared / "golden/performanceanalytics/pa_golden.json").read_text())["entries"]
    return {(entry["dataset"], entry["key"]): entry["value"] for entry in entries}


@pytest.fixture(scope="module")
def tables(shared: Path) -> dict[str, pd.DataFrame]:
    folder = shared / "golden/performanceanalytics"
    return {name: pd.read_csv(folder / f"{name}.csv", index_col=0, parse_dates=True) for name in DATASETS}


@pytest.fixture(scope="module")
def metrics(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    managers, edhec = tables["managers"], tables["edhec"]
    return {
        "managers": metrics_table(managers.iloc[:, :6], managers["SP500 TR"], sessions_per_year=MONTHS),
        "edhec": metrics_table(edhec, edhec["Funds of Funds"], sessions_per_year=MONTHS),
    }


def numbers(value: Any) -> dict[str, float]:
    """Value by series."""
    if "data" in value:
        return {name: float(np.ravel(item)[0]) for name, item in value["data"].items()}
    return dict(zip(value["columns"], value["values"][0], strict=True))


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("key", SAME)
def test_metric(golden: Any, metrics: Any, dataset: str, key: str) -> None:
    expected = numbers(golden[dataset, key])
    found = SAME[key](metrics[dataset])
    compared = 0
    for name, value in expected.items():
        # A fund against itself has a tracking error of rounding size.
        if value is not None:
            assert found[name] == pytest.approx(value, rel=EXACT, abs=1e-14), name
            compared += 1
    assert compared >= 6


def test_sharpe_without_a_rate(golden: Any, metrics: Any) -> None:
    for name, value in numbers(golden["edhec", "SharpeRatio.StdDev"]).items():
        assert metrics["edhec"].loc[name, "sharpe"] / ROOT_YEAR == pytest.approx(value, rel=EXACT)


def test_regression_on_the_benchmark(golden: Any, metrics: Any) -> None:
    value = golden["edhec", "CAPM.beta"]
    for name, (beta,) in zip(value["rows"], value["values"], strict=True):
        assert metrics["edhec"].loc[name, "beta"] == pytest.approx(beta, rel=1e-11)
    alphas = golden["edhec", "CAPM.alpha"]
    for name, (alpha,) in zip(alphas["rows"], alphas["values"], strict=True):
        # Per month there; compounded to a year here.
        annual = metrics["edhec"].loc[name, "alpha_annual"]
        assert (1.0 + annual) ** (1.0 / MONTHS) - 1.0 == pytest.approx(alpha, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(
    ("method", "theirs"), [("historical", "historical"), ("gaussian", "gaussian"), ("cornish_fisher", "modified")]
)
def test_var_and_es(golden: Any, tables: Any, dataset: str, confidence: float, method: Any, theirs: str) -> None:
    for name, value in numbers(golden[dataset, f"VaR.{theirs}.{confidence}"]).items():
        found = value_at_risk(tables[dataset][name], method, confidence=confidence)
        assert found.var_frac == pytest.approx(-value, rel=EXACT), name
        es = -numbers(golden[dataset, f"ES.{theirs}.{confidence}"])[name]
        if (dataset, confidence, theirs, name) in TIED:
            returns = tables[dataset][name].dropna()
            assert (np.abs(returns + found.var_frac) < 1e-15).sum() > 1
            assert -returns[returns < -found.var_frac - 1e-15].mean() == pytest.approx(es, rel=EXACT)
            assert found.es_frac < es
        else:
            assert found.es_frac == pytest.approx(es, rel=EXACT), name


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_table_and_the_single_methods_agree(tables: Any, metrics: Any, dataset: str) -> None:
    for name, row in metrics[dataset].iterrows():
        for method in ("historical", "gaussian", "cornish_fisher"):
            found = value_at_risk(tables[dataset][name], method, confidence=0.95)
            assert row[f"var_{method}"] == pytest.approx(found.var_frac, rel=EXACT)
            assert row[f"es_{method}"] == pytest.approx(found.es_frac, rel=EXACT)
    assert set(METHODS) >= {"historical", "gaussian", "cornish_fisher"}


@pytest.mark.parametrize("dataset", DATASETS)
def test_drawdown_series_and_tables(golden: Any, tables: Any, dataset: str) -> None:
    series = golden[dataset, "Drawdowns.series"]
    start = "table.Drawdowns."
    columns = [key.removeprefix(start) for data, key in golden if data == dataset and key.startswith(start)]
    compared = 0
    for name in columns:
        returns = tables[dataset][name].dropna()
        levels = np.concatenate([[1.0], np.cumprod(1.0 + returns.to_numpy())])
        before = returns.index[0] - pd.offsets.MonthEnd()
        ours = drawdown_table(levels, pd.DatetimeIndex([before, *returns.index]))
        value = golden[dataset, f"table.Drawdowns.{name}"]["data"]
        for k, depth in enumerate(value["Depth"]):
            row = ours.iloc[k]
            assert row["depth"] == pytest.approx(depth, rel=1e-10)
            assert f"{row['first_underwater']:%Y-%m-%d}" == value["From"][k]
            assert f"{row['valley']:%Y-%m-%d}" == value["Trough"][k]
            open_still = value["To"][k] in (None, "NA")
            assert pd.isna(row["recovery"]) if open_still else f"{row['recovery']:%Y-%m-%d}" == value["To"][k]
            # They count the months under water and the month of recovery; here steps from the peak.
            assert row["sessions_to_valley"] == value["To Trough"][k]
            if not open_still:
                assert row["sessions_to_recovery"] == value["Length"][k]
            compared += 1
    assert compared >= 40
    assert len(series["index"]) == len(tables[dataset])


def test_drawdown_series_of_the_first_fund(golden: Any, tables: Any) -> None:
    value = golden["managers", "Drawdowns.series"]
    column = [row[value["columns"].index("HAM1")] for row in value["values"]]
    assert np.allclose(underwater_returns(tables["managers"]["HAM1"].to_numpy()), column, rtol=0, atol=1e-13)


@pytest.mark.parametrize("confidence", [0.95, 0.99])
@pytest.mark.parametrize("book", ["equal", "tilt"])
@pytest.mark.parametrize(("method", "theirs"), [("gaussian", "gaussian"), ("cornish_fisher", "modified")])
def test_component_var_and_es(golden: Any, tables: Any, book: str, confidence: float, method: Any, theirs: str) -> None:
    """Their component functions divide the covariances by n - 1, unlike their VaR of one series."""
    returns = tables["edhec"].iloc[:, :5]
    weights = dict(zip(returns.columns, {"equal": [0.2] * 5, "tilt": [0.3, 0.4, 0.1, 0.1, 0.1]}[book], strict=True))
    found = position_risk(returns, weights, method, confidence=confidence, ddof=1)
    for kind, name in (("VaR", "var"), ("ES", "es")):
        value = golden["edhec5", f"{kind}.component.{theirs}.{book}.{confidence}"]
        assert found.loc["book", f"component_{name}"] == pytest.approx(next(iter(value.values())), rel=1e-12)
        for ticker, part in value["contribution"].items():
            assert found.loc[ticker, f"component_{name}"] == pytest.approx(part, rel=1e-10, abs=1e-15)


def test_historical_components_differ_by_design(golden: Any, tables: Any) -> None:
    """Their historical book drifts with prices, ours is held at its weights; on the same tail the shares agree.

    Their component VaR has the same shares at 95 % and at 99 %, so that it says nothing of the tail.
    """
    returns = tables["edhec"].iloc[:, :5]
    compared = 0
    for book, held in (("equal", [0.2] * 5), ("tilt", [0.3, 0.4, 0.1, 0.1, 0.1])):
        weights = dict(zip(returns.columns, held, strict=True))
        wealth = ((1.0 + returns).cumprod() * held).sum(axis=1)
        drifting = wealth / wealth.shift(fill_value=1.0) - 1.0
        shares = []
        for confidence in (0.95, 0.99):
            value = golden["edhec5", f"VaR.component.historical.{book}.{confidence}"]
            found = value_at_risk(drifting, confidence=confidence).var_frac
            assert found == pytest.approx(value["hVaR"], rel=EXACT)
            shares.append(list(value["pct_contrib_hVaR"].values()))
            tail = golden["edhec5", f"ES.component.historical.{book}.{confidence}"]
            ours = position_risk(returns, weights, "historical", confidence=confidence)
            # The quantile itself: components are smoothed around it, and so is their sum.
            quantile = value_at_risk(returns @ held, confidence=confidence).var_frac
            inside = int((returns @ held <= -quantile * (1 - 1e-12)).sum())
            if inside == tail["c_exceed"]:
                assert ours.loc["book", "component_es"] == pytest.approx(tail["-r_exceed/c_exceed"], rel=EXACT)
                assert ours["share_es"].iloc[:-1].tolist() == pytest.approx(list(tail["pct_contrib_hES"].values()))
                compared += 1
        assert shares[0] == pytest.approx(shares[1])
    assert compared == 2


@pytest.mark.parametrize("dataset", DATASETS)
def test_information_ratio_differs_by_design(golden: Any, tables: Any, metrics: Any, dataset: str) -> None:
    """Theirs is the difference of the geometric annual returns over the tracking error; ours is arithmetic."""
    value = numbers(golden[dataset, "InformationRatio"])
    name = next(iter(value))
    benchmark = tables[dataset]["SP500 TR" if dataset == "managers" else "Funds of Funds"]
    row, market = metrics[dataset].loc[name], metrics_table(benchmark, sessions_per_year=MONTHS).iloc[0]
    theirs = (row["cagr"] - market["cagr"]) / row["tracking_error_annual"]
    assert theirs == pytest.approx(value[name], rel=1e-11)
    assert abs(row["information_ratio"] - value[name]) > 1e-3


def test_conditional_drawdown_differs_by_design(golden: Any, tables: Any) -> None:
    """Theirs averages the depths of whole episodes; CDaR averages the drawdowns of all months."""
    value = numbers(golden["managers", "CDD.discrete.p95"])["HAM1"]
    ours = conditional_drawdown(tables["managers"]["HAM1"].to_numpy(), 0.95)
    depths = -underwater_returns(tables["managers"]["HAM1"].to_numpy())
    worst = np.sort(depths)[::-1][:7]
    assert ours == pytest.approx((worst[:6].sum() + 0.6 * worst[6]) / 6.6)
    assert abs(ours - value) > 1e-3
