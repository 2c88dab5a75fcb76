"""The figures of a risk report."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgebook.strategies.risk.report import RiskReport

from ..page.axes import axis, names_axis, zero_axis
from ..page.figure import BLUE, ORANGE, Figure, label, layout, line_of, signed
from ..page.numbers import percent
from ..run.figures import BAR_TEXT, ROW_PX

BINS = 60


def scenarios_figure(report: RiskReport) -> Figure | None:
    """A bar for each scenario."""
    if not report.scenarios:
        return None
    values = [r.pnl_frac for r in report.scenarios]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [label(r.name) for r in report.scenarios],
        "x": values,
        "text": [percent(x, 1) for x in values],
        **BAR_TEXT,
        "hoverinfo": "skip",
        "marker": {"color": [signed(x) for x in values]},
    }
    return Figure(
        "scenarios",
        "P&L of each scenario at the end of its path, as a fraction of NAV.",
        (bar,),
        layout(
            ROW_PX * len(values) + 50,
            bargap=0.3,
            xaxis=zero_axis(",~%", range=[low - 0.2 * span, high + 0.2 * span]),
            yaxis=names_axis(),
        ),
    )  # fmt: skip


def simulation_figure(report: RiskReport) -> Figure:
    """How the simulated P&L is spread."""
    ends = [s.values[:, 0] / s.nav_usd for s in report.simulations]
    together = np.concatenate(ends)
    low, high = np.quantile(together, [0.002, 0.998]).tolist()
    edges = np.linspace(low, high, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2.0
    lines = []
    for simulation, end, colour in zip(report.simulations, ends, (BLUE, ORANGE), strict=False):
        shares = np.histogram(end, edges)[0] / len(end)
        lines.append(
            line_of(
                middles.tolist(),
                shares.tolist(),
                colour,
                shape="hvh",
                name=simulation.method,
                hovertemplate="%{x:.1%}: %{y:.2%} of paths<extra></extra>",
            )
        )
    return Figure(
        "simulation",
        "Share of the paths by their P&L at the end, as a fraction of NAV; the outermost 0.2% on either side are cut.",
        tuple(lines),
        layout(320, legend=True, xaxis=zero_axis(",~%", nticks=None), yaxis=axis(tickformat=",~%", rangemode="tozero")),
    )


def rolling_figure(report: RiskReport) -> Figure | None:
    """Volatility over the last 63 sessions with its band."""
    if report.rolling.empty:
        return None
    kept = report.rolling["volatility_annual"].notna().to_numpy()
    if not kept.any():
        return None
    days = [f"{day:%Y-%m-%d}" for day in report.rolling.index[kept]]
    band = report.bands["volatility_annual"].dropna()
    edges = [f"{day:%Y-%m-%d}" for day in band.index]
    line: dict[str, Any] = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}}
    data = (
        {**line, "x": edges, "y": band["low"].tolist()},
        {**line, "x": edges, "y": band["high"].tolist(), "fill": "tonexty", "fillcolor": "rgba(0,114,178,0.18)"},
        line_of(
            days,
            report.rolling["volatility_annual"][kept].tolist(),
            BLUE,
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        ),
    )
    return Figure(
        "rolling",
        f"Volatility a year over the last 63 {report.subject.frequency.units}, with the 90% band of a stationary block "
        "bootstrap.",
        data,
        layout(300, xaxis=axis(type="date", nticks=6), yaxis=axis(tickformat=",~%", rangemode="tozero")),
    )
