"""Pieces of SVG: elements, numbers, colours with the classes by which a style sheet turns them, and paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from .text import LINE_HEIGHT, Line, clean

INK, SOFT, GRID, ZERO, PAPER = "#1d2129", "#5b6270", "#e3e6ea", "#8a8f98", "#ffffff"
# Classes of what a page turns for dark mode whatever a figure's own colours are.
CLASSES = {INK: "t", SOFT: "s", GRID: "g"}
Point = tuple[float, float]
Attribute = str | float | None
_RGBA = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*([\d.]+)\s*)?\)")
_HEX = re.compile(r"#[0-9a-f]{6}")
DASHES = {"dash": (5.0, 4.0), "dot": (1.0, 3.0), "dashdot": (5.0, 3.0, 1.0, 3.0), "longdash": (9.0, 4.0)}


def num(value: float) -> str:
    """A length with one decimal where it needs one."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def tag(name: str, *body: str, **attributes: Attribute) -> str:
    """An element; attributes as keywords with _ for -, those of None left out."""
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{num(value) if isinstance(value, (int, float)) else escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = "".join(body)
    return f"<{name}{''.join(parts)}>{inner}</{name}>" if inner else f"<{name}{''.join(parts)}/>"


def rgb(colour: str) -> tuple[str, float]:
    """A colour as #rrggbb and its opacity. Raises ValueError for one that is written in another way."""
    found = _RGBA.fullmatch(colour)
    if found:
        red, green, blue = (int(found[k]) for k in (1, 2, 3))
        return f"#{red:02x}{green:02x}{blue:02x}", float(found[4] or 1.0)
    lower = colour.lower()
    if not _HEX.fullmatch(lower):
        raise ValueError(f"no colour that a figure can have: {colour!r}")
    return lower, 1.0


def painted(*, fill: str | None = None, stroke: str | None = None, opacity: float = 1.0) -> dict[str, Attribute]:
    """Attributes of fill and stroke, each with a class that tells its colour."""
    found: dict[str, Attribute] = {"fill": "none"}
    names = []
    for kind, colour in (("fill", fill), ("stroke", stroke)):
        if colour is None:
            continue
        value, alpha = rgb(colour)
        found[kind] = value
        names.append(f"{kind[0]}{CLASSES.get(value, value[1:])}")
        if alpha * opacity < 1.0:
            found[f"{kind}_opacity"] = f"{alpha * opacity:.3g}"
    return {**found, "class_": " ".join(names) or None}


def dashed(style: str | None, width: float) -> str | None:
    """The dash pattern of a line of a width; None for a solid one."""
    if style in (None, "solid"):
        return None
    return " ".join(num(max(1.0, width) * part / 1.5) for part in DASHES[str(style)])


def text_block(
    lines: Sequence[Line],
    x: float,
    top: float,
    size: float,
    *,
    anchor: str = "start",
    colour: str = INK,
    halo: bool = False,
) -> str:
    """Lines of text beneath each other, the first one's top at `top`; halo: readable on top of lines."""
    step = size * LINE_HEIGHT
    look = {key: value for key, value in painted(fill=colour).items() if key in ("fill", "class_")}
    if halo:
        look |= {"stroke": PAPER, "stroke_width": 3.0, "stroke_linejoin": "round", "paint_order": "stroke"}
        look["class_"] = f"{look['class_']} halo"
    return "".join(
        tag(
            "text",
            escape(line.text, quote=False),
            x=x,
            y=top + k * step + 0.82 * size + (step - size) / 2.0,
            font_size=size,
            text_anchor=None if anchor == "start" else anchor,
            font_weight="600" if line.bold else None,
            **look,
        )
        for k, line in enumerate(lines)
        if line.text
    )


def clean_attribute(text: str) -> str:
    """Text that an attribute can hold."""
    return clean(text).replace("\n", " ")


def path_of(points: Iterable[Point]) -> str:
    """A line through points as path data: whole tenths of a pixel, each step from the point before.

    Steps straight on to the right are one. Nothing stands between two numbers that can be told apart without it: by a
    sign, or by a second decimal point.
    """
    steps: list[tuple[int, int]] = []
    x = y = 0
    for px, py in points:
        at = round(px * 10), round(py * 10)
        across, down = at[0] - x, at[1] - y
        if down == 0 and across >= 0 and len(steps) > 1 and steps[-1][1] == 0 and steps[-1][0] >= 0:
            steps[-1] = (steps[-1][0] + across, 0)
        else:
            steps.append((across, down))
        x, y = at
    if not steps:
        return ""
    start = f"M{_tenths(steps[0][0])} {_tenths(steps[0][1])}"
    return start if len(steps) == 1 else f"{start}l{_joined(steps[1:])}"


def _joined(steps: Sequence[tuple[int, int]]) -> str:
    parts: list[str] = []
    before = ""
    for step in steps:
        for text in map(_tenths, step):
            apart = not before or text[0] == "-" or (text[0] == "." and "." in before)
            parts.append(text if apart else f" {text}")
            before = text
    return "".join(parts)


def _tenths(value: int) -> str:
    whole, part = divmod(abs(value), 10)
    text = f"{whole or ''}.{part}" if part else str(whole)
    return f"-{text}" if value < 0 else text


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most four points a pixel across: the first, the lowest, the highest and the last, in their order."""
    if len(points) < 3 or len(points) <= 4 * (abs(points[-1][0] - points[0][0]) + 1):
        return list(points)
    kept: list[Point] = []
    start = 0
    for k in range(1, len(points) + 1):
        if k < len(points) and int(points[k][0]) == int(points[start][0]):
            continue
        group = range(start, k)
        ends = {start, k - 1, min(group, key=lambda j: points[j][1]), max(group, key=lambda j: points[j][1])}
        kept += [points[j] for j in sorted(ends)]
        start = k
    return kept
