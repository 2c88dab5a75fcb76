"""The figure of a ticket: the fan of what it may earn."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.ticket.ticket import Ticket

from ..page.axes import axis, title
from ..page.figure import BENCHMARK, GAIN, Figure, layout, line_of

HEIGHT = 320


def fan_figure(ticket: Ticket) -> Figure | None:
    """Cumulative P&L after costs by session: the middle half and the middle nine tenths of the paths."""
    found = ticket.forecast
    if found is None:
        return None
    days = list(range(found.sessions + 1))
    line = {level: [0.0, *(round(row[i], 2) for row in found.fan_usd)] for i, level in enumerate(found.levels)}
    data: list[dict[str, Any]] = []
    for low, high, colour in ((0.05, 0.95, "rgba(138,143,152,0.22)"), (0.25, 0.75, "rgba(0,114,178,0.25)")):
        data.append(_line(days, line[low], f"{low:.0%}"))
        data.append({**_line(days, line[high], f"{high:.0%}"), "fill": "tonexty", "fillcolor": colour})
    data.append({**_line(days, line[0.5], "median"), "line": {"color": GAIN, "width": 2}})
    return Figure(
        "fan",
        "What the trade may have earned by each close, USD after expected costs: the middle half of the paths in blue, "
        "the middle nine tenths in grey, the median as a line.",
        tuple(data),
        layout(
            HEIGHT,
            xaxis=axis(title=title("session of the trade"), showgrid=False),
            yaxis=axis(tickformat=",~f", title=title("USD")),
        ),
    )


def _line(days: list[int], values: list[float], name: str) -> dict[str, Any]:
    return line_of(
        days, values, BENCHMARK, width=1, name=name, hovertemplate="%{x}: %{y:,.0f}<extra>" + name + "</extra>"
    )
