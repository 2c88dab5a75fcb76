"""Native charts over the cells of a run's sheets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..page.figure import BLUE, GREY, ORANGE
from .book import Book
from .nav import Nav
from .totals import Totals

MOST_BARS = 25
WIDTH_PX, HEIGHT_PX, ROW_PX = 640, 300, 22


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
