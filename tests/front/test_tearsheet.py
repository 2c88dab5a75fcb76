"""Tear sheets and comparisons as a script asks for them: what they take, what they refuse, how a run stands there."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError
from tests.front.wrong import WRONG


def returns(count: int = 300, seed: int = 1, name: str = "mine") -> pd.Series[float]:
    values = np.random.default_rng(seed).normal(0.0004, 0.01, count)
    return pd.Series(values, index=pd.bdate_range("2022-01-03", periods=count), name=name)


@pytest.fixture(scope="module")
def run(market: hb.Market) -> hb.Run:
    return hb.backtest(hb.trade(hold=15), market)


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "all empty": (lambda: returns() * np.nan, "there is no return in it"),
    "twice": (lambda: pd.concat([returns(5), returns(5)]).sort_index(), "stands twice"),
    "unsorted": (lambda: returns().iloc[::-1], "do not ascend"),
    "percent points": (lambda: returns() * 30.0, "percent points"),
    "prices": (lambda: (1.0 + returns()).cumprod(), "look like prices"),
    "no dates": (lambda: returns().reset_index(drop=True), "dates for an index"),
    "a table": (lambda: returns().to_frame(), "a pandas Series with dates"),
    "below -100 %": (lambda: returns().mask(lambda x: x == x.iloc[5], -1.5), "no simple return"),
    "no such file": (lambda: "returns.csv", "no such file"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_series_of_returns_is_refused(what: str) -> None:
    make, said = BAD[what]
    for call in (lambda: hb.tearsheet(make()), lambda: hb.compare([returns(), make()])):
        with pytest.raises(InputError, match=said):
            call()


@pytest.mark.parametrize("what", WRONG)
def test_a_comparison_takes_no_other_thing(what: str) -> None:
    with pytest.raises(InputError):
        hb.compare([returns(), WRONG[what]])


def test_the_unit_can_be_said() -> None:
    sheet = hb.tearsheet(returns() * 100.0, returns_in="percent")
    assert sheet.measures["cagr"].value == pytest.approx(hb.tearsheet(returns()).measures["cagr"].value, rel=1e-9)


def test_one_return_is_a_tear_sheet_that_says_little(tmp_path: Path) -> None:
    sheet = hb.tearsheet(returns(1))
    assert sheet.measures["total_return"].value == pytest.approx(returns(1).iloc[0])
    assert sheet.measures["cagr"].reason == "one return has no frequency"
    assert sheet.report(tmp_path / "report.html").is_file()


def test_empty_returns_are_left_out_and_told() -> None:
    values = returns()
    values.iloc[10:13] = np.nan
    sheet = hb.tearsheet(values)
    assert len(sheet.returns) == 297
    assert "3 empty returns left out" in sheet.notes


def test_irregular_dates_have_no_annual_figure_and_say_so(tmp_path: Path) -> None:
    days = pd.DatetimeIndex(["2024-01-02", "2024-01-05", "2024-03-01", "2024-03-02", "2024-07-19", "2024-07-20"])
    sheet = hb.tearsheet(pd.Series([0.01, -0.02, 0.01, 0.02, -0.01, 0.01], index=days))
    assert any("Annual figures are undefined" in note for note in sheet.notes)
    assert sheet.to_dict()["measures"]["sharpe"] is None
    assert sheet.report(tmp_path / "report.html").is_file()


def test_a_benchmark_of_other_times_is_not_used_and_told() -> None:
    other = returns(name="other")
    other.index = other.index + pd.Timedelta(days=3653)
    sheet = hb.tearsheet(returns(), other)
    assert sheet.benchmark is None
    assert any("no date in common" in note for note in sheet.notes)
    assert sheet.measures["beta"].reason == "no benchmark"


def test_a_ruin_ends_the_returns(tmp_path: Path) -> None:
    values = returns()
    values.iloc[200] = -1.0
    sheet = hb.tearsheet(values, returns(seed=2, name="SPY"))
    assert len(sheet.returns) == 201
    assert sheet.measures["total_return"].value == -1.0
    assert any("everything was lost" in note for note in sheet.notes)
    assert sheet.report(tmp_path / "report.html").is_file()


def test_months_are_known_by_their_dates() -> None:
    days = pd.date_range("2015-01-31", periods=90, freq="ME")
    values = pd.Series(np.random.default_rng(7).normal(0.006, 0.03, 90), index=days)
    sheet = hb.tearsheet(values)
    assert sheet.track.frequency.name == "monthly"
    assert sheet.measures["volatility_annual"].value == pytest.approx(values.std() * math.sqrt(12))
    assert sheet.measures["sharpe"].value == pytest.approx(values.mean() / values.std() * math.sqrt(12))


def test_a_run_has_its_own_figures(run: hb.Run, tmp_path: Path) -> None:
    sheet = hb.tearsheet(run, "SPY")
    for name in (
        "total_return",
        "sharpe",
        "volatility_annual",
        "sortino",
        "max_drawdown",
        "calmar",
        "hit_rate",
        "cagr",
    ):
        assert sheet.measures[name].value == pytest.approx(getattr(run.metrics, name), rel=1e-12), name
    assert sheet.benchmark is not None
    assert sheet.held is not None
    gross = run.weights.abs().sum(axis=1)
    np.testing.assert_allclose(sheet.held["gross"], gross, rtol=1e-9)
    equal = gross**2 / (run.weights**2).sum(axis=1)
    held = gross > 0
    np.testing.assert_allclose(sheet.held["effective_positions"][held], equal[held], rtol=1e-9)
    np.testing.assert_allclose(sheet.held["largest_frac"][held], run.weights.abs().max(axis=1)[held] / gross[held])
    assert sheet.measures["exposure"].value == 1.0
    assert sheet.track.simulated
    run.save(tmp_path / "run")
    again = hb.tearsheet(tmp_path / "run")
    assert again.measures["sharpe"].value == sheet.measures["sharpe"].value
    assert again.track.simulated
    assert again.report(tmp_path / "report.html").is_file()


def test_a_run_without_a_trade_is_no_track_record(market: hb.Market) -> None:
    run = hb.backtest(hb.weights(pd.DataFrame({"META": [0.0, 0.0]}, index=market.frame("close").index[5:7])), market)
    assert not run.traded
    sheet = hb.tearsheet(run)
    assert "nothing was traded" in sheet.measures["sharpe"].reason
    assert sheet.held is None


def test_prices_of_one_thing_make_returns(tmp_path: Path) -> None:
    levels = 50.0 * (1.0 + returns()).cumprod()
    table = pd.DataFrame(
        {"Date": pd.DatetimeIndex(levels.index).strftime("%Y-%m-%d"), "Open": 1.0, "Close": levels.to_numpy()}
    )
    table.to_csv(tmp_path / "prices.csv", index=False)
    sheet = hb.tearsheet(tmp_path / "prices.csv")
    np.testing.assert_allclose(sheet.returns, returns().iloc[1:], rtol=1e-9)
    assert any("column 'close'" in note for note in sheet.notes)
    beside = hb.tearsheet(returns(), tmp_path / "prices.csv")
    assert beside.measures["correlation"].value == pytest.approx(1.0)


def test_a_file_of_many_tickers_says_how_to_choose(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("date,ticker,close\n2024-01-02,META,1\n")
    with pytest.raises(InputError, match=r"several tickers.*--prices all\.csv"):
        hb.tearsheet(tmp_path / "all.csv")


def test_a_bad_level_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("date,close\n2024-01-02,10\n2024-01-03,0\n2024-01-04,11\n")
    with pytest.raises(InputError, match=r"bad\.csv, line 3, column 'close'.*no price or level"):
        hb.tearsheet(tmp_path / "bad.csv")


def test_a_ticker_of_the_market(market: hb.Market) -> None:
    sheet = hb.tearsheet("META", "SPY", market=market)
    expected = market.frame("close")["META"].dropna().pct_change().iloc[1:]
    np.testing.assert_allclose(sheet.returns, expected, rtol=1e-12)
    with pytest.raises(InputError, match=r"no such file, run folder or ticker.*META"):
        hb.tearsheet("METAA", market=market)


def test_how_many_are_compared() -> None:
    with pytest.raises(InputError, match="so many cannot be compared"):
        hb.compare([returns()])
    with pytest.raises(InputError, match="so many cannot be compared"):
        hb.compare([returns()] * 51)
    with pytest.raises(InputError, match="one name each"):
        hb.compare([returns(), returns(seed=2)], names=["a"])


def test_strategies_sweeps_runs_and_tickers_together(run: hb.Run, market: hb.Market) -> None:
    sweep = hb.sweep(hb.trade(), market, hold=[12, 14, 16])
    found = hb.compare([run, sweep, "long-meta-short-memory", hb.trade(hold=18), "SPY"], market=market)
    assert found.names[:3] == (
        "long-meta-short-neocloud",
        "long-meta-short-neocloud, best set",
        "long-meta-short-memory",
    )
    assert found.names[3] == "long-meta-short-neocloud (2)"
    holds = found.parameters["hold"].tolist()
    assert holds == [15, sweep.best.parameters["hold"], 20, 18, None]
    # Over its own sessions, as a single run of it has them, not over those of all sets.
    alone = hb.backtest(sweep.best_trade, market)
    np.testing.assert_allclose(found.tracks[1].returns, alone.returns, atol=1e-13)
    assert found.own.loc["long-meta-short-neocloud, best set", "sharpe"] == pytest.approx(alone.metrics.sharpe)
    assert found.tracks[1].simulated
    assert any("the best of 3 sets by sharpe, picked after looking" in note for note in found.notes)


def test_the_folder_of_a_sweep_is_its_best_set(market: hb.Market, tmp_path: Path) -> None:
    made = hb.sweep(hb.trade(hold=20), market, hold=[12, 16, 19], stop_loss=[None, 0.04], out=tmp_path / "grid")
    found = hb.compare([tmp_path / "grid", made, hb.backtest(made.best_trade, market)])
    folder, sweep, run = found.tracks
    np.testing.assert_array_equal(folder.returns, sweep.returns)
    np.testing.assert_allclose(folder.returns, run.returns, atol=1e-13)
    assert (folder.simulated, folder.basis, folder.notes[:-1]) == (True, sweep.basis, sweep.notes[:-1])
    assert "hold" not in found.parameters  # which is the same in all three
    alone = hb.tearsheet(tmp_path / "grid", "SPY", market=market)
    assert alone.measures["sharpe"].value == pytest.approx(made.best.metrics["sharpe"], rel=1e-9)
    assert hb.tearsheet(made, "SPY").measures["beta"].value == pytest.approx(alone.measures["beta"].value)
    (tmp_path / "grid" / "best.parquet").unlink()
    with pytest.raises(InputError, match=r"best\.parquet is missing.*--resume"):
        hb.compare([tmp_path / "grid", made])
    options = hb.SweepOptions(resume=True)
    hb.sweep(
        hb.trade(hold=20), market, hold=[12, 16, 19], stop_loss=[None, 0.04], out=tmp_path / "grid", options=options
    )
    np.testing.assert_array_equal(hb.compare([tmp_path / "grid", made]).tracks[0].returns, sweep.returns)
    (tmp_path / "grid" / "best.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read"):
        hb.tearsheet(tmp_path / "grid")
