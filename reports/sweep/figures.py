"""The figures of a sweep: all sets, each parameter, the best sets' paths, and their cross-validation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.risk.measures import direction_of
from hedgebook.engine.sweep.analysis.top import top_k
from hedgebook.engine.sweep.result import SweepResult

from ..page.axes import axis, title, zero_axis
from ..page.figure import BLUE, COLOURS, LEGEND, ORANGE, SLATE, Figure, heading, label, layout
from ..page.numbers import count, number
from ..run.equity import LINE
from .days import day_axis, path_of
from .effects import ParameterEffect
from .words import cut, luck_words, measure_name, measure_text, ranked, tick_format, trials_words, value_text, varying

SMALL_LEGEND = {**LEGEND, "font": {"size": 11}}
DASHES = ("solid", "dash", "dot")
BINS, TAIL = 60, 0.001
# A line further out than so many widths of the histogram would squeeze it into a corner.
FAR = 3.0
PANEL_PX, HEADING_PX, GAP_FRAC, PANEL_COLUMNS = 150, 64, 0.1, 2
MOST_PATHS, LOOKED_AT = 10, 60
FEW_TICKS = 6


def distribution_figure(result: SweepResult) -> Figure:
    """How the metric is spread over all sets, the best marked, and what luck gives to the best of so many."""
    known = result.values[np.isfinite(result.values)]
    low, high = (float(edge) for edge in np.quantile(known, [TAIL, 1.0 - TAIL]))
    if low == high:
        low, high = low - (abs(low) or 1.0) / 2.0, high + (abs(high) or 1.0) / 2.0
    edges = np.linspace(low, high, BINS + 1)
    counts = np.histogram(np.clip(known, low, high), edges)[0]
    middles, metric = (edges[1:] + edges[:-1]) / 2.0, result.metric
    bars = {
        "type": "bar",
        "x": middles.tolist(),
        "y": (counts / len(known)).tolist(),
        "width": float(edges[1] - edges[0]),
        "text": [f"about {measure_text(metric, x)}<br>{count(n)} sets" for x, n in zip(middles, counts, strict=True)],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": BLUE, "line": {"width": 0}},
        "opacity": 0.8,
    }
    lines = [(float(result.values[result.top[0]]), "best", ORANGE)]
    expected = result.luck.expected_max.get("all sets")
    far = ""
    if metric == "sharpe" and expected is not None:
        words = f"luck gives the best of {trials_words(result.luck, 'all sets')}"
        if expected <= high + FAR * (high - low):
            lines.append((expected, words, SLATE))
        else:
            far = f" Beyond the figure: {words} {number(expected)}."
    ends = [low, high, *(value for value, _, _ in lines)]
    room = 0.03 * (max(ends) - min(ends))
    dashed = "" if len(lines) == 1 else "; dashed grey: what luck alone gives to the best of so many, on average"
    return Figure(
        "distribution",
        f"{measure_name(metric)[:1].upper()}{measure_name(metric)[1:]} of {len(known):,} sets; the outermost bars hold "
        f"what lies beyond. Dashed orange: the best set{dashed}.{far} {luck_words(result.luck)}",
        (bars,),
        layout(
            340,
            bargap=0,
            top=44,
            right=16,
            xaxis=axis(
                tickformat=tick_format(metric), nticks=8, tickangle=0, range=[min(ends) - room, max(ends) + room]
            ),
            yaxis=axis(tickformat=",~%", nticks=5, rangemode="tozero"),
            shapes=[upright(value, colour) for value, _, colour in lines],
            annotations=[
                _flag(f"{words} {measure_text(metric, value)}", value, (min(ends), max(ends)), colour, k)
                for k, (value, words, colour) in enumerate(lines)
            ],
        ),
    )


def upright(x: float, colour: str) -> dict[str, Any]:
    """A dashed line from the bottom of a figure to its top."""
    line = {"color": colour, "width": 2, "dash": "dash"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _flag(text: str, x: float, ends: tuple[float, float], colour: str, step: int) -> dict[str, Any]:
    """A text above a line, which grows away from the nearer edge of the figure."""
    return {
        "text": text,
        "x": x,
        "yref": "paper",
        "y": 1.0,
        "yshift": 2 + 18 * step,
        "yanchor": "bottom",
        "xanchor": "right" if x > (ends[0] + ends[1]) / 2.0 else "left",
        "showarrow": False,
        "font": {"size": 12, "color": colour},
    }


def marginal_figure(result: SweepResult, found: tuple[ParameterEffect, ...]) -> Figure:
    """The mean, median and best of the metric by value of each parameter, a panel each, all on one scale."""
    rows = math.ceil(len(found) / PANEL_COLUMNS)
    step = PANEL_PX + HEADING_PX
    height, foot = rows * step + 40, 30
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    headings = []
    scale = _scale(found)
    for j, one in enumerate(found):
        row, column = divmod(j, PANEL_COLUMNS)
        of = "" if j == 0 else str(j + 1)
        left, right = ((0.0, 0.5 - GAP_FRAC / 2), (0.5 + GAP_FRAC / 2, 1.0))[column]
        top = 1.0 - (row + HEADING_PX / 2 / step) / rows
        bottom = max(0.0, top - PANEL_PX / step / rows)
        data += _panel(result, one, of, legend=j == 0)
        axes[f"xaxis{of}"] = axis(domain=[left, right], anchor=f"y{of}", showgrid=False, **value_ticks(one.values))
        axes[f"yaxis{of}"] = zero_axis(
            tick_format(result.metric),
            domain=[bottom, top],
            anchor=f"x{of}",
            range=scale,
            nticks=5,
            showticklabels=column == 0,
        )
        headings.append(heading(f"<b>{label(one.axis)}</b>", left, top))
    return Figure(
        "marginal",
        f"{measure_name(result.metric)[:1].upper()}{measure_name(result.metric)[1:]} by value of each parameter, over "
        "all sets with that value whatever their others; the parameter whose means are furthest apart first. Ringed: "
        f"the best set's value. {luck_words(result.luck)}",
        tuple(data),
        layout(height, top=foot, annotations=headings, showlegend=True, legend={**LEGEND, "y": 1.0}, **axes),
    )


def _scale(found: tuple[ParameterEffect, ...]) -> list[float]:
    parts = [part[np.isfinite(part)] for one in found for part in (one.mean, one.median, one.best)]
    values = np.concatenate(parts)
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low or abs(high) or 1.0)
    return [low - room, high + room]


def _panel(result: SweepResult, one: ParameterEffect, of: str, *, legend: bool) -> list[dict[str, Any]]:
    shared = {"type": "scatter", "x": list(range(len(one.values))), "xaxis": f"x{of}", "yaxis": f"y{of}"}
    mode = "lines+markers" if one.numeric else "markers"

    def trace(name: str, values: Any, look: dict[str, Any]) -> dict[str, Any]:
        texts = [
            f"{label(one.axis)} {label(shown)}<br>{name} {measure_text(result.metric, value)}, {count(held)} sets"
            for shown, value, held in zip(one.values, values.tolist(), one.count.tolist(), strict=True)
        ]
        y = [value if math.isfinite(value) else None for value in values.tolist()]
        hover = {"text": texts, "hovertemplate": "%{text}<extra></extra>"}
        return {**shared, "name": name, "legendgroup": name, "showlegend": legend, "y": y, **hover, **look}

    ring = [3 if k == one.chosen else 0 for k in range(len(one.values))]
    size = 7 if len(one.values) <= 30 else 4
    marker = {"size": size, "color": BLUE, "line": {"color": ORANGE, "width": ring}}
    triangle = {"size": size, "color": ORANGE, "symbol": "triangle-up"}
    return [
        trace("mean", one.mean, {"mode": mode, "line": {"color": BLUE, "width": 2}, "marker": marker}),
        trace(
            "median",
            one.median,
            {
                "mode": mode,
                "line": {"color": SLATE, "width": 1.5, "dash": "dot"},
                "marker": {"size": size - 2, "color": SLATE, "symbol": "diamond"},
            },
        ),
        trace("best", one.best, {"mode": "markers", "marker": triangle}),
    ]


def value_ticks(values: tuple[str, ...], *, characters: int = 34) -> dict[str, Any]:
    """Ticks for the values of a parameter at 0, 1, 2 and so on, as many as have room."""
    longest = max(len(text) for text in values)
    room = max(2, characters // (min(longest, 9) + 2))
    places = even_places(len(values), room)
    most = max(5, characters // len(places))
    return {
        "tickvals": places,
        "ticktext": [label(cut(values[k], most)) for k in places],
        "range": [-0.5, len(values) - 0.5],
        "tickangle": 0,
        "tickfont": {"size": 11},
    }


def even_places(length: int, room: int) -> list[int]:
    """Evenly spaced places from the first on: all of a few, else no more than there is room for."""
    return list(range(0, length, 1 if length <= FEW_TICKS else math.ceil(length / room)))


def paths_of_best(result: SweepResult) -> pd.DataFrame:
    """Session returns of the best set and of the next ones that do something else, best first."""
    order = top_k(result.values, LOOKED_AT, metric=result.metric)
    returns = result.returns_of([int(index) for index in order])
    distinct = ~returns.round(12).T.duplicated().to_numpy()
    return returns.loc[:, distinct].iloc[:, :MOST_PATHS]


def paths_figure(result: SweepResult) -> Figure:
    """Return so far of the best sets on all sessions of the sweep."""
    returns = paths_of_best(result)
    days = [f"{day:%Y-%m-%d}" for day in returns.index]
    others = [colour for colour in COLOURS if colour != ORANGE]
    lines = []
    for k, index in enumerate(returns.columns):
        name = f"set {index:,}{' (best)' if k == 0 and ranked(result) > 1 else ''}"
        told = ", ".join(_told(result, int(index)))
        best = {"color": ORANGE, "width": 3}
        other = {"color": others[(k - 1) % len(others)], "width": 1.5, "dash": DASHES[k % len(DASHES)]}
        lines.append(
            {
                **LINE,
                **path_of(returns[index].to_numpy(dtype=np.float64), days),
                "name": name,
                "hovertemplate": f"%{{text}}<br>{name} %{{y:.2%}}<br>{told}<extra></extra>",
                "line": best if k == 0 else other,
            }
        )
    what = f"the best set and of the next {len(lines) - 1} that do something else"
    if len(lines) == 1:
        what = "the best set; the next ones do the same" if ranked(result) > 1 else "the only set"
    return Figure(
        "paths",
        f"Return so far at each close of {what}, over all sessions on which any set is on; level where a set is not. "
        f"{luck_words(result.luck)}",
        # The best set last, so that no other line covers it.
        (*lines[1:], lines[0]),
        layout(
            440,
            right=16,
            showlegend=True,
            legend={**SMALL_LEGEND, "traceorder": "reversed"},
            xaxis=day_axis(days),
            yaxis=zero_axis(",~%", nticks=7, title=title("return")),
        ),
    )


def _told(result: SweepResult, index: int) -> list[str]:
    held = result.sets.at(index)
    return [label(f"{one.name}={value_text(held[one.name], 20)}") for one in varying(result)]


def better(result: SweepResult) -> str:
    """Which way the metric is better, in words."""
    return "higher is better" if direction_of(result.metric) > 0 else "lower is better"
