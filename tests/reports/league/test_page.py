"""The report, the JSON form and the folder of a league."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

import hedgebook as hb
from hedgebook.errors import RunFolderError
from hedgebook.reports.league.page import LEAGUE_REPORT, league_header, league_sections, summarise_league
from hedgebook.reports.league.tables import league_pnl_table, league_table, residual_table
from hedgebook.reports.page.document import KEPT, MANIFEST

EVENTS = ("nebius-microsoft-2025", "meta-compute-2026")


@pytest.fixture(scope="module")
def one() -> hb.League:
    return hb.hedges("long-meta-short-neocloud", hb.sample_market(), "dollar,beta,multi_min_variance")


@pytest.fixture(scope="module")
def several() -> hb.League:
    return hb.hedges(hb.trade(hold=6), hb.sample_market(), ["dollar", "kalman"], on=EVENTS)


def page(league: hb.League) -> BeautifulSoup:
    return BeautifulSoup(LEAGUE_REPORT.html(league), "html5lib")


def test_one_event_has_paths_exposures_and_stress_days(one: hb.League) -> None:
    found = page(one)
    assert [s["id"] for s in found.find_all("section")] == [
        "league", "exposures", "pnl", "problems", "settings", "warnings", "versions",
    ]  # fmt: skip
    figures = {str(node["id"]) for node in found.find_all("script", type="application/json")}
    assert figures == {"figure-paths", "figure-rolling", "figure-factor-pnl"}
    text = found.get_text(" ")
    assert "Market beta on bad days" in text
    assert "no evidence that any of them is better" in text
    assert "Simulated history" in text


def test_several_events_have_a_pooled_row_and_their_own(several: hb.League) -> None:
    found = page(several)
    assert [s["id"] for s in found.find_all("section")] == [
        "league", "outcomes", "pnl", "problems", "settings", "warnings", "versions",
    ]  # fmt: skip
    assert all(event in found.get_text(" ") for event in EVENTS)
    assert several.table["events"].tolist() == [2, 2]


def test_paths_end_at_the_returns_and_bars_add_up_to_them(one: hb.League) -> None:
    figures = {each.name: each for part in league_sections(one) for each in part.figures}

    def figure(name: str) -> list[dict[str, Any]]:
        return list(figures[name].data)

    returns = one.table["total_return"].tolist()
    assert [line["y"][-1] for line in figure("paths")] == pytest.approx(returns, abs=1e-12)
    *bars, total = figure("factor-pnl")
    for k, value in enumerate(returns):
        assert sum(bar["x"][k] for bar in bars) == pytest.approx(value, abs=1e-9)
        assert total["x"][k] == pytest.approx(value, abs=1e-12)


def test_tables_mark_the_best_and_fit_a_terminal(one: hb.League, several: hb.League) -> None:
    table = league_table(one)
    returns = one.table["total_return"]
    column = [c.name for c in table.columns].index("Return")
    marked = [row[0] for row in table.rows if row[column].startswith("*")]
    assert marked == [returns.idxmax()]
    everyone = hb.hedges("long-meta-short-neocloud", hb.sample_market())
    for made in (
        league_table(everyone), league_table(several), residual_table(everyone, "before"),
        residual_table(everyone, "during"), league_pnl_table(everyone),
    ):  # fmt: skip
        assert made.width <= 80, made.title


def test_json_holds_every_run_and_nothing_that_json_does_not_know(one: hb.League) -> None:
    found = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert [run["method"] for run in found["runs"]] == ["dollar", "beta", "multi_min_variance"]
    for run in found["runs"]:
        assert sum(run["short_per_long"].values()) == pytest.approx(run["ratio"], rel=1e-12)
        parts = dict(run["pnl_by_factor"])
        assert sum(v for k, v in parts.items() if k != "total") == pytest.approx(run["total_return"], abs=1e-9)
        assert run["problem"] is None
    assert found["pooled"] == []
    assert "evidence" in found["caveat"]


def test_a_problem_is_in_the_page_the_json_and_the_terminal_table() -> None:
    trade = hb.trade(short="CRWV", neutral_to="dollar,market")
    league = hb.hedges(trade, hb.sample_market(), "factor_neutral,dollar")
    assert "no hedge exists" in page(league).find(id="problems").get_text()
    assert league_table(league).rows[0] == ("factor_neutral", *("–",) * 7)
    assert "no hedge exists" in summarise_league(league)["runs"][0]["problem"]
    assert "over 1 methods" not in league_header(league).verdict


def test_the_folder_is_whole_and_reads_back(one: hb.League, tmp_path: Path) -> None:
    folder = one.save(tmp_path / "league")
    assert {file.name for file in folder.iterdir()} == {*LEAGUE_REPORT.files, MANIFEST, KEPT}
    assert json.loads((folder / "league.json").read_text()) == one.to_dict()
    table = pd.read_parquet(folder / "league.parquet")
    assert table["total_return"].tolist() == one.table["total_return"].tolist()
    assert table["problem"].isna().all()
    with pytest.raises(RunFolderError, match="not empty"):
        one.save(folder)
    (folder / "mine.txt").write_text("x")
    with pytest.raises(RunFolderError, match=r"mine\.txt"):
        one.save(folder, overwrite=True)


def test_names_never_become_markup() -> None:
    trade = hb.trade(title="<script>alert(1)</script>")
    league = hb.hedges(trade, hb.sample_market(), "dollar")
    assert "<script>alert(1)" not in LEAGUE_REPORT.html(league)


def test_a_league_says_what_it_is(one: hb.League, several: hb.League) -> None:
    assert repr(one).startswith("<League long-meta-short-neocloud on meta-compute-2026: 3 hedges, 3 of 3 runs (sim")
    assert "on 2 events" in repr(several)
