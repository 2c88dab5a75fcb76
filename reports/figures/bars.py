"""Bars and waterfalls: where each bar stands, how long it is, and its text."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .axes import Scale, Trace
from .canvas import INK, painted, tag, text_block
from .text import Line, lines_of, width_px

TEXT_PX, SMALL_TEXT_PX, TEXT_GAP_PX = 12.0, 11.0, 4.0
DEFAULT_GAP_FRAC = 0.2


@dataclass(frozen=True)
class Bar:
    """A bar in units of its axes: from base to end along the values, its middle and width across."""

    middle: float
    width: float
    base: float
    end: float
    colour: str
    text: str = ""


def is_flat(trace: Trace) -> bool:
    """Whether bars lie, their values across."""
    return bool(trace.get("orientation", "v") == "h")


def letters_of(trace: Trace) -> tuple[str, str]:
    """The letters of the axes of positions and of values."""
    return ("y", "x") if is_flat(trace) else ("x", "y")


def bars_of(data: Sequence[Trace], layout: Mapping[str, Any], scales: Mapping[str, Scale]) -> dict[int, list[Bar]]:
    """The bars of each trace that has any, by its place in the data; missing values have none."""
    found: dict[int, list[Bar]] = {}
    groups: dict[tuple[str, str], list[int]] = {}
    for k, trace in enumerate(data):
        if trace["type"] == "waterfall":
            found[k] = _steps(trace, layout, scales)
        elif trace["type"] == "bar":
            axes = (str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y")))
            groups.setdefault(axes, []).append(k)
    for members in groups.values():
        found |= _side_by_side([(k, data[k]) for k in members], layout, scales)
    return found


def _side_by_side(
    members: list[tuple[int, Trace]], layout: Mapping[str, Any], scales: Mapping[str, Scale]
) -> dict[int, list[Bar]]:
    mode = layout.get("barmode", "group")
    found: dict[int, list[Bar]] = {}
    stacked: dict[tuple[float, bool], float] = {}
    share = len(members) if mode == "group" else 1
    for nth, (k, trace) in enumerate(members):
        along, values = letters_of(trace)
        place, scale = (scales[str(trace.get(f"{letter}axis", letter))] for letter in (along, values))
        slot = _slot(trace, place) * (1.0 - float(layout.get("bargap", DEFAULT_GAP_FRAC)))
        shift = (nth - (share - 1) / 2.0) * slot / share if mode == "group" else 0.0
        found[k] = []
        for j, (at, value) in enumerate(zip(trace[along], trace[values], strict=True)):
            middle, end = place.units(at), scale.units(value)
            if middle is None or end is None:
                continue
            base = stacked.get((middle, end < 0.0), 0.0) if mode in ("relative", "stack") else 0.0
            stacked[middle, end < 0.0] = base + end
            width = _each(trace.get("width"), j, slot / share)
            colour = _each(trace.get("marker", {}).get("color"), j, INK)
            text = str(_each(trace.get("text"), j, ""))
            found[k].append(Bar(middle + shift, float(width), base, base + end, str(colour), text))
    return found


def _slot(trace: Trace, place: Scale) -> float:
    """The room of one position: a category, or the least distance of two numbers."""
    if place.kind == "category":
        return 1.0
    letter, _ = letters_of(trace)
    units = sorted({at for at in map(place.units, trace[letter]) if at is not None})
    return min((b - a for a, b in itertools.pairwise(units)), default=1.0)


def _each(value: Any, place: int, other: Any) -> Any:
    if value is None:
        return other
    return value[place] if isinstance(value, (list, tuple)) else value


def _steps(trace: Trace, layout: Mapping[str, Any], scales: Mapping[str, Scale]) -> list[Bar]:
    along, values = letters_of(trace)
    place = scales[str(trace.get(f"{along}axis", along))]
    width = 1.0 - float(layout.get("bargap", DEFAULT_GAP_FRAC))
    found, level = [], 0.0
    measures = trace.get("measure") or ["relative"] * len(trace[values])
    for j, (at, value, measure) in enumerate(zip(trace[along], trace[values], measures, strict=True)):
        middle = place.units(at)
        if middle is None or value is None or value != value:
            continue
        whole = measure in ("total", "absolute")
        base, end = (0.0, float(value)) if whole else (level, level + float(value))
        kind = "totals" if whole else "increasing" if value >= 0.0 else "decreasing"
        text = str(_each(trace.get("text"), j, ""))
        found.append(Bar(middle, width, base, end, str(trace[kind]["marker"]["color"]), text))
        level = end
    return found


def drawn_bars(trace: Trace, bars: Sequence[Bar], x: Scale, y: Scale, room: tuple[float, float]) -> str:
    """The bars of a trace with their texts; room: pixels between which texts of lying bars may stand."""
    parts = []
    for one in bars:
        left, top, width, height = _box(trace, one, x, y)
        look = painted(fill=one.colour, opacity=float(trace.get("opacity", 1.0)))
        parts.append(tag("rect", x=left, y=top, width=max(width, 0.1), height=max(height, 0.1), **look))
    parts = [tag("g", *parts, **{"shape-rendering": "crispEdges"}), _connectors(trace, bars, x, y)]
    parts.append(_texts(trace, bars, x, y, room))
    return "".join(parts)


def _box(trace: Trace, one: Bar, x: Scale, y: Scale) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels."""
    place, scale = (y, x) if is_flat(trace) else (x, y)
    across = sorted((place.px(one.middle - one.width / 2.0), place.px(one.middle + one.width / 2.0)))
    along = sorted((_clipped(scale, one.base), _clipped(scale, one.end)))
    if is_flat(trace):
        return along[0], across[0], along[1] - along[0], across[1] - across[0]
    return across[0], along[0], across[1] - across[0], along[1] - along[0]


