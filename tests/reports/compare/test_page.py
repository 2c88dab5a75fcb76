"""A comparison as a page: what is marked, what is drawn, and how large it grows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from hedgebook.reports.compare.figures import colours_of, curves_figure
from hedgebook.reports.compare.page import COMPARISON_REPORT, comparison_header, comparison_sections
from hedgebook.reports.compare.summary import summarise_comparison
from hedgebook.reports.compare.tables import best_table, differences_table, measures_table, own_table, parameters_table
from hedgebook.reports.page.figure import GREY
from hedgebook.strategies.tearsheet.compare import ComparisonTables, compare_tracks
from hedgebook.strategies.tearsheet.track import track_of_returns

from ..browser import check_layout, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def of(count: int, sessions: int = 400, better: float = 0.0) -> ComparisonTables:
    days = pd.bdate_range("2021-01-04", periods=sessions)
    common = np.random.default_rng(0).normal(0.0002, 0.008, sessions)
    tracks = []
    for k in range(count):
        values = common + np.random.default_rng(k + 1).normal(0.0, 0.004, sessions) + (better if k == 1 else 0.0)
        tracks.append(track_of_returns(pd.Series(values, index=days), f"<i>s{k}"))
    benchmark = pd.Series(common, index=days, name="SPY")
    return compare_tracks(tracks, [{"hold": k} for k in range(count)], benchmark)


@pytest.fixture(scope="module")
def clear() -> ComparisonTables:
    return of(4, better=0.003)


def test_only_a_lead_beyond_its_error_is_marked(clear: ComparisonTables) -> None:
    rows = {row[0]: row for row in measures_table(clear).rows}
    names = [column.name for column in measures_table(clear).columns]
    assert rows["<i>s1"][names.index("Sharpe")].startswith("* ")
    assert all(not rows[name][names.index("Sharpe")].startswith("* ") for name in ("<i>s0", "<i>s2", "<i>s3", "SPY"))
    marks = {row[0]: row[-1] for row in best_table(clear).rows}
    assert marks["Sharpe"] == "yes"
    assert marks["Volatility"] == "no"
    assert not any(row[names.index("Volatility")].startswith("* ") for row in rows.values())
    assert "more than its error" in comparison_header(clear).verdict
    assert "luck explains" in comparison_header(of(3)).verdict


def test_which_of_them_are_simulated_is_named() -> None:
    tracks = of(3).tracks
    mixed = compare_tracks([tracks[0], replace(tracks[1], simulated=True), tracks[2]], [{}] * 3)
    assert mixed.notes[0].startswith("on a simulated market: <i>s1; not on it: <i>s0, <i>s2.")
    (notes,) = [one for one in comparison_sections(mixed) if one.name == "warnings"]
    assert notes.items[0] == mixed.notes[0]
    told = summarise_comparison(mixed)
    assert (told["simulated_names"], told["notes"][0]) == (["<i>s1"], mixed.notes[0])
    alike = compare_tracks([replace(one, simulated=True) for one in tracks], [{}] * 3)
    assert not any("simulated" in note for note in alike.notes)


def test_what_is_told(clear: ComparisonTables) -> None:
    names = [section.name for section in comparison_sections(clear)]
    assert names == [
        "measures", "curves", "drawdowns", "best", "risk", "correlation", "parameters", "definitions", "warnings",
        "versions",
    ]  # fmt: skip
    assert [row[0] for row in differences_table(clear).rows] == [f"<i>s{k}" for k in range(4)]
    assert [row[1] for row in parameters_table(clear).rows] == ["0", "1", "2", "3"]
    assert not own_table(clear).rows
    last = {trace["name"]: trace["y"][-1] for trace in curves_figure(clear).data}
    assert last["SPY"] == pytest.approx(1.0 + clear.measures.loc["SPY", "total_return"], abs=1e-5)
    assert last["&lt;i&gt;s1"] == pytest.approx(1.0 + clear.measures.loc["<i>s1", "total_return"], abs=1e-5)


def test_of_many_the_leaders_have_colours() -> None:
    found = of(30)
    coloured = [name for name, colour in colours_of(found).items() if colour != GREY]
    ranked = found.measures["sharpe"].drop("SPY").sort_values(ascending=False).index[:3]
    assert set(coloured) == {*ranked, "SPY"}
    # What lies above is drawn last.
    assert curves_figure(found).data[0]["line"]["color"] == GREY


def test_the_folder_holds_the_same(clear: ComparisonTables, tmp_path: Path) -> None:
    folder = COMPARISON_REPORT.save(clear, tmp_path / "found")
    values = json.loads((folder / "comparison.json").read_text())
    assert values["measures"]["<i>s1"]["sharpe"] == clear.measures.loc["<i>s1", "sharpe"]
    assert values["best"]["sharpe"]["stands"] is True
    assert len(values["differences"]) == 16
    page = (folder / "report.html").read_text()
    assert "<i>s1" not in page


def test_fifty_of_ten_years_stay_below_a_megabyte(tmp_path: Path) -> None:
    folder = COMPARISON_REPORT.save(of(50, 2520), tmp_path / "found")
    page = (folder / "report.html").read_text()
    assert len(page.encode()) < 1_000_000


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_a_browser_draws_every_figure(
    clear: ComparisonTables, tmp_path: Path, chromium: Browser, width: int, scheme: str
) -> None:
    path = COMPARISON_REPORT.save(clear, tmp_path / "found") / "report.html"
    with opened(chromium, path, width, scheme) as page:
        assert page.locator("figure.chart").count() == 4
        check_layout(page, phone=width < 600)


def test_annual_figures_of_few_dates_head_nothing() -> None:
    few = of(3, sessions=25, better=0.003)
    names = [column.name for column in measures_table(few).columns]
    annual = ("CAGR", "Volatility", "Sharpe", "Sortino", "Calmar", "Alpha")
    assert min(names.index(name) for name in annual) > max(
        names.index(name) for name in ("Return", "Drawdown", "Worst")
    )
    header = comparison_header(few)
    assert header.figures is not None
    assert not [row for row in header.figures.rows if "Sharpe" in row[0] or "volatility" in row[0]]
    total = np.expm1(np.log1p(few.tracks[1].returns).sum())
    assert f"<i>s1 has the highest return, {total:.2%}" in header.verdict
    assert "25 sessions, too few for annual figures" in header.verdict
    for table in (measures_table(few), best_table(few), differences_table(few)):
        assert "Annual figures rest on 25 sessions: they say little." in table.note
    assert "they say little" not in measures_table(of(2)).note
