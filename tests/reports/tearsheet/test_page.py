"""A tear sheet as a page: every section, every figure drawn, and every number the one of the measures."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from hedgebook.engine.tearsheet.definitions import GROUPS, MEASURES
from hedgebook.reports.page.figure import Figure
from hedgebook.reports.tearsheet.calendars import months_by_year
from hedgebook.reports.tearsheet.lines import thinned
from hedgebook.reports.tearsheet.page import SHEET_REPORT, sheet_header, sheet_sections, terminal_tables
from hedgebook.reports.tearsheet.tables import drawdowns_table, measures_tables, streaks_table
from hedgebook.strategies.run.run import TradeRun
from hedgebook.strategies.tearsheet.sheet import SheetTables, sheet_of
from hedgebook.strategies.tearsheet.track import track_of_returns, track_of_run

from ..browser import check_layout, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAME = "<b>mine</b> & </script>"


@pytest.fixture(scope="module")
def sheet() -> SheetTables:
    values = np.random.default_rng(4).standard_t(4, 900) * 0.008 + 0.0004
    days = pd.bdate_range("2020-03-02", periods=900)
    benchmark = pd.Series(0.5 * values + np.random.default_rng(5).normal(0.0, 0.007, 900), index=days, name="SPY")
    return sheet_of(track_of_returns(pd.Series(values, index=days), NAME), benchmark)


def figures(sheet: SheetTables) -> dict[str, Figure]:
    return {one.name: one for section in sheet_sections(sheet) for one in section.figures}


def test_every_section_and_figure_is_there(sheet: SheetTables) -> None:
    names = [section.name for section in sheet_sections(sheet)]
    assert names == [
        "growth", "underwater", "measures", "calendar", "moving", "distribution", "extremes", "definitions",
        "warnings", "versions",
    ]  # fmt: skip
    wanted = {"growth", "underwater", "months", "years", "boxes", "moving", "returns"}
    assert set(figures(sheet)) == wanted
    assert [table.title for table in measures_tables(sheet)] == list(GROUPS)
    for one in figures(sheet).values():
        json.dumps(one.spec, allow_nan=False)


def test_each_measure_is_written_as_it_is(sheet: SheetTables) -> None:
    cells = {row[0]: row for table in measures_tables(sheet) for row in table.rows}
    for name, one in MEASURES.items():
        text = cells[one.named("session")][1]
        value = sheet.measures[name].value
        found = float(text.replace("\u2212", "-").replace(",", "").rstrip("%"))
        scale = 100.0 if text.endswith("%") else 1.0
        assert found == pytest.approx(value * scale, abs=0.5 if one.form.value == "count" else 0.00501), name


def test_curves_end_where_the_measures_say(sheet: SheetTables) -> None:
    growth, below = figures(sheet)["growth"], figures(sheet)["underwater"]
    assert growth.data[0]["y"][-1] == pytest.approx(1.0 + sheet.measures["total_return"].value, abs=1e-5)
    assert min(below.data[0]["y"]) == pytest.approx(sheet.measures["max_drawdown"].value, abs=1e-5)
    # Scaled to the benchmark's volatility.
    scaled = sheet.returns * (sheet.benchmark.std() / sheet.returns.std())
    assert growth.data[2]["y"][-1] == pytest.approx(float(np.prod(1.0 + scaled)), abs=1e-4)


def test_the_five_worst_are_marked_where_they_are(sheet: SheetTables) -> None:
    below = figures(sheet)["underwater"]
    table = drawdowns_table(sheet)
    assert len(below.layout["shapes"]) == 5
    for k, (shape, note) in enumerate(zip(below.layout["shapes"], below.layout["annotations"], strict=True)):
        row = table.rows[k]
        assert shape["x0"] == row[2]
        assert note["x"] == row[3]
        assert note["text"].startswith(f"<b>{k + 1}</b>")


def test_months_of_the_heat_map_compound_to_the_years(sheet: SheetTables) -> None:
    table = months_by_year(sheet.months)
    for period, value in sheet.years.items():
        row = table.loc[period.year].dropna()  # type: ignore[attr-defined]
        assert float(np.prod(1.0 + row) - 1.0) == pytest.approx(value, rel=1e-9)
    cells = figures(sheet)["months"].data[0]
    assert cells["z"][0][0] is None
    assert cells["text"][0][0] == ""


def test_laws_of_the_distribution_hold_as_many_as_there_are(sheet: SheetTables) -> None:
    bars, normal, student = figures(sheet)["returns"].data
    beyond = len(sheet.returns) - sum(bars["y"])
    assert 0 <= beyond < 20
    for law in (normal, student):
        area = np.trapezoid(law["y"], law["x"]) / bars["width"][0]
        assert area == pytest.approx(900, rel=0.02), law["name"]


def test_streaks_are_the_longest(sheet: SheetTables) -> None:
    rows = streaks_table(sheet).rows
    assert int(rows[0][1]) == sheet.measures["longest_wins"].value
    assert int(rows[3][1]) == sheet.measures["longest_losses"].value
    inside = sheet.returns[rows[0][2] : rows[0][3]]
    assert (inside > 0).all()


def test_a_thinned_line_keeps_its_ends_and_its_extremes() -> None:
    values = np.random.default_rng(1).normal(size=10_000).cumsum()
    rows = thinned(values, 600)
    assert len(rows) <= 620
    assert {0, 9_999, int(values.argmin()), int(values.argmax())} <= set(rows.tolist())
    assert thinned(values[:50]).tolist() == list(range(50))


def test_the_page_is_whole_and_asks_for_nothing(sheet: SheetTables, tmp_path: Path) -> None:
    import html5lib

    SHEET_REPORT.save(sheet, tmp_path / "sheet")
    page = (tmp_path / "sheet" / "report.html").read_text()
    without = page
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # html5lib's own
        html5lib.HTMLParser(strict=True).parse(without)
    assert not re.search(r"(src|href)=[\"']?https?:", without)
    assert "<b>mine" not in without
    values = json.loads((tmp_path / "sheet" / "tearsheet.json").read_text())
    assert values["measures"]["sharpe"] == sheet.measures["sharpe"].value
    assert values["frequency"]["name"] == "daily"
    text = BeautifulSoup(without, "html5lib").get_text()
    assert sheet_header(sheet).verdict in text


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_a_browser_draws_every_figure(
    sheet: SheetTables, tmp_path: Path, chromium: Browser, width: int, scheme: str
) -> None:
    path = SHEET_REPORT.save(sheet, tmp_path / "sheet") / "report.html"
    with opened(chromium, path, width, scheme) as page:
        assert page.locator("figure.chart").count() == len(figures(sheet))
        check_layout(page, phone=width < 600)


def test_a_run_shows_what_it_held(run: TradeRun) -> None:
    found = sheet_of(track_of_run(run))
    names = {section.name for section in sheet_sections(found)}
    assert {"held", "trips"} <= names
    assert "concentration" in figures(found)
    tables = {table.title: table for section in sheet_sections(found) for table in section.tables}
    gross = next(row for row in tables["Leverage and concentration"].rows if row[0].startswith("Gross"))
    assert float(gross[3].rstrip("%")) == pytest.approx(100 * found.held["gross"].max(), abs=0.01)


def test_few_returns_make_no_headline_of_a_year() -> None:
    days = pd.bdate_range("2024-01-01", periods=20)
    found = sheet_of(track_of_returns(pd.Series(np.linspace(-0.01, 0.012, 20), index=days), "short"))
    assert "a year," not in sheet_header(found).verdict
    assert "20 sessions say little of a year" in sheet_header(found).verdict
    assert terminal_tables(found)
