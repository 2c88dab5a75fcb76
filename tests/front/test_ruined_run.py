"""A short that loses more than everything, through the front door: saved, verified and asked for its risk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from tests.cli.console import hedgebook
from tests.markets import universe_text

from .one_short import opens_of, write_files

SESSIONS = pd.bdate_range("2024-01-02", periods=60).difference(
    pd.DatetimeIndex(["2024-01-15", "2024-02-19", "2024-03-29"])
)
ENTRY, RUIN = 45, 48  # rows: the shorted ticker opens at 20 and closes above 40 three sessions later
UNIVERSE = universe_text({"pair": ("SPY", "SQZ")})


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[str, ...]:
    rows = len(SESSIONS)
    draw = np.random.default_rng(5)
    index = 400.0 * np.exp(np.cumsum(0.004 * draw.standard_normal(rows)))
    squeezed = 20.0 + 0.05 * draw.standard_normal(rows)
    squeezed[ENTRY + 1 : RUIN + 1] = [28.0, 37.0, 48.0]
    squeezed[RUIN + 1 :] = 52.0
    marks = {"SPY": (opens_of(index), index), "SQZ": (opens_of(squeezed), squeezed)}
    write_files(tmp_path, SESSIONS, ENTRY, marks, UNIVERSE)
    return ("--prices", "prices.csv", "--universe", "universe.toml")


def test_it_is_saved_verified_and_its_risk_says_what_became_of_it(inputs: tuple[str, ...], tmp_path: Path) -> None:
    market = hb.load_market(tmp_path / "prices.csv", universe=str(tmp_path / "universe.toml"))
    trade = hb.trade(str(tmp_path / "trades.toml") + ":short", hold=9)
    run = hb.backtest(trade, market, "none", events=str(tmp_path / "events.toml"))
    entry, worst = 20.0, 52.0
    opened = market.open[ENTRY, market.column("SQZ")]
    assert opened == pytest.approx(entry, rel=0.02)
    # Shares stay, so NAV over capital is 1 - (price - entry) / entry: closed forms of the path above.
    assert run.metrics.total_return == pytest.approx(-(worst - opened) / opened, rel=1e-12)
    assert np.isnan(run.metrics.sharpe)
    assert str(run.summary["ruined_on"]) == f"{SESSIONS[RUIN]:%Y-%m-%d}"
    # A call needs something to be required: one for each close since NAV fell below it, while the short is held.
    margin = run.backtest.margin
    held = margin[margin["requirement"] > 0]
    assert int(margin["call"].sum()) == int((held["nav"] < held["requirement"]).sum())
    assert run.to_dict()["margin"]["calls"] == int(margin["call"].sum())

    run.save(tmp_path / "run")
    assert hedgebook("verify", "run", *inputs, cwd=tmp_path).code == 0
    report = hb.risk(run)
    assert any("lost its whole capital" in note for note in report.notes)
    again = hb.risk(tmp_path / "run", market)
    assert any("lost its whole capital" in note for note in again.notes)


def test_what_is_wrong_in_its_summary_is_named(inputs: tuple[str, ...], tmp_path: Path) -> None:
    done = hedgebook(
        "run", "trades.toml:short", *inputs, "--events", "events.toml", "--costs", "none", "--set", "hold=9",
        "--out", "run", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    path = tmp_path / "run" / "summary.json"
    text = path.read_text()
    path.write_text(text.replace('"traded": true', '"traded": false'))
    found = hedgebook("verify", "run", cwd=tmp_path)
    assert found.code == 1
    assert "traded" in found.out


def test_arguments_by_position_are_checked_too() -> None:
    market, trade = hb.sample_market(), hb.trade()
    for call in (
        lambda: hb.backtest(trade, "prices.parquet"),
        lambda: hb.backtest(market, trade),
        lambda: hb.hedges(trade, "prices.parquet"),
        lambda: hb.event_study("meta-compute-2026", "prices.parquet"),
        lambda: hb.check_claims("prices.parquet"),
        lambda: hb.sweep(trade, "prices.parquet", hold=[1]),
    ):
        with pytest.raises(hb.InputError, match=r"as hb\.(load_market|trade)\("):
            call()


@pytest.mark.usefixtures("inputs")
def test_risk_in_another_universe_says_so(tmp_path: Path) -> None:
    market = hb.load_market(tmp_path / "prices.csv", universe=str(tmp_path / "universe.toml"))
    trade = hb.trade(str(tmp_path / "trades.toml") + ":short", hold=2)
    run = hb.backtest(trade, market, "none", events=str(tmp_path / "events.toml"))
    run.save(tmp_path / "run")
    other = tmp_path / "other.toml"
    other.write_text(UNIVERSE)
    told = "the run was made in universe universe, its risk is asked in other"
    assert not any(told in note for note in hb.risk(tmp_path / "run", market).notes)
    elsewhere = hb.load_market(tmp_path / "prices.csv", universe=str(other))
    assert any(told in note for note in hb.risk(tmp_path / "run", elsewhere).notes)
