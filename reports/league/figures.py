"""The figures of a league of hedges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.strategies.league.measures import rolling_market_betas
from hedgebook.strategies.league.run import HedgeLeague

from ..page.axes import axis, even_ticks, names_axis, title, zero_axis
from ..page.figure import COLOURS, NAMED, TOTAL, Figure, layout, named
from ..page.numbers import number, percent
from ..run.equity import LINE
from .tables import mean_factor_pnl

LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}}
DASHES = ("solid", "dash", "dot")


def paths_figure(league: HedgeLeague) -> Figure:
    """Return so far of each method at the closes, for one event."""
    runs = league.runs
    days = [f"{day:%Y-%m-%d}" for day in runs[0].levels.index]
    lines = [
        (run.plan.hedge.method.value, (run.levels.to_numpy() / run.backtest.capital - 1.0).tolist()) for run in runs
    ]
    return _lines_figure(
        "paths",
        "Return so far at each close, of capital and after costs, from the close before the entry session. Click a "
        "method to hide it.",
        lines,
        (days, ",.0%", "return", percent),
    )


def rolling_figure(league: HedgeLeague) -> Figure | None:
    """Rolling market beta of each method's entry weights, for one event; None where it is not known."""
    found = rolling_market_betas(league.runs)
    if found is None:
        return None
    days = [f"{day:%Y-%m-%d}" for day in found.index]
    lines = [(str(name), [None if x != x else float(x) for x in found[name]]) for name in found]
    return _lines_figure(
        "rolling",
        "Market beta of each method's entry weights over the 60 sessions up to each close before the news: a hedge "
        "that was neutral on average may have been far from it at times.",
        lines,
        (days, ".1f", "beta", number),
    )


def _lines_figure(
    name: str, caption: str, lines: Sequence[tuple[str, list[Any]]], look: tuple[list[str], str, str, Any]
) -> Figure:
    days, tickformat, heading, write = look
    last = len(days) - 1
    ticks = even_ticks(last)
    sessions = [pd.Timestamp(day) for day in days]
    data = tuple(
        {
            **LINE,
            "name": method,
            "x": list(range(len(values))),
            "y": values,
            "text": [
                f"{day}<br>{method} {write(np.nan if x is None else x)}" for day, x in zip(days, values, strict=True)
            ],
            "line": {"color": named(k), "width": 2, "dash": DASHES[(k + k // 4) % len(DASHES)]},
        }
        for k, (method, values) in enumerate(lines)
    )
    return Figure(
        name,
        caption,
        data,
        layout(
            500,
            right=16,
            legend=True,
            xaxis=axis(
                showgrid=False,
                range=[-0.02 * last, 1.02 * last],
                tickvals=ticks,
                ticktext=[f"{sessions[k].day} {sessions[k]:%b<br>%Y}" for k in ticks],
                tickangle=0,
            ),
            yaxis=zero_axis(tickformat, nticks=7, title=title(heading)),
        ),
    )


def events_figure(league: HedgeLeague) -> Figure:
    """Return of every method on every event as dots, its mean as a bar."""
    table = league.by_event[league.by_event["problem"].isna()]
    methods = [str(m) for m in league.pooled.index[league.pooled["events"] > 0]]
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": part["total_return"].tolist(),
            "y": [k] * len(part),
            "text": [
                f"{event}<br>{method} {percent(x)}"
                for event, x in zip(part["event"], part["total_return"], strict=True)
            ],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"size": 9, "color": COLOURS[0], "opacity": 0.55},
        }
        for k, method in enumerate(methods)
        for part in (table[table["method"] == method],)
    ]
    means = league.pooled.loc[methods, "mean_return"].tolist()
    bars = {
        "type": "scatter",
        "mode": "markers",
        "x": means,
        "y": list(range(len(methods))),
        "text": [f"mean of {method} {percent(x)}" for method, x in zip(methods, means, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 20, "symbol": "line-ns", "line": {"width": 3, "color": COLOURS[1]}},
    }
    return Figure(
        "events",
        "Return of each method on each event (dots) and its mean (upright line). The spread across events is the "
        "measure for any difference between methods.",
        (*dots, bars),
        layout(
            34 * len(methods) + 60,
            xaxis=zero_axis(",.0%", tickangle=0),
            yaxis=axis(
                tickvals=list(range(len(methods))), ticktext=methods, range=[len(methods) - 0.5, -0.5], showgrid=False
            ),
        ),
    )


def league_pnl_figure(league: HedgeLeague) -> Figure | None:
    """P&L by factor of each method as stacked bars with the total marked; None without factors."""
    mean = mean_factor_pnl(league)
    if mean.empty:
        return None
    methods, parts = [str(m) for m in mean.index], [str(name) for name in mean if name != "total"]
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": methods,
            "x": mean[name].tolist(),
            "text": [f"{method}<br>{name} {percent(x)}" for method, x in zip(methods, mean[name], strict=True)],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": NAMED[k % len(NAMED)]},
        }
        for k, name in enumerate(parts)
    ]
    total = {
        "type": "scatter",
        "mode": "markers",
        "name": "total",
        "y": methods,
        "x": mean["total"].tolist(),
        "text": [f"{method}<br>total {percent(x)}" for method, x in zip(methods, mean["total"], strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 11, "symbol": "diamond", "color": TOTAL, "line": {"width": 1, "color": "#ffffff"}},
    }
    over = "Mean over the events of the P&L" if len(league.events) > 1 else "P&L"
    return Figure(
        "factor-pnl",
        f"{over} of each method, of capital, by what it came from; gains to the right, losses to the left, the total "
        "as a diamond.",
        (*bars, total),
        layout(
            34 * len(methods) + 120,
            barmode="relative",
            bargap=0.35,
            legend=True,
            xaxis=zero_axis(",.0%", tickangle=0),
            yaxis=names_axis(),
        ),
    )
