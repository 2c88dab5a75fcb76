"""LibreOffice as the judge: it recalculates workbooks from which every cached result was taken."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

SOFFICE = shutil.which("soffice")
Edits = Mapping[tuple[str, str], Any]


def without_cache(data: bytes) -> bytes:
    """The same workbook with no result beside any formula."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", part)
                assert b"</f><v>" not in part
            new.writestr(name, part)
    return out.getvalue()


def edited(data: bytes, edits: Edits) -> bytes:
    """The same with other values in some cells, by sheet and address; openpyxl keeps no cached results either."""
    book = openpyxl.load_workbook(BytesIO(data))
    for (sheet, address), value in edits.items():
        book[sheet][address] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def recalculated(books: Mapping[str, bytes], folder: Path) -> dict[str, Any]:
    """Each workbook as LibreOffice calculates it, read by openpyxl as values; one start of the program for all."""
    assert SOFFICE is not None
    out = folder / "out"
    paths = []
    for name, data in books.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(without_cache(data))
        paths.append(str(path))
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), *paths]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl does not know all that LibreOffice writes of charts.
        return {name: openpyxl.load_workbook(out / f"{name}.xlsx", data_only=True) for name in books}


def cells_of(data: bytes, *, values: bool = True) -> Any:
    """A workbook as openpyxl reads it: with the results that stand beside formulas, or the formulas."""
    return openpyxl.load_workbook(BytesIO(data), data_only=values)


def column(book: Any, sheet: str, heading: str) -> list[Any]:
    """What stands under a heading, which are in the fourth row."""
    rows = list(book[sheet].iter_rows(min_row=4, values_only=True))
    return [row[rows[0].index(heading)] for row in rows[1:]]


def figures(book: Any) -> dict[str, Any]:
    """The figures of a summary by name, None for one that is empty."""
    rows = book["Summary"].iter_rows(min_row=9, max_row=26, max_col=2, values_only=True)
    return {name: None if value == "" else value for name, value in rows}
