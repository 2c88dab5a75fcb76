"""The sheet of assumptions: what formulas take from here, what the report says, and every setting as a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hedgebook.engine.equal import STILL
from hedgebook.universes.calendar import SESSIONS_PER_YEAR

from ..page.json import plain
from .book import GREY, Book, Kind, line_height
from .text import cell_text, quoted

HEADS = ("Group", "What", "Value")
WIDTHS = (20, 40, 100)
FIRST = 4
# Groups of a summary that the sheet has nowhere else.
GROUPS = ("parameters", "idea", "hedge", "estimates", "weights", "data", "margin", "factor_definitions", "versions")
Facts = Sequence[tuple[str, Any]]


class Assumptions:
    """The sheet. The first rows are numbers that formulas take: capital, sessions_per_year, still."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sheet: Any = book.sheet("Assumptions")

    def write(self, capital_usd: float, groups: Mapping[str, Facts]) -> None:
        """Write the inputs of formulas, then each group of statements."""
        look, sheet = self.book.look, self.sheet
        sheet.write_string(0, 0, "Assumptions", look(bold=True, font_size=14))
        sheet.write_string(
            1, 0, "Formulas of this workbook take the first three values from here.", look(font_color=GREY)
        )
        for j, (head, width) in enumerate(zip(HEADS, WIDTHS, strict=True)):
            sheet.set_column(j, j, width)
            sheet.write_string(FIRST - 1, j, head, look(bold=True, bottom=1))
        inputs = (
            ("capital", "Initial capital, USD", float(capital_usd), Kind.USD),
            ("sessions_per_year", "Sessions in a year", SESSIONS_PER_YEAR, Kind.COUNT),
            ("still", "What is smaller is rounding and counts as zero", STILL, Kind.TINY),
        )
        row = FIRST
        for name, what, value, kind in inputs:
            sheet.write_string(row, 0, "Formulas", look())
            sheet.write_string(row, 1, f"{what} ({name})", look())
            sheet.write_number(row, 2, value, look(kind, align="left"))
            self.book.file.define_name(name, f"={quoted(sheet.name)}!$C${row + 1}")
            row += 1
        for group, facts in groups.items():
            for what, value in facts:
                self._fact(row, group, what, value)
                row += 1
        sheet.autofilter(FIRST - 1, 0, max(row - 1, FIRST), len(HEADS) - 1)
        sheet.freeze_panes(FIRST, 0)
        sheet.repeat_rows(FIRST - 1)

    def _fact(self, row: int, group: str, what: str, value: Any) -> None:
        look, sheet = self.book.look, self.sheet
        top = {"valign": "top", "text_wrap": True}
        sheet.set_row(row, max(line_height(str(value), WIDTHS[2]), line_height(what, WIDTHS[1])))
        sheet.write_string(row, 0, cell_text(group), look(valign="top"))
        sheet.write_string(row, 1, cell_text(what), look(**top))
        if isinstance(value, bool):
            sheet.write_string(row, 2, "yes" if value else "no", look(**top))
        elif isinstance(value, (int, float)):
            sheet.write_number(row, 2, value, look(Kind.NUMBER, align="left", valign="top"))
        elif value is None:
            sheet.write_string(row, 2, "none", look(font_color=GREY, **top))
        else:
            sheet.write_string(row, 2, cell_text(value), look(**top))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting within nested ones, with its path, as in by_bucket_bps.meta."""
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        if all(not isinstance(part, (dict, list)) for part in value):
            yield path, ", ".join(str(part) for part in value)
        else:
            for k, part in enumerate(value, start=1):
                yield from leaves(part, f"{path}.{k}")
    else:
        yield path, None if value in ({}, []) else value


def settings(model: Any) -> Facts:
    """Every setting of a table of costs or an account; those that are empty are left out."""
    values = plain(model.model_dump(mode="json")) if hasattr(model, "model_dump") else plain(model)
    return [(name.replace("_", " "), value) for name, value in leaves(values) if value not in (None, "")]


def of_summary(values: Mapping[str, Any]) -> dict[str, Facts]:
    """The groups of a summary that say what a run rests on."""
    found: dict[str, Facts] = {}
    for name in GROUPS:
        facts = [(path or name, value) for path, value in leaves(values.get(name) or {})]
        if facts and values.get(name):
            found[name.replace("_", " ").capitalize()] = facts
    return found
