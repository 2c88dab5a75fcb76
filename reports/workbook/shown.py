"""The tables of a report as sheets: text that shows a number becomes that number, sums become formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..page.numbers import MINUS, UNDEFINED
from ..page.table import Table
from .book import Book
from .grid import DAY_ZERO, FIRST, HEAD
from .text import cell_text, letters

if TYPE_CHECKING:
    from .sheets.live import Sheet

NUMBER = re.compile(
    rf"(?P<sign>[{MINUS}+-]?)(?P<size>\d{{1,3}}(?:,\d{{3}})*|\d+)(?P<part>\.\d+)?"
    r"(?P<percent>%?)(?P<unit>\*|x| USD| [a-z]{1,10})?"
)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NOTE = "As the report shows it, rounded; unrounded figures stand on the sheets behind. Empty: not defined."
WIDEST = 60
# So many rows of a column that show what stands in another, not all the same, are no chance.
FEWEST_ALIKE = 3


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


class ShownSheet:
    """A table of a report and its sheet, which is not written yet."""

    def __init__(self, book: Book, table: Table, title: str) -> None:
        self.book, self.table, self.title = book, table, title
        self.sheet: Any = book.sheet(title)
        self.name = book.last

    def write(self, planned: Mapping[str, Sheet]) -> None:
        """Write it. planned: tables of unrounded figures, which columns that show them follow."""
        book, table, sheet, look = self.book, self.table, self.sheet, self.book.look
        sheet.write_string(0, 0, cell_text(table.title or self.title), look(bold=True, font_size=14))
        body, widths = len(table.rows) - table.totals, []
        numbers = [
            [shown_number(row[j]) if column.right else None for row in table.rows]
            for j, column in enumerate(table.columns)
        ]
        follows = followed([row[0] for row in table.rows[:body]], [column[:body] for column in numbers], planned)
        for j, column in enumerate(table.columns):
            texts = [row[j] for row in table.rows]
            formulas = {**follows.get(j, {}), **{k: _sum(numbers[j], body, k, j) for k in range(body, len(texts))}}
            self._column(j, numbers[j], formulas)
            widest = max([len(text) for text in texts], default=0)
            word = max((len(word) for word in column.name.split()), default=0)
            widths.append(min(max(widest, word) + 4, WIDEST))
            sheet.set_column(j, j, widths[-1])
        book.note(sheet, f"{NOTE} {table.note}".strip(), widths)
        sheet.autofilter(HEAD, 0, FIRST + max(body, 1) - 1, len(table.columns) - 1)
        sheet.freeze_panes(FIRST, 1)
        sheet.repeat_rows(HEAD)

    def _column(self, j: int, numbers: Sequence[Shown | None], formulas: Mapping[int, str]) -> None:
        table, column, look, sheet = self.table, self.table.columns[j], self.book.look, self.sheet
        body, texts = len(table.rows) - table.totals, [row[j] for row in table.rows]
        side = {"align": "right"} if column.right else {"align": "left", "indent": int(j > 0)}
        heading = look(bold=True, bottom=1, text_wrap=True, valign="bottom", **side)
        sheet.write_string(HEAD, j, cell_text(column.name), heading)
        dated = all(DAY.fullmatch(text) or text in ("", UNDEFINED) for text in texts)
        for k, (text, number) in enumerate(zip(texts, numbers, strict=True)):
            strong = {"bold": True, "top": int(k == body)} if k >= body else {}
            row = FIRST + k
            if number is not None:
                _write_number(self.book, sheet, (row, j), number, formulas.get(k, ""), strong)
            elif text in ("", UNDEFINED):
                sheet.write_blank(row, j, None, look(**strong))
            elif dated and DAY.fullmatch(text):
                day = int((np.datetime64(text, "D") - DAY_ZERO).astype(np.int64))
                sheet.write_number(row, j, day, look(num="yyyy-mm-dd", **side, **strong))
            else:
                sheet.write_string(row, j, cell_text(text), look(**side, **strong))


def _write_number(
    book: Book, sheet: Any, at: tuple[int, int], number: Shown, text: str, strong: dict[str, Any]
) -> None:
    look = book.look(num=number.form, **strong)
    if text:
        sheet.write_formula(*at, text, look, number.value)
    else:
        sheet.write_number(*at, number.value, look)


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


def followed(
    labels: Sequence[str], columns: Sequence[Sequence[Shown | None]], planned: Mapping[str, Sheet]
) -> dict[int, dict[int, str]]:
    """By column and row, the formula of a number that stands unrounded in another table, by the label of its row.

    Only where that holds for every number of the column, of which there are three at least that are not the same.
    """
    keys = [label.rstrip(" *") for label in labels]
    found: dict[int, dict[int, str]] = {}
    for j, column in enumerate(columns):
        known = {k: number for k, number in enumerate(column) if number is not None}
        if j == 0 or len(known) < FEWEST_ALIKE or len({number.value for number in known.values()}) < FEWEST_ALIKE:
            continue
        for sheet in planned.values():
            if hit := _column_of(keys, known, sheet):
                found[j] = hit
                break
    return found


def _column_of(keys: Sequence[str], known: Mapping[int, Shown], sheet: Sheet) -> dict[int, str]:
    """The cells of a table's column that show all of these numbers, by row; empty where none does."""
    frame = sheet.frame
    for key in frame.columns:
        places = {str(value): k for k, value in enumerate(frame[key].tolist())}
        if len(places) < len(frame) or any(keys[k] not in places for k in known):
            continue
        for head in frame.columns:
            if head == key:
                continue
            values = frame[head].tolist()
            if all(_shows(number, values[places[keys[k]]]) for k, number in known.items()):
                return {
                    k: f"=ROUND({sheet.grid.cell(head, places[keys[k]])},{number.decimals + 2 * number.percent})"
                    for k, number in known.items()
                }
    return {}


def _shows(number: Shown, value: Any) -> bool:
    """Whether a number as shown is that value, rounded half up by its decimals."""
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    digits = number.decimals + 2 * number.percent
    rounded = math.copysign(math.floor(abs(value) * 10.0**digits + 0.5), value) / 10.0**digits
    return math.isclose(rounded, number.value, rel_tol=1e-12, abs_tol=1e-12)
