"""What figures over time share: thinned lines, bands, and the axis of dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.tearsheet.counting import floats

MOST_POINTS = 700
DIGITS = 6


def thinned(values: Floats, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Rows of a long line to draw: the first, lowest and highest of each stretch, so that no peak is lost."""
    n = len(values)
    if n <= most:
        return np.arange(n)
    cuts = np.linspace(0, n, most // 3 + 1).astype(int)
    rows = {0, n - 1}
    for start, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        part = np.nan_to_num(values[start:stop])
        rows |= {start, start + int(part.argmin()), start + int(part.argmax())}
    return np.array(sorted(rows))


def rounded(values: Any) -> list[float | None]:
    """Numbers of a figure with the digits that a pixel needs; None where there is none."""
    return [round(float(x), DIGITS) if np.isfinite(x) else None for x in np.asarray(values, dtype=np.float64)]


def days_of(index: pd.Index[Any]) -> list[str]:
    """Dates as ISO text, with the time where they have one."""
    dates = pd.DatetimeIndex(index)
    form = "%Y-%m-%d" if (dates == dates.normalize()).all() else "%Y-%m-%d %H:%M"
    return [str(text) for text in dates.strftime(form)]


def line(
    values: pd.Series[float], name: str, colour: str, hover: str, *, axis_of: str = "y", **style: Any
) -> dict[str, Any]:
    """A line over dates, thinned; hover: how a value is written, in d3's form."""
    rows = thinned(floats(values))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": days_of(values.index[rows]),
        "y": rounded(values.to_numpy()[rows]),
        "yaxis": axis_of,
        "line": {"color": colour, "width": 1.6, **style},
        "hovertemplate": f"%{{x}}<br>{name} %{{y:{hover}}}<extra></extra>",
    }


def band(edges: pd.DataFrame, colour: str, axis_of: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The area between the columns low and high."""
    bare: dict[str, Any] = {
        "type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0, "color": colour},
        "showlegend": False, "x": days_of(edges.index), "yaxis": axis_of,
    }  # fmt: skip
    return (
        {**bare, "y": rounded(edges["low"])},
        {**bare, "y": rounded(edges["high"]), "fill": "tonexty", "fillcolor": faded(colour)},
    )


def faded(colour: str, share: float = 0.18) -> str:
    """A colour that lets through what is behind it."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def room(values: Sequence[float], share: float = 0.05) -> list[float]:
    """A range around values, zero among them."""
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    return [low - share * span if low < 0.0 else 0.0, high + share * span if high > 0.0 else 0.0]
