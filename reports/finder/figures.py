"""The figures of a search for a hedge: number of names against effectiveness, and luck."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from hedgebook.strategies.finder.result import HedgeFound

from ..page.axes import axis, title
from ..page.figure import BENCHMARK, BLUE, ORANGE, SLATE, Figure, layout, line_of
from ..page.numbers import percent

MOST_BARS = 24


def frontier_figure(found: HedgeFound) -> Figure:
    """What each number of names takes away: in the sample, net of cost, by luck, out of sample."""
    lines: tuple[tuple[str, str, str, Callable[[Any], float]], ...] = (
        ("In sample", BLUE, "solid", lambda s: math.nan if s.best is None else s.best.effectiveness),
        ("Net of cost", SLATE, "solid", lambda s: math.nan if s.best is None else s.best.net),
        ("Best by luck, net (95%)", BENCHMARK, "dot", lambda s: s.luck_95),
        ("Events left out", ORANGE, "solid", lambda s: s.out_of_sample),
    )
    traces: list[dict[str, Any]] = []
    for name, colour, dash, of in lines:
        points = [(step.count, of(step)) for step in found.steps]
        known = [(x, y) for x, y in points if math.isfinite(y)]
        if known:
            traces.append(
                line_of(
                    [x for x, _ in known],
                    [y for _, y in known],
                    colour,
                    mode="lines+markers",
                    dash=dash,
                    name=name,
                    marker={"color": colour, "size": 7},
                    text=[f"{x} names<br>{name} {percent(y, 1)}" for x, y in known],
                )
            )
    counts = [step.count for step in found.steps]
    return Figure(
        "frontier",
        "The best basket of each number of names: share of the book's variance that it takes away in the sample, the "
        "same net of cost, the net share that one in twenty placebo books reaches by luck, and the share on events "
        "that were left out while the names were searched.",
        tuple(traces),
        layout(
            360, top=40, right=16, legend=True, yaxis=axis(tickformat=",~%", nticks=6, title=title("Effectiveness")),
            xaxis=axis(
                tickvals=counts, ticktext=[str(n) for n in counts], range=[counts[0] - 0.3, counts[-1] + 0.3],
                title=title("Names"), showgrid=False,
            ),
        ),
    )  # fmt: skip


def luck_figure(found: HedgeFound) -> Figure:
    """The best net effectiveness of each placebo book, and where the book itself stands."""
    values = found.by_luck[np.isfinite(found.by_luck)]
    mine = found.searched
    if not len(values):
        values = np.array([0.0])
    low, high = float(min(values.min(), mine)), float(max(values.max(), mine))
    room = max(high - low, 1e-6)
    counts, edges = np.histogram(values, bins=MOST_BARS, range=(low - 0.02 * room, high + 0.05 * room))
    middles = (edges[:-1] + edges[1:]) / 2.0
    text = [f"{percent(a, 2)} to {percent(b, 2)}: {n}" for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]
    return Figure(
        "luck",
        "Net effectiveness of the best basket of each placebo book, and of this book (line).",
        (
            {
                "type": "bar",
                "x": middles.tolist(),
                "y": counts.tolist(),
                "marker": {"color": BENCHMARK},
                "text": text,
                "textposition": "none",
                "hovertemplate": "%{text}<extra></extra>",
            },
        ),
        layout(
            280,
            top=16,
            right=16,
            xaxis=axis(tickformat=".1%", nticks=6, title=title("Net effectiveness"), showgrid=False),
            yaxis=axis(nticks=5, title=title("Placebo books")),
            shapes=[
                {
                    "type": "line",
                    "x0": mine,
                    "x1": mine,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "line": {"color": BLUE, "width": 2},
                }
            ],
        ),
    )
