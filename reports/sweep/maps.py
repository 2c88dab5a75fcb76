"""The figures that show several parameters of a sweep at once: a map of two, and lines through all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hedgebook.engine.risk.measures import direction_of
from hedgebook.engine.sweep.analysis.top import top_k
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.engine.sweep.space import Axis
from hedgebook.universes.counted import counted

from ..page.axes import axis, title
from ..page.figure import BLUE, GREY, ORANGE, Figure, label, layout, line_of
from ..page.numbers import UNDEFINED
from .effects import ParameterEffect, cell_means, level_order, mapped, place_of
from .figures import better, even_places, value_ticks
from .words import cut, luck_words, measure_name, measure_text, tick_format, value_text, varying

LINES = 40
ROW_PX = 58
# Characters of tick texts that fit beneath a row on a narrow screen.
ROW_CHARACTERS, MOST_TICKS = 56, 12
INK = "#1d2129"
DIVERGING = [[0.0, ORANGE], [0.5, "#f2f2f2"], [1.0, BLUE]]


def heat_map_figure(result: SweepResult, found: tuple[ParameterEffect, ...]) -> Figure | None:
    """The mean of the metric over the two parameters that matter most, the best set and its plateau marked.

    Parameters that were drawn anywhere lie in ranges. None where there are not two parameters that vary.
    """
    chosen = mapped(found)
    if chosen is None:
        return None
    # The one with more values lies across, where there is more room.
    down, across = sorted(chosen, key=lambda one: len(one.values))
    cells = cell_means(result, down, across)
    names = [list(one.values) for one in (down, across)]
    texts = [
        [
            f"{label(down.axis)} {label(y)}<br>{label(across.axis)} {label(x)}<br>mean {_cell(result, value)}"
            for x, value in zip(names[1], line, strict=True)
        ]
        for y, line in zip(names[0], cells.tolist(), strict=True)
    ]
    heat = {
        "type": "heatmap",
        "z": [[value if math.isfinite(value) else None for value in line] for line in cells.tolist()],
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
        **_colours(result, cells),
        "colorbar": {"thickness": 12, "tickformat": tick_format(result.metric), "nticks": 5, "outlinewidth": 0},
    }
    return Figure(
        "heat-map",
        f"Mean {measure_name(result.metric)} by {chosen[0].axis} and {chosen[1].axis}, the two parameters "
        f"whose means are furthest apart, over all sets of a cell; {better(result)}, hatched where no set has it. "
        f"Star: the best set{_rings_words(result, chosen)}. {luck_words(result.luck)}",
        (heat, *_marks(result, (down, across))),
        layout(
            min(max(30 * len(names[0]) + 90, 220), 760),
            xaxis=axis(
                showgrid=False,
                **value_ticks(tuple(names[1]), characters=60),
                title={"text": label(across.axis), "font": {"size": 12}},
            ),
            yaxis=axis(showgrid=False, **_row_ticks(names[0]), title=title(label(down.axis))),
        ),
    )


def _cell(result: SweepResult, value: float) -> str:
    return measure_text(result.metric, value) if math.isfinite(value) else UNDEFINED


def _row_ticks(names: list[str]) -> dict[str, Any]:
    step = math.ceil(len(names) / 24)
    places = list(range(0, len(names), step))
    return {
        "tickvals": places,
        "ticktext": [label(cut(names[k], 30)) for k in places],
        "range": [-0.5, len(names) - 0.5],
        "tickfont": {"size": 11},
    }


def _colours(result: SweepResult, cells: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """Blue is better; around 0 where the map has both signs, else around the middle of its values."""
    known = cells[np.isfinite(cells)]
    low, high = float(known.min()), float(known.max())
    turned = direction_of(result.metric) < 0
    if low < 0.0 < high:
        widest = max(-low, high)
        return {"colorscale": DIVERGING, "reversescale": turned, "zmin": -widest, "zmax": widest}
    if low == high:
        low, high = low - (abs(low) or 1.0) / 2.0, high + (abs(high) or 1.0) / 2.0
    return {"colorscale": "Cividis", "reversescale": turned, "zmin": low, "zmax": high}


def _marks(result: SweepResult, shown: tuple[ParameterEffect, ParameterEffect]) -> tuple[dict[str, Any], ...]:
    """The best set and the cells of its neighbours on the map; a set drawn anywhere has none."""
    best = int(result.top[0])
    own = (shown[0].chosen, shown[1].chosen)
    near: set[tuple[int, ...]] = set()
    if not any(one.binned for one in shown):
        axes = [result.sets.space.by_name[one.axis] for one in shown]
        around = [index for index in result.sets.neighbours(best) if math.isfinite(result.values[index])]
        near = {tuple(place_of(result, one, index) for one in axes) for index in around} - {own}
    look = {"type": "scatter", "mode": "markers", "hoverinfo": "skip"}
    edge = {"color": "#ffffff", "width": 1.5}
    halo = {
        **look,
        "x": [x for _, x in sorted(near)],
        "y": [y for y, _ in sorted(near)],
        "marker": {"symbol": "circle-open", "size": 12, "color": "#ffffff", "line": {"width": 5, "color": "#ffffff"}},
    }
    rings = {
        **look,
        "x": [x for _, x in sorted(near)],
        "y": [y for y, _ in sorted(near)],
        "marker": {"symbol": "circle-open", "size": 12, "color": INK, "line": {"width": 2, "color": INK}},
    }
    star = {**look, "x": [own[1]], "y": [own[0]], "marker": {"symbol": "star", "size": 16, "color": INK, "line": edge}}
    return (halo, rings, star) if near else (star,)


def _rings_words(result: SweepResult, chosen: tuple[ParameterEffect, ParameterEffect]) -> str:
    if any(one.binned for one in chosen):
        return ""
    return f"; rings: its neighbours, {_plateau_words(result)}"


def _plateau_words(result: SweepResult) -> str:
    plateau = result.plateau
    if plateau.mean is None:
        return (plateau.reason or "not known").rstrip(".").lower()
    score = "none" if plateau.score is None else f"{plateau.score:.2f}"
    known = plateau.neighbours - plateau.failed
    return f"{known} on all axes, mean {measure_text(result.metric, plateau.mean)}, plateau score {score}"


def parallel_figure(result: SweepResult) -> Figure:
    """The best sets as lines through all parameters, a row each, down to the metric."""
    axes = varying(result)
    order = top_k(result.values, LINES, metric=result.metric)
    values = result.values[order]
    places = np.column_stack([*(_places(result, one, order) for one in axes), _scaled(values)])
    rows = list(range(len(axes) + 1))
    data = []
    ranks = np.linspace(0.0, 1.0, len(order)) if len(order) > 1 else np.zeros(1)
    # The worst of them first, so that the best lie on top.
    for k in range(len(order) - 1, -1, -1):
        held = result.sets.at(int(order[k]))
        told = "<br>".join(label(f"{one.name} {value_text(held[one.name], 30)}") for one in axes)
        data.append(
            line_of(
                np.round(places[k], 4).tolist(),
                rows,
                ORANGE if k == 0 else BLUE,
                width=3 if k == 0 else 1,
                hoveron="points",
                text=f"set {int(order[k]):,}<br>{told}<br>{measure_name(result.metric)} "
                f"{measure_text(result.metric, float(values[k]))}",
                opacity=1.0 if k == 0 else round(0.55 - 0.4 * float(ranks[k]), 3),
            )
        )
    spread = [float(values.min()), float(values.max())]
    every = len(order) == LINES
    shown = (
        counted(len(order), "best set")
        if every
        else counted(len(order), "set that has", "sets that have") + " the metric"
    )
    return Figure(
        "parallel",
        f"The {shown} as lines through their values, from the first parameter down to the metric, the best to the "
        f"{'right' if direction_of(result.metric) > 0 else 'left'}; darker is better, orange is the best. Where lines "
        f"bundle, the best sets agree. {luck_words(result.luck)}",
        tuple(data),
        layout(
            ROW_PX * len(rows) + 50,
            margin={"l": 10, "r": 34, "t": 10, "b": 24},
            xaxis=axis(range=[-0.03, 1.03], showticklabels=False, showgrid=False),
            yaxis=axis(
                tickvals=rows,
                ticktext=[*(label(cut(one.name, 18)) for one in axes), f"<b>{label(result.metric)}</b>"],
                range=[len(rows) - 0.4, -0.3],
                gridcolor=GREY,
                tickfont={"size": 12},
            ),
            annotations=[
                *(mark for row, one in enumerate(axes) for mark in _axis_marks(one, row)),
                *(
                    _mark(at, len(axes), measure_text(result.metric, value))
                    for at, value in zip((0.0, 1.0), spread, strict=True)
                    if spread[0] < spread[1] or at == 0.0
                ),
            ],
        ),
    )


def _scaled(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


def _places(
    result: SweepResult, one: Axis, order: np.ndarray[Any, np.dtype[np.int64]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(k,) where each set stands on an axis, from 0 to 1."""
    if one.continuous:
        assert one.low is not None
        assert one.high is not None
        held = np.array([float(result.sets.at(int(index))[one.name]) for index in order])
        return (held - one.low) / (one.high - one.low)
    found = np.array([place_of(result, one, int(index)) for index in order], dtype=np.float64)
    return found / (len(one) - 1) if len(one) > 1 else np.full(len(order), 0.5)


def _axis_marks(one: Axis, row: int) -> list[dict[str, Any]]:
    """The values beneath a row, as many as have room."""
    if one.continuous:
        return [_mark(at, row, f"{value:.4g}") for at, value in ((0.0, one.low), (1.0, one.high))]
    names = [value_text(one.levels[k]) for k in level_order(one)]
    if len(names) == 1:
        return [_mark(0.5, row, cut(names[0], 30))]
    longest = max(len(name) for name in names)
    places = even_places(len(names), min(MOST_TICKS, max(2, ROW_CHARACTERS // (min(longest, 10) + 2))))
    most = max(4, ROW_CHARACTERS // len(places) - 1)
    return [_mark(k / (len(names) - 1), row, cut(names[k], most)) for k in places]


def _mark(x: float, row: int, text: str) -> dict[str, Any]:
    return {
        "text": label(text),
        "x": x,
        "y": row,
        "yshift": -4,
        "yanchor": "top",
        "xanchor": "left" if x == 0.0 else "right" if x == 1.0 else "center",
        "showarrow": False,
        "font": {"size": 11},
    }
