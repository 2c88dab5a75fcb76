"""The picture of an event trade: what the legs' prices did around the news, and which part of it could be traded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.strategies.run.leg_paths import LegPaths, leg_paths
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.trade.plan import TradePlan

from ..page.axes import axis, even_ticks, zero_axis
from ..page.figure import BLUE, GREY, ORANGE, Figure, label, layout
from ..page.numbers import percent
from .equity import LINE

COLOURS = {"long": BLUE, "short": ORANGE}
SHADE = "rgba(138,143,152,0.16)"


def around_figure(run: StrategyRun, plan: TradePlan) -> Figure | None:
    """The legs' prices around the news, in percent of the last close before it; None where no leg has that price."""
    paths = leg_paths(run.market, plan)
    if not any(leg.name in paths.levels for leg in plan.legs):
        return None
    news = min(paths.fill_at - 0.25, 0.25) if paths.fill_at > 0.0 else paths.fill_at
    end = float(paths.at[-1])
    entry = _entry_at(run, plan)
    return Figure(
        "around",
        f"Prices from the last close before the news ({_day(plan.known_at)}), each leg at the weights of the entry"
        f"{f', and {paths.benchmark} in grey' if paths.benchmark else ''}. Dotted: the news. Shaded: when the trade "
        f"was on; what lies between the news and the shade nobody could earn.{_gone(paths)}",
        tuple(_line(paths, name) for name in paths.levels),
        layout(
            360,
            top=40,
            right=16,
            legend=True,
            xaxis=axis(showgrid=False, range=[float(paths.at[0]) - 0.3, end + 0.3], **_ticks(paths)),
            yaxis=zero_axis(",~%"),
            shapes=[_shade(entry, end), _news(news)],
        ),
    )


def _entry_at(run: StrategyRun, plan: TradePlan) -> float:
    steps = run.market.session_index(plan.entry_session) - run.market.session_index(plan.known_at)
    return steps - (0.5 if plan.entry_mark.label == "open" else 0.0)


def _gone(paths: LegPaths) -> str:
    return f" Without a price at that close: {', '.join(paths.left_out)}." if paths.left_out else ""


def _line(paths: LegPaths, name: str) -> dict[str, Any]:
    moved = paths.levels[name] - 1.0
    bench = name == paths.benchmark
    return {
        **LINE,
        "name": label(name if bench else f"{name} leg"),
        "x": paths.at.tolist(),
        "y": [None if x != x else round(float(x), 6) for x in moved],
        "text": [
            f"{_day(day)} {'open' if opening else 'close'}<br>{label(name)} {percent(x)}"
            for day, opening, x in zip(paths.sessions, paths.is_open, moved, strict=True)
        ],
        "line": {"color": GREY if bench else COLOURS[name], "width": 1.5 if bench else 2},
    }


def _day(day: np.datetime64) -> str:
    return str(day.astype("datetime64[D]"))


def _ticks(paths: LegPaths) -> dict[str, Any]:
    closes = np.flatnonzero(~paths.is_open)
    chosen = closes[even_ticks(len(closes) - 1)]
    days = [pd.Timestamp(paths.sessions[k]) for k in chosen]
    return {
        "tickvals": paths.at[chosen].tolist(),
        "ticktext": [f"{day.day} {day:%b<br>%Y}" for day in days],
        "tickangle": 0,
    }


def _shade(start: float, end: float) -> dict[str, Any]:
    box = {"type": "rect", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "layer": "below"}
    return {**box, "fillcolor": SHADE, "line": {"width": 0}}


def _news(at: float) -> dict[str, Any]:
    line = {"color": GREY, "width": 2, "dash": "dot"}
    return {"type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": line}
