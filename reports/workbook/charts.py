"""Native charts: of a run's sheets, and of the figures of a report, with the numbers that they draw."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..page.document import Document
from ..page.figure import BLUE, COLOURS, GREY, ORANGE, Figure
from .book import Book, Kind
from .frames import kind_of
from .grid import FIRST, HEAD, Column, Grid
from .nav import Nav
from .totals import Totals

MOST_BARS = 25
WIDTH_PX, HEIGHT_PX, ROW_PX = 640, 300, 22
MOST_SERIES, MOST_POINTS = 14, 20_000
FIGURE_WIDTH_PX, FIGURE_HEIGHT_PX = 720, 340
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
ADDRESS = re.compile(r"=?[^!]+!\$?[A-Z]+\$?\d")
TAG = re.compile(r"<[^>]*>")
NOTE = "What the figure of the report draws."


def series_name(name: str) -> str:
    """The name of a series as a text: what looks like the address of a cell would be read as one."""
    return name.replace("!", "! ") if ADDRESS.match(name) else name


def nav_chart(book: Book, nav: Nav) -> Any:
    """NAV by session."""
    chart = book.file.add_chart({"type": "line"})
    chart.add_series(_over_time(nav, "NAV", {"line": {"color": BLUE, "width": 2}}))
    return _finish(chart, "NAV, USD", HEIGHT_PX, "#,##0", _days(nav))


def drawdown_chart(book: Book, nav: Nav) -> Any:
    """Drawdown by session."""
    chart = book.file.add_chart({"type": "area"})
    look = {"fill": {"color": ORANGE, "transparency": 55}, "line": {"color": ORANGE, "width": 1.25}}
    chart.add_series(_over_time(nav, "Drawdown", look))
    return _finish(chart, "Drawdown from the highest NAV so far", HEIGHT_PX, "0%", _days(nav), {"max": 0})


def bars(book: Book, totals: Totals) -> Any:
    """P&L of a sheet of totals, one bar a row."""
    grid, shown = totals.grid, min(len(totals.table), MOST_BARS)
    chart = book.file.add_chart({"type": "bar"})
    chart.add_series(
        {
            "categories": f"={grid.span(totals.by, 0, shown)}",
            "values": f"={grid.span('Total', 0, shown)}",
            "fill": {"color": BLUE},
            "points": [{"fill": {"color": BLUE if x >= 0 else ORANGE}} for x in totals.table["Total"].iloc[:shown]],
            "gap": 45,
            "data_labels": {"value": True, "num_format": "#,##0", "font": {"size": 8, "color": GREY}},
        }
    )
    cut = f", the {shown} that moved most" if shown < len(totals.table) else ""
    title = f"P&L by {totals.by.lower()}{cut}, USD"
    chart = _finish(chart, title, max(HEIGHT_PX, 90 + ROW_PX * shown), None)
    chart.set_y_axis({"reverse": True, "label_position": "low", "line": {"color": GREY}, "num_font": {"size": 9}})
    chart.set_x_axis(
        {
            "num_format": "#,##0",
            "label_position": "high",
            "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}},
            "num_font": {"size": 8},
            "line": {"none": True},
        }
    )
    return chart


def _over_time(nav: Nav, name: str, look: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "categories": f"={nav.grid.span('Session')}", "values": f"={nav.grid.span(name)}", **look}


def _days(nav: Nav) -> int:
    """Calendar days between two dates of an axis, of which it has about eight."""
    return max(1, -(-int((nav.days[-1] - nav.days[0]) / np.timedelta64(1, "D")) // 8))


def _finish(chart: Any, title: str, height: int, axis: str | None, days: int = 1, ends: Any = None) -> Any:
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}, "overlay": False})
    chart.set_legend({"none": True})
    chart.set_size({"width": WIDTH_PX, "height": height})
    if axis is not None:
        grid = {"visible": True, "line": {"color": "#E5E7EB"}}
        font = {"size": 9}
        chart.set_x_axis(
            {
                "date_axis": True,
                "num_format": "yyyy-mm-dd",
                "label_position": "low",
                "num_font": font,
                "major_unit": days,
                "major_unit_type": "days",
            }
        )
        chart.set_y_axis(
            {"num_format": axis, "major_gridlines": grid, "num_font": font, "line": {"none": True}, **(ends or {})}
        )
    return chart


@dataclass(frozen=True)
class Series:
    """One trace: what it is called, its points, and the headings under which they stand on the sheet."""

    trace: dict[str, Any]
    name: str
    across: pd.Series[Any]
    up: pd.Series[Any]
    heads: tuple[str, str]

    @property
    def kind(self) -> str:
        """What plotly calls it."""
        return str(self.trace.get("type", "scatter"))


def figure_sheets(book: Book, document: Document) -> list[tuple[str, str]]:
    """Write every figure that has points as a sheet; the names of the sheets, and what they show."""
    made = []
    for section in document.sections:
        for figure in section.figures:
            found = _series(figure)
            if found:
                _sheet(book, figure, found)
                made.append((book.last, figure.caption))
    return made


def _series(figure: Figure) -> list[Series]:
    """The traces of a figure; none where some are no points, or there are too many for a chart."""
    found: list[Series] = []
    known = [trace for trace in figure.data if trace.get("x") is not None and trace.get("y") is not None]
    axes = [_column(trace["x"]) for trace in known]
    together = all(axis.equals(axes[0]) for axis in axes)
    for trace in figure.data:
        x, y = trace.get("x"), trace.get("y")
        if trace.get("type", "scatter") not in ("scatter", "bar"):
            return []
        if x is None or y is None or not len(x) or len(x) != len(y) or len(x) > MOST_POINTS:
            continue
        count = len(found) + 1
        name = plain_text(trace.get("name") or "") or f"series {count}"
        heads = ("x" if together else f"{count} x: {name}", f"{count} y: {name}")
        found.append(Series(trace, name, _column(x), _column(y), heads))
    return found if len(found) <= MOST_SERIES else []


def plain_text(text: Any) -> str:
    """Text without the marks of plotly's dialect of HTML."""
    return html.unescape(TAG.sub(" ", str(text))).strip()


