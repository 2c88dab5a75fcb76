"""Every result can be had as a workbook, alone or in its folder; a run that was read back gives the same numbers."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import hedgebook as hb

from .conftest import RESULTS, small_market


def summary(path: Path) -> dict[str, Any]:
    """The first two columns of a workbook's first sheet."""
    sheet = openpyxl.load_workbook(BytesIO(path.read_bytes()), data_only=True)["Summary"]
    return {str(row[0]): row[1] for row in sheet.iter_rows(max_col=2, values_only=True) if row[0] is not None}


@pytest.mark.parametrize("kind", RESULTS)
def test_every_result_is_a_workbook(results: dict[str, Any], kind: str, tmp_path: Path) -> None:
    result, path = results[kind], tmp_path / "a.xlsx"
    assert result.xlsx(path) == path
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "Summary"
    assert book["Summary"]["A1"].value == result._document().header.title
    assert "Assumptions" in book.sheetnames or not any(s.facts for s in result._document().sections)
    first = path.read_bytes()
    result.xlsx(path)
    assert path.read_bytes() == first
    assert len(first) < 500_000


@pytest.mark.parametrize("kind", [kind for kind in RESULTS if kind != "Sweep"])
def test_the_folder_holds_it_where_it_is_asked_for(results: dict[str, Any], kind: str, tmp_path: Path) -> None:
    result, folder = results[kind], tmp_path / "out"
    result.save(folder, xlsx=True)
    result.xlsx(tmp_path / "alone.xlsx")
    assert (folder / "report.xlsx").read_bytes() == (tmp_path / "alone.xlsx").read_bytes()
    result.save(folder, overwrite=True)
    assert not (folder / "report.xlsx").exists()


def test_a_sweep_puts_it_into_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    made = hb.sweep(hb.trade(), small_market(), hold=[5, 7], out=folder, options=hb.SweepOptions(xlsx=True))
    made.xlsx(tmp_path / "alone.xlsx")
    assert (folder / "report.xlsx").read_bytes() == (tmp_path / "alone.xlsx").read_bytes()


def test_a_loaded_run_has_the_same_numbers(results: dict[str, Any], tmp_path: Path) -> None:
    run = results["Run"]
    run.save(tmp_path / "out")
    loaded = hb.load_run(tmp_path / "out")
    run.xlsx(tmp_path / "a.xlsx")
    loaded.xlsx(tmp_path / "b.xlsx")
    made, read = summary(tmp_path / "a.xlsx"), summary(tmp_path / "b.xlsx")
    assert made["Sharpe"] == run.metrics.sharpe
    figures = [name for name, value in made.items() if isinstance(value, float)]
    assert len(figures) > 12
    assert {name: read[name] for name in figures} == pytest.approx({name: made[name] for name in figures}, rel=1e-12)
    loaded.save(tmp_path / "copy", xlsx=True)
    assert (tmp_path / "copy" / "report.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_nothing_is_written_where_it_cannot_be_made(
    results: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(hb.InputError, match="cannot be written"):
        results["Run"].xlsx(tmp_path / "nowhere" / "a.xlsx")
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(hb.InputError, match="pip install XlsxWriter"):
        results["Run"].save(tmp_path / "out", xlsx=True)
    assert list(tmp_path.iterdir()) == []
