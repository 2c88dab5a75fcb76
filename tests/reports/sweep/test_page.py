"""The report of a sweep: whole, alone on its page, and never a best set without its luck."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

import hedgebook as hb
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.errors import RunFolderError
from hedgebook.reports.sweep.command import run_command
from hedgebook.reports.sweep.page import render_sweep, summarise_sweep, sweep_header, write_sweep_report
from hedgebook.strategies.catalogue.find import find_strategy

from ..sweeps import SHAPES, known, sweep_of, swept

ALL = (
    *("best", "sets", "luck", "paths", "marginal", "together", "values", "out-of-sample"),
    *("problems", "settings", "warnings", "versions"),
)
WITH_SPLITS = ("events", "walk", "cpcv")


def page_of(result: SweepResult) -> BeautifulSoup:
    return BeautifulSoup(render_sweep(result), "html5lib")


def section(page: BeautifulSoup, name: str) -> Tag:
    found = page.find("section", id=name)
    assert isinstance(found, Tag), name
    return found


def words(tag: BeautifulSoup | Tag) -> str:
    return " ".join(tag.get_text(" ").split())


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "single"])
def test_sections_stand_in_their_order(shape: str) -> None:
    found = [str(part["id"]) for part in page_of(sweep_of(shape)).find_all("section")]
    assert found == [name for name in ALL if name != "out-of-sample" or shape in WITH_SPLITS]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_part_of_the_page_names_the_best_without_its_luck(shape: str) -> None:
    page = page_of(sweep_of(shape))
    first = page.find("section")
    assert isinstance(first, Tag)
    assert first["id"] == "best"
    assert sweep_of(shape).luck.verdict in words(page)
    for part in page.find_all("section"):
        text = words(part)
        if part["id"] not in ("warnings", "problems") and "best" in text.lower():
            assert "PBO" in text, part["id"]
            assert "eflated Sharpe" in text, part["id"]
    for table in page.select("table"):
        text = words(table.parent.parent)
        assert "best set" not in text.lower() or "eflated Sharpe" in text


@pytest.mark.parametrize("shape", ["grid", "cpcv", "single"])
def test_nothing_comes_from_elsewhere(shape: str) -> None:
    page = page_of(sweep_of(shape))
    for tag in page.find_all(True):
        for attribute in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
            assert str(tag.get(attribute, "#")).startswith("#"), tag
    assert page.find_all(["link", "img", "iframe", "object", "embed", "base"]) == []
    own = "".join(str(child) for tag in page.find_all(["script", "style"]) for child in tag.contents)
    assert "http" not in own
    assert "url(" not in own
    assert "parcoords" not in own  # Needs WebGL and code made at run time, which the page's policy forbids.


def test_the_header_says_what_was_swept_and_what_it_is_worth() -> None:
    result = sweep_of("grid")
    top = sweep_header(result)
    assert top.title.startswith("Sweep: Long Meta, short the neoclouds")
    assert top.event == (
        "hold 5 to 24 (20 values); gross 0.5, 1; stop_loss none, 0.04, 0.08; hedge dollar, beta. 240 of 240 sets ran "
        "(every combination), compared by Sharpe ratio"
    )
    assert top.verdict == result.luck.verdict
    assert top.badges == ("Simulated history, reported event-day moves",)
    drawn = sweep_header(sweep_of("continuous")).event
    assert "gross between 0.5 and 1.5; stop_loss between 0.02 and 0.1" in drawn
    assert "120 of 120 sets ran (drawn as a Latin hypercube, seed 0)" in drawn
    assert "(every combination), compared by max drawdown" in sweep_header(sweep_of("drawdown")).event
    failing = sweep_of("failing")
    ran = int(failing.table["problem"].isna().sum())
    assert f"{ran:,} of 398 sets ran" in sweep_header(failing).event


def test_hindsight_in_any_set_is_shown_at_the_top_and_explained() -> None:
    page = page_of(sweep_of("hindsight"))
    badges = [tag.get_text() for tag in page.select("header .badge")]
    assert badges == ["Simulated history, reported event-day moves", "Not tradable: hindsight", "Not told from luck"]
    assert sweep_of("hindsight").luck.finding == "not told from luck"
    assert "nobody could have traded them" in words(section(page, "warnings"))
    assert sweep_of("hindsight").table["hindsight"].any()


def test_a_single_set_is_no_choice() -> None:
    page = page_of(sweep_of("single"))
    found = [str(part["id"]) for part in page.find_all("section")]
    assert found == ["best", "problems", "settings", "warnings", "versions"]
    text = words(section(page, "best"))
    assert "there was nothing to choose from" in text
    assert "PBO (" in text
    assert "(best)" not in render_sweep(sweep_of("single"))


def test_settings_name_everything_that_decides_the_numbers() -> None:
    result = sweep_of("one_value")
    held = section(page_of(result), "settings")
    facts = {dt.get_text(): dd.get_text() for dt, dd in zip(held.find_all("dt"), held.find_all("dd"), strict=True)}
    source = result.job.setting.market.provenance
    assert facts["SHA-256 of the prices"] == source.sha256
    assert facts["Prices"].startswith(f"{source.source}, {source.first} to {source.last}")
    assert (facts["Costs"], facts["Account"], facts["Benchmark"]) == ("default", "plain", "SPY")
    assert facts["Not varied"] == "hedge dollar"
    assert facts["Event"] == "meta-compute-2026"
    assert "hold" not in {name.lower() for name in facts}
    assert "seed 0" in facts["Random numbers"]
    assert "16 of 1 to 2" in facts["Cross-validation"] or "16 of 2" in facts["Cross-validation"]


def test_warnings_say_what_limits_the_figures() -> None:
    text = words(section(page_of(sweep_of("failing")), "warnings"))
    failed = int(sweep_of("failing").table["problem"].notna().sum())
    assert f"{failed} of 398 sets could not be run" in text
    assert "max_drawdown cannot be had from sums over sessions" in words(page_of(sweep_of("drawdown")))


@pytest.mark.parametrize("shape", SHAPES)
def test_json_holds_the_best_with_its_luck_and_what_it_was_run_under(shape: str) -> None:
    result = sweep_of(shape)
    found = json.loads(json.dumps(summarise_sweep(result), allow_nan=False))
    ordered = known(result)
    assert found["best"]["set"] == int(ordered.index[0])
    assert found["best"]["metrics"]["total_return"] == ordered["total_return"].iloc[0]
    assert found["overfitting"]["verdict"] == found["verdict"] == result.luck.verdict
    assert {"overfitting", "deflated", "reasons"} <= set(found["overfitting"])
    assert [row["set"] for row in found["best_sets"]] == ordered.index[:20].tolist()
    assert found["sets"] == len(result.table)
    assert found["ran"] == int(result.table["problem"].isna().sum())
    assert found["data"]["sha256"] == result.job.setting.market.provenance.sha256
    assert (found["costs"], found["account"], found["benchmark"]) == ("default", "plain", "SPY")
    assert found["trade"] == (None if shape in ("walk", "cpcv") else "long-meta-short-neocloud")
    assert found["simulated"] is True
    assert found["hindsight"] is (shape == "hindsight")
    assert found["versions"]["hedgebook"]


def test_the_same_sweep_has_the_same_report() -> None:
    again = SHAPES["categorical"]()
    assert summarise_sweep(again) == summarise_sweep(sweep_of("categorical"))
    assert render_sweep(again) == render_sweep(sweep_of("categorical"))


def test_names_never_become_markup() -> None:
    trade = hb.trade(title="<script>alert(1)</script><b>x")
    page = page_of(swept({"hold": [5, 6, 7]}, trade))
    assert "<script>alert(1)</script><b>x" in words(page)
    assert page.find_all("b") == []
    assert all("alert(1)" not in "".join(map(str, tag.contents)) for tag in page.find_all("script"))


def test_the_report_is_written_or_says_why_not(tmp_path: Path) -> None:
    result = sweep_of("one_axis")
    path = write_sweep_report(result, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == render_sweep(result)
    with pytest.raises(RunFolderError, match="the report cannot be written"):
        write_sweep_report(result, tmp_path / "nowhere" / "report.html")


@pytest.mark.parametrize("shape", ["grid", "categorical", "events", "drawdown"])
def test_the_command_of_the_best_set_gives_its_outcome(shape: str) -> None:
    result = sweep_of(shape)
    text = words(section(page_of(result), "best"))
    command = run_command(result)
    assert f"Run it: {command}" in text
    words_of = shlex.split(command)
    assert words_of[:3] == ["hedgebook", "run", "long-meta-short-neocloud"]
    changes = dict(pair.split("=", 1) for pair in words_of[4::2])
    assert words_of[3::2] == ["--set"] * len(changes)
    run = hb.backtest(find_strategy(words_of[2], changes), hb.sample_market())
    assert run.final_nav / run.capital - 1.0 == pytest.approx(result.best.metrics["total_return"], abs=1e-9)


def test_what_no_command_can_name_has_none() -> None:
    assert run_command(sweep_of("walk")) == ""
    assert run_command(swept({"hold": [5, 6]}, fixed={"gross": 0.5})) == ""
