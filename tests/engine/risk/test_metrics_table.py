"""The fused metric vector against plain Python, on dirty series."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.risk.metrics import Metrics, measure
from hedgebook.engine.risk.metrics_table import metrics_table
from hedgebook.errors import ParameterError
from tests.oracle.risk import metric_row, relative_row

SESSIONS = pd.bdate_range("2020-01-01", periods=300, name="session")


def dirty_returns(seed: int = 0, series: int = 19) -> pd.DataFrame:
    """Fat-tailed returns: a late listing, an early end, holes, ties and runs of zeros."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_t(3, (len(SESSIONS), max(series, 5))) * 0.015 + 0.0005, 4)
    values = np.maximum(values, -0.6)
    values[rng.random(values.shape) < 0.03] = np.nan
    values[:120, 1] = np.nan
    values[200:, 2] = np.nan
    values[50:80, 3] = 0.0
    values[0, 4] = -0.25
    return pd.DataFrame(values, index=SESSIONS, columns=[f"S{i}" for i in range(max(series, 5))]).iloc[:, :series]


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975])
def test_equals_the_oracle(confidence: float) -> None:
    returns = dirty_returns()
    table = metrics_table(returns, confidence=confidence)
    assert list(table.index) == list(returns.columns)
    for name in returns:
        expected = metric_row(returns[name].tolist(), confidence)
        assert set(expected) == set(table.columns)
        for metric, value in expected.items():
            assert table.loc[name, metric] == pytest.approx(value, rel=2e-10, abs=1e-14), (name, metric)


def test_against_a_benchmark_equals_the_oracle() -> None:
    returns = dirty_returns(1)
    market = dirty_returns(2, 1)["S0"]
    table = metrics_table(returns, market, sessions_per_year=52)
    for name in returns:
        for metric, value in relative_row(returns[name].tolist(), market.tolist(), 52).items():
            assert table.loc[name, metric] == pytest.approx(value, rel=1e-9, abs=1e-14), (name, metric)


def test_agrees_with_the_metrics_of_a_run() -> None:
    returns = dirty_returns(3)["S0"].dropna()
    row = metrics_table(returns).iloc[0]
    for name, value in measure(returns).to_dict().items():
        assert row[name] == pytest.approx(value, rel=1e-12), name
    assert set(Metrics.__dataclass_fields__) <= set(row.index)


def test_containers() -> None:
    returns = dirty_returns(4, 3)
    frame = metrics_table(returns)
    array = metrics_table(returns.to_numpy())
    assert np.array_equal(frame.to_numpy(), array.to_numpy(), equal_nan=True)
    assert list(array.index) == [0, 1, 2]
    one = metrics_table(returns["S1"])
    assert list(one.index) == ["S1"]
    assert np.array_equal(one.to_numpy()[0], frame.loc["S1"].to_numpy(), equal_nan=True)
    fortran = metrics_table(np.asfortranarray(returns.to_numpy()))
    assert np.array_equal(fortran.to_numpy(), array.to_numpy(), equal_nan=True)


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(5)
    values, market = rng.normal(0, 0.01, (400, 301)), rng.normal(0, 0.01, 400)
    one, two = (metrics_table(values, market, threads=count) for count in (1, 2))
    assert np.array_equal(one.to_numpy(), two.to_numpy(), equal_nan=True)


def test_undefined_figures_are_nan() -> None:
    returns = pd.DataFrame({"flat": [0.01] * 5, "still": [0.0] * 5, "none": [np.nan] * 5, "one": [0.1] + [np.nan] * 4})
    table = metrics_table(returns, pd.Series([0.0] * 5))
    assert table["sessions"].tolist() == [5, 5, 0, 1]
    assert table["sharpe"].isna().all()
    assert table.loc["flat", "volatility_annual"] == 0.0
    assert math.isnan(table.loc["flat", "omega"])
    assert math.isnan(table.loc["flat", "calmar"])
    assert table.loc["flat", "var_historical"] == pytest.approx(-0.01)
    assert table.loc["still", "max_drawdown"] == 0.0
    assert table.loc["none"].drop(["sessions", "benchmark_sessions"]).isna().all()
    assert math.isnan(table.loc["one", "volatility_annual"])
    assert table.loc["one", "best_session"] == pytest.approx(0.1)
    assert table["beta"].isna().all()


def test_a_total_loss_and_more() -> None:
    returns = pd.DataFrame({"gone": [0.1, -1.0, 0.2], "owed": [0.1, -1.5, 0.2], "fine": [0.1, -0.5, 0.2]})
    table = metrics_table(returns, np.array([0.01, -0.02, 0.01]))
    assert table.loc["gone", "total_return"] == -1.0
    assert table.loc["gone", "max_drawdown"] == -1.0
    assert table.loc["owed", "total_return"] == pytest.approx(-1.55)
    assert table.loc["owed", "max_drawdown"] == pytest.approx(-1.5)
    rest = table.drop(columns=["sessions", "total_return", "max_drawdown"])
    assert rest.loc[["gone", "owed"]].isna().all(axis=None)
    assert rest.loc["fine", ["sharpe", "cagr", "beta"]].notna().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: metrics_table(r, confidence=0.05), "0.95 for the worst 5"),
        (lambda r: metrics_table(r, nan="raise"), "NaN"),
        (lambda r: metrics_table(r, nan="drop"), "unknown NaN rule"),
        (lambda r: metrics_table(r.replace(r.iloc[0, 0], np.inf)), "infinite"),
        (lambda r: metrics_table(r.iloc[:0]), "no returns"),
        (lambda r: metrics_table(r, np.zeros(3)), "another length"),
        (lambda r: metrics_table(r, sessions_per_year=0), "above 0"),
    ],
)
def test_bad_input(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError, match=message):
        call(dirty_returns())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=40), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_laws(values: list[float], confidence: float) -> None:
    row = metrics_table(pd.Series(values), confidence=confidence).iloc[0]
    assert row["es_historical"] >= row["var_historical"] - 1e-12
    assert row["max_drawdown"] <= 0.0
    assert row["pain_index"] <= row["ulcer_index"] + 1e-12
    assert row["ulcer_index"] <= -row["max_drawdown"] + 1e-12
    assert row["pain_index"] - 1e-12 <= row["cdar"] <= -row["max_drawdown"] + 1e-12
    mirrored = metrics_table(pd.Series(values[::-1]), confidence=confidence).iloc[0]
    assert mirrored["total_return"] == pytest.approx(row["total_return"], rel=1e-9, abs=1e-12)
    assert mirrored["var_historical"] == row["var_historical"]