def _clipped(scale: Scale, units: float) -> float:
    low, high = sorted((scale.start, scale.end))
    return min(max(scale.px(units), low), high)


def _connectors(trace: Trace, bars: Sequence[Bar], x: Scale, y: Scale) -> str:
    if trace["type"] != "waterfall" or "connector" not in trace or not is_flat(trace):
        return ""
    look = painted(stroke=str(trace["connector"]["line"]["color"]))
    return "".join(
        tag(
            "line",
            x1=_clipped(x, before.end),
            x2=_clipped(x, before.end),
            y1=y.px(before.middle + before.width / 2.0),
            y2=y.px(after.middle - after.width / 2.0),
            **look,
        )
        for before, after in itertools.pairwise(bars)
    )


def _texts(trace: Trace, bars: Sequence[Bar], x: Scale, y: Scale, room: tuple[float, float]) -> str:
    where = trace.get("textposition", "auto" if trace["type"] == "waterfall" else "none")
    if where == "none":
        return ""
    told = [(one, lines_of(one.text)[0]) for one in bars if one.text]
    if is_flat(trace):
        size = float(trace.get("textfont", {}).get("size", TEXT_PX))
        return "".join(_flat_text(trace, one, line, (x, y, size), room) for one, line in told)
    # Upright bars too narrow for one of their texts show none: half of the texts would mislead.
    if any(width_px(line.text, SMALL_TEXT_PX) > x.unit_px * one.width + 6.0 for one, line in told):
        return ""
    parts = []
    for one, line in told:
        left, top, width, height = _box(trace, one, x, y)
        at = top - 1.3 * SMALL_TEXT_PX if one.end >= one.base else top + height + 1.0
        parts.append(text_block((line,), left + width / 2.0, at, SMALL_TEXT_PX, anchor="middle"))
    return "".join(parts)


def _flat_text(trace: Trace, one: Bar, line: Line, place: tuple[Scale, Scale, float], room: tuple[float, float]) -> str:
    """Within its bar where it fits, else beyond its end, else on the other side of the base."""
    x, y, size = place
    left, top, width, height = _box(trace, one, x, y)
    needed = width_px(line.text, size)
    middle = top + height / 2.0 - 0.625 * size
    where = trace.get("textposition", "auto")
    if where != "outside" and needed + 2.0 * TEXT_GAP_PX <= width and height >= size:
        colour = str(trace.get("insidetextfont", {}).get("color", "#ffffff"))
        at, anchor = (left + width - TEXT_GAP_PX, "end") if one.end >= one.base else (left + TEXT_GAP_PX, "start")
        return text_block((line,), at, middle, size, anchor=anchor, colour=colour)
    right_of, left_of = left + width + TEXT_GAP_PX, left - TEXT_GAP_PX
    rightwards = one.end >= one.base
    if rightwards and right_of + needed > room[1]:
        rightwards = left_of - needed < room[0]
    elif not rightwards and left_of - needed < room[0]:
        rightwards = right_of + needed <= room[1]
    if rightwards:
        return text_block((line,), min(right_of, room[1] - needed), middle, size)
    return text_block((line,), max(left_of, room[0] + needed), middle, size, anchor="end")


def value_range(bars: Sequence[Bar]) -> tuple[float, ...]:
    """What the axis of values must show."""
    return tuple(end for one in bars for end in (one.base, one.end))


def place_range(bars: Sequence[Bar]) -> tuple[float, ...]:
    """What the axis of positions must show."""
    return tuple(edge for one in bars for edge in (one.middle - one.width / 2.0, one.middle + one.width / 2.0))
