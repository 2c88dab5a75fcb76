"""--pdf, --paper and --xlsx of the commands that write a report."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pypdf
import pytest

from .console import hedgebook


def test_a_run_leaves_a_pdf_where_it_is_asked_for(tmp_path: Path) -> None:
    done = hedgebook("run", "--set", "hold=3", "--pdf", "--paper", "letter", "--out", "out", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["pdf"] == "out/report.pdf"
    pages = pypdf.PdfReader(tmp_path / "out" / "report.pdf").pages
    assert pages[0].mediabox.width == pytest.approx(612)
    again = hedgebook("run", "--set", "hold=3", "--out", "out", "--overwrite", cwd=tmp_path)
    assert again.code == 0, again.err
    assert "report.pdf" not in {file.name for file in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(
    "arguments", [("run", "--set", "hold=3"), ("sweep", "--grid", "hold=3:4"), ("hedges", "--methods", "dollar,beta")]
)
def test_a_command_leaves_a_workbook_where_it_is_asked_for(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = hedgebook(*arguments, "--xlsx", "--out", "out", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["xlsx"] == "out/report.xlsx"
    assert openpyxl.load_workbook(tmp_path / "out" / "report.xlsx").sheetnames[0] == "Summary"


def test_claims_have_a_report_and_a_pdf(tmp_path: Path) -> None:
    done = hedgebook("claims", "meta-compute-2026", "--out", "out", "--pdf", cwd=tmp_path)
    assert done.code == 0, done.err
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "claims.json",
        "report.html",
        "report.json.gz",
        "report.pdf",
        "manifest.json",
    }
    assert "PDF: out/report.pdf" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hedges", "--pdf"), "there is no folder for it"),
        (("claims", "--pdf"), "there is no folder for it"),
        (("hedges", "--xlsx"), "--xlsx: there is no folder for it"),
        (("run", "--pdf", "--paper", "a5"), "'a5' is not one of"),
        (("run", "--paper", "a4"), "add --pdf"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = hedgebook(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert list(tmp_path.iterdir()) == []


def test_view_opens_the_report_that_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    from hedgebook.cli import main

    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--set", "hold=3", "--view", "--out", str(tmp_path / "a b"), "--json"])
    assert ended.value.code == 0
    assert opened == [(tmp_path / "a b" / "report.html").as_uri()]
    with pytest.raises(SystemExit) as ended:
        main(["hedges", "--view"])
    assert ended.value.code == 2
