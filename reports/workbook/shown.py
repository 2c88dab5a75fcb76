"""The tables of a report as sheets: text that shows a number becomes that number, sums become formulas."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..page.numbers import MINUS, UNDEFINED
from ..page.table import Table
from .book import Book
from .grid import DAY_ZERO, FIRST, HEAD
from .text import cell_text, letters

NUMBER = re.compile(
    rf"(?P<sign>[{MINUS}+-]?)(?P<size>\d{{1,3}}(?:,\d{{3}})*|\d+)(?P<part>\.\d+)?"
    r"(?P<percent>%?)(?P<unit>\*|x| USD| [a-z]{1,10})?"
)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NOTE = "As the report shows it, rounded; unrounded figures stand on the sheets behind. Empty: not defined."
WIDEST = 60


@dataclass(frozen=True)
class Shown:
    """A number that a text shows, and the format in which it does."""

    value: float
    decimals: int
    percent: bool
    unit: str = ""

    @property
    def form(self) -> str:
        """The number format of Excel."""
        digits = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        return digits + ("%" if self.percent else "") + (f'"{self.unit}"' if self.unit else "")

    @property
    def units(self) -> int:
        """The number in units of its last decimal, whole."""
        return round(self.value * 10.0 ** (self.decimals + 2 * self.percent))


def shown_number(text: str) -> Shown | None:
    """The number that a text shows, None where it shows none or more than one."""
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    part = found["part"] or ""
    size = float(found["size"].replace(",", "") + part)
    value = -size if found["sign"] in (MINUS, "-") else size
    percent = bool(found["percent"])
    decimals = max(len(part) - 1, 0)
    value = round(value / 100.0, decimals + 2) if percent else value
    return Shown(value, decimals, percent, found["unit"] or "")


def shown_sheet(book: Book, table: Table, name: str) -> None:
    """Write a table of a report as a sheet."""
    look, sheet = book.look, book.sheet(name)
    sheet.write_string(0, 0, cell_text(table.title or name), look(bold=True, font_size=14))
    widths = []
    body = len(table.rows) - table.totals
    for j, column in enumerate(table.columns):
        side = {"align": "right"} if column.right else {"align": "left", "indent": int(j > 0)}
        heading = look(bold=True, bottom=1, text_wrap=True, valign="bottom", **side)
        sheet.write_string(HEAD, j, cell_text(column.name), heading)
        texts = [row[j] for row in table.rows]
        dated = all(DAY.fullmatch(text) or text in ("", UNDEFINED) for text in texts)
        numbers = [shown_number(text) if column.right else None for text in texts]
        for k, (text, number) in enumerate(zip(texts, numbers, strict=True)):
            strong = {"bold": True, "top": int(k == body)} if k >= body else {}
            row = FIRST + k
            if number is not None:
                _write_number(book, sheet, row, j, number, _sum(numbers, body, k, j), strong)
            elif text in ("", UNDEFINED):
                sheet.write_blank(row, j, None, look(**strong))
            elif dated and DAY.fullmatch(text):
                day = int((np.datetime64(text, "D") - DAY_ZERO).astype(np.int64))
                sheet.write_number(row, j, day, look(num="yyyy-mm-dd", **side, **strong))
            else:
                sheet.write_string(row, j, cell_text(text), look(**side, **strong))
        widest = max([len(text) for text in texts], default=0)
        word = max((len(word) for word in column.name.split()), default=0)
        widths.append(min(max(widest, word) + 4, WIDEST))
        sheet.set_column(j, j, widths[-1])
    book.note(sheet, f"{NOTE} {table.note}".strip(), widths)
    sheet.autofilter(HEAD, 0, FIRST + max(body, 1) - 1, len(table.columns) - 1)
    sheet.freeze_panes(FIRST, 1)
    sheet.repeat_rows(HEAD)


def _write_number(book: Book, sheet: Any, row: int, j: int, number: Shown, text: str, strong: dict[str, Any]) -> None:
    look = book.look(num=number.form, **strong)
    if text:
        sheet.write_formula(row, j, text, look, number.value)
    else:
        sheet.write_number(row, j, number.value, look)


def _sum(numbers: list[Shown | None], body: int, k: int, j: int) -> str:
    """The formula of a total, "" where what is shown above it does not come to what it shows."""
    total, rows = numbers[k], numbers[:body]
    if k < body or total is None or body == 0 or any(one is not None and one.form != total.form for one in rows):
        return ""
    known = [one for one in rows if one is not None]
    if not known or sum(one.units for one in known) != total.units:
        return ""
    if not math.isfinite(total.value):
        return ""
    letter = letters(j)
    return f"=ROUND(SUM({letter}{FIRST + 1}:{letter}{FIRST + body}),{total.decimals + 2 * total.percent})"
