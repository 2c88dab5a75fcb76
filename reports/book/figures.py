"""The figures of a hedged book: its value with and without the hedge, the hedge itself, and event by event."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.strategies.book.result import BookRun, WindowRun

from ..page.axes import axis, dates_axis, names_axis, title, zero_axis
from ..page.figure import BENCHMARK, BLUE, NAMED, Figure, label, layout
from ..page.numbers import number, percent, pnl_decimals

LINE = {"type": "scatter", "mode": "lines", "hovertemplate": "%{text}<extra></extra>"}
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
ROW_PX = 44
# Of the span of the bars: room for an amount beyond a bar's end, on a phone too.
ROOM = 0.34


def levels_figure(run: WindowRun) -> Figure:
    """The book alone and hedged from the base on, and the drawdown of each beneath."""
    days = [f"{day:%Y-%m-%d}" for day in run.levels.index]
    cents = pnl_decimals(run.capital.base)
    traces: list[dict[str, Any]] = []
    for column, name, colour in (("book", "Book alone", BENCHMARK), ("hedged", "Hedged", BLUE)):
        levels = run.levels[column].to_numpy()
        below = underwater(levels)
        line = {**LINE, "x": days, "name": name, "line": {"color": colour, "width": 2}}
        text = [f"{day}<br>{name} {number(x, cents)} USD" for day, x in zip(days, levels, strict=True)]
        traces.append({**line, "y": levels.tolist(), "text": text})
        text = [f"{day}<br>{name} {percent(x)}" for day, x in zip(days, below, strict=True)]
        traces.append({**line, "y": below.tolist(), "text": text, "yaxis": "y2", "showlegend": False})
    return Figure(
        f"levels-{run.name}",
        "Value at the closes, from the base of the percentages on, and beneath it the drawdown: each close against "
        "the highest one so far.",
        tuple(traces),
        layout(
            430,
            top=40,
            right=16,
            legend=True,
            xaxis=dates_axis(anchor="y2"),
            yaxis=axis(domain=[0.34, 1.0], tickformat=",~f", nticks=6, title=title("USD")),
            yaxis2=axis(domain=[0.0, 0.26], tickformat=",~%", nticks=4, title=title("Drawdown")),
        ),
    )


def named_line(
    k: int, name: str, days: list[str], values: pd.Series[Any], told: list[str], *, width: float
) -> dict[str, Any]:
    """Line number k of a figure of lines by name; told: each value as it is read beside its day."""
    return {
        **LINE,
        "x": days,
        "y": values.to_list(),
        "text": [f"{day}<br>{label(name)} {one}" for day, one in zip(days, told, strict=True)],
        "name": label(name),
        "line": {"color": NAMED[k % len(NAMED)], "width": width},
    }


def hedge_figure(run: WindowRun) -> Figure:
    """What was held of each instrument at each close, as a fraction of NAV."""
    weights = run.hedge_weights
    days = [f"{day:%Y-%m-%d}" for day in weights.index]
    traces = []
    for k, ticker in enumerate(weights.columns):
        told = [percent(x) for x in weights[ticker]]
        traces.append(named_line(k, str(ticker), days, weights[ticker], told, width=1.5))
    return Figure(
        f"hedge-{run.name}",
        "Weight of each instrument at the closes, in percent of the NAV of book and hedge; negative is short. Between "
        "decisions the weights move with prices.",
        tuple(traces),
        layout(320, top=40, right=16, legend=True, xaxis=dates_axis(), yaxis=zero_axis(",~%")),
    )


def worst_days_figure(run: BookRun, count: int = 10) -> Figure:
    """The book's worst sessions with and without the hedge."""
    days = run.worst_days(count)
    names = [f"{day:%Y-%m-%d}" for day in days["session"]]
    return _pairs(
        "worst-days",
        "P&L in USD on the book's worst sessions, alone and hedged.",
        names,
        (days["book"], days["together"]),
        run.base_usd,
    )


def windows_figure(run: BookRun) -> Figure:
    """P&L of each window with and without the hedge."""
    alone = pd.Series([float(w.pnl["alone"].sum()) for w in run.windows])
    together = pd.Series([float(w.pnl["together"].sum()) for w in run.windows])
    return _pairs(
        "windows",
        "P&L in USD around each event, the book alone and hedged.",
        [label(w.name) for w in run.windows],
        (alone, together),
        run.base_usd,
    )


def _pairs(
    name: str, caption: str, rows: list[str], pair: tuple[pd.Series[float], pd.Series[float]], base_usd: float
) -> Figure:
    cents = pnl_decimals(base_usd)
    traces = []
    for values, shown, colour in zip(pair, ("Book alone", "Hedged"), (BENCHMARK, BLUE), strict=True):
        amounts = [float(x) for x in values]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": rows,
                "x": amounts,
                "name": shown,
                "text": [f"{number(x, cents)}" for x in amounts],
                "textposition": "outside",
                "textangle": 0,
                "textfont": {"size": 11},
                "cliponaxis": False,
                "hoverinfo": "skip",
                "marker": {"color": colour},
            }
        )
    both = np.concatenate([pair[0].to_numpy(), pair[1].to_numpy(), [0.0]])
    span = float(np.ptp(both)) or 1.0
    room = [float(both.min()) - ROOM * span * (both.min() < 0), float(both.max()) + ROOM * span * (both.max() > 0)]
    return Figure(
        name,
        caption,
        tuple(traces),
        layout(
            ROW_PX * len(rows) + 90,
            top=40,
            right=16,
            barmode="group",
            bargap=0.25,
            showlegend=True,
            legend={**LEGEND, "traceorder": "normal"},
            xaxis=zero_axis(",~f", range=room),
            yaxis=names_axis(),
        ),
    )
