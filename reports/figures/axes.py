"""Axes of a figure: their kind, categories and range, and where a value lies on them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from .formats import day_number

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(\.\d+)?)?")
Trace = Mapping[str, Any]
PAD_FRAC, BAR_PAD_FRAC = 0.05, 0.06


@dataclass(frozen=True)
class Scale:
    """From values to pixels: units are the value itself, its logarithm, days since 1970 or a category's place."""

    name: str
    kind: str
    options: Mapping[str, Any]
    categories: Mapping[str, int] = field(default_factory=dict)
    low: float = 0.0
    high: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def units(self, value: Any) -> float | None:
        """A value in the units of the axis; None for one that is missing or has no place on it."""
        if value is None:
            return None
        if self.kind == "category":
            place = self.categories.get(str(value))
            return float(place) if place is not None else _finite(value)
        if self.kind == "date" and isinstance(value, (str, date)):
            return day_number(value)
        number = _finite(value)
        if number is None or self.kind != "log":
            return number
        return math.log10(number) if number > 0.0 else None

    def px(self, units: float) -> float:
        """The pixel of a place in the units of the axis."""
        return self.start + (units - self.low) / (self.high - self.low) * (self.end - self.start)

    def at(self, value: Any) -> float | None:
        """The pixel of a value; None for one that is missing."""
        units = self.units(value)
        return None if units is None else self.px(units)

    @property
    def unit_px(self) -> float:
        """Pixels of one unit."""
        return abs((self.end - self.start) / (self.high - self.low))

    @property
    def domain(self) -> tuple[float, float]:
        """The part of the plot that the axis spans."""
        low, high = self.options.get("domain", (0.0, 1.0))
        return float(low), float(high)


def _finite(value: Any) -> float | None:
    if isinstance(value, str):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def axis_key(name: str) -> str:
    """The layout's key of an axis: xaxis2 for x2."""
    return f"{name[0]}axis{name[1:]}"


def axis_names(data: Sequence[Trace], layout: Mapping[str, Any]) -> list[str]:
    """The axes of a figure, those of x first."""
    found = {str(trace.get(f"{letter}axis", letter)) for trace in data for letter in "xy"}
    found |= {f"{key[0]}{key[5:]}" for key in layout if re.fullmatch(r"[xy]axis\d*", key)}
    return sorted(found, key=lambda name: (name[0], int(name[1:] or 1)))


def values_on(trace: Trace, name: str) -> list[Any]:
    """What a trace puts on an axis of this name; a heat map without values its places."""
    letter = name[0]
    if str(trace.get(f"{letter}axis", letter)) != name:
        return []
    if letter in trace:
        return list(trace[letter])
    if trace["type"] == "heatmap":
        rows = trace["z"]
        return list(range(len(rows))) if letter == "y" else list(range(max((len(row) for row in rows), default=0)))
    return []


def bare_scale(name: str, data: Sequence[Trace], layout: Mapping[str, Any]) -> Scale:
    """An axis with its kind and categories, without a range."""
    options = layout.get(axis_key(name), {})
    values = [value for trace in data for value in values_on(trace, name) if value is not None]
    kind = options.get("type") or _kind_of(values)
    order = dict.fromkeys(str(value) for value in values) if kind == "category" else {}
    return Scale(name, str(kind), options, {text: k for k, text in enumerate(order)})


def _kind_of(values: Sequence[Any]) -> str:
    texts = [value for value in values if isinstance(value, str)]
    if values and all(isinstance(value, date) for value in values):
        return "date"
    if not texts:
        return "linear"
    return "date" if all(_ISO.fullmatch(text) for text in texts) else "category"


@dataclass(frozen=True)
class Extent:
    """The units that an axis must show; padded: whether marks need room around them; zero: whether bars stand on it."""

    values: tuple[float, ...] = ()
    padded: bool = False
    zero: bool = False


def ranged(scale: Scale, extents: Iterable[Extent]) -> Scale:
    """A scale with its range: the one that was asked for, or what holds all that is on it."""
    options = scale.options
    found = list(extents)
    low, high = _own_range(scale, found)
    if "range" in options:
        low, high = (_range_end(scale, end) for end in options["range"])
    elif options.get("autorange") == "reversed":
        low, high = high, low
    if low == high:
        low, high = low - (abs(low) or 1.0) / 2.0, high + (abs(high) or 1.0) / 2.0
    return replace(scale, low=low, high=high)


def _range_end(scale: Scale, end: Any) -> float:
    if scale.kind == "date" and isinstance(end, (str, date)):
        return day_number(end)
    return float(end)


def _own_range(scale: Scale, extents: Sequence[Extent]) -> tuple[float, float]:
    if scale.kind == "category":
        return -0.5, max(len(scale.categories), 1) - 0.5
    values = [value for extent in extents for value in extent.values]
    zero = any(extent.zero for extent in extents) or scale.options.get("rangemode") == "tozero"
    if zero and scale.kind == "linear":
        values.append(0.0)
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = (high - low) * (BAR_PAD_FRAC if zero else PAD_FRAC)
    if not any(extent.padded for extent in extents):
        room = 0.0
    low_room = 0.0 if zero and low == 0.0 and scale.kind == "linear" else room
    return low - low_room, high + (0.0 if zero and high == 0.0 and low < 0.0 else room)
