"""The figure of an attempt to refute a strategy: where it stands among its placebos, test by test."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hedgebook.engine.refute.scaled import critical
from hedgebook.engine.refute.verdict import Evidence
from hedgebook.strategies.refute.result import Refutation

from ..page.axes import axis, title
from ..page.figure import BENCHMARK, GAIN, LOSS, Figure, heading, label, layout

PANEL_PX, BINS = 150, 41
# Of the height: below the panels stand the ticks and the title of the last one.
BELOW_FRAC = 0.06


def placebos_figure(found: Refutation) -> Figure | None:
    """One panel a test: the placebos' statistics, the strategy's own, and the bar that it has to pass."""
    shown = [test for test in found.tests if np.isfinite(test.null).any()]
    if not shown:
        return None
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    notes, shapes = [], []
    rows = len(shown)
    low, high = _span(shown)
    for j, test in enumerate(shown):
        suffix = "" if j == 0 else str(j + 1)
        top = 1.0 - (1.0 - BELOW_FRAC) * (j + 0.22) / rows
        bottom = 1.0 - (1.0 - BELOW_FRAC) * (j + 0.96) / rows
        counts, edges = np.histogram(np.clip(test.null[np.isfinite(test.null)], low, high), BINS, (low, high))
        data.append(
            {
                "type": "bar",
                "name": test.name,
                "x": [round(float(x), 4) for x in (edges[:-1] + edges[1:]) / 2.0],
                "y": [round(float(c) / counts.sum(), 6) for c in counts],
                "marker": {"color": BENCHMARK},
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "hovertemplate": "%{x:.2f}: %{y:.1%}<extra></extra>",
            }
        )
        last, highest = j == rows - 1, float(counts.max() / counts.sum())
        axes[f"xaxis{suffix}"] = axis(
            domain=[0.0, 1.0], anchor=f"y{suffix}", range=[low, high], showgrid=False, showticklabels=last,
            **({"title": title("mean over its error")} if last else {}),
        )  # fmt: skip
        axes[f"yaxis{suffix}"] = axis(
            domain=[bottom, top], anchor=f"x{suffix}", showticklabels=False, range=[0.0, 1.1 * highest]
        )  # fmt: skip
        shapes += _lines(test, suffix, (low, high), 1.1 * highest)
        notes.append(heading(f"<b>{label(test.name)}</b>: {_where(test)}", 0.0, top))
    return Figure(
        "placebos",
        "Placebos in grey, one panel a test. Coloured line: the strategy itself; dashed line: what it has to pass for "
        "a p-value of 5%. All are means over their own errors; the outermost bars hold what lies beyond.",
        tuple(data),
        layout(rows * PANEL_PX + 60, bargap=0.05, shapes=shapes, annotations=notes, **axes),
    )


def _where(test: Evidence) -> str:
    return f"p {test.p_value:.3f}" if math.isfinite(test.p_value) else "not made"


def _span(shown: list[Evidence]) -> tuple[float, float]:
    """From the lowest hundredth of the placebos to the highest, with the strategy's own inside."""
    values = [float(v) for test in shown for v in np.nanquantile(test.null, (0.01, 0.99))]
    values += [test.statistic for test in shown if math.isfinite(test.statistic)]
    values += [bar for bar in (critical(test.null) for test in shown) if math.isfinite(bar)]
    room = 0.05 * (max(values) - min(values))
    return min(values) - room, max(values) + room


def _lines(test: Evidence, suffix: str, span: tuple[float, float], top: float) -> list[dict[str, Any]]:
    found = []
    for at, colour, dash in (
        (critical(test.null), BENCHMARK, "dash"),
        (test.statistic, GAIN if test.rejects else LOSS, "solid"),
    ):
        if math.isfinite(at) and span[0] <= at <= span[1]:
            found.append(
                {
                    "type": "line", "xref": f"x{suffix}", "yref": f"y{suffix}", "x0": at, "x1": at, "y0": 0.0,
                    "y1": top, "line": {"color": colour, "width": 2, "dash": dash},
                }
            )  # fmt: skip
    return found
