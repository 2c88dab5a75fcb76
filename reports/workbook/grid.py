"""A sheet that holds one table: title, note, totals, headings, and rows of values or formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hedgebook.errors import RunFolderError

from .book import Book, Kind
from .text import cell_text, letters, quoted

TOTAL, HEAD, FIRST = 2, 3, 4
MOST_ROWS = 1_048_576 - FIRST
DAY_ZERO = np.datetime64("1899-12-30", "D")
WIDTHS = {Kind.DAY: 12, Kind.USD: 14, Kind.PRICE: 12, Kind.SHARES: 14, Kind.COUNT: 10, Kind.FRACTION: 11}
WIDEST_TEXT, NARROWEST = 48, 9
LEFT = (Kind.TEXT, Kind.DAY)


Values: TypeAlias = "Sequence[Any] | pd.Series[Any] | pd.Index[Any] | np.ndarray[Any, Any]"


@dataclass(frozen=True)
class Column:
    """A column under a heading.

    values: what stands in its rows, None or NaN where nothing is defined; with a formula, its results as known here.
    formula: of the row's number from 0, None where all rows hold values; a row that it gives "" for holds its value.
    total: whether a sum stands above it. kinds: of each row, where they differ.
    """

    name: str
    kind: Kind
    values: Values
    formula: Callable[[int], str] | None = None
    total: bool = False
    kinds: Sequence[Kind] | None = None


class Grid:
    """A sheet of one table. Cells can be referred to before they are written.

    names: headings, of which no two are alike; count: rows; undefined: why a cell may be empty.
    """

    def __init__(self, book: Book, name: str, names: Sequence[str], count: int) -> None:
        if count > MOST_ROWS:
            raise RunFolderError(
                f"{name} has more rows than a sheet of Excel holds",
                where="xlsx",
                value=f"{count:,}",
                bound=f"at most {MOST_ROWS:,}",
                remedy="Take the Parquet files of the folder, or a shorter span of sessions.",
            )
        self.book, self.count = book, count
        self.sheet: Any = book.sheet(name)
        self._quoted = quoted(self.sheet.name)
        self._at = {heading: letters(j) for j, heading in enumerate(names)}

    def here(self, name: str, row: int) -> str:
        """A cell as formulas of this sheet write it."""
        return f"${self._at[name]}{row + FIRST + 1}"

    def cell(self, name: str, row: int) -> str:
        """A cell as formulas of other sheets write it."""
        return f"{self._quoted}!${self._at[name]}${row + FIRST + 1}"

    def span(self, name: str, first: int = 0, stop: int | None = None, *, local: bool = False) -> str:
        """The cells of a column from a row to the one before `stop`; one empty cell where there are no rows."""
        last = max(first, (self.count if stop is None else stop) - 1)
        letter = self._at[name]
        sheet = "" if local else f"{self._quoted}!"
        return f"{sheet}${letter}${first + FIRST + 1}:${letter}${last + FIRST + 1}"

    def write(self, title: str, note: str, columns: Sequence[Column], *, still: int = 1, table: str = "") -> None:
        """Write everything. still: how many columns stay in view; table: the name by which Excel pivots it."""
        look = self.book.look
        self.sheet.write_string(0, 0, cell_text(title), look(bold=True, font_size=14))
        if any(column.total for column in columns):
            self.sheet.write_string(TOTAL, 0, "Total", look(bold=True))
        self.book.note(self.sheet, note, [self._column(j, column) for j, column in enumerate(columns)])
        last = FIRST + max(self.count, 1) - 1
        if table:
            heads = [{"header": cell_text(c.name), "header_format": self._heading(j, c)} for j, c in enumerate(columns)]
            options = {"columns": heads, "style": None, "name": table}
            self.sheet.add_table(HEAD, 0, last, len(columns) - 1, options)
        else:
            for j, column in enumerate(columns):
                self.sheet.write_string(HEAD, j, cell_text(column.name), self._heading(j, column))
            self.sheet.autofilter(HEAD, 0, last, len(columns) - 1)
        if any(len(column.name) > _width(column, ()) - 2 for column in columns):
            self.sheet.set_row(HEAD, 31)
        self.sheet.freeze_panes(FIRST, still)
        self.sheet.repeat_rows(HEAD)

    def _heading(self, j: int, column: Column) -> Any:
        side = "left" if column.kind in LEFT else "right"
        return self.book.look(
            bold=True, align=side, indent=int(side == "left" and j > 0), valign="bottom", bottom=1, text_wrap=True
        )

    def _column(self, j: int, column: Column) -> float:
        """Write a column, and return its width."""
        look = self._cell_look(j, column.kind)
        values = cells(column.values)
        if column.kinds is not None:
            for k, (value, kind) in enumerate(zip(values, column.kinds, strict=True)):
                text, aside = column.formula(k) if column.formula else "", self.book.look(kind, align="left", indent=1)
                if text:
                    self.sheet.write_formula(FIRST + k, j, f"={text}", aside, "" if value is None else value)
                else:
                    self._values(j, [value], aside, k)
        elif column.formula is None:
            self._values(j, values, look)
        else:
            for k, value in enumerate(values):
                text = column.formula(k)
                if text:
                    self.sheet.write_formula(FIRST + k, j, f"={text}", look, "" if value is None else value)
                else:
                    self._values(j, [value], look, k)
        width = _width(column, values)
        self.sheet.set_column(j, j, width)
        if column.total:
            known = [value for value in values if isinstance(value, (int, float))]
            text = f"=SUBTOTAL(9,{self.span(column.name, local=True)})"
            self.sheet.write_formula(TOTAL, j, text, self.book.look(column.kind, bold=True), math.fsum(known))
        return width

    def _cell_look(self, j: int, kind: Kind) -> Any:
        """Text and days stand left, and off the number that may stand before them."""
        return self.book.look(kind, align="left", indent=int(j > 0)) if kind in LEFT else self.book.look(kind)

    def _values(self, j: int, values: Sequence[Any], look: Any, first: int = 0) -> None:
        sheet, words = self.sheet, self._cell_look(j, Kind.TEXT)
        for k, value in enumerate(values, start=FIRST + first):
            if value is None:
                sheet.write_blank(k, j, None, look)
            elif isinstance(value, str):
                sheet.write_string(k, j, value, words)
            elif isinstance(value, bool):
                sheet.write_string(k, j, "yes" if value else "no", words)
            else:
                sheet.write_number(k, j, value, look)


def _width(column: Column, values: Sequence[Any]) -> float:
    # Room for the button that filters, right of the heading.
    longest_word = max((len(word) for word in column.name.split()), default=0) + 4
    if column.kind is Kind.TEXT or any(isinstance(value, str) for value in values):
        shown = max((len(value) if isinstance(value, str) else 8 for value in values), default=0)
        return max(min(max(shown, len(column.name)) + 3, WIDEST_TEXT), NARROWEST)
    return max(WIDTHS.get(column.kind, 13), longest_word, NARROWEST)


def cells(values: Values) -> list[Any]:
    """Values as cells take them: numbers, bools and text; days as Excel counts them; None for what is undefined."""
    array = values if isinstance(values, (pd.Series, pd.Index, np.ndarray)) else None
    if array is not None and pd.api.types.is_datetime64_any_dtype(array):
        days = np.asarray(array).astype("datetime64[D]")
        numbers = (days - DAY_ZERO).astype(np.int64).tolist()
        return [None if lost else day for day, lost in zip(numbers, np.isnat(days).tolist(), strict=True)]
    plain = array.tolist() if array is not None else list(values)
    return [_cell(value) for value in plain]


def _cell(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return cell_text(value) or None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(value)
    if isinstance(value, (float, np.floating)):
        return float(value) + 0.0 if math.isfinite(value) else None
    if isinstance(value, (np.datetime64, pd.Timestamp)):
        day = np.asarray(value, dtype="datetime64[D]")
        return None if np.isnat(day) else int((day - DAY_ZERO).astype(np.int64))
    return cell_text(value)
