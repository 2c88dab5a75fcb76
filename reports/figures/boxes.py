"""Boxes: quartiles, whiskers, means and what lies beyond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .axes import Scale, Trace
from .canvas import INK, painted, path_of, tag
from .lines import each, symbol_path

WIDTH_FRAC = 0.5
PARTS = ("lowerfence", "q1", "median", "q3", "upperfence")


def is_flat(trace: Trace) -> bool:
    """Whether boxes lie, their values across."""
    return bool(trace.get("orientation", "v") == "h")


def outliers_of(trace: Trace, place: int) -> Sequence[Any]:
    """The values beyond the whiskers of one box."""
    held = trace.get("x" if is_flat(trace) else "y")
    if not held or trace.get("boxpoints", "outliers") is False or place >= len(held):
        return ()
    return held[place] if isinstance(held[place], (list, tuple)) else ()


def places_of(trace: Trace) -> Sequence[Any]:
    """Where the boxes stand: their names, or 0, 1 and so on."""
    held = trace.get("y" if is_flat(trace) else "x")
    return held if held is not None else range(len(trace["median"]))


def spread_of(trace: Trace) -> tuple[float, ...]:
    """All values that the axis must show."""
    found = [value for part in (*PARTS, "mean") for value in trace.get(part, ()) if value is not None]
    found += [value for k in range(len(trace["median"])) for value in outliers_of(trace, k)]
    return tuple(float(value) for value in found if value == value)


def drawn_boxes(trace: Trace, x: Scale, y: Scale) -> str:
    """The boxes of a trace; one without a median is left out."""
    place, scale = (y, x) if is_flat(trace) else (x, y)
    colour = str(trace.get("marker", {}).get("color", trace.get("line", {}).get("color", INK)))
    parts = []
    for k, at in enumerate(places_of(trace)):
        middle, values = place.units(at), [scale.at(trace[name][k]) for name in PARTS]
        if middle is None or any(value is None for value in values):
            continue
        own = str(each(colour, k, INK))
        edges = sorted(place.px(middle + side * WIDTH_FRAC / 2.0) for side in (-1, 1))
        parts.append(_box(trace, [value for value in values if value is not None], edges, own))
        parts.append(_points(trace, k, (place.px(middle), scale), own))
    return "".join(parts)


def _box(trace: Trace, values: list[float], edges: list[float], colour: str) -> str:
    low, q1, median, q3, high = values
    middle = sum(edges) / 2.0

    def turned(*points: tuple[float, float]) -> str:
        return path_of([(b, a) if is_flat(trace) else (a, b) for a, b in points])

    whiskers = turned((middle, low), (middle, q1)) + turned((middle, q3), (middle, high))
    caps = "".join(turned((middle - 5.0, end), (middle + 5.0, end)) for end in (low, high))
    body = turned((edges[0], q1), (edges[1], q1), (edges[1], q3), (edges[0], q3)) + "z"
    line = turned((edges[0], median), (edges[1], median))
    return (
        tag("path", d=whiskers + caps, stroke_width=1.5, **painted(stroke=colour))
        + tag("path", d=body, stroke_width=1.5, **_soft(colour))
        + tag("path", d=line, stroke_width=2.5, **painted(stroke=colour))
    )


def _soft(colour: str) -> dict[str, Any]:
    found = painted(fill=colour, stroke=colour)
    return {**found, "fill_opacity": "0.2"}


def _points(trace: Trace, k: int, place: tuple[float, Scale], colour: str) -> str:
    across, scale = place
    dots = [("circle", value, 4.0) for value in outliers_of(trace, k)]
    mean = trace.get("mean")
    if mean is not None and mean[k] is not None:
        dots.append(("diamond", mean[k], 7.0))
    data = []
    for symbol, value, size in dots:
        at = scale.at(value)
        if at is not None:
            data.append(symbol_path(symbol, *((at, across) if is_flat(trace) else (across, at)), size))
    return tag("path", d="".join(data), **painted(fill=colour)) if data else ""