def _column(values: Sequence[Any]) -> pd.Series[Any]:
    """Points of an axis: days, numbers, or words."""
    plain = list(values)
    if any(isinstance(value, str) for value in plain):
        if all(value is None or (isinstance(value, str) and DAY.fullmatch(value)) for value in plain):
            return pd.to_datetime(pd.Series(plain, dtype=object))
        return pd.Series([None if value is None else plain_text(value) for value in plain], dtype=object)
    return pd.Series(plain, dtype=np.float64)


def _sheet(book: Book, figure: Figure, found: list[Series]) -> None:
    count = max(len(one.across) for one in found)
    columns: dict[str, Column] = {}
    for one in found:
        for head, values, axis in zip(one.heads, (one.across, one.up), ("x", "y"), strict=True):
            plain = Kind.FRACTION if "%" in _form(figure, one, axis) else Kind.NUMBER
            kind = plain if values.dtype.kind == "f" else kind_of(head, values)
            columns.setdefault(head, Column(head, kind, values.reindex(range(count))))
    grid = Grid(book, f"Figure {figure.name.replace('-', ' ')}", list(columns), count)
    grid.write(f"Figure: {figure.name.replace('-', ' ')}", f"{NOTE} {figure.caption}", list(columns.values()))
    panels: dict[str, list[Series]] = {}
    for one in found:
        panels.setdefault(f"{one.trace.get('yaxis', 'y')} {one.kind}", []).append(one)
    row = HEAD
    for part in panels.values():
        chart = _chart(book, figure, grid, part)
        if chart is not None:
            grid.sheet.insert_chart(row, len(columns) + 1, chart)
            row = row + 18 if row > HEAD else FIRST + 17


