"""Reports read back from folders: every document again, byte for byte, and nothing is run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hedgebook as hb
from hedgebook.cli.app import app
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.errors import RunFolderError
from hedgebook.strategies.tearsheet import sheet as sheets

DOCUMENTS = ("report.html", "report.pdf", "report.xlsx")


def series(seed: int) -> pd.Series[float]:
    draw = np.random.default_rng(seed).normal(0.0003, 0.01, 90)
    return pd.Series(draw, pd.bdate_range("2026-01-05", periods=90), name=f"s{seed}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tear sheet with all its documents."""
    found = hb.tearsheet(series(1), benchmark=series(2))
    return found.save(tmp_path_factory.mktemp("kept") / "sheet", pdf=True, xlsx=True)


def test_documents_of_a_folder_are_those_that_were_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: object) -> None:
        raise AssertionError("something was calculated")

    monkeypatch.setattr(sheets, "sheet_of", no)
    found = hb.load_report(folder)
    found.report(tmp_path / "report.html")
    found.pdf(tmp_path / "report.pdf")
    found.xlsx(tmp_path / "report.xlsx")
    for name in DOCUMENTS:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    told = json.loads((folder / "tearsheet.json").read_text())
    assert found.to_dict() == told
    assert found.summary["name"] == told["name"]
    assert "growth" in found.figures
    assert found._repr_html_().startswith("<")
    assert str(folder) in repr(found)


def test_the_command_writes_into_the_folder_or_another_one(folder: Path, tmp_path: Path) -> None:
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").write_text("old")
    runner = CliRunner()
    done = runner.invoke(app, ["report", str(folder), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["report"] == str(folder / "report.html")
    assert (folder / "report.html").read_bytes() == before
    other = tmp_path / "other"
    done = runner.invoke(app, ["report", str(folder), "--out", str(other), "--pdf", "--paper", "letter"])
    assert done.exit_code == 0
    assert "Tear sheet of s1" in done.stdout
    assert sorted(path.name for path in other.iterdir()) == ["report.html", "report.pdf"]
    again = runner.invoke(app, ["report", str(folder), "--out", str(other)])
    assert isinstance(again.exception, RunFolderError)


def test_a_folder_of_a_sweep_gives_its_workbook_again(
    market: hb.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "sweep"
    hb.sweep(
        "long-meta-short-neocloud", market, hold=range(6, 9), hedge=["dollar", "beta"], out=out,
        options=hb.SweepOptions(xlsx=True),
    )  # fmt: skip
    monkeypatch.setattr(SweepResult, "table", property(lambda _: 1 / 0))
    hb.load_report(out).xlsx(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == (out / "report.xlsx").read_bytes()


def test_what_is_no_report_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no such folder"):
        hb.load_report(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunFolderError, match="no result was written"):
        hb.load_report(tmp_path / "empty")
    (tmp_path / "empty" / "report.html").write_text("x")
    with pytest.raises(RunFolderError, match="older version"):
        hb.load_report(tmp_path / "empty")
    data = (folder / "report.json.gz").read_bytes()
    for damaged in (b"", data[:200], data[:-30] + b"x" * 30, b"\x1f\x8b" + bytes(40)):
        (tmp_path / "empty" / "report.json.gz").write_bytes(damaged)
        with pytest.raises(RunFolderError, match=r"report\.json\.gz cannot be read"):
            hb.load_report(tmp_path / "empty")


def test_a_run_with_checks_can_be_asked_and_made_again(tmp_path: Path) -> None:
    run = hb.backtest(hb.trade("long-meta-short-neocloud", hold=5), hb.sample_market())
    checked = run.checked(run.verify())
    out = checked.save(tmp_path / "run")
    loaded = hb.load_run(out)
    assert hb.replay(out).identical
    assert loaded.market.sessions[-1] == run.market.sessions[-1]
    found = hb.load_report(out)
    assert found.to_dict()["trade"] == "long-meta-short-neocloud"
    assert found.report(tmp_path / "page.html").read_bytes() == (out / "report.html").read_bytes()
