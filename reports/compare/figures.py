"""The figures of a comparison: curves, drawdowns, risk and return, correlation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.engine.tearsheet.counting import floats
from hedgebook.strategies.tearsheet.compare import ComparisonTables

from ..page.axes import axis, dates_axis, names_axis, zero_axis
from ..page.figure import BLUE, GREY, NAMED, SLATE, Figure, label, layout, line_of, named
from ..page.numbers import number
from ..tearsheet.lines import days_of, rounded, thinned

# So many lines are told apart by colour; of more only the leaders are.
TOLD_APART, LEADERS, ALL_POINTS = len(NAMED), 3, 4000


def _levels(found: ComparisonTables) -> dict[str, pd.Series[float]]:
    """Levels from 1: on the common dates, or of each on its own where there are none."""
    levels = {}
    for track in found.tracks:
        if len(found.dates) and not track.lost and not track.no_track:
            kept = track.returns.reindex(found.dates)
            if kept.notna().all():
                start = found.frequency.before(found.dates[0])
                values = np.concatenate([[1.0], np.cumprod(1.0 + kept.to_numpy())])
                levels[track.name] = pd.Series(values, index=pd.DatetimeIndex([start, *found.dates]))
                continue
        levels[track.name] = track.levels
    if found.benchmark is not None:
        start = found.frequency.before(found.dates[0])
        values = np.concatenate([[1.0], np.cumprod(1.0 + found.benchmark.to_numpy())])
        levels[str(found.benchmark.name)] = pd.Series(values, index=pd.DatetimeIndex([start, *found.dates]))
    return levels


def colours_of(found: ComparisonTables) -> dict[str, str]:
    """A colour a track: of many the three with the highest Sharpe ratio, the others grey; the benchmark's own."""
    names = list(found.names)
    if len(names) <= TOLD_APART:
        told = {name: named(k) for k, name in enumerate(names)}
    else:
        ranked = found.measures["sharpe"].reindex(names).sort_values(ascending=False, kind="stable").dropna()
        leaders = [str(name) for name in ranked.index[:LEADERS]] or names[:LEADERS]
        told = dict.fromkeys(names, GREY) | {name: named(k) for k, name in enumerate(leaders)}
    if found.benchmark is not None:
        told[str(found.benchmark.name)] = SLATE
    return told


def curves_figure(found: ComparisonTables) -> Figure:
    """What one unit of each became."""
    levels = _levels(found)
    positive = all((values > 0.0).all() for values in levels.values())
    data = _lines(found, levels, ".3f")
    few = len(found.tracks) <= TOLD_APART
    text = (
        "What 1 became of each on the common dates; one that has no place among them on its own dates."
        if len(found.dates)
        else ("What 1 became of each, on its own dates.")
    )
    text += " Logarithmic axis." if positive else ""
    text += "" if few else f" Coloured: the {LEADERS} with the highest Sharpe ratio."
    return Figure(
        "curves",
        text,
        tuple(data),
        layout(
            420,
            top=34,
            right=16,
            legend=True,
            xaxis=dates_axis(),
            yaxis=axis(**(_log_axis(levels) if positive else {"tickformat": ",~f", "nticks": 6})),
        ),
    )


def _log_axis(levels: dict[str, pd.Series[float]]) -> dict[str, Any]:
    from ..tearsheet.curves import log_ticks

    return {"type": "log", **log_ticks(list(levels.values()))}


def drawdowns_figure(found: ComparisonTables) -> Figure:
    """Each against its highest level so far."""
    below = {
        name: pd.Series(np.maximum(underwater(floats(values)), -1.05), index=values.index)
        for name, values in _levels(found).items()
    }
    return Figure(
        "drawdowns", "Each date against the highest level of each so far.", tuple(_lines(found, below, ".2%")),
        layout(320, top=34, right=16, legend=True, xaxis=dates_axis(), yaxis=axis(tickformat=",~%", nticks=6)),
    )  # fmt: skip


def _lines(found: ComparisonTables, values: dict[str, pd.Series[float]], hover: str) -> list[dict[str, Any]]:
    """A line each; grey ones first and unnamed, so that the others lie above them."""
    colours = colours_of(found)
    most = max(ALL_POINTS // len(values), 60)
    data = []
    for name in sorted(values, key=lambda one: colours[one] != GREY):
        series, colour = values[name], colours[name]
        rows = thinned(floats(series), most)
        data.append(
            line_of(
                days_of(series.index[rows]),
                rounded(series.to_numpy()[rows]),
                colour,
                width=1.0 if colour == GREY else 1.7,
                name=label(name),
                showlegend=colour != GREY,
                opacity=0.45 if colour == GREY else 1.0,
                hovertemplate=f"%{{x}}<br>{label(name)} %{{y:{hover}}}<extra></extra>",
            )
        )
    return data


def correlation_figure(found: ComparisonTables) -> Figure | None:
    """The correlation matrix as colours; None for too few to look at."""
    names = [label(str(name)) for name in found.correlation.columns]
    if len(names) < 3:
        return None
    values = found.correlation.to_numpy()
    cells: dict[str, Any] = {
        "type": "heatmap", "x": names, "y": names, "z": [rounded(row) for row in values], "zmin": -1.0, "zmax": 1.0,
        "colorscale": [[0.0, "#b34700"], [0.5, "#f4f4f4"], [1.0, "#005a8f"]], "xgap": 1, "ygap": 1,
        "colorbar": {"thickness": 12, "tickformat": ".1f", "nticks": 5, "outlinewidth": 0},
        "hovertemplate": "%{x}, %{y}: %{z:.2f}<extra></extra>",
    }  # fmt: skip
    if len(names) <= TOLD_APART:
        cells |= {"text": [[number(float(x)) for x in row] for row in values], "texttemplate": "%{text}"}
    size = 26 if len(names) <= 20 else 16
    many = len(names) > 20
    return Figure(
        "correlation",
        "Correlation of the returns of each pair on the dates that both have; blue: together, orange: against.",
        (cells,),
        layout(
            size * len(names) + (60 if not many else 90),
            xaxis=axis(type="category", showgrid=False, showticklabels=not many),
            yaxis=names_axis(),
        ),
    )


def risk_figure(found: ComparisonTables) -> Figure | None:
    """CAGR against volatility of each; None where annual figures are undefined."""
    table = found.measures[["volatility_annual", "cagr"]].dropna()
    if len(table) < 2:
        return None
    colours = colours_of(found)
    few = len(found.tracks) <= TOLD_APART
    data = [
        {
            "type": "scatter", "mode": "markers", "name": label(str(name)), "x": rounded([row["volatility_annual"]]),
            "y": rounded([row["cagr"]]), "showlegend": few or colours[str(name)] != GREY,
            "marker": {"size": 10, "color": colours.get(str(name), BLUE)},
            "hovertemplate": f"{label(str(name))}: %{{y:.1%}} at %{{x:.1%}}<extra></extra>",
        }
        for name, row in table.iterrows()
    ]  # fmt: skip
    return Figure(
        "risk-return",
        "CAGR against volatility a year, on the common dates.",
        tuple(data),
        layout(
            360,
            top=34,
            right=16,
            legend=True,
            xaxis=axis(tickformat=",~%", nticks=8, title={"text": "volatility", "font": {"size": 12}}),
            yaxis=zero_axis(",~%", nticks=None, title={"text": "CAGR", "font": {"size": 12}}),
        ),
    )
