"""The figures of a sweep's cross-validation: how sets that were best in one half of the sessions do in the other."""

from __future__ import annotations

import math

import numpy as np

from hedgebook.engine.sweep.result import SweepResult

from ..page.axes import axis, title, zero_axis
from ..page.figure import BLUE, GREY, ORANGE, Figure, layout, line_of
from ..page.numbers import number, percent
from .figures import upright
from .words import luck_words

MOST_POINTS = 2_000


def ranks_figure(result: SweepResult) -> Figure | None:
    """How the best of one half of the sessions ranks in the other; None without cross-validation."""
    if result.luck.overfitting is None:
        return None
    found = result.luck.overfitting.result
    table = found.rank_distribution(20)
    bars = {
        "type": "bar",
        "x": ((table["low"] + table["high"]) / 2.0).tolist(),
        "y": table["share"].tolist(),
        "width": 0.05,
        "text": [
            f"rank {low:.2f} to {high:.2f}<br>{percent(share, 1)} of splits"
            for low, high, share in table.itertuples(index=False)
        ],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": [ORANGE if low < 0.5 else BLUE for low in table["low"]], "line": {"width": 0}},
    }
    return Figure(
        "ranks",
        f"Relative rank outside, among {found.strategies:,} sets, of the set that is best in one half of the sessions: "
        f"share of {len(found.best):,} splits of {found.blocks} blocks. 0 is the worst, 1 the best, left of the middle "
        f"counts as overfitted. {luck_words(result.luck)}",
        (bars,),
        layout(
            280,
            bargap=0.06,
            xaxis=axis(range=[0, 1], tickvals=[k / 5 for k in range(6)], title=title("rank outside")),
            yaxis=axis(tickformat=",~%", nticks=5, rangemode="tozero"),
            shapes=[upright(0.5, GREY)],
        ),
    )


def degradation_figure(result: SweepResult) -> Figure | None:
    """The chosen sets' metric outside against inside of the sample; None without cross-validation or finite figures."""
    if result.luck.overfitting is None:
        return None
    found = result.luck.overfitting.result
    by_sharpe = found.metric == "sharpe"
    scale = math.sqrt(252.0) if by_sharpe else 1.0
    known = np.flatnonzero(np.isfinite(found.in_sample) & np.isfinite(found.out_of_sample))
    if not known.size:
        return None
    drawn = known
    if known.size > MOST_POINTS:
        drawn = np.sort(np.random.default_rng(0).choice(known, MOST_POINTS, replace=False))
    inside, outside = found.in_sample[drawn] * scale, found.out_of_sample[drawn] * scale
    name = "Sharpe" if by_sharpe else "mean return"
    shape = ".2f" if by_sharpe else ".3%"
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": np.round(inside, 6).tolist(),
        "y": np.round(outside, 6).tolist(),
        "hovertemplate": f"{name} in the sample %{{x:{shape}}}<br>outside %{{y:{shape}}}<extra></extra>",
        "marker": {"size": 5, "color": BLUE, "opacity": 0.35},
    }
    slope, lost = found.degradation["slope"], found.loss_probability
    ends = [float(inside.min()), float(inside.max())]
    line = line_of(ends, [found.degradation["intercept"] * scale + slope * x for x in ends], ORANGE, hoverinfo="skip")
    thinned = f"; {len(drawn):,} of {len(known):,} splits are drawn" if len(drawn) < len(known) else ""
    fitted = f" Orange: least squares, slope {number(slope)}." if math.isfinite(slope) else ""
    fmt = ",~f" if by_sharpe else ",~%"
    return Figure(
        "degradation",
        f"{name} {'a year' if by_sharpe else 'of a session'} of the set chosen in each split, outside against inside "
        f"of the sample{thinned}.{fitted} {percent(lost, 1)} of splits lose money outside.",
        (dots, line) if math.isfinite(slope) else (dots,),
        layout(
            340,
            xaxis=axis(tickformat=fmt, nticks=7, title=title("in the sample")),
            yaxis=zero_axis(fmt, title=title("outside")),
        ),
    )
