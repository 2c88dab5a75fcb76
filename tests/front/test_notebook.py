"""What a notebook shows of a result: its first screen, its figures, and nothing that runs or is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup

import hedgebook as hb
from hedgebook.reports.page.document import Document
from hedgebook.reports.page.notebook import MOST_BYTES, first_screen
from hedgebook.reports.page.section import Header, Section
from hedgebook.reports.page.table import Table, columns

from .conftest import RESULTS, small_market

HOSTILE = "</style><script>alert(1)</script>&<b onload='x'>\"\ud800"


@pytest.mark.parametrize("kind", RESULTS)
def test_the_first_screen_says_what_the_report_says(results: dict[str, Any], kind: str) -> None:
    made = results[kind]._repr_html_()
    assert len(made.encode()) <= MOST_BYTES
    page = BeautifulSoup(made, "html5lib")
    document = results[kind]._document()
    words = page.get_text(" ")
    assert document.header.title in words
    assert document.header.verdict in words
    for badge in document.header.badges:
        assert badge in words
    assert not page.find_all(["script", "style", "link", "iframe", "img"])
    # Namespaces are names, not addresses of anything that is loaded.
    assert "http" not in made.replace("http://www.w3.org/", "")
    (table,) = page.find_all("table")
    rows = {tuple(cell.get_text() for cell in row.find_all("td")) for row in table.find_all("tr")}
    tables = [one for section in document.sections for one in section.tables if one.rows]
    shown = [one for one in tables if rows - {()} <= set(one.rows)]
    assert shown


def test_a_run_shows_its_profit_and_loss(results: dict[str, Any]) -> None:
    page = BeautifulSoup(results["Run"]._repr_html_(), "html5lib")
    words = page.get_text(" ")
    assert "Total return" in words
    assert "P&L in USD" in words
    assert len(page.find_all("svg")) == 1


def test_names_from_files_are_text() -> None:
    table = Table(HOSTILE, columns(HOSTILE, "n"), ((HOSTILE, "1"),) * 50, HOSTILE)
    section = Section(
        "a", HOSTILE, cards=Table("c", columns("a", "b"), ((HOSTILE, HOSTILE),), HOSTILE), tables=(table,)
    )
    made = first_screen(Document(Header(HOSTILE, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), 1), (section,)))
    page = BeautifulSoup(made, "html5lib")
    assert not page.find_all(["script", "style", "b[onload]"])
    assert page.get_text(" ").count("<script>alert(1)</script>") >= 8
    assert "30 more rows" in page.get_text(" ")


def test_it_stays_small_whatever_is_in_it() -> None:
    table = Table("t", columns(*(f"c{k}" for k in range(40))), (("x" * 5000,) * 40,) * 500, "n" * 10_000)
    made = first_screen(Document(Header("t" * 9000, "n", "", "v", (), 0), (Section("a", "A", tables=(table,)),)))
    assert len(made.encode()) <= MOST_BYTES


@pytest.mark.parametrize("kind", RESULTS)
def test_figures_are_those_of_the_report(results: dict[str, Any], kind: str) -> None:
    result = results[kind]
    document = result._document()
    picture = {} if document.header.picture is None else {document.header.picture.name: document.header.picture}
    known = {**picture, **{one.name: one for section in document.sections for one in section.figures}}
    assert known
    found = result.figures
    assert list(found) == list(known)
    for name, figure in found.items():
        assert isinstance(figure, go.Figure)
        assert len(figure.data) == len(known[name].data)
    name = next(iter(known))
    assert result.plot() == result.plot(name) == found[name]


def test_a_figure_that_is_not_there_is_said_with_those_that_are(results: dict[str, Any]) -> None:
    with pytest.raises(hb.InputError, match="Did you mean 'equity'") as caught:
        results["Run"].plot("equty")
    assert "causes" in str(caught.value) or "pnl" in str(caught.value)
    with pytest.raises(hb.InputError, match="no such figure"):
        results["Claims"].plot("equity")


def test_results_without_a_report_show_their_figures(tmp_path: Path, results: dict[str, Any]) -> None:
    audit = hb.audit(hb.trade(hold=3), small_market(), decisions=2)
    made = BeautifulSoup(audit._repr_html_(), "html5lib").get_text(" ")
    assert "passed" in made
    # A folder of an older version holds neither the content of its report nor how it was made.
    folder = results["Run"].save(tmp_path / "out")
    for name in ("report.json.gz", "manifest.json"):
        (folder / name).unlink()
    loaded = BeautifulSoup(hb.load_run(tmp_path / "out")._repr_html_(), "html5lib").get_text(" ")
    assert "final_nav" in loaded


def test_plotly_is_not_imported_before_a_figure_is_asked_for() -> None:
    code = (
        "import sys, hedgebook as hb\n"
        "run = hb.backtest(hb.trade(hold=2), hb.sample_market())\n"
        "run._repr_html_()\n"
        "assert 'plotly' not in sys.modules, 'imported'\n"
        "run.plot()\n"
        "assert 'plotly' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
