"""--out, --pdf and --xlsx of capacity, check and trades --results."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pypdf
import pytest

import hedgebook as hb

from .console import hedgebook

MINE = '[turn]\nkind = "buy-and-hold"\ntickers = ["META"]\n\n[other]\nkind = "buy-and-hold"\ntickers = ["MU"]\n'


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "mine.toml").write_text(MINE)
    close = hb.sample_market().frame("close")[["META", "MU"]].iloc[-50:].rename_axis("date").reset_index()
    close.to_csv(folder / "a.csv", index=False)
    close.assign(MU=close["MU"] * 1.1).to_csv(folder / "b.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        (("capacity",), "capacity.json"),
        (("trades", "mine.toml", "--results"), "trades.json"),
        (("check", "a.csv"), "check.json"),
        (("check", "a.csv", "--against", "b.csv"), "differences.json"),
    ],
)
def test_a_folder_holds_every_document(here: Path, arguments: tuple[str, ...], file: str) -> None:
    out = file.partition(".")[0]
    done = hedgebook(*arguments, "--pdf", "--paper", "letter", "--xlsx", "--out", out, cwd=here)
    assert done.code == 0, done.err
    assert f"PDF: {out}/report.pdf" in done.out
    assert {one.name for one in (here / out).iterdir()} == {
        file, "report.html", "report.pdf", "report.xlsx", "report.json.gz", "manifest.json",
    }  # fmt: skip
    assert pypdf.PdfReader(here / out / "report.pdf").pages[0].mediabox.width == pytest.approx(612)
    assert openpyxl.load_workbook(here / out / "report.xlsx").sheetnames[0] == "Summary"
    again = hedgebook("report", out, "--pdf", cwd=here)
    assert again.code == 0, again.err


def test_without_a_folder_nothing_is_written(here: Path) -> None:
    before = sorted(one.name for one in here.iterdir())
    assert hedgebook("check", "a.csv", "--json", cwd=here).json["errors"] == 0
    for words in (("check", "a.csv", "--pdf"), ("capacity", "--xlsx"), ("trades", "--results", "--pdf")):
        done = hedgebook(*words, cwd=here)
        assert (done.code, done.out) == (2, "")
        assert "there is no folder for it" in done.err
    listed = hedgebook("trades", "--out", "list", cwd=here)
    assert listed.code == 2
    assert "--results" in listed.err
    assert sorted(one.name for one in here.iterdir()) == before
