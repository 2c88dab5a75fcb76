"""Any result as a workbook: its report's tables, and its figures unrounded, one sheet a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..page.document import Document
from ..page.table import Table
from .book import GREY, RED, Book, Kind, line_height
from .charts import figure_sheets
from .frames import flat, kind_of
from .grid import Column, Grid
from .sheets.heat import heat_sheets
from .sheets.live import Sheet
from .sheets.measured import relate_returns
from .sheets.relations import relate
from .sheets.returns import Track, return_sheets
from .sheets.sweeps import map_cells
from .shown import ShownSheet
from .text import cell_text, quoted
from .values import NAME, VALUE, scalars, tables

# Tables of these names, and columns of these words, hold parts of a whole.
WHOLES = ("pnl_by", "costs", "factor_pnl", "pnl")
FACTS, FACT_WIDTH = 6, 110
# Figures of the summary that columns of tables are made from.
SAID = ("gross_return",)
VALUES = (
    "What is simulated, drawn or fitted is a value: outcomes of runs, bootstraps, permutations, placebos and their "
    "p-values, regressions, luck of many sets, and what has no cells in this workbook that it could be a sum or ratio "
    "of. Tables as the report shows them are rounded; where a column stands unrounded on another sheet it follows that."
)


def result_workbook(
    document: Document, values: Mapping[str, Any], frames: Mapping[str, pd.DataFrame], track: Track | None = None
) -> bytes:
    """The bytes of a workbook, the same for the same result.

    document: its report; values: its figures as JSON has them, unrounded; frames: more of its tables by name; track:
    returns that ratios are calculated of. Raises RunFolderError where a table has more rows than a sheet holds.
    """
    book = Book(document.header.title, document.made_at)
    summary: Any = book.sheet("Summary")
    shown = [ShownSheet(book, table, title) for table, title in _shown(document)]
    listed = [(one.name, one.table.title or one.title) for one in shown]
    listed += figure_sheets(book, document)
    maps = heat_sheets(book, document)
    listed += [(one.name, one.figure.caption) for one in maps]
    written = None if track is None else return_sheets(book, track)
    listed += [] if written is None else written.listed
    planned = _planned(book, {**frames, **tables(values)}, {name.lower() for name, _ in listed})
    listed += [(sheet.grid.sheet.name, f"{_words(sheet.name)}, unrounded") for sheet in planned.values()]
    live = relate(planned, values, _stands(summary, scalars(values)))
    if written is not None and track is not None:
        relate_returns(live, written.grid, track, written.names)
    for heat in maps:
        heat.write(map_cells(live, heat.down, heat.across, heat.values))
    for sheet in planned.values():
        _write_values(book, sheet)
    for table in shown:
        table.write(planned)
    facts = [fact for section in document.sections for fact in section.facts]
    _facts(book, [*facts, *_said_of_formulas(planned)])
    listed.append((book.last, "What the report rests on, and which figures are formulas"))
    _summary(book, summary, document, scalars(values), listed)
    return book.close()


def _stands(sheet: Any, values: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """Figures of the summary that tables may follow from, by name, each with the cell that holds it."""
    rows = enumerate(values.items(), start=FACTS)
    return {
        name: (float(value), f"{quoted(sheet.name)}!$B${row}")
        for row, (name, value) in rows
        if isinstance(value, float) and name in SAID
    }


def _planned(book: Book, frames: Mapping[str, pd.DataFrame], taken: set[str]) -> dict[str, Sheet]:
    """Tables of unrounded figures, each with a sheet that is still to be written."""
    planned = {}
    for name, frame in frames.items():
        if len(frame.columns):
            title, table = _words(name), flat(frame)
            title = f"{title} values" if title.lower() in taken else title
            planned[name] = Sheet(name, table, Grid(book, title, list(table.columns), len(table)))
    return planned


def _said_of_formulas(planned: Mapping[str, Sheet]) -> list[tuple[str, str]]:
    """Which figures are formulas, and why the others are values."""
    counts = {one.grid.sheet.name: sum(map(len, one.formulas.values())) for one in planned.values()}
    live = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    told = f"Sums, means, ratios and what follows from them: {live}." if live else "None: no figure is a sum of others."
    return [
        ("Formulas", f"{told} Totals above columns and the sheets of returns and ratios are formulas too."),
        ("Values", VALUES),
    ]


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


def _write_values(book: Book, one: Sheet) -> None:
    """Write figures as a sheet; those of a list of names are each shown as what they are."""
    name, shown = one.name, one.frame
    whole = any(name.startswith(word) for word in WHOLES)
    title = one.grid.sheet.name
    if list(shown.columns[-2:]) != [NAME, VALUE]:
        kinds = {head: kind_of(head, shown[head]) for head in shown.columns}
        totals = [head for head, kind in kinds.items() if kind is Kind.USD and "pnl" in head and len(shown) > 1]
        columns = [
            Column(head, kind, shown[head], one.formula(head), total=head in totals) for head, kind in kinds.items()
        ]
        shares = any(kind in (Kind.FRACTION, Kind.RATIO) for kind in kinds.values())
        note = "Shares and returns are fractions, shown in percent." if shares else ""
        one.grid.write(title, note, columns, table=book.table_name(name))
        return
    columns = [Column(head, Kind.TEXT, shown[head]) for head in shown.columns[:-1]]
    kinds_of = [
        Kind.USD if whole else _kind(str(label), value) for label, value in zip(shown[NAME], shown[VALUE], strict=True)
    ]
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in shown[VALUE])
    # A sum above parts of which one is the sum of the others would count them twice.
    total = whole and numbers and VALUE not in one.formulas
    columns.append(Column(VALUE, Kind.NUMBER, list(shown[VALUE]), one.formula(VALUE), total=total, kinds=kinds_of))
    one.grid.write(title, "Fractions are shown in percent, amounts in USD.", columns, table=book.table_name(name))


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
