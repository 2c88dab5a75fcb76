"""Any result as a workbook: its report's tables, and its figures unrounded, one sheet a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..page.document import Document
from ..page.table import Table
from .book import GREY, RED, Book, Kind, line_height
from .charts import figure_sheets
from .frames import flat, frame_sheet, kind_of
from .grid import Column, Grid
from .sheets.heat import heat_sheets
from .sheets.returns import Track, return_sheets
from .shown import shown_sheet
from .text import cell_text, quoted
from .values import NAME, VALUE, scalars, tables

# Tables of these names, and columns of these words, hold parts of a whole.
WHOLES = ("pnl_by", "costs", "factor_pnl", "pnl")
FACTS, FACT_WIDTH = 6, 110


def result_workbook(
    document: Document, values: Mapping[str, Any], frames: Mapping[str, pd.DataFrame], track: Track | None = None
) -> bytes:
    """The bytes of a workbook, the same for the same result.

    document: its report; values: its figures as JSON has them, unrounded; frames: more of its tables by name; track:
    returns that ratios are calculated of. Raises RunFolderError where a table has more rows than a sheet holds.
    """
    book = Book(document.header.title, document.made_at)
    summary: Any = book.sheet("Summary")
    listed: list[tuple[str, str]] = []
    for table, title in _shown(document):
        shown_sheet(book, table, title)
        listed.append((book.last, table.title or title))
    listed += [*figure_sheets(book, document), *heat_sheets(book, document)]
    if track is not None:
        listed += return_sheets(book, track)
    taken = {name.lower() for name, _ in listed}
    for name, frame in {**frames, **tables(values)}.items():
        if len(frame.columns):
            title = _words(name)
            _value_sheet(book, name, f"{title} values" if title.lower() in taken else title, frame)
            listed.append((book.last, f"{_words(name)}, unrounded"))
    facts = [fact for section in document.sections for fact in section.facts]
    if facts:
        _facts(book, facts)
        listed.append((book.last, "What the report rests on"))
    _summary(book, summary, document, scalars(values), listed)
    return book.close()


def _facts(book: Book, facts: list[tuple[str, str]]) -> None:
    """What the report rests on, as it says it."""
    sheet, look = book.sheet("Assumptions"), book.look
    for j, (head, width) in enumerate((("What", 30), ("Value", FACT_WIDTH))):
        sheet.set_column(j, j, width)
        sheet.write_string(0, j, head, look(bold=True, bottom=1))
    for k, (what, value) in enumerate(facts, start=1):
        sheet.set_row(k, line_height(value, FACT_WIDTH))
        sheet.write_string(k, 0, cell_text(what), look(valign="top"))
        sheet.write_string(k, 1, cell_text(value), look(valign="top", text_wrap=True))
    sheet.freeze_panes(1, 0)


def _shown(document: Document) -> list[tuple[Table, str]]:
    """The tables of a report that have rows, each with a name for its sheet."""
    found = []
    for section in document.sections:
        cards = (section.cards,) if section.cards is not None else ()
        found += [(table, table.title or section.title) for table in (*cards, *section.tables) if table.rows]
    return found


def _value_sheet(book: Book, name: str, title: str, frame: pd.DataFrame) -> None:
    """Figures as a sheet; those of a list of names are each shown as what they are."""
    shown = flat(frame)
    whole = any(name.startswith(word) for word in WHOLES)
    if list(shown.columns[-2:]) != [NAME, VALUE]:
        totals = [
            head
            for head in shown.columns
            if kind_of(head, shown[head]) is Kind.USD and "pnl" in head and len(shown) > 1
        ]
        frame_sheet(book, title, frame, totals=totals)
        return
    grid = Grid(book, title, list(shown.columns), len(shown))
    columns = [Column(head, Kind.TEXT, shown[head]) for head in shown.columns[:-1]]
    kinds = [
        Kind.USD if whole else _kind(str(label), value) for label, value in zip(shown[NAME], shown[VALUE], strict=True)
    ]
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in shown[VALUE])
    columns.append(Column(VALUE, Kind.NUMBER, list(shown[VALUE]), total=whole and numbers, kinds=kinds))
    grid.write(title, "Fractions are shown in percent, amounts in USD.", columns, table=book.table_name(name))


def _kind(name: str, value: Any) -> Kind:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Kind.TEXT
    return kind_of(name, pd.Series([value]))


def _words(name: str) -> str:
    words = ["P&L" if word == "pnl" else word for word in name.replace("_", " ").split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _summary(
    book: Book, sheet: Any, document: Document, values: Mapping[str, Any], listed: list[tuple[str, str]]
) -> None:
    """Title, verdict and badges, the figures that stand by themselves, and what stands on which sheet."""
    look, top = book.look, document.header
    for j, width in enumerate((36, FACT_WIDTH)):
        sheet.set_column(j, j, width)
    sheet.write_string(0, 0, cell_text(top.title), look(bold=True, font_size=16))
    sheet.merge_range(1, 0, 1, 1, "", look())
    sheet.write_string(1, 0, cell_text(top.verdict), look(text_wrap=True, valign="top"))
    sheet.set_row(1, 48)
    if top.badges:
        sheet.write_string(2, 0, cell_text("; ".join(top.badges)), look(bold=True, font_color=RED))
    _heads(book, sheet, FACTS - 2, ("Figure", "Value"))
    for k, (name, value) in enumerate(values.items(), start=FACTS - 1):
        sheet.write_string(k, 0, cell_text(_words(name)), look(valign="top"))
        kind = _kind(name, value)
        sheet.set_row(k, line_height(str(value), FACT_WIDTH))
        if value is None or value == "":
            sheet.write_string(k, 1, "none", look(font_color=GREY))
        elif isinstance(value, bool):
            sheet.write_string(k, 1, "yes" if value else "no", look())
        elif isinstance(value, (int, float)):
            sheet.write_number(k, 1, value, look(kind, align="left"))
        else:
            sheet.write_string(k, 1, cell_text(value), look(text_wrap=True, valign="top"))
    first = FACTS + len(values) + 1
    _heads(book, sheet, first - 1, ("Sheet", "What stands there"))
    for k, (name, what) in enumerate(listed, start=first):
        sheet.write_url(k, 0, f"internal:{quoted(name)}!A1", look(font_color="#2A6FB0", underline=1), cell_text(name))
        sheet.write_string(k, 1, cell_text(what), look())
    sheet.activate()


def _heads(book: Book, sheet: Any, row: int, heads: tuple[str, str]) -> None:
    for j, head in enumerate(heads):
        sheet.write_string(row, j, head, book.look(bold=True, bottom=1))
