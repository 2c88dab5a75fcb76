"""The figure of a journal: P&L in the fan of its forecast."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from hedgebook.strategies.journal.state import JournalState
from hedgebook.strategies.ticket.forecast import Forecast

from ..page.axes import axis, even_ticks, title, zero_axis
from ..page.figure import BLUE, GREY, ORANGE, Figure, layout, line_of

# Pairs of levels, and how strongly the ground between them is coloured.
BANDS = ((0.05, 0.95, 0.14), (0.25, 0.75, 0.18))


def fan_figure(state: JournalState) -> Figure | None:
    """P&L since entry by session, over the bands of its forecast; None before the entry."""
    rows = [row for row in state.rows if row["state"] != "waits"]
    if not rows:
        return None
    capital, fan = state.trade.capital_usd, state.trade.fan
    data: list[dict[str, Any]] = []
    places = session_places([row["since_entry"] for row in rows])
    life = max(rows[-1]["since_entry"], 1)
    if fan is not None:
        life = max(life, fan.sessions)
        data += _bands(fan, capital)
    data.append(
        line_of(
            [0, *places],
            _rounded([0.0, *(row["total_usd"] / capital for row in rows)]),
            BLUE,
            mode="lines+markers" if len(rows) < 40 else "lines",
            name="P&L since entry",
            marker={"color": BLUE, "size": 5},
            hovertemplate="session %{x}: %{y:.2%}<extra></extra>",
        )
    )
    raised = [row for row in rows if row["alarm"] and row["alarm"]["raised_on_session"] == row["since_entry"]][:1]
    if raised:
        data.append(
            {
                "type": "scatter", "mode": "markers", "name": "Alarm raised",
                "x": [row["since_entry"] for row in raised],
                "y": _rounded([row["total_usd"] / capital for row in raised]),
                "marker": {"color": ORANGE, "size": 11}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    said = "" if fan is None else f" Bands: 50 and 90% of the forecast, made of {fan.method}."
    return Figure(
        "fan",
        f"P&L since entry as a fraction of capital, by session of the trade.{said}",
        tuple(data),
        layout(
            340,
            legend=True,
            xaxis=axis(title=title("session of the trade"), tickvals=even_ticks(life), showgrid=False),
            yaxis=zero_axis(",.1~%", nticks=None),
        ),
    )


def session_places(sessions: Sequence[int]) -> list[float]:
    """Where each row stands on the axis of sessions; days between two of them, on which another exchange traded, stand
    evenly between."""
    found: list[float] = []
    for number, group in groupby(sessions):
        count = len(list(group))
        found += [number if k == 0 else round(number + k / count, 6) for k in range(count)]
    return found


def _bands(fan: Forecast, capital: float) -> list[dict[str, Any]]:
    """The ground between pairs of levels, and the middle line."""
    data: list[dict[str, Any]] = []
    x = list(range(fan.sessions + 1))
    edge: dict[str, Any] = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}}
    for low, high, strength in BANDS:
        lines = [[0.0, *(row[fan.levels.index(level)] / capital for row in fan.fan_usd)] for level in (low, high)]
        fill = f"rgba(0,114,178,{strength:.2f})"
        data.append({**edge, "x": x, "y": _rounded(lines[0]), "showlegend": False})
        data.append(
            {**edge, "x": x, "y": _rounded(lines[1]), "fill": "tonexty", "fillcolor": fill, "showlegend": False}
        )
    middle = [0.0, *(row[fan.levels.index(0.50)] / capital for row in fan.fan_usd)]
    data.append(
        line_of(x, _rounded(middle), GREY, width=1, dash="dash", name="Middle of the forecast", hoverinfo="skip")
    )  # fmt: skip
    return data


def _rounded(values: list[float]) -> list[float]:
    return [round(float(value), 6) for value in values]
