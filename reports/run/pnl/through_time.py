"""P&L through time: each part's sum so far, and beneath it what each session, week or month brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.strategies.run.run import StrategyRun

from ...page.axes import axis, session_ticks, zero_axis
from ...page.figure import BLUE, GREY, ORANGE, TOTAL, Figure, label, layout, named
from ...page.numbers import number, pnl_decimals
from ..equity import LINE

# So many bars can be told apart on a page; a longer run is told by weeks, then by months.
MOST_BARS = 140
PERIODS = (("D", "session"), ("W-FRI", "week"), ("M", "month"), ("Y", "year"))
MOST_PARTS = 7
LEG_COLOURS = {"long": BLUE, "short": ORANGE}
INTEREST = "interest"


def pnl_parts_by_session(run: StrategyRun) -> tuple[str, pd.DataFrame]:
    """What P&L is told by ("leg", else "bucket"), and its sessions by parts in USD; a row sums to the change of NAV.

    Net of each part's own costs; `interest` is that on cash. Of more than seven buckets those that moved most stand
    alone and the others together.
    """
    by = "leg" if run.plan.legs else "bucket"
    long = run.pnl_long
    named = long[by].astype(object).where(long[by].notna(), "other")
    table = long["pnl"].groupby([long["session"], named]).sum().unstack(fill_value=0)
    table = table.reindex(run.sessions, fill_value=0.0)
    order = list(table.abs().sum().sort_values(ascending=False, kind="stable").index)
    if by == "leg":
        shown = [name for name in ("long", "short", "other") if name in order]
    else:
        shown = order if len(order) <= MOST_PARTS + 1 else order[:MOST_PARTS]
    parts = table[shown].copy()
    others = [name for name in order if name not in shown]
    if others:
        parts[f"{len(others)} others"] = table[others].sum(axis=1)
    parts[INTEREST] = run.nav["interest"]
    return by, parts


@dataclass(frozen=True)
class _Bars:
    unit: str
    middle: list[float]
    width: list[float]
    usd: list[float]
    told: list[str]


def pnl_through_time_figure(run: StrategyRun) -> Figure:
    """The sum so far of each part's P&L and of the total, and beneath it the P&L by session, week or month."""
    by, parts = pnl_parts_by_session(run)
    cents = pnl_decimals(run.backtest.capital)
    days = [pd.Timestamp(run.opening), *run.sessions]
    total = parts.sum(axis=1)
    lines = [
        pnl_line(str(name), parts[name], days, (_colour(str(name), k), cents)) for k, name in enumerate(parts.columns)
    ]
    lines.append(pnl_line("total", total, days, (TOTAL, cents), width=2.5))
    bars = _bars(total, cents)
    last = len(days) - 1
    return Figure(
        "pnl-through-time",
        f"P&L in USD so far at each close, by {by} net of its own costs, interest on cash and the total of them; "
        f"beneath, the P&L of each {bars.unit}.",
        (*lines, _bar_trace(bars)),
        layout(
            460,
            top=34,
            right=16,
            legend=True,
            xaxis=axis(anchor="y2", showgrid=False, range=[-0.02 * last, 1.02 * last + 0.5], **session_ticks(days)),
            yaxis=zero_axis(",~f", domain=[0.36, 1.0]),
            yaxis2=zero_axis(",~f", domain=[0.0, 0.26], nticks=4),
        ),
    )


def _colour(name: str, k: int) -> str:
    if name == INTEREST:
        return GREY
    return LEG_COLOURS.get(name) or named(k)


def pnl_line(
    name: str, usd: pd.Series[float], days: list[pd.Timestamp], look: tuple[str, int], *, width: float = 1.5
) -> dict[str, Any]:
    """The sum so far of amounts by session, from zero on the day before the first; look: colour and decimals."""
    colour, cents = look
    values = [0.0, *(float(x) for x in usd.cumsum())]
    return {
        **LINE,
        "name": label(name),
        "x": list(range(len(values))),
        "y": [round(x, 4) for x in values],
        "text": [
            f"{day:%Y-%m-%d}<br>{label(name)} {number(x, cents)} USD" for day, x in zip(days, values, strict=True)
        ],
        "line": {"color": colour, "width": width},
    }


def _bars(total: pd.Series[float], cents: int) -> _Bars:
    """One bar a session, or a week or month where there would be too many; places are those of the closes above."""
    days = pd.DatetimeIndex(total.index)
    told = ((unit, days.to_period(code)) for code, unit in PERIODS)
    unit, periods = next(
        (found for found in told if found[1].nunique() <= MOST_BARS), (PERIODS[-1][1], days.to_period(PERIODS[-1][0]))
    )
    rows = pd.Series(np.arange(1.0, len(days) + 1.0)).groupby(periods)
    sums = total.groupby(periods).sum()
    wide = rows.size()
    names = [f"{days[0]:%Y-%m-%d}"] if len(days) == 1 else _names(sums.index, unit)
    return _Bars(
        unit,
        [float(x) for x in rows.mean()],
        [max(0.8 * float(n), 0.8) for n in wide],
        [round(float(x), 2) for x in sums],
        [f"{name}: {number(float(x), cents)} USD" for name, x in zip(names, sums, strict=True)],
    )


def _names(periods: pd.Index[Any], unit: str) -> list[str]:
    if unit == "week":
        return [f"week to {period.end_time:%Y-%m-%d}" for period in periods]
    return [str(period) for period in periods]


def _bar_trace(bars: _Bars) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": bars.middle,
        "y": bars.usd,
        "width": bars.width,
        "yaxis": "y2",
        "showlegend": False,
        "marker": {"color": [BLUE if x >= 0 else ORANGE for x in bars.usd]},
        "text": bars.told,
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }
