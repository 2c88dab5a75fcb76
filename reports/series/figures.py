"""The figures of a trade over many events: its mean path with bands, every event, and the account."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np

from hedgebook.strategies.series.run import EventSeries
from hedgebook.universes.calendar import Mark
from hedgebook.universes.counted import counted

from ..page.axes import axis, even_ticks, names_axis, title, zero_axis
from ..page.figure import BLUE, GREY, ORANGE, Figure, label, layout, signed
from ..page.numbers import number, percent, pnl_decimals
from ..run.equity import LINE
from ..run.figures import BAR_TEXT, ROW_PX
from ..study.figures import whole_ticks

BAND = "rgba(0,114,178,0.18)"
NONE: dict[str, Any] = {"showlegend": False, "hoverinfo": "skip"}


def path_figure(series: EventSeries) -> Figure:
    """The mean path of the trade, net and adjusted for the benchmark, each with its band."""
    start = -0.5 if series.runs and series.runs[0].plan.entry_mark is Mark.OPEN else 0.0
    data: list[dict[str, Any]] = []
    for name, prefix, mean, colour in (("net of costs", "", "mean", BLUE), ("CAAR", "caar_", "caar", ORANGE)):
        values = [float(x) for x in series.path[mean]]
        if not all(math.isfinite(v) for v in values):
            continue
        x = [start, *map(float, series.path.index)]
        bands = [[0.0, *map(float, series.path[f"{prefix}{edge}"])] for edge in ("low", "high")]
        if all(math.isfinite(v) for band in bands for v in band):
            # Two filled bands on top of each other cannot be told apart: that of the CAAR shows its edges only.
            filled = mean == "mean"
            look = {"width": 0} if filled else {"width": 1, "dash": "dot", "color": colour}
            fill = {"fill": "tonexty", "fillcolor": BAND} if filled else {}
            edge = {"type": "scatter", "mode": "lines", "x": x, "line": look, **NONE}
            data += [{**edge, "y": bands[0]}, {**edge, "y": bands[1], **fill}]
        text = ["entry", *(f"session {k}<br>{name} {percent(v)}" for k, v in enumerate(values))]
        data.append(
            {
                **LINE,
                "mode": "lines+markers",
                "name": name,
                "x": x,
                "y": [0.0, *values],
                "text": text,
                "line": {"color": colour, "width": 2, "dash": "solid" if mean == "mean" else "dash"},
                "marker": {"size": 6, "symbol": "circle" if mean == "mean" else "diamond"},
            }
        )
    band = "Band and dotted lines: 95%, by clusters. " if series.mean.clusters > 1 else "One cluster has no band. "
    return Figure(
        "path",
        f"Mean return from the entry to the close of each session, over {counted(len(series.runs), 'event')}. {band}"
        "CAAR: less beta times the benchmark's return, session by session.",
        tuple(data),
        layout(
            400,
            legend=True,
            xaxis=axis(
                showgrid=False, **whole_ticks(len(series.path)), title={"text": "session", "font": {"size": 12}}
            ),
            yaxis=zero_axis(",~%"),
        ),
    )


def events_figure(series: EventSeries) -> Figure:
    """The net return of every event, in the order of entries."""
    values = [float(x) for x in series.returns]
    low, high = min([0.0, *values]), max([0.0, *values])
    span = high - low or 1.0
    edges = [low - (0.55 if low < 0 else 0.02) * span, high + (0.25 if high > 0 else 0.02) * span]
    data = {
        "type": "bar",
        "orientation": "h",
        "y": [label(run.event.id) for run in series.runs],
        "x": values,
        "text": [percent(v) for v in values],
        **BAR_TEXT,
        "hoverinfo": "skip",
        "marker": {"color": [signed(v) for v in values]},
    }
    return Figure(
        "events",
        "Net return of each event, run on its own with the full capital.",
        (data,),
        layout(ROW_PX * len(values) + 50, xaxis=zero_axis(",~%", range=edges), yaxis=names_axis(tickfont={"size": 12})),
    )


def account_figure(series: EventSeries) -> Figure:
    """NAV of the account that held all events, with the sessions on which something was held shaded."""
    book = series.book
    cents = pnl_decimals(book.capital)
    days = [str(book.opening), *map(str, book.market.sessions)]
    navs = [book.capital, *book.record.days["nav_close"].tolist()]
    count = len(navs)
    line = {
        **LINE,
        "x": list(range(count)),
        "y": navs,
        "text": [f"{day} close<br>{number(v, cents)} USD" for day, v in zip(days, navs, strict=True)],
        "line": {"color": BLUE, "width": 2},
    }
    ticks = even_ticks(count - 1)
    dash = {"color": GREY, "width": 1, "dash": "dash"}
    capital = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": book.capital, "y1": book.capital, "line": dash}
    return Figure(
        "account",
        "NAV at the closes of one account that traded all events, from its initial capital (dashed). Shaded: "
        "sessions of an event.",
        (line,),
        layout(
            380,
            xaxis=axis(
                showgrid=False,
                tickvals=ticks,
                ticktext=[f"{days[k][8:].lstrip('0')} {_month(days[k])}<br>{days[k][:4]}" for k in ticks],
                tickangle=0,
            ),
            yaxis=axis(tickformat=",~f", nticks=6, title=title("NAV, USD")),
            shapes=[capital, *(_shade(series, run.plan.entry_session, run.plan.exit_session) for run in series.runs)],
        ),
    )


def _month(day: str) -> str:
    return f"{date.fromisoformat(day):%b}"


def _shade(series: EventSeries, first: np.datetime64, last: np.datetime64) -> dict[str, Any]:
    at = [int(np.searchsorted(series.book.market.sessions, day)) for day in (first, last)]
    return {
        "type": "rect",
        "yref": "paper",
        "x0": at[0] + 0.5,
        "x1": at[1] + 1,
        "y0": 0,
        "y1": 1,
        "fillcolor": "rgba(138,143,152,0.18)",
        "line": {"width": 0},
        "layer": "below",
    }
