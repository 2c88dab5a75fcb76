"""Labels of axes: which ticks have room, broken into lines where that helps, none on another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .axes import Scale
from .text import LINE_HEIGHT, Line, block_width_px, lines_of, longest_word_px, wrapped
from .ticks import Tick, date_ticks, linear_ticks, log_ticks, stepped_ticks

SIZE_PX, NARROW_SIZE_PX = 12.0, 11.0
DEFAULT_TICKS, Y_TICK_PX, GAP_PX, EDGE_PX, OVERHANG_PX = 7, 24.0, 7.0, 2.0, 24.0
MOST_LINES, WIDE_FRAC, NARROW_FRAC, MOST_FRAC = 4, 0.30, 0.36, 0.5


@dataclass(frozen=True)
class Label:
    """A tick's place in units and its lines; left: of labels below an axis the pixel at which it begins."""

    at: float
    lines: tuple[Line, ...]
    left: float = 0.0


def size_of(options: Mapping[str, Any], *, narrow: bool) -> float:
    """The font's size of an axis' labels."""
    size = float(options.get("tickfont", {}).get("size", SIZE_PX))
    return min(size, NARROW_SIZE_PX) if narrow else size


def is_fixed(scale: Scale) -> bool:
    """Whether the labels are names or given texts, not numbers that can be chosen."""
    return "tickvals" in scale.options or scale.kind == "category"


def ticks_of(scale: Scale, most: int) -> list[Tick]:
    """The ticks of an axis within its range: its own, else at most `most` round ones."""
    options = scale.options
    low, high = sorted((scale.low, scale.high))
    if "tickvals" in options:
        texts = options.get("ticktext") or [f"{value:g}" for value in options["tickvals"]]
        places = [scale.units(value) for value in options["tickvals"]]
        return [(at, str(text)) for at, text in zip(places, texts, strict=True) if at is not None and low <= at <= high]
    if scale.kind == "category":
        return [(float(place), name) for name, place in scale.categories.items()]
    spec = str(options.get("tickformat", ""))
    if "dtick" in options:
        step = float(options["dtick"])
        while (high - low) / step > 4 * most:
            step *= 2.0
        return stepped_ticks(low, high, float(options.get("tick0", 0.0)), step, spec)
    if scale.kind == "date":
        return date_ticks(low, high, most)
    if scale.kind == "log":
        return log_ticks(low, high, most, spec)
    return linear_ticks(low, high, most, spec)


def down_labels(scale: Scale, width: float, *, narrow: bool) -> list[Label]:
    """The labels at the left of an axis that goes up, broken to a share of the figure's width."""
    if not scale.options.get("showticklabels", True):
        return []
    size, span = size_of(scale.options, narrow=narrow), abs(scale.end - scale.start)
    wanted = int(scale.options.get("nticks", DEFAULT_TICKS))
    ticks = ticks_of(scale, max(2, min(wanted, math.floor(span / Y_TICK_PX) + 1)))
    labels = [Label(at, lines_of(text)) for at, text in ticks]
    if is_fixed(scale):
        most = width * (NARROW_FRAC if narrow else WIDE_FRAC)
        longest = max((longest_word_px(one.lines, size) for one in labels), default=0.0)
        most = min(max(most, longest), width * MOST_FRAC)
        labels = [Label(one.at, wrapped(one.lines, size, most, MOST_LINES)) for one in labels]
    return labels


def row_px(labels: Sequence[Label], size: float) -> float:
    """The height that the tallest label takes."""
    return max((len(one.lines) for one in labels), default=1) * size * LINE_HEIGHT


def thinned_down(scale: Scale, labels: Sequence[Label], size: float) -> list[Label]:
    """Every label, or every second, third and so on where they would touch."""
    for step in range(1, max(len(labels), 2)):
        kept = list(labels[::step])
        places = sorted((scale.px(one.at), len(one.lines) * size * LINE_HEIGHT) for one in kept)
        pairs = itertools.pairwise(places)
        if all(b - a >= (high + higher) / 2.0 - 0.5 for (a, high), (b, higher) in pairs):
            return kept
    return list(labels[:1])


def across_labels(scale: Scale, width: float, *, narrow: bool) -> list[Label]:
    """The labels beneath an axis that goes across: as many as stand clear of each other."""
    if not scale.options.get("showticklabels", True):
        return []
    size = size_of(scale.options, narrow=narrow)
    if is_fixed(scale) or "dtick" in scale.options:
        return _fixed_across(scale, size, width)
    wanted = int(scale.options.get("nticks", DEFAULT_TICKS))
    for most in range(max(wanted, 2), 1, -1):
        labels = [Label(at, lines_of(text)) for at, text in ticks_of(scale, most)]
        placed = _placed(scale, labels, size, width)
        if _clear(placed, size):
            return placed
    return placed[:1]


def _fixed_across(scale: Scale, size: float, width: float) -> list[Label]:
    labels = [Label(at, lines_of(text)) for at, text in ticks_of(scale, DEFAULT_TICKS)]
    if scale.kind == "category":
        slot = max(scale.unit_px - GAP_PX, 12.0)
        broken = [Label(one.at, wrapped(one.lines, size, slot)) for one in labels]
        words = max((longest_word_px(one.lines, size) for one in labels), default=0.0)
        if words <= slot and max((len(one.lines) for one in broken), default=1) <= MOST_LINES:
            labels = broken
    for step in range(1, max(len(labels), 2)):
        placed = _placed(scale, labels[::step], size, width)
        if _clear(placed, size):
            return placed
    return _placed(scale, labels[:1], size, width)


def _placed(scale: Scale, labels: Sequence[Label], size: float, width: float) -> list[Label]:
    """Labels centred on their ticks, moved inwards where they would leave the figure."""
    low, high = sorted((scale.start, scale.end))
    first, last = max(EDGE_PX, low - OVERHANG_PX), min(width - EDGE_PX, high + OVERHANG_PX)
    found = []
    for one in labels:
        wide = block_width_px(one.lines, size)
        left = max(min(scale.px(one.at) - wide / 2.0, last - wide), first)
        found.append(Label(one.at, one.lines, left))
    return sorted(found, key=lambda one: one.left)


def _clear(placed: Sequence[Label], size: float) -> bool:
    return all(a.left + block_width_px(a.lines, size) + GAP_PX <= b.left for a, b in itertools.pairwise(placed))
