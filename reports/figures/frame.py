"""The frame of a figure: margins that fit its texts, and the scale of every axis in pixels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .axes import Extent, Scale, Trace, axis_names, bare_scale, ranged, values_on
from .bars import Bar, bars_of, letters_of, place_range, value_range
from .boxes import is_flat, spread_of
from .cells import bar_room_px
from .labels import Label, across_labels, down_labels, row_px, size_of, thinned_down
from .legend import Entry, entries_of, legend_px
from .notes import Area, room_above_px, shape_values
from .stack import stacked
from .text import LINE_HEIGHT, block_width_px, lines_of

PASSES = 3
LABEL_GAP_PX, TITLE_PX, TITLE_GAP_PX = 7.0, 15.0, 5.0
LEAST_LEFT_PX, LEAST_RIGHT_PX, LEAST_TOP_PX, LEAST_BOTTOM_PX = 8.0, 10.0, 8.0, 8.0
LEGEND_ROW_PX = 24.0


@dataclass(frozen=True)
class Frame:
    """A figure's traces, layout and axes in pixels; bars by the trace's place; labels by the axis' name."""

    data: tuple[Trace, ...]
    layout: Mapping[str, Any]
    width: float
    height: float
    area: Area
    scales: Mapping[str, Scale]
    bars: Mapping[int, list[Bar]]
    labels: Mapping[str, list[Label]]
    entries: tuple[Entry, ...]
    narrow: bool

    def axes_of(self, trace: Trace) -> tuple[Scale, Scale]:
        """The scales of a trace."""
        return self.scales[str(trace.get("xaxis", "x"))], self.scales[str(trace.get("yaxis", "y"))]

    def anchor(self, scale: Scale) -> Scale:
        """The axis at whose edge an axis stands."""
        named = str(scale.options.get("anchor", "y" if scale.name[0] == "x" else "x"))
        return self.scales.get(named) or next(one for key, one in self.scales.items() if key[0] == named[0])


def framed(data: Sequence[Trace], layout: Mapping[str, Any], width: float, *, narrow: bool) -> Frame:
    """Axes, labels and margins of a figure `width` pixels wide; a narrow one has its panels beneath each other."""
    layout = stacked(data, layout) if narrow else layout
    bare = {name: bare_scale(name, data, layout) for name in axis_names(data, layout)}
    bars = bars_of(data, layout, bare)
    scales = {name: ranged(one, _extents(one, data, layout, bars)) for name, one in bare.items()}
    entries = tuple(entries_of(data, layout, width))
    height = float(layout["height"]) + max(0.0, legend_px(entries) - LEGEND_ROW_PX)
    margins = (60.0, 20.0, 20.0, 30.0)
    frame = _frame(Frame(tuple(data), layout, width, height, _NOWHERE, scales, bars, {}, entries, narrow), margins)
    for _ in range(PASSES):
        margins = _margins(frame)
        frame = _frame(replace(frame, height=height + _growth(frame)), margins)
    return frame


_NOWHERE = Area(0.0, 1.0, 0.0, 1.0, 1.0)


def _frame(frame: Frame, margins: tuple[float, float, float, float]) -> Frame:
    left, right, top, bottom = margins
    area = Area(left, frame.width - right, top, frame.height - bottom, frame.width)
    scales = {}
    for name, scale in frame.scales.items():
        low, high = scale.domain
        place = area.paper_x if name[0] == "x" else area.paper_y
        scales[name] = replace(scale, start=place(low), end=place(high))
    labels = {}
    for name, scale in scales.items():
        if name[0] == "x":
            labels[name] = across_labels(scale, frame.width, narrow=frame.narrow)
        else:
            found = down_labels(scale, frame.width, narrow=frame.narrow)
            labels[name] = thinned_down(scale, found, size_of(scale.options, narrow=frame.narrow))
    return replace(frame, area=area, scales=scales, labels=labels)


def _extents(
    scale: Scale, data: Sequence[Trace], layout: Mapping[str, Any], bars: Mapping[int, list[Bar]]
) -> list[Extent]:
    found = []
    letter = scale.name[0]
    for k, trace in enumerate(data):
        if str(trace.get(f"{letter}axis", letter)) != scale.name:
            continue
        found.append(_extent(scale, trace, bars.get(k, ())))
    shapes = [units for units in map(scale.units, shape_values(layout, scale.name)) if units is not None]
    return [*found, Extent(tuple(shapes), padded=bool(shapes) and letter == "y")]


