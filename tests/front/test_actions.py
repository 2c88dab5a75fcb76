"""Raw prices with corporate actions through every door: run, sweep, folder, verify, command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hedgebook as hb
from hedgebook.cli.app import app
from hedgebook.universes.market import Market

TRADE = "long-meta-short-neocloud"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample market's prices as raw ones, CRWV split three for one on 2026-07-07, and actions of two tickers."""
    folder = tmp_path_factory.mktemp("actions")
    market = hb.sample_market()
    rows = []
    after = market.sessions >= np.datetime64("2026-07-07")
    for ticker, i in market.columns.items():
        split = np.where(after, 3.0, 1.0) if ticker == "CRWV" else np.ones(len(after))
        table = {name: getattr(market, name)[:, i] / split for name in ("open", "high", "low", "close")}
        rows.append(
            pd.DataFrame({"date": market.sessions, "ticker": ticker, **table, "volume": market.volume[:, i] * split})
        )
    prices = pd.concat(rows).dropna(subset="close")
    prices.to_parquet(folder / "raw.parquet")
    (folder / "actions.csv").write_text(
        "date,ticker,kind,value\n2026-07-07,CRWV,split,3:1\n2026-07-06,META,dividend,0.525\n2026-07-08,CRWV,dividend,1\n"
    )
    return folder / "raw.parquet", folder / "actions.csv"


@pytest.fixture(scope="module")
def market(files: tuple[Path, Path]) -> Market:
    return hb.load_market(files[0], actions=files[1])


def test_a_run_pays_dividends_and_is_the_same_after_its_folder(market: Market, tmp_path: Path) -> None:
    run = hb.backtest(hb.trade(TRADE, hold=10), market)
    causes = run.to_dict()["pnl_by_cause"]
    flows = run.nav["cash_flow"]
    held = run.positions.set_index(["session", "ticker"])["shares"]
    meta = held[pd.Timestamp("2026-07-02"), "META"] * 0.525
    crwv = held[pd.Timestamp("2026-07-07"), "CRWV"] * 1.0
    assert crwv < 0.0 < meta
    assert flows[pd.Timestamp("2026-07-06")] == pytest.approx(meta)
    assert flows[pd.Timestamp("2026-07-08")] == pytest.approx(crwv)
    assert causes["cash_flow"] == pytest.approx(meta + crwv)
    assert sum(causes.values()) == pytest.approx(run.final_nav - run.capital, abs=1e-9 * run.capital)
    assert run.verify().passed
    run.save(tmp_path / "run")
    loaded = hb.load_run(tmp_path / "run", market)
    assert loaded.verify().passed
    pd.testing.assert_frame_equal(loaded.round_trips, run.round_trips)
    assert loaded.share_changes["ratio"].tolist() == [3.0]
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again" / "actions.parquet").read_bytes() == (tmp_path / "run" / "actions.parquet").read_bytes()
    # A share that the split did not bring is found.
    rows = pd.read_parquet(tmp_path / "again" / "actions.parquet").assign(shares=1.0)
    rows.to_parquet(tmp_path / "again" / "actions.parquet")
    assert not hb.load_run(tmp_path / "again").verify().passed


def test_actions_that_were_changed_are_named_and_those_that_are_gone_are_known(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.write_bytes(files[1].read_bytes())
    hb.backtest(hb.trade(TRADE, hold=10), hb.load_market(files[0], actions=own)).save(tmp_path / "run")
    assert hb.replay(tmp_path / "run").identical
    own.write_text(own.read_text().replace("0.525", "0.625"))
    changed = hb.replay(tmp_path / "run")
    assert changed.inputs[0].startswith("prices.actions.rows (own.csv) has changed")
    assert changed.number is not None
    own.unlink()
    gone = hb.replay(tmp_path / "run")
    assert gone.identical
    assert "own.csv is not there: its content of then" in gone.notes[0]


def test_the_split_alone_changes_no_figure(files: tuple[Path, Path]) -> None:
    only = pd.read_csv(files[1]).query("kind == 'split'")
    raw = hb.backtest(hb.trade(TRADE, hold=10), hb.load_market(files[0], actions=only))
    plain = hb.backtest(hb.trade(TRADE, hold=10), hb.sample_market())
    assert raw.final_nav == pytest.approx(plain.final_nav, rel=1e-10)


def test_sets_of_a_sweep_equal_their_runs(market: Market) -> None:
    swept = hb.sweep(hb.trade(TRADE), market, hold=[2, 5, 10])
    for _, row in swept.table.iterrows():
        run = hb.backtest(hb.trade(TRADE, hold=int(row["hold"])), market)
        assert row["total_return"] == pytest.approx(run.metrics.total_return, rel=1e-12)


def test_the_command_takes_a_file_of_actions(files: tuple[Path, Path]) -> None:
    arguments = ["run", TRADE, "--prices", str(files[0]), "--actions", str(files[1]), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["pnl_by_cause"]["cash_flow"] != 0.0
    assert any("raw prices with the actions of actions.csv" in line for line in told["warnings"])


def test_actions_without_prices_and_adjusted_prices_are_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["run", TRADE, "--actions", str(files[1])])
    assert isinstance(done.exception, hb.InputError)
    assert "there is no price file" in str(done.exception)
    adjusted = tmp_path / "split.csv"
    adjusted.write_text("date,ticker,kind,value\n2026-07-08,META,split,10\n")
    with pytest.raises(hb.InputError, match="adjusted for it already"):
        hb.load_market(files[0], actions=adjusted)
