"""LibreOffice as the judge: it recalculates workbooks from which every cached result was taken."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from hedgebook.reports.page.files import write_whole_bytes

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


class Calculated(Mapping[str, Any]):
    """Workbooks that LibreOffice has calculated, by name, each read by openpyxl as values once it is asked for."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder, self._names = folder, tuple(names)
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl does not know all that LibreOffice writes of charts.
                self._read[name] = openpyxl.load_workbook(self._folder / f"{name}.xlsx", data_only=True)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def recalculated(books: Mapping[str, bytes], folder: Path) -> Calculated:
    """Each workbook as LibreOffice calculates it; one start of the program for all."""
    out = folder / "out"
    paths = []
    for name, data in books.items():
        path = folder / f"{name}.xlsx"
        if not path.exists():
            write_whole_bytes(without_cache(data), path)
        paths.append(str(path))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((out / f"{name}.xlsx").exists() for name in books):
            _convert(folder, out, paths)
    return Calculated(out, tuple(books))


def _convert(folder: Path, out: Path, paths: Sequence[str]) -> None:
    assert SOFFICE is not None
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), *paths]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


@lru_cache(maxsize=24)
def cells_of(data: bytes, *, values: bool = True) -> Any:
    """A workbook as openpyxl reads it, to be looked at alone: with the results that stand beside formulas, or the
    formulas."""
    return openpyxl.load_workbook(BytesIO(data), data_only=values)


def column(book: Any, sheet: str, heading: str) -> list[Any]:
    """What stands under a heading, which are in the fourth row."""
    rows = list(book[sheet].iter_rows(min_row=4, values_only=True))
    return [row[rows[0].index(heading)] for row in rows[1:]]


def figures(book: Any) -> dict[str, Any]:
    """The figures of a summary by name, None for one that is empty."""
    rows = book["Summary"].iter_rows(min_row=9, max_row=26, max_col=2, values_only=True)
    return {name: None if value == "" else value for name, value in rows}
