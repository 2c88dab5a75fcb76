"""Heat maps as cells: the numbers of a map, coloured by Excel itself, so that the colours follow the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...figures.cells import colour_of, limits, stops_of
from ...page.document import Document
from ...page.figure import Figure
from ..book import Book, Kind
from ..charts import plain_text
from ..grid import FIRST, Column, Grid
from ..text import letters

NOTE = "The colours follow the numbers; an empty cell has none."
MOST_ACROSS = 200
ROWS = "Row"


@dataclass(eq=False)
class HeatMap:
    """A heat map and its sheet, which is not written yet. down, across: what its sides are called."""

    figure: Figure
    trace: dict[str, Any]
    grid: Grid
    name: str
    columns: list[Column]
    down: str
    across: str

    @property
    def values(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The numbers of the map, NaN where there is none."""
        return np.array(self.trace["z"], dtype=np.float64)

    def write(self, cell: Callable[[int, int], str] | None = None) -> None:
        """Write it; cell: the formula of each of its cells, "" for one that stays a value."""
        columns = self.columns
        if cell is not None:
            columns = [columns[0], *(replace(c, formula=_down(cell, j)) for j, c in enumerate(columns[1:]))]
        title = self.figure.name.replace("-", " ")
        self.grid.write(f"Map: {title}", f"{NOTE} {self.figure.caption}", columns)
        last = f"{letters(len(columns) - 1)}{FIRST + len(self.values)}"
        self.grid.sheet.conditional_format(f"B{FIRST + 1}:{last}", _rule(self.trace))


def _down(cell: Callable[[int, int], str], column: int) -> Callable[[int], str]:
    return lambda row: cell(row, column)


def heat_sheets(book: Book, document: Document) -> list[HeatMap]:
    """Every heat map of a report with a sheet, which is still to be written."""
    return [
        _sheet(book, figure, trace)
        for section in document.sections
        for figure in section.figures
        for trace in figure.data
        if trace.get("type") == "heatmap" and 0 < len(trace["z"][0]) <= MOST_ACROSS
    ]


def _sheet(book: Book, figure: Figure, trace: dict[str, Any]) -> HeatMap:
    values = np.array(trace["z"], dtype=np.float64)
    down = _names(figure, trace, "y", len(values))
    across = _apart(_names(figure, trace, "x", values.shape[1]))
    kind = Kind.FRACTION if "%" in _form(trace) else Kind.RATIO
    sides = _title(figure, "yaxis"), _title(figure, "xaxis")
    head = " / ".join(part for part in sides if part) or ROWS
    columns = [Column(head, Kind.TEXT, down)]
    columns += [Column(name, kind, values[:, j]) for j, name in enumerate(across)]
    grid = Grid(book, f"Map {figure.name.replace('-', ' ')}", [column.name for column in columns], len(down))
    return HeatMap(figure, trace, grid, book.last, columns, *sides)


def _names(figure: Figure, trace: dict[str, Any], way: str, count: int) -> list[str]:
    """What the rows or columns are called; by their ticks where they have no names of their own."""
    given = trace.get(way)
    if given is not None:
        return [plain_text(name) for name in given]
    axis = figure.layout.get(f"{way}axis") or {}
    ticks = dict(zip(axis.get("tickvals") or (), axis.get("ticktext") or (), strict=True))
    return [plain_text(ticks.get(k, k + 1)) for k in range(count)]


def _apart(names: list[str]) -> list[str]:
    """The same with a number behind a name that stands already."""
    return [name if name not in names[:k] else f"{name} ({k + 1})" for k, name in enumerate(names)]


def _title(figure: Figure, axis: str) -> str:
    return plain_text(((figure.layout.get(axis) or {}).get("title") or {}).get("text") or "")


def _form(trace: dict[str, Any]) -> str:
    """How the numbers are shown: by the bar of colours, else by what stands beside the pointer."""
    shown = (trace.get("colorbar") or {}).get("tickformat")
    return str(shown or str(trace.get("hovertemplate", "")).partition("%{z")[2])


def _rule(trace: dict[str, Any]) -> dict[str, Any]:
    """The colours of the first, the middle and the last number of the map's scale."""
    stops, (low, high) = stops_of(trace), limits(trace)
    rule: dict[str, Any] = {"type": "3_color_scale"}
    for end, share in (("min", 0.0), ("mid", 0.5), ("max", 1.0)):
        rule[f"{end}_type"] = "num"
        rule[f"{end}_value"] = low + share * (high - low)
        rule[f"{end}_color"] = colour_of(stops, share)
    return rule
