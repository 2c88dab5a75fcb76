"""The figures of P&L and of factor exposure."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from hedgebook.engine.exposure.regression import Exposure
from hedgebook.strategies.run.exposure import TradeExposure
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.universes.counted import counted

from ..page.axes import axis, names_axis, zero_axis
from ..page.figure import BLUE, GAIN, GREY, LOSS, ORANGE, TOTAL, Figure, heading, label, layout, signed
from ..page.numbers import number, pnl_decimals
from .pnl.tables import largest_of

Z_95 = 1.959963984540054
ROW_PX, HEADING_PX = 30, 38
# Amounts stand in their bar where they fit, which keeps them off the labels of the axis on a narrow screen.
BAR_TEXT = {"textposition": "auto", "textangle": 0, "cliponaxis": False, "insidetextfont": {"color": "#ffffff"}}


def causes_figure(run: StrategyRun) -> Figure:
    """A waterfall from nothing to the total P&L, cause by cause."""
    amounts = {str(name): float(x) for name, x in run.pnl("cause")["total"].items()}
    amounts["interest"] = float(run.backtest.record.interest.sum())
    names = [*(cause.label for cause in run.backtest.record.causes), "Interest"]
    values = list(amounts.values())
    total = sum(values)
    cents = pnl_decimals(run.backtest.capital)
    bar = {"line": {"width": 0}}
    data = {
        "type": "waterfall",
        "orientation": "h",
        "y": [*names, "Total"],
        "x": [*values, total],
        "measure": ["relative"] * len(values) + ["total"],
        "text": [number(x, cents) for x in (*values, total)],
        **BAR_TEXT,
        "hoverinfo": "skip",
        "increasing": {"marker": {"color": GAIN, **bar}},
        "decreasing": {"marker": {"color": LOSS, **bar}},
        "totals": {"marker": {"color": TOTAL, **bar}},
        "connector": {"line": {"color": GREY, "width": 1}},
    }
    steps = [0.0, *np.cumsum(values).tolist()]
    return Figure(
        "causes",
        "From the prices' moves overnight and during the sessions, through each cost, to the total in USD.",
        (data,),
        layout(ROW_PX * (len(names) + 1) + 50, xaxis=_usd_axis(steps), yaxis=names_axis()),
    )


def _room(values: list[float]) -> list[float]:
    """A range around zero and `values`, which may be none, with room for the numbers beside the bars."""
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    return [low - 0.3 * span if low < 0 else -0.02 * span, high + 0.3 * span if high > 0 else 0.1 * span]


def holders_figure(run: StrategyRun) -> Figure:
    """P&L by leg, bucket and ticker, net of own costs."""
    ways: tuple[Literal["leg", "bucket", "ticker"], ...] = ("leg", "bucket", "ticker")
    groups = {by: _shown(run.pnl(by)) for by in ways if by != "leg" or run.plan.legs}
    cents = pnl_decimals(run.backtest.capital)
    inner = sum(ROW_PX * len(totals) + HEADING_PX for totals in groups.values())
    axes: dict[str, Any] = {}
    bars, headings, top = [], [], 1.0
    for j, (by, totals) in enumerate(groups.items(), start=1):
        top -= HEADING_PX / inner
        bottom = max(0.0, top - ROW_PX * len(totals) / inner)
        axes[f"yaxis{j}"] = names_axis(domain=[bottom, top])
        headings.append(heading(f"<b>By {by}</b>", 0, top))
        bars.append(_bars(totals, f"y{j}", cents))
        top = bottom
    amounts = [float(x) for totals in groups.values() for x in totals]
    axes["yaxis"] = axes.pop("yaxis1")
    bars[0]["yaxis"] = "y"
    return Figure(
        "holders",
        f"P&L in USD by {', '.join(list(groups)[:-1])} and ticker, each net of its own costs; interest on cash comes "
        "on top.",
        tuple(bars),
        layout(
            inner + 50,
            bargap=0.3,
            xaxis={**_usd_axis(amounts), "anchor": f"y{len(groups)}"},
            annotations=headings,
            **axes,
        ),
    )


def _shown(table: pd.DataFrame) -> pd.Series[float]:
    """The totals of a table of P&L; of very many rows those that moved most, and the others together."""
    kept, rest = largest_of(table)
    totals: pd.Series[float] = kept["total"]
    if not len(rest):
        return totals
    return pd.concat([totals, pd.Series({counted(len(rest), "other"): float(rest["total"].sum())})])


def _usd_axis(values: list[float]) -> dict[str, Any]:
    return zero_axis(",~f", range=_room(values))


def _bars(totals: pd.Series[float], yaxis: str, cents: int) -> dict[str, Any]:
    values = [float(x) for x in totals]
    return {
        "type": "bar",
        "orientation": "h",
        "y": [label(str(name)) for name in totals.index],
        "x": values,
        "yaxis": yaxis,
        "text": [number(x, cents) for x in values],
        **BAR_TEXT,
        "hoverinfo": "skip",
        "marker": {"color": [signed(x) for x in values]},
    }


def exposure_figure(run: StrategyRun) -> Figure | None:
    """Betas with 95 % intervals, before the news and while the run went on; None where none could be estimated."""
    events = run.trade_plan is not None
    return betas_figure(run.exposures, "during the trade" if events else "of the run's own returns", events)


def betas_figure(found: TradeExposure, while_it_ran: str, legend: bool = False) -> Figure | None:
    """Betas with 95 % intervals; while_it_ran: what those of the run's own returns are called; legend: also of one."""
    data = [
        _betas(exposure, name, look, shift)
        for exposure, name, look, shift in (
            (found.before, "before the news", {"color": BLUE, "symbol": "circle"}, -0.14),
            (found.during, while_it_ran, {"color": ORANGE, "symbol": "diamond"}, 0.14),
        )
        if exposure is not None
    ]
    if not data:
        return None
    count = len(found.factors)
    return Figure(
        "exposure",
        "Beta to each factor with a 95% interval: ±1.96 Newey-West standard errors.",
        tuple(data),
        layout(
            56 * count + 90,
            legend=len(data) > 1 or legend,
            xaxis=axis(zeroline=True, zerolinecolor=GREY, nticks=8, title={"text": "beta", "font": {"size": 12}}),
            yaxis=axis(
                tickvals=list(range(count)),
                ticktext=[label(name) for name in found.factors],
                range=[count - 0.5, -0.5],
                showgrid=False,
            ),
        ),
    )


def _betas(exposure: Exposure, name: str, look: dict[str, str], shift: float) -> dict[str, Any]:
    """One window's points, set off from the factor's line so that two windows do not cover each other."""
    beta = exposure.table["beta"].to_numpy()
    half = Z_95 * exposure.table["stderr"].to_numpy()
    bars = {"type": "data", "array": half.tolist(), "thickness": 2, "width": 5, "color": look["color"]}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": beta.tolist(),
        "y": [k + shift for k in range(len(beta))],
        "error_x": bars,
        "marker": {"size": 10, **look},
        "text": [f"{number(b)} ± {number(h)}" for b, h in zip(beta, half, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
    }
