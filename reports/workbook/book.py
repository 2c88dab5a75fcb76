"""A workbook under way: its formats, its sheets and its bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError

from .text import cell_text, sheet_name

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FONT = {"font_name": "Calibri", "font_size": 11}
GREY, RED = "#6B7280", "#B42318"
EMPTY_WIDTH, LEAST_NOTE, MOST_NOTE = 8.4, 90.0, 130.0
LINE_PT, MOST_LINES = 15.0, 12
WITHOUT_TIME = datetime(2000, 1, 1)


def line_height(text: str, width: float) -> float:
    """The height of a row whose text is as wide as so many letters at most, points."""
    lines = sum(max(1, -(-len(line) // max(int(width * 0.95), 1))) for line in text.split("\n"))
    return LINE_PT * min(max(lines, 1), MOST_LINES)


class Kind(Enum):
    """What a column holds, which is how its numbers are shown."""

    TEXT = "@"
    DAY = "yyyy-mm-dd"
    USD = "#,##0.00"
    PRICE = "#,##0.0000"
    SHARES = "#,##0.00##"
    FRACTION = "0.00%"
    RATIO = "0.00"
    COUNT = "#,##0"
    NUMBER = "General"
    TINY = "0.0E+00"


@cache
def _sheet_class() -> type[Worksheet]:
    """XlsxWriter's sheet, which takes formulas as they are: it searches each for functions that none of ours has."""
    from xlsxwriter.worksheet import Worksheet

    class PlainSheet(Worksheet):  # type: ignore[misc, unused-ignore]
        def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002
            return formula.removeprefix("=")

    return PlainSheet


class Book:
    """A workbook that is written in memory; the same content gives the same bytes.

    created: the moment that stands in its properties, a fixed one where there is none. Raises RunFolderError where
    XlsxWriter is missing.
    """

    def __init__(self, title: str, created: datetime | None = None) -> None:
        try:
            import xlsxwriter
        except ImportError:
            raise RunFolderError(
                "a workbook needs the package XlsxWriter, which is not installed",
                where="xlsx",
                remedy="Install it: pip install XlsxWriter. The report itself needs it not.",
            ) from None
        self._bytes = BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        self.file: Any = xlsxwriter.Workbook(self._bytes, options)
        self.file.set_properties({"title": title[:255], "author": "hedgebook", "created": created or WITHOUT_TIME})
        self.file.set_size(28_000, 16_000)
        self._names: set[str] = set()
        self._tables = 0
        self.last = ""
        self.look = cache(self._look)

    def sheet(self, wanted: str) -> Worksheet:
        """A new sheet behind the others, called as wanted as far as Excel takes it."""
        name = sheet_name(wanted, self._names)
        self._names.add(name.lower())
        self.last = name
        made = self.file.add_worksheet(name, _sheet_class())
        made.hide_gridlines(2)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        made.set_footer("&L&8&A&R&8&P / &N")
        return made

    def note(self, sheet: Worksheet, text: str, widths: Sequence[float]) -> None:
        """Write what must be known of a table into the second row, over its columns and as many lines as it takes.

        widths: of the table's columns, in letters; where they are few, the note goes on over the empty ones.
        """
        if not text:
            return
        width, last = sum(widths), len(widths) - 1
        while width < min(len(text), LEAST_NOTE):
            width, last = width + EMPTY_WIDTH, last + 1
        shown = 0
        while shown < last and sum(widths[: shown + 1]) < MOST_NOTE:
            shown += 1
        last = shown if width > MOST_NOTE else last
        width = min(width, max(MOST_NOTE, widths[0]))
        look = self.look(font_color=GREY, text_wrap=True, valign="top")
        if last:
            sheet.merge_range(1, 0, 1, last, "", look)
        sheet.write_string(1, 0, cell_text(text), look)
        sheet.set_row(1, line_height(text, width))

    def table_name(self, wanted: str) -> str:
        """A name that Excel takes for a table, unlike the others."""
        plain = re.sub(r"\W+", "_", wanted.lower(), flags=re.ASCII).strip("_")[:40]
        self._tables += 1
        return f"t{self._tables}_{plain}"

    def _look(self, kind: Kind = Kind.TEXT, num: str = "", **more: Any) -> Format:
        """The format of a kind of number, or of a number format, with more properties by the names of XlsxWriter."""
        return self.file.add_format({**FONT, "num_format": num or kind.value, **more})

    def close(self) -> bytes:
        """The bytes of the workbook, which is complete then."""
        self.file.close()
        return self._bytes.getvalue()
