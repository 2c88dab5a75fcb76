"""Growth and drawdowns over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.engine.tearsheet.counting import floats
from hedgebook.strategies.tearsheet.sheet import SheetTables

from ..figures.ticks import linear_ticks
from ..page.axes import axis, dates_axis, title
from ..page.figure import BLUE, GREY, ORANGE, SLATE, Figure, label, layout
from ..page.numbers import percent
from .lines import days_of, line

WORST = 5


def growth_figure(sheet: SheetTables) -> Figure:
    """What one unit became: linear above, in logarithms below, beside the benchmark and scaled to its volatility."""
    lines = _growths(sheet)
    lost = any((values <= 0.0).any() for values, *_ in lines)
    data = [line(values, name, colour, ".3f", **style) for values, name, colour, style in lines]
    axes: dict[str, Any] = {
        "yaxis": axis(domain=[0.0 if lost else 0.5, 1.0], tickformat=",~f", nticks=6, title=title("Growth of 1"))
    }
    if not lost:
        below = [line(values, name, colour, ".3f", axis_of="y2", **style) for values, name, colour, style in lines]
        data += [{**one, "showlegend": False} for one in below]
        axes["yaxis2"] = axis(
            domain=[0.0, 0.42], type="log", title=title("Logarithmic"), **log_ticks([values for values, *_ in lines])
        )
    text = "What 1 at the start became, all returns compounded."
    text += "" if lost else " Above on a linear axis, below on a logarithmic one, where equal steps are equal rates."
    if len(lines) > 2:
        text += (
            " Dotted: the returns times one factor that gives them the benchmark's volatility over the common dates."
        )
    return Figure(
        "growth",
        text,
        tuple(data),
        layout(
            330 if lost else 520,
            top=34,
            right=16,
            legend=len(lines) > 1,
            xaxis=dates_axis(anchor="y" if lost else "y2"),
            **axes,
        ),
    )


Line = tuple["pd.Series[float]", str, str, dict[str, Any]]


def _growths(sheet: SheetTables) -> list[Line]:
    """Levels from 1 of the returns, of the benchmark, and of the returns at its volatility."""
    own = sheet.track.levels
    found: list[Line] = [(own, label(sheet.name), BLUE, {})]
    if sheet.benchmark is None:
        return found
    name = label(str(sheet.benchmark.name))
    dates = sheet.common
    start = own.index[max(int(own.index.searchsorted(dates[0])) - 1, 0)]
    theirs, mine = sheet.benchmark.loc[dates], sheet.returns.loc[dates]
    # From where the returns stand when the benchmark begins.
    base = float(own.loc[start])
    found.append((_levels(theirs, start, base), name, SLATE, {}))
    spread, other = float(mine.std()), float(theirs.std())
    if spread > 1e-12 and other > 1e-12 and not sheet.track.lost:
        scaled = mine * (other / spread)
        if (scaled > -1.0).all():
            found.append((_levels(scaled, start, base), f"at the volatility of {name}", BLUE, {"dash": "dot"}))
    return found


def _levels(returns: pd.Series[float], start: pd.Timestamp, base: float) -> pd.Series[float]:
    values = base * np.concatenate([[1.0], np.cumprod(1.0 + returns.to_numpy())])
    return pd.Series(values, index=pd.DatetimeIndex([start, *returns.index]))


# The highest over the lowest level below which steps of an axis are even.
NARROW, MOST_NEAR = 2.5, 6


def log_ticks(lines: Sequence[pd.Series[float]]) -> dict[str, Any]:
    """Range of a logarithmic axis, in powers of ten, and round ticks on it, closer where all lies near together."""
    low = min(float(values.min()) for values in lines)
    high = max(float(values.max()) for values in lines)
    edges = [math.log10(low) - 0.02, math.log10(high) + 0.02]
    if high < NARROW * low:
        # So near together a logarithmic axis is all but even, and even steps are what a reader expects.
        near = linear_ticks(10.0 ** edges[0], 10.0 ** edges[1], MOST_NEAR)
        values, texts = [value for value, _ in near], [text for _, text in near]
        return {"range": edges, "tickvals": values, "ticktext": texts}
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), tuple(1 + k / 10 for k in range(90))):
        powers = range(math.floor(edges[0]) - 1, math.ceil(edges[1]) + 1)
        ticks = [step * 10.0**power for power in powers for step in steps]
        shown = [tick for tick in ticks if edges[0] <= math.log10(tick) <= edges[1]]
        if len(shown) >= 3:
            break
    while len(shown) > 8:
        shown = shown[::2]
    return {"range": edges, "tickvals": shown, "ticktext": [f"{tick:,.10g}" for tick in shown]}


def underwater_figure(sheet: SheetTables) -> Figure:
    """Each level against the highest so far, the five worst drawdowns shaded and numbered."""
    levels = sheet.track.levels
    below = pd.Series(np.maximum(underwater(floats(levels)), -1.05), index=levels.index)
    worst = sheet.drawdowns.head(WORST)
    days = days_of(levels.index)
    shapes, notes = [], []
    for k, row in enumerate(worst.to_dict("records"), start=1):
        end = days[-1] if pd.isna(row["recovery"]) else f"{row['recovery']:%Y-%m-%d}"
        shapes.append(
            {
                "type": "rect", "yref": "paper", "x0": f"{row['peak']:%Y-%m-%d}", "x1": end, "y0": 0, "y1": 1,
                "fillcolor": GREY, "opacity": 0.13, "line": {"width": 0}, "layer": "below",
            }
        )  # fmt: skip
        notes.append(
            {
                "text": f"<b>{k}</b> {percent(row['depth'], 1)}", "x": f"{row['valley']:%Y-%m-%d}", "y": row["depth"],
                "xanchor": "center", "yanchor": "top", "showarrow": False, "font": {"size": 11},
            }
        )  # fmt: skip
    curve = line(below, "drawdown", ORANGE, ".2%")
    low = min(float(below.min()), -0.01)
    return Figure(
        "underwater",
        "Each date against the highest level so far. Shaded and numbered: the five deepest drawdowns, from peak to "
        "recovery.",
        ({**curve, "fill": "tozeroy", "fillcolor": "rgba(213,94,0,0.18)"},),
        layout(
            300,
            right=16,
            xaxis=dates_axis(),
            yaxis=axis(tickformat=",~%", range=[1.25 * low, 0.0], nticks=6),
            shapes=shapes,
            annotations=notes,
        ),
    )
