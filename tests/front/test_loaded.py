"""A run read back from its folder gives what the run gave, and says what a folder does not hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, RunFolderError
from hedgebook.front.run import Run

FAST = {"paths": 100, "sessions": 3}
Both = tuple[Run, Run]


def turns(market: hb.Market, last: float = 0.3) -> pd.DataFrame:
    """META and CRWV from side to side over a year, and at last `last` of META."""
    days = pd.DatetimeIndex(market.sessions[-260:-5:12].astype("datetime64[ns]"))
    side = np.where(np.arange(len(days)) % 2, 1.0, -1.0)
    frame = pd.DataFrame({"META": 0.4 * side, "CRWV": -0.3 * side}, index=days)
    frame.iloc[-1] = [last, 0.0]
    return frame


@pytest.fixture(scope="module", params=["trade", "weights", "flat"])
def pair(request: pytest.FixtureRequest, market: hb.Market, tmp_path_factory: pytest.TempPathFactory) -> Both:
    given = {"trade": hb.trade(hold=6, stop_loss=0.05), "weights": turns(market), "flat": turns(market, last=0.0)}
    run = hb.backtest(given[request.param], market)
    return run, hb.load_run(run.save(tmp_path_factory.mktemp("runs") / request.param), market)


def test_every_table_comes_back(pair: Both) -> None:
    run, loaded = pair
    assert isinstance(loaded, hb.Run)
    pd.testing.assert_frame_equal(loaded.nav, run.nav, check_freq=False)
    pd.testing.assert_frame_equal(loaded.fills, run.fills)
    pd.testing.assert_frame_equal(loaded.positions, run.positions, check_dtype=False)
    pd.testing.assert_frame_equal(loaded.round_trips, run.round_trips, check_dtype=False)
    pd.testing.assert_frame_equal(loaded.drawdowns(), run.drawdowns())
    pd.testing.assert_frame_equal(loaded.rejected, run.rejected, check_dtype=False)
    pd.testing.assert_series_equal(loaded.returns, run.returns, check_freq=False)
    pd.testing.assert_series_equal(loaded.levels, run.levels, check_freq=False)
    names = sorted(map(str, run.weights))
    pd.testing.assert_frame_equal(loaded.weights[names], run.weights[names], check_freq=False, check_names=False)
    for by in ("ticker", "bucket", "session", "cause"):
        theirs, mine = run.pnl(by), loaded.pnl(by)
        pd.testing.assert_frame_equal(mine.sort_index(), theirs.sort_index(), check_freq=False, check_dtype=False,
                                      check_index_type=False, atol=1e-9 * run.capital)  # fmt: skip


def test_every_figure_comes_back(pair: Both) -> None:
    run, loaded = pair
    assert loaded.to_dict() == run.to_dict()
    pd.testing.assert_series_equal(loaded.summary, run.summary)
    assert loaded.metrics == run.metrics
    assert (loaded.name, loaded.capital, loaded.final_nav) == (run.name, run.capital, run.final_nav)
    assert (loaded.warnings, loaded.open_positions()) == (run.warnings, run.open_positions())
    pd.testing.assert_frame_equal(loaded.exposure(), run.exposure())
    assert loaded.verify().passed
    value = np.asarray(loaded.to_vectorbt().value())[1::2]
    np.testing.assert_allclose(value, np.asarray(run.to_vectorbt().value())[1::2], rtol=1e-10)
    assert "loaded from" in repr(loaded)
    assert f"{run.metrics.total_return:+.2%}" in repr(loaded)


def test_legs_stand_where_there_are_some(pair: Both) -> None:
    run, loaded = pair
    if run.plan.legs:
        theirs = run.pnl("leg")
        pd.testing.assert_frame_equal(loaded.pnl("leg").loc[theirs.index], theirs, check_index_type=False)
    else:
        with pytest.raises(InputError, match="no legs"):
            loaded.pnl("leg")
    with pytest.raises(InputError, match=r"by: .*got 'month'"):
        loaded.pnl("month")


def test_its_risk_is_that_of_the_run(pair: Both) -> None:
    run, loaded = pair
    mine, theirs = loaded.risk(**FAST), run.risk(**FAST)
    pd.testing.assert_frame_equal(mine.var, theirs.var)
    assert mine.own_figures == pytest.approx(theirs.own_figures, nan_ok=True)
    assert mine.subject.basis == theirs.subject.basis
    if not run.plan.legs:
        assert mine.subject.history_of == ("closing weights" if run.open_positions() else "")
        if run.open_positions():
            held = run.weights.iloc[-1]
            weights = dict(zip(mine.subject.positions.tickers, mine.subject.positions.weights, strict=True))
            assert weights == pytest.approx(held[held != 0].to_dict(), rel=1e-12)
        else:
            pd.testing.assert_series_equal(mine.subject.history, run.returns, check_freq=False, check_names=False)


def test_its_report_and_folder_are_written_once_more(pair: Both, tmp_path: Path) -> None:
    _, loaded = pair
    folder = loaded.save(tmp_path / "copy")
    assert hb.load_run(folder).verify().passed
    page = loaded.report(tmp_path / "page.html")
    assert page.read_bytes() == (folder / "report.html").read_bytes()
    with pytest.raises(RunFolderError, match="not empty"):
        loaded.save(folder)
    (folder / "report.html").unlink()
    with pytest.raises(RunFolderError, match=r"report\.html is missing"):
        hb.load_run(folder).report(tmp_path / "other.html")


def test_what_a_folder_without_a_manifest_does_not_hold_is_said(pair: Both, tmp_path: Path) -> None:
    run, _ = pair
    loaded = hb.load_run(run.save(tmp_path / "run"))
    (tmp_path / "run" / "manifest.json").unlink()
    for name in ("strategy", "plan", "backtest"):
        with pytest.raises(RunFolderError, match="not in the folder"):
            getattr(loaded, name)
    with pytest.raises(RunFolderError, match=r"without its prices.*load_run\(folder, market\)"):
        _ = loaded.market
    with pytest.raises(InputError, match="without its prices"):
        loaded.risk()
    with pytest.raises(RunFolderError, match="other prices"):
        hb.load_run(tmp_path / "run", hb.sample_market(seed=5))
    changed = loaded.nav.reset_index()
    changed.loc[2, "cash"] *= 1.0 + 1e-6
    changed.to_parquet(tmp_path / "run" / "nav.parquet")
    found = hb.load_run(tmp_path / "run").verify()
    assert not found.passed
    assert any("nav.parquet: cash" in line for line in found.mismatches)


def test_a_folder_alone_is_a_whole_run(pair: Both, tmp_path: Path) -> None:
    run, _ = pair
    loaded = hb.load_run(run.save(tmp_path / "run"))
    assert hb.replay(tmp_path / "run").identical
    np.testing.assert_array_equal(loaded.backtest.nav.to_numpy(), run.backtest.nav.to_numpy())
    assert (loaded.strategy.name, loaded.event, loaded.plan.notes) == (run.strategy.name, run.event, run.plan.notes)
    np.testing.assert_array_equal(loaded.market.close, run.market.close)
    pd.testing.assert_frame_equal(loaded.risk(**FAST).var, run.risk(**FAST).var)
    assert [one.name for one in loaded._document().sections] == [one.name for one in run._document().sections]


def test_a_run_that_traded_nothing_comes_back(market: hb.Market, tmp_path: Path) -> None:
    frame = pd.DataFrame({"META": [0.0]}, index=pd.DatetimeIndex(market.sessions[-40:-39].astype("datetime64[ns]")))
    run = hb.backtest(frame, market)
    loaded = hb.load_run(run.save(tmp_path / "idle"), market)
    assert loaded.round_trips.empty
    assert loaded.weights.shape == (len(run.sessions), 0)
    assert loaded.pnl().empty
    assert loaded.verify().passed
    assert any("traded nothing" in note for note in loaded.risk(**FAST).notes)
