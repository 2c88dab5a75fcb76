"""Workbooks of prices: one sheet, one sheet a ticker, or one sheet a field."""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import PriceDataError

from ..layouts.adjusted import ADJUSTED
from ..layouts.table import squeezed
from ..prices.read import LEVELS, RawTable, arrow_of
from ..raw_file import damaged, read_or_name_near

FIELD_SHEETS = {"open", "high", "low", "close", "volume", *ADJUSTED}
MOST_UNPACKED_BYTES = 1_000_000_000
MOST_COLUMNS = 16_384


def read_sheets(path: Path) -> dict[str, RawTable]:
    """The tables of a workbook by the names of their sheets; empty ones, and those with a single row, are left out.

    Sheets that are called open, high, low, close and volume, each with a column a ticker, come back as one table.
    Raises PriceDataError for a damaged workbook and for one without a table.
    """
    none = f"The folder {path.parent} has no workbook."
    data = read_or_name_near(path, ".xlsx", error=PriceDataError, what="there is no such file", otherwise=none)
    sha256 = hashlib.sha256(data).hexdigest()
    found = {}
    for title, rows in _rows(path.name, data).items():
        table = _table(f"{path.name}, sheet {title}", sha256, rows)
        if table is not None:
            found[title] = table
    if not found:
        raise PriceDataError("there is no table in it", where=path.name, remedy="Give a sheet with a header and rows.")
    fields = {squeezed(title) for title in found}
    if len(found) > 1 and fields <= FIELD_SHEETS and fields & {"close", *ADJUSTED}:
        return {path.name: _by_field(path.name, sha256, found)}
    if len(found) == 1:
        return {title: replace(table, source=path.name) for title, table in found.items()}
    return found


def _rows(source: str, data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """The cells of each visible sheet."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(one.file_size for one in archive.infolist())
        if size > MOST_UNPACKED_BYTES:
            bound = f"{MOST_UNPACKED_BYTES:,} bytes"
            raise PriceDataError("the workbook is too large", where=source, value=size, bound=bound)
        with warnings.catch_warnings():
            # openpyxl warns of parts of workbooks that it does not know, which hold no cells.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheets = [sheet for sheet in book.worksheets if getattr(sheet, "sheet_state", "visible") == "visible"]
            return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in sheets}
    except PriceDataError:
        raise
    except Exception as problem:  # openpyxl raises what its XML, zip and type readers raise
        raise damaged(source, problem) from None


def _table(source: str, sha256: str, rows: Sequence[tuple[Any, ...]]) -> RawTable | None:
    """A table below the first row with two cells; None without one."""
    head = next((i for i, row in enumerate(rows) if sum(cell is not None for cell in row) > 1), None)
    if head is None:
        return None
    names, first = _names(rows, head)
    width = max((k for k, name in enumerate(names) if name), default=-1) + 1
    kept = [(i, row) for i, row in enumerate(rows[first:], start=first + 1) if any(c is not None for c in row)]
    if not kept or width > MOST_COLUMNS:
        return None
    columns = tuple(
        arrow_of(pd.Series([row[k] if k < len(row) else None for _, row in kept], dtype=object)) for k in range(width)
    )
    return RawTable(source, sha256, "row", tuple(names[:width]), columns, np.array([i for i, _ in kept]))


def _names(rows: Sequence[tuple[Any, ...]], head: int) -> tuple[list[str], int]:
    """Names of the columns and the first row below them; two header rows, as pandas writes them, become one."""
    top = ["" if cell is None else str(cell).strip() for cell in rows[head]]
    third = rows[head + 2] if len(rows) > head + 2 else ()
    words = [squeezed(str(cell)) for cell in third[:1]]
    if words not in (["date"], ["datetime"]) or any(cell is not None for cell in third[1:]):
        return top, head + 1
    names, last = [str(third[0])], ""
    for one, two in zip(top[1:], rows[head + 1][1:], strict=False):
        last = one or last
        names.append(f"{last}{LEVELS}{'' if two is None else str(two).strip()}")
    return names, head + 3


def _by_field(source: str, sha256: str, found: dict[str, RawTable]) -> RawTable:
    """One table with a column for each field and ticker, of sheets of the same days."""
    first = next(iter(found.values()))
    names, columns = [first.names[0]], [first.columns[0]]
    for title, table in found.items():
        if not table.columns[0].equals(first.columns[0]):
            raise PriceDataError(
                "its sheets do not have the same days", where=f"{source}, sheet {title}",
                remedy="Give every sheet the rows of the others.",
            )  # fmt: skip
        names += [f"{title}{LEVELS}{name}" for name in table.names[1:]]
        columns += table.columns[1:]
    return RawTable(source, sha256, "row", tuple(names), tuple(columns), first.places)
