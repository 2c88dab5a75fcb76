"""Every result can be had as a PDF, alone or in its folder, and says the same there as in its report."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
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


def test_a_loaded_run_has_every_document_of_the_run(results: dict[str, Any], tmp_path: Path) -> None:
    run = results["Run"]
    loaded = hb.load_run(run.save(tmp_path / "out"))
    for made, path in ((run, tmp_path / "fresh.pdf"), (loaded, tmp_path / "loaded.pdf")):
        made.pdf(path)
    assert (tmp_path / "loaded.pdf").read_bytes() == (tmp_path / "fresh.pdf").read_bytes()
    assert list(loaded.figures) == list(run.figures)
    assert loaded.plot("equity").to_dict() == run.plot("equity").to_dict()
    assert loaded._repr_html_() == run._repr_html_()
    again = loaded.save(tmp_path / "copy", pdf=True, xlsx=True)
    assert (again / "report.pdf").read_bytes() == (tmp_path / "fresh.pdf").read_bytes()
    assert hb.compare([loaded, run]).tracks[0].returns.tolist() == run.returns.tolist()
    assert hb.tearsheet(loaded).measures["sharpe"].value == pytest.approx(run.metrics.sharpe, rel=1e-12)


def test_what_a_folder_lacks_or_has_damaged_is_said(results: dict[str, Any], tmp_path: Path) -> None:
    folder = results["Run"].save(tmp_path / "out")
    kept = folder / "report.json.gz"
    content = kept.read_bytes()
    for damage in (b"", content[:200], content[:-30] + b"x" * 30, gzip.compress(b'{"header": 1}')):
        kept.write_bytes(damage)
        with pytest.raises(hb.InputError, match=r"report\.json\.gz"):
            hb.load_run(folder).pdf(tmp_path / "a.pdf")
        assert not hb.load_run(folder).verify().passed
    kept.unlink()
    # Without it the run is made again, prices of its own seed included; without its manifest too there is no PDF.
    again = hb.load_run(folder).pdf(tmp_path / "again.pdf")
    assert again.read_bytes() == results["Run"].pdf(tmp_path / "first.pdf").read_bytes()
    (folder / "manifest.json").unlink()
    loaded = hb.load_run(folder)
    with pytest.raises(hb.InputError, match=r"hb\.backtest"):
        loaded.pdf(tmp_path / "a.pdf")
    loaded.xlsx(tmp_path / "a.xlsx")
    assert not (loaded.save(tmp_path / "copy") / "report.json.gz").exists()


def test_badges_say_what_was_asked_and_nothing_else(results: dict[str, Any], tmp_path: Path) -> None:
    run = results["Run"]
    plain = run._document().header
    assert (plain.good, plain.doubts, run.to_dict().get("checks")) == ((), (), None)
    checked = run.checked(hb.audit(run.strategy, run.market, decisions=3), run.verify())
    assert checked._document().header.good == ("Look-ahead audited", "Verified by the second engine")
    assert {name: one["passed"] for name, one in checked.to_dict()["checks"].items()} == {
        "audit": True,
        "verification": True,
    }
    loaded = hb.load_run(checked.save(tmp_path / "out"))
    assert loaded._document().header.good == checked._document().header.good
    page = (tmp_path / "out" / "report.html").read_text()
    assert '<li class="badge good">Look-ahead audited</li>' in page
    failed = run.checked(replace(run.verify(), passed=False, mismatches=("nav.parquet: cash",)))
    assert failed._document().header.doubts == ("Differs from the second engine",)
    with pytest.raises(hb.InputError, match="not in the folder"):
        loaded.checked(run.verify())


def test_a_strategy_that_looks_ahead_says_so_on_its_first_screen() -> None:
    market = small_market()

    def peeks(market: hb.Market) -> pd.DataFrame:
        closes = market.frame("close")[["META"]].dropna()
        return (closes - closes.mean()).gt(0.0).iloc[20:60:5] * 0.5

    run = hb.backtest(peeks, market)
    found = run.checked(hb.audit(peeks, market))._document().header
    assert (found.good, found.doubts) == ((), ("Looks ahead",))


def test_the_command_checks_and_exits_as_the_checks_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hedgebook.cli import main
    from hedgebook.front.run import Run

    words = ["run", "--set", "hold=3", "--verify", "--json", "--out"]
    with pytest.raises(SystemExit) as ended:
        main([*words, str(tmp_path / "a")])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["checks"]["verification"]["passed"] is True
    verify = Run.verify
    monkeypatch.setattr(Run, "verify", lambda run: replace(verify(run), passed=False))
    with pytest.raises(SystemExit) as ended:
        main([*words, str(tmp_path / "b")])
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["checks"]["verification"]["passed"] is False
    assert (tmp_path / "b" / "report.html").exists()
