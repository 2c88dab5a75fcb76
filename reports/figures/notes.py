"""Annotations and shapes of a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .axes import Scale
from .canvas import INK, dashed, painted, tag, text_block
from .text import LINE_HEIGHT, Line, block_width_px, lines_of, wrapped

EDGE_PX, GAP_PX, SIZE_PX = 2.0, 6.0, 12.0
# Slightly more than this is where a note is said to stand above the plot.
TOP = 0.999


@dataclass(frozen=True)
class Area:
    """The plot in pixels, and the whole figure's width."""

    left: float
    right: float
    top: float
    bottom: float
    width: float

    def paper_x(self, share: float) -> float:
        """The pixel of a share of the plot's width."""
        return self.left + share * (self.right - self.left)

    def paper_y(self, share: float) -> float:
        """The pixel of a share of the plot's height, from below."""
        return self.bottom - share * (self.bottom - self.top)


@dataclass(frozen=True)
class Note:
    """An annotation in pixels: its box, its lines, and how they are set."""

    lines: tuple[Line, ...]
    left: float
    top: float
    wide: float
    size: float
    anchor: str
    colour: str
    moves: bool

    @property
    def high(self) -> float:
        """Height in pixels."""
        return len(self.lines) * self.size * LINE_HEIGHT

    def meets(self, other: Note) -> bool:
        """Whether two notes would touch."""
        across = self.left < other.left + other.wide + GAP_PX and other.left < self.left + self.wide + GAP_PX
        return across and self.top < other.top + other.high and other.top < self.top + self.high

    def drawn(self) -> str:
        """The note as SVG."""
        at = {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        text = text_block(
            self.lines,
            self.left + at * self.wide,
            self.top,
            self.size,
            anchor=self.anchor,
            colour=self.colour,
            halo=self.moves,
        )
        return tag("g", text, class_="mv") if self.moves else text


def notes_of(layout: Mapping[str, Any], scales: Mapping[str, Scale], area: Area) -> list[Note]:
    """The annotations in their places: within the figure, none on another."""
    above: list[Mapping[str, Any]] = []
    others: list[Mapping[str, Any]] = []
    for one in layout.get("annotations", ()):
        is_above = one.get("yref") == "paper" and float(one["y"]) >= TOP and one.get("yanchor") == "bottom"
        (above if is_above else others).append(one)
    placed = [_placed(one, scales, area) for one in others]
    found = [note for note in _apart(placed) if note is not None]
    for one in sorted(above, key=lambda one: float(one.get("yshift", 0.0))):
        note = _placed({**one, "yshift": 0.0}, scales, area)
        while any(note.meets(other) for other in found):
            hit = next(other for other in found if note.meets(other))
            note = Note(
                note.lines, note.left, hit.top - note.high - 0.5, note.wide, note.size, note.anchor, note.colour,
                note.moves,
            )  # fmt: skip
        found.append(note)
    return found


def _apart(notes: Sequence[Note]) -> list[Note | None]:
    """Notes on one height that touch: the outermost stay, of those between as many as have room."""
    found: list[Note | None] = list(notes)
    rows: dict[float, list[int]] = {}
    for k, note in enumerate(notes):
        rows.setdefault(round(note.top, 1), []).append(k)
    for members in rows.values():
        order = sorted(members, key=lambda k: notes[k].left)
        last = notes[order[-1]]
        kept = notes[order[0]]
        for k in order[1:-1]:
            if kept.meets(notes[k]) or notes[k].meets(last):
                found[k] = None
            else:
                kept = notes[k]
    return found


def room_above_px(layout: Mapping[str, Any], scales: Mapping[str, Scale], area: Area) -> float:
    """How far notes stand out above the plot."""
    return max((area.top - note.top for note in notes_of(layout, scales, area)), default=0.0)


def _placed(one: Mapping[str, Any], scales: Mapping[str, Scale], area: Area) -> Note:
    font = one.get("font", {})
    size = float(font.get("size", SIZE_PX))
    lines = wrapped(lines_of(str(one["text"])), size, area.width - 4.0 * EDGE_PX)
    wide, high = block_width_px(lines, size), len(lines) * size * LINE_HEIGHT
    across = str(one.get("xref", "x"))
    x = area.paper_x(float(one["x"])) if across == "paper" else scales[across].px(_units(scales[across], one["x"]))
    up = str(one.get("yref", "y"))
    y = area.paper_y(float(one["y"])) if up == "paper" else scales[up].px(_units(scales[up], one["y"]))
    x, y = x + float(one.get("xshift", 0.0)), y - float(one.get("yshift", 0.0))
    side = str(one.get("xanchor", "center"))
    left = x - {"left": 0.0, "center": 0.5, "right": 1.0}[side] * wide
    left = min(max(left, EDGE_PX), area.width - EDGE_PX - wide)
    top = y - {"top": 0.0, "middle": 0.5, "bottom": 1.0}[str(one.get("yanchor", "middle"))] * high
    anchor = {"left": "start", "center": "middle", "right": "end"}[str(one.get("align", side))]
    return Note(lines, left, top, wide, size, anchor, str(font.get("color", INK)), across != "paper")


def _units(scale: Scale, value: Any) -> float:
    found = scale.units(value)
    if found is None:
        raise ValueError(f"a note or a shape stands at {value!r}, which has no place on its axis")
    return found


def drawn_shapes(layout: Mapping[str, Any], scales: Mapping[str, Scale], area: Area, *, below: bool) -> str:
    """Lines and rectangles, those beneath the data or those above it."""
    parts = []
    for one in layout.get("shapes", ()):
        if (one.get("layer", "above") == "below") != below:
            continue
        across, up = str(one.get("xref", "x")), str(one.get("yref", "y"))
        xs = [
            area.paper_x(float(one[key])) if across == "paper" else scales[across].px(_units(scales[across], one[key]))
            for key in ("x0", "x1")
        ]
        ys = [
            area.paper_y(float(one[key])) if up == "paper" else scales[up].px(_units(scales[up], one[key]))
            for key in ("y0", "y1")
        ]
        parts.append(_shape(one, xs, ys, moves=across != "paper"))
    return "".join(parts)


def _shape(one: Mapping[str, Any], xs: Sequence[float], ys: Sequence[float], *, moves: bool) -> str:
    line, named = one.get("line", {}), "zs" if moves else ""
    width, opacity = float(line.get("width", 1.0)), float(one.get("opacity", 1.0))
    stroke = str(line.get("color", INK)) if width > 0.0 else None
    if one["type"] == "line":
        look = painted(stroke=stroke, opacity=opacity)
        dash = dashed(line.get("dash"), width)
        drawn = tag("line", x1=xs[0], x2=xs[1], y1=ys[0], y2=ys[1], stroke_width=width, stroke_dasharray=dash, **look)
    elif one["type"] == "rect":
        look = painted(fill=str(one.get("fillcolor", "rgba(0,0,0,0)")), stroke=stroke, opacity=opacity)
        box = {"x": min(xs), "y": min(ys), "width": abs(xs[1] - xs[0]), "height": abs(ys[1] - ys[0])}
        drawn = tag("rect", **box, stroke_width=width if stroke else None, **look)
    else:
        raise ValueError(f"no such shape: {one['type']!r}")
    return tag("g", drawn, class_=named) if named else drawn


def shape_values(layout: Mapping[str, Any], name: str) -> list[Any]:
    """What shapes put on an axis."""
    letter = name[0]
    ours = [one for one in layout.get("shapes", ()) if str(one.get(f"{letter}ref", letter)) == name]
    return [one[f"{letter}{end}"] for one in ours for end in (0, 1)]
