"""Every result can be had as a PDF, alone or in its folder, and says the same there as in its report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pypdf
import pytest

import hedgebook as hb
from hedgebook.reports.page.section import arranged

from .conftest import RESULTS, small_market


def _squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("kind", RESULTS)
def test_every_result_is_a_pdf_of_its_sections(results: dict[str, Any], kind: str, tmp_path: Path) -> None:
    result = results[kind]
    path = tmp_path / "report.pdf"
    assert result.pdf(path) == path
    pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    words = _squeezed(" ".join(pages))
    document = result._document()
    assert _squeezed(document.header.title) in words
    assert _squeezed(document.header.verdict) in words
    for section in arranged(document.header, document.sections):
        assert _squeezed(section.title) in words
        for table in section.tables:
            for row in table.rows:
                for cell in row:
                    assert all(word in words for word in cell.split()), (table.title, cell)
    first = path.read_bytes()
    result.pdf(path)
    assert path.read_bytes() == first
    assert len(first) < 1_000_000


@pytest.mark.parametrize("kind", [kind for kind in RESULTS if kind != "Sweep"])
def test_the_folder_holds_it_where_it_is_asked_for(results: dict[str, Any], kind: str, tmp_path: Path) -> None:
    result, folder = results[kind], tmp_path / "out"
    result.save(folder, pdf=True, paper="letter")
    assert pypdf.PdfReader(folder / "report.pdf").pages[0].mediabox.width == pytest.approx(612)
    result.pdf(tmp_path / "alone.pdf", "letter")
    assert (folder / "report.pdf").read_bytes() == (tmp_path / "alone.pdf").read_bytes()
    with pytest.raises(hb.InputError, match="not empty"):
        result.save(folder, pdf=True)
    result.save(folder, overwrite=True)
    assert not (folder / "report.pdf").exists()
    assert (folder / "report.html").exists()


def test_a_sweep_puts_it_into_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    options = hb.SweepOptions(pdf=True)
    made = hb.sweep(hb.trade(), small_market(), hold=[5, 7], out=folder, options=options)
    made.pdf(tmp_path / "alone.pdf")
    assert (folder / "report.pdf").read_bytes() == (tmp_path / "alone.pdf").read_bytes()
    hb.sweep(hb.trade(), small_market(), hold=[5, 7], out=folder, options=hb.SweepOptions(overwrite=True))
    assert not (folder / "report.pdf").exists()


def test_nothing_is_written_where_the_pdf_cannot_be_made(
    results: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(hb.InputError, match="pip install typst"):
        results["Run"].save(tmp_path / "out", pdf=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_paper_and_no_path_is_said(results: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(hb.InputError, match="letter"):
        results["Run"].pdf(tmp_path / "a.pdf", "a5")
    with pytest.raises(hb.InputError, match="cannot be written"):
        results["Run"].pdf(tmp_path / "nowhere" / "a.pdf")


def test_a_loaded_run_says_that_only_its_page_is_known(results: dict[str, Any], tmp_path: Path) -> None:
    results["Run"].save(tmp_path / "out")
    with pytest.raises(hb.InputError, match=r"hb\.backtest"):
        hb.load_run(tmp_path / "out").pdf(tmp_path / "a.pdf")
