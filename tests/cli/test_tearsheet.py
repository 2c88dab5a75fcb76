"""hedgebook tearsheet and hedgebook compare."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb

from .console import hedgebook


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("tearsheet")
    market = hb.sample_market()
    for hold in (12, 15):
        hb.backtest(hb.trade(hold=hold), market, "none").save(here / f"hold{hold}")
    days = pd.bdate_range("2024-01-02", periods=400)
    values = pd.Series(np.random.default_rng(3).normal(0.0004, 0.01, 400), index=days, name="return")
    values.rename_axis("date").to_csv(here / "returns.csv", date_format="%Y-%m-%d")
    (100.0 * (1.0 + values).cumprod()).rename("close").rename_axis("date").to_csv(here / "prices.csv")
    return here


def test_a_series_with_a_benchmark_in_eighty_columns(folder: Path) -> None:
    done = hedgebook("tearsheet", "returns.csv", "--benchmark", "prices.csv", "--out", "sheet", cwd=folder)
    assert done.code == 0, done.err
    assert done.out.startswith("Tear sheet of returns\n")
    assert "beta to prices" in done.out
    assert max(len(line) for line in done.out.splitlines() if "Report:" not in line) <= 80
    held = {"tearsheet.json", "report.html", "report.json.gz", "manifest.json"}
    assert {one.name for one in (folder / "sheet").iterdir()} == held
    values = json.loads((folder / "sheet" / "tearsheet.json").read_text())
    again = hedgebook("tearsheet", "returns.csv", "--benchmark", "prices.csv", "--json", cwd=folder)
    assert again.json["measures"] == values["measures"]
    assert values["measures"]["correlation"] == pytest.approx(1.0)


def test_a_run_beside_the_market_it_was_made_with(folder: Path) -> None:
    done = hedgebook("tearsheet", "hold15", "--benchmark", "SPY", "--json", cwd=folder)
    assert done.code == 0, done.err
    saved = json.loads((folder / "hold15" / "summary.json").read_text())
    assert done.json["measures"]["total_return"] == pytest.approx(saved["total_return"], rel=1e-12)
    assert done.json["benchmark"] == "SPY"
    assert done.json["simulated"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("returns.csv", "--benchmark", "SPY"), "a benchmark's prices are needed"),
        (("nothing.csv",), "no such file"),
        (("returns.csv", "--returns-in", "percents"), "Did you mean 'percent'"),
        (("METAX",), "no such file, run folder or ticker"),
    ],
)
def test_what_cannot_be_used_is_said(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = hedgebook("tearsheet", *arguments, cwd=folder)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_runs_side_by_side(folder: Path) -> None:
    done = hedgebook("compare", "hold12", "hold15", "--benchmark", "SPY", "--out", "both", cwd=folder)
    assert done.code == 0, done.err
    assert "Side by side" in done.out
    assert "What differs in their parameters" in done.out
    values = json.loads((folder / "both" / "comparison.json").read_text())
    assert [one["hold"] for one in values["parameters"].values()] == [12, 15]
    assert values["benchmark"] == "SPY"
    # Two runs of one strategy go by their folders.
    assert values["names"] == ["hold12", "hold15"]


def test_trades_by_name_and_files_together(folder: Path) -> None:
    done = hedgebook("compare", "long-meta-short-memory", "SPY", "hold15", "--json", cwd=folder)
    assert done.code == 0, done.err
    assert done.json["names"] == ["long-meta-short-memory", "SPY", "long-meta-short-neocloud"]
    alone = hedgebook("compare", "hold15", cwd=folder)
    assert alone.code == 2
    assert "2 to 50" in alone.err
