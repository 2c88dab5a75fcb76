"""The figures of an event study: cumulative abnormal returns with bands, and the event session in two parts."""

from __future__ import annotations

import math
from typing import Any

from hedgebook.engine.event_study.result import EventStudy

from ..page.axes import axis, names_axis, zero_axis
from ..page.figure import BLUE, ORANGE, Figure, heading, label, layout
from ..page.numbers import number, percent
from ..run.figures import BAR_TEXT, ROW_PX, Z_95

PANEL_PX, HEADING_PX, GAP_FRAC = 150, 48, 0.06
COLUMNS = 2
BAND = "rgba(0,114,178,0.18)"


def car_figure(study: EventStudy) -> Figure:
    """CAAR from the close before the span on, a panel for each group, all on one scale."""
    groups = list(dict.fromkeys(study.path["group"]))
    rows = math.ceil(len(groups) / COLUMNS)
    height = rows * (PANEL_PX + HEADING_PX) + 40
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    headings = []
    low, high = _range(study)
    ticks = whole_ticks(1 + study.path["offset"].nunique())
    for j, group in enumerate(groups):
        row, column = divmod(j, COLUMNS)
        number_of = "" if j == 0 else str(j + 1)
        left, right = ((0.0, 0.5 - GAP_FRAC / 2), (0.5 + GAP_FRAC / 2, 1.0))[column]
        top = 1.0 - (row + HEADING_PX / (PANEL_PX + HEADING_PX)) / rows
        bottom = max(0.0, 1.0 - (row + 1) / rows)
        data += _panel(study, group, number_of)
        bare = {"showticklabels": column == 0}
        axes[f"xaxis{number_of}"] = axis(domain=[left, right], anchor=f"y{number_of}", showgrid=False, **ticks)
        axes[f"yaxis{number_of}"] = zero_axis(
            ",~%", domain=[bottom, top], anchor=f"x{number_of}", range=[low, high], nticks=5, **bare
        )
        headings.append(heading(f"<b>{label(group)}</b>", left, top))
    return Figure(
        "car",
        "Mean cumulative abnormal return by session, from the close before the first one; session 0 is the first that "
        "could be traded. Bands: 95%, ±1.96 errors of the portfolio test, which allow for names moving together.",
        tuple(data),
        layout(height, annotations=headings, **axes),
    )


def whole_ticks(count: int) -> dict[str, Any]:
    """Ticks of an axis of `count` sessions: at whole ones only, at most eight or so."""
    return {"tick0": 0, "dtick": max(1, math.ceil(count / 8)), "tickformat": "d"}


def _path(study: EventStudy, group: str) -> tuple[list[int], list[float], list[float]]:
    """Offsets, CAAR and half the band, beginning with zero at the close before the first session."""
    rows = study.path[study.path["group"] == group]
    offsets = [int(x) for x in rows["offset"]]
    half = [Z_95 * float(x) for x in rows["standard_error"]]
    return [offsets[0] - 1, *offsets], [0.0, *map(float, rows["caar"])], [0.0, *half]


def _range(study: EventStudy) -> tuple[float, float]:
    edges = [0.0]
    for group in dict.fromkeys(study.path["group"]):
        _, middle, half = _path(study, group)
        edges += [m + s * h for m, h in zip(middle, half, strict=True) for s in (-1, 1) if math.isfinite(m + h)]
    room = 0.06 * (max(edges) - min(edges) or 1.0)
    return min(edges) - room, max(edges) + room


def _panel(study: EventStudy, group: str, number_of: str) -> list[dict[str, Any]]:
    x, middle, half = _path(study, group)
    shared = {"type": "scatter", "x": x, "xaxis": f"x{number_of}", "yaxis": f"y{number_of}"}
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    low, high = ([m + s * h for m, h in zip(middle, half, strict=True)] for s in (-1, 1))
    text = [f"session {k}<br>{percent(m)} ± {percent(h)}" for k, m, h in zip(x, middle, half, strict=True)]
    text[0] = "the close before"
    line = {
        "mode": "lines+markers",
        "y": [m if math.isfinite(m) else None for m in middle],
        "text": text,
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": BLUE, "width": 2},
        "marker": {"size": 5},
    }
    return [
        {**shared, **edge, "y": [v if math.isfinite(v) else None for v in low]},
        {**shared, **edge, "y": [v if math.isfinite(v) else None for v in high], "fill": "tonexty", "fillcolor": BAND},
        {**shared, **line},
    ]


def split_figure(study: EventStudy) -> Figure | None:
    """Gap and rest of session 0 by group, side by side; None without opens."""
    groups = study.split[study.split["kind"] == "group"]
    if groups.empty:
        return None
    parts = (
        ("gap: nobody could trade it", "gap_abnormal", ORANGE),
        ("after the open: tradable", "tradable_abnormal", BLUE),
    )
    values = [float(x) for _, column, _ in parts for x in groups[column]]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.22 * (high - low or 1.0)
    data = tuple(
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": [label(str(group)) for group in groups.index],
            "x": [float(x) for x in groups[column]],
            "text": [f"{number(100 * float(x))}%" for x in groups[column]],
            **BAR_TEXT,
            "hoverinfo": "skip",
            "marker": {"color": colour},
        }
        for name, column, colour in parts
    )
    return Figure(
        "split",
        f"Abnormal return of {study.first_fill} before and after its open, mean of each group's tickers.",
        data,
        layout(
            2 * ROW_PX * len(groups) + 110,
            barmode="group",
            bargap=0.25,
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal"},
            xaxis=zero_axis(",~%", range=[low - room, high + room]),
            yaxis=names_axis(),
        ),
    )