def _extent(scale: Scale, trace: Trace, bars: Sequence[Bar]) -> Extent:
    letter, kind = scale.name[0], trace["type"]
    if kind in ("bar", "waterfall"):
        if letter == letters_of(trace)[1]:
            return Extent(value_range(bars), padded=True, zero=True)
        return Extent(place_range(bars))
    if kind == "box":
        own = letter == ("x" if is_flat(trace) else "y")
        places = tuple(edge for k in range(len(trace["median"])) for edge in (k - 0.5, k + 0.5))
        return Extent(spread_of(trace), padded=True) if own else Extent(places)
    units = [value for value in map(scale.units, values_on(trace, scale.name)) if value is not None]
    if kind == "heatmap":
        return Extent(tuple(edge for value in units for edge in (value - 0.5, value + 0.5)))
    spec = trace.get(f"error_{letter}")
    if spec:
        less = spec.get("arrayminus", spec["array"])
        triples = zip(trace[letter], less, spec["array"], strict=True)
        units += [end for at, down, up in triples if at is not None for end in (at - (down or 0.0), at + (up or 0.0))]
        units = [value for value in units if value == value]
    markers = "markers" in trace.get("mode", "lines")
    grounded = letter == "y" and trace.get("fill") == "tozeroy"
    return Extent(tuple(units), padded=letter == "y" or markers, zero=grounded)


def _margins(frame: Frame) -> tuple[float, float, float, float]:
    """Left, right, top and bottom in pixels."""
    given = frame.layout.get("margin", {})
    left = max([LEAST_LEFT_PX, *(left_px(frame, scale) for scale in _edge(frame, "y"))])
    right = max(LEAST_RIGHT_PX, float(given.get("r", 0.0)), *(_bar_px(frame), 0.0))
    bottom = max([LEAST_BOTTOM_PX, *(below_px(frame, scale) for scale in _edge(frame, "x"))])
    legend = legend_px(frame.entries)
    top = max(LEAST_TOP_PX, legend + 4.0)
    above = room_above_px(frame.layout, frame.scales, frame.area)
    if above > 0.0:
        top = legend + above + 3.0
    return left, right, max(top, LEAST_TOP_PX), bottom


def _edge(frame: Frame, letter: str) -> list[Scale]:
    """The axes whose labels stand at the left or at the bottom of the whole plot."""
    return [scale for name, scale in frame.scales.items() if name[0] == letter and frame.anchor(scale).domain[0] < 1e-6]


def _bar_px(frame: Frame) -> float:
    return max((bar_room_px(trace) + 10.0 for trace in frame.data if trace["type"] == "heatmap"), default=0.0)


def title_of(scale: Scale) -> str:
    """The title of an axis, or nothing."""
    title = scale.options.get("title")
    return str(title["text"]) if title else ""


def left_px(frame: Frame, scale: Scale) -> float:
    """The room of labels and title at the left of an axis."""
    size = size_of(scale.options, narrow=frame.narrow)
    widest = max((block_width_px(one.lines, size) for one in frame.labels.get(scale.name, ())), default=0.0)
    room = widest + LABEL_GAP_PX + 2.0 if widest else 0.0
    return room + (TITLE_PX + TITLE_GAP_PX if title_of(scale) else 0.0)


def below_px(frame: Frame, scale: Scale) -> float:
    """The room of labels and title beneath an axis."""
    size = size_of(scale.options, narrow=frame.narrow)
    labels = frame.labels.get(scale.name, [])
    room = row_px(labels, size) + LABEL_GAP_PX + 2.0 if labels else 0.0
    titles = len(lines_of(title_of(scale))) if title_of(scale) else 0
    return room + titles * size * LINE_HEIGHT + (TITLE_GAP_PX if titles else 0.0)


def _growth(frame: Frame) -> float:
    """How much taller the figure must be so that labels of several lines fit in their rows."""
    found = 0.0
    for scale in _edge(frame, "y"):
        if scale.kind != "category" and "ticktext" not in scale.options:
            continue
        size = size_of(scale.options, narrow=frame.narrow)
        whole = down_labels(scale, frame.width, narrow=frame.narrow)
        if max((len(one.lines) for one in whole), default=1) < 2:
            continue
        places = sorted(one.at for one in whole)
        step = min((b - a for a, b in itertools.pairwise(places)), default=1.0)
        needed = (row_px(whole, size) + 5.0) / step * abs(scale.high - scale.low)
        span = scale.domain[1] - scale.domain[0]
        plot = float(frame.layout["height"]) - (frame.height - (frame.area.bottom - frame.area.top))
        found = max(found, needed / span - plot)
    return max(found, 0.0)
