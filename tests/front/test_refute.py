"""Everything that can be tried: runs, sweeps, their folders, names, values and tables of weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, ParameterError, RunFolderError
from tests.markets import universe_text

FEW = hb.RefuteOptions(dates=100, baskets=20, draws=199)


@pytest.fixture(scope="module")
def run(market: hb.Market) -> hb.Run:
    return hb.backtest("long-meta-short-neocloud", market, "none")


@pytest.fixture(scope="module")
def sweep(market: hb.Market, tmp_path_factory: pytest.TempPathFactory) -> tuple[hb.Sweep, Path]:
    folder = tmp_path_factory.mktemp("sweeps") / "s"
    return hb.sweep("long-meta-short-neocloud", market, hold=[5, 8, 10], stop_loss=[None, 0.05], out=folder), folder


def tilted(market: hb.Market, top: int = 2, tilt: float = 0.5) -> pd.DataFrame:
    """The first tickers against the next ones, turned round every month over a year."""
    days = pd.DatetimeIndex(market.sessions[-260:-5:20].astype("datetime64[ns]"))
    side = np.where(np.arange(len(days)) % 2, 1.0, -1.0)[:, None]
    names = ["META", "KLAC", "MU", "AMAT"][: 2 * top]
    return pd.DataFrame(side * np.repeat([tilt / top, -tilt / top], top)[None, :], index=days, columns=names)


def test_a_run_its_folder_its_name_and_its_value_are_one_thing(run: hb.Run, market: hb.Market, tmp_path: Path) -> None:
    folder = run.save(tmp_path / "kept")
    trade = hb.trade()
    found = [
        hb.refute(run, options=FEW),
        hb.refute(folder, options=FEW),
        hb.refute(str(folder), options=FEW),
        hb.refute("long-meta-short-neocloud", market, "none", options=FEW),
        hb.refute(trade, market, "none", options=FEW),
    ]
    for other in found[1:]:
        pd.testing.assert_frame_equal(other.table, found[0].table)
    # Costs are those of the run, which had none.
    assert list(found[0].returns) == pytest.approx([run.final_nav / run.capital - 1.0], rel=1e-12)


def test_a_folder_on_prices_and_a_universe_of_ones_own_needs_neither_again(market: hb.Market, tmp_path: Path) -> None:
    names = ("META", "SPY", "CRWV", "NBIS", "IREN", "QQQ")
    (tmp_path / "own.toml").write_text(universe_text({"all": names}))
    table = market.frame("close")[list(names)].stack().rename("close").rename_axis(["date", "ticker"]).reset_index()
    table.to_parquet(tmp_path / "prices.parquet")
    prices = hb.load_market(tmp_path / "prices.parquet", universe=tmp_path / "own.toml")
    strategy = hb.BuyAndHold(name="held", weights={"META": 0.5, "QQQ": -0.5})
    folder = hb.backtest(strategy, prices).save(tmp_path / "kept")
    pd.testing.assert_frame_equal(hb.refute(folder, options=FEW).table, hb.refute(strategy, prices, options=FEW).table)
    loaded = hb.load_run(folder)
    again = loaded.save(tmp_path / "again") if hasattr(loaded, "save") else folder
    assert hb.replay(again).identical
    assert hb.risk(loaded).to_dict() == hb.risk(hb.backtest(strategy, prices)).to_dict()


def test_a_verdict_is_made_again_from_its_folder(run: hb.Run, tmp_path: Path) -> None:
    kept = run.save(tmp_path / "kept")
    found = hb.refute(kept, options=FEW)
    assert hb.replay(found.save(tmp_path / "verdict")).identical


def test_a_folder_takes_other_terms(run: hb.Run, tmp_path: Path) -> None:
    folder = run.save(tmp_path / "kept")
    free, dear = hb.refute(folder, options=FEW), hb.refute(folder, costs="default", options=FEW)
    assert dear.returns[0] < free.returns[0]


def test_a_sweep_and_its_folder_add_the_search(sweep: tuple[hb.Sweep, Path]) -> None:
    made, folder = sweep
    found, loaded = hb.refute(made, options=FEW), hb.refute(folder, options=FEW)
    pd.testing.assert_frame_equal(found.table, loaded.table)
    assert list(found.table.index)[-1] == "search"
    assert any("the best of 6 sets by sharpe" in note for note in found.notes)
    alone = hb.refute(made.best_trade, made.job.setting.market, options=FEW)
    pd.testing.assert_frame_equal(found.table.iloc[:-1], alone.table)
    # Sets of one event are measured in deviations of its holding period, as the other tests are.
    assert [test.planted for test in found.tests] == [found.tests[0].planted] * len(found.tests)


def test_the_best_set_of_a_function_is_tried(market: hb.Market) -> None:
    def turned(given: hb.Market, tilt: float = 0.5) -> pd.DataFrame:
        return tilted(given, tilt=tilt)

    made = hb.sweep(turned, market, tilt=[0.2, 0.4, 0.6])
    found = hb.refute(made, options=FEW)
    best = tilted(market, tilt=made.best.parameters["tilt"])
    alone = hb.refute(best, market, options=FEW)
    assert found.unit == "session"
    columns = ["p_value", "statistic", "edge"]
    pd.testing.assert_frame_equal(found.table.iloc[:-1][columns], alone.table[columns])


def test_a_series_and_its_folder_are_tried_on_the_events_that_it_traded(market: hb.Market, tmp_path: Path) -> None:
    series = hb.event_series("long-meta-short-neocloud", market, "none", tags="capex")
    found = hb.refute(series, options=FEW)
    assert found.events == tuple(run.event.id for run in series.runs)
    assert list(found.returns) == pytest.approx(list(series.returns), rel=1e-9)
    folder = series.save(tmp_path / "series")
    pd.testing.assert_frame_equal(hb.refute(folder, options=FEW).table, found.table)
    assert hb.refute(folder, on=found.events[0], options=FEW).events == found.events[:1]
    expected = hb.event_series("long-meta-short-neocloud", market, tags="capex", sides="expected")
    with pytest.raises(ParameterError, match="legs of its trade alone"):
        hb.refute(expected, options=FEW)
    study = hb.event_study("meta-compute-2026", market).save(tmp_path / "study")
    with pytest.raises(RunFolderError, match="nothing that was run as one strategy"):
        hb.refute(study)


def test_what_a_run_was_told_beside_its_strategy_is_said(market: hb.Market) -> None:
    late = hb.backtest(tilted(market), market, until=str(market.sessions[-20]))
    found = hb.refute(late, options=FEW)
    assert "It is tried over all sessions of the prices, without until of the run." in found.notes


def test_an_event_given_as_a_value_is_found_again(market: hb.Market, tmp_path: Path) -> None:
    own = hb.Event(id="made-up-day", announced_on=market.sessions[-60].item(), timing="pre-open", headline="h",
                   sources=("s",), tags=("ai-capex",))  # fmt: skip
    run = hb.backtest("long-meta-short-neocloud", market, event=own)
    found = hb.refute(run, options=FEW)
    assert found.events == ("made-up-day",)
    pd.testing.assert_frame_equal(hb.refute(run.save(tmp_path / "own"), options=FEW).table, found.table)


def test_wrong_subjects_say_what_is_wrong(market: hb.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParameterError, match="a strategy needs prices"):
        hb.refute("long-meta-short-neocloud")
    with pytest.raises(ParameterError, match="there is no trade 'long-meta-short-neoclod'"):
        hb.refute("long-meta-short-neoclod", market)
    for wrong in (3, None, market):
        with pytest.raises(InputError):
            hb.refute(wrong, market)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunFolderError, match=r"nav\.parquet is missing"):
        hb.refute(tmp_path / "empty")
    with pytest.raises(ParameterError, match="only a trade on an event"):
        hb.refute(tilted(market), market, on="meta-compute-2026")
    with pytest.raises(RunFolderError):
        hb.refute(hb.backtest(tilted(market), market).save(tmp_path / "run"), tmp_market(market))
    # A folder that is called like a strategy of the catalogue does not hide it.
    (tmp_path / "long-meta-short-neocloud").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match="a strategy needs prices"):
        hb.refute("long-meta-short-neocloud")


def tmp_market(market: hb.Market) -> hb.Market:
    """The same prices with another hash."""
    return replace(market, provenance=replace(market.provenance, sha256="0" * 64))
