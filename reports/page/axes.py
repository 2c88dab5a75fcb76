"""The axes of figures: quiet ones that all reports share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .figure import GREY

# So many dates under an axis of sessions stand apart on a phone too.
MAX_TICKS = 6


def axis(**more: Any) -> dict[str, Any]:
    """A quiet axis: thin grid, labels that claim their own room, no zooming."""
    base = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": "#e3e6ea",
        "zeroline": False,
        "ticks": "",
        "showline": False,
    }
    return {**base, **more}


def zero_axis(tickformat: str, nticks: int | None = 6, **more: Any) -> dict[str, Any]:
    """An axis of amounts on both sides of a zero that is drawn; nticks: None for as many as fit."""
    ticks = {} if nticks is None else {"nticks": nticks}
    return axis(tickformat=tickformat, **ticks, zeroline=True, zerolinecolor=GREY, **more)


def names_axis(**more: Any) -> dict[str, Any]:
    """An axis of names from the top down, one a row."""
    return axis(type="category", autorange="reversed", showgrid=False, **more)


def dates_axis(nticks: int = 7, **more: Any) -> dict[str, Any]:
    """An axis of days."""
    return axis(type="date", nticks=nticks, showgrid=False, **more)


def title(text: str) -> dict[str, Any]:
    """The title of an axis, small and off its labels."""
    return {"text": text, "font": {"size": 12}, "standoff": 8}


def even_ticks(last: int, first: int = 0) -> list[int]:
    """At most six whole places from `first` to `last`, evenly apart, both ends among them."""
    places = np.linspace(first, last, min(MAX_TICKS, last - first + 1)).round().astype(int)
    found: list[int] = np.unique(places).tolist()
    return found


def session_ticks(days: Sequence[Any] | pd.Index[Any]) -> dict[str, Any]:
    """Ticks of an axis on which sessions stand at 0, 1, 2 and so on: day and month above the year."""
    ticks = even_ticks(len(days) - 1)
    return {"tickvals": ticks, "ticktext": [f"{days[k].day} {days[k]:%b<br>%Y}" for k in ticks], "tickangle": 0}


def whole_ticks(most: int) -> dict[str, Any]:
    """Ticks of an axis of counts from zero to `most`, at whole numbers only."""
    return {"tickformat": "d", "tick0": 0, "dtick": max(1, -(-most // MAX_TICKS))}