def _chart(book: Book, figure: Figure, grid: Grid, part: list[Series]) -> Any:
    """A native chart of some traces, None for those that Excel has none for."""
    first = part[0]
    lying = first.trace.get("orientation") == "h"
    words = first.across.dtype == object
    if first.kind == "bar":
        stacked = figure.layout.get("barmode") in ("relative", "stack")
        options = {"type": "bar" if lying else "column", **({"subtype": "stacked"} if stacked else {})}
    elif first.up.dtype == object:
        return None
    else:
        lines = any("lines" in str(one.trace.get("mode", "lines")) for one in part)
        options = {"type": "line"} if words else {"type": "scatter", "subtype": "straight" if lines else "marker_only"}
    chart = book.file.add_chart(options)
    for k, one in enumerate(part):
        x, y = (grid.span(head, 0, len(one.across)) for head in one.heads)
        labels, values = (y, x) if lying and one.kind == "bar" else (x, y)
        look = _look(one, COLOURS[k % len(COLOURS)], options["type"], lying)
        chart.add_series({"name": series_name(one.name), "categories": f"={labels}", "values": f"={values}", **look})
    _axes(chart, figure, first, lying)
    chart.set_title({"none": True})
    chart.set_legend({"position": "bottom"} if len(part) > 1 else {"none": True})
    rows = len(first.across) if lying else 0
    chart.set_size({"width": FIGURE_WIDTH_PX, "height": max(FIGURE_HEIGHT_PX, 80 + 22 * min(rows, 40))})
    return chart


def _look(one: Series, colour: str, kind: str, lying: bool) -> dict[str, Any]:
    if kind in ("bar", "column"):
        numbers = one.across if lying else one.up
        alone = isinstance((one.trace.get("marker") or {}).get("color"), list)
        points = [{"fill": {"color": BLUE if value >= 0 else ORANGE}} for value in numbers] if alone else None
        return {"fill": {"color": colour}, "gap": 50, **({"points": points} if points else {})}
    mode = str(one.trace.get("mode", "lines"))
    marker = {"type": "circle", "size": 6, "fill": {"color": colour}, "border": {"color": colour}}
    return {
        "line": {"color": colour, "width": 1.75} if "lines" in mode else {"none": True},
        "marker": marker if "markers" in mode else {"type": "none"},
    }


def _axes(chart: Any, figure: Figure, first: Series, lying: bool) -> None:
    quiet = {"visible": True, "line": {"color": "#E5E7EB"}}
    font = {"size": 9}
    days = pd.api.types.is_datetime64_any_dtype(first.across)
    across: dict[str, Any] = {"label_position": "low", "num_font": font}
    if days:
        across |= {"num_format": "yyyy-mm-dd", "date_axis": first.kind == "bar", "major_gridlines": {"visible": False}}
        if first.kind != "bar" and len(first.across) > 1:
            across |= {"min": _serial(first.across.min()), "max": _serial(first.across.max())}
    up: dict[str, Any] = {"num_font": font, "major_gridlines": quiet, "line": {"color": GREY}}
    form = _form(figure, first, "x" if lying else "y")
    if "%" in form:
        up["num_format"] = "0%" if form.strip(",~") in ("%", ".0%") else "0.0%"
    if lying and first.kind == "bar":
        chart.set_y_axis({"reverse": True, "label_position": "low", "num_font": font})
        chart.set_x_axis({**up, "label_position": "high"})
        return
    chart.set_x_axis(across)
    chart.set_y_axis(up)


def _form(figure: Figure, one: Series, axis: str) -> str:
    """The format of the numbers along an axis of a trace, as plotly has it."""
    name = str(one.trace.get(f"{axis}axis", axis))
    return str((figure.layout.get(f"{axis}axis{name[1:]}") or {}).get("tickformat", ""))


def _serial(day: Any) -> int:
    return int((pd.Timestamp(day) - pd.Timestamp("1899-12-30")).days)
