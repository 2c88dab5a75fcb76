"""Lines, markers, fills and error bars."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from .axes import Scale, Trace
from .canvas import INK, Point, dashed, num, painted, path_of, tag, thinned

DEFAULT_MARKER_PX, DEFAULT_LINE_PX = 6.0, 2.0
MOST_SHARES, SMALL_PX, MANY = 24, 6.0, 300


def runs_of(trace: Trace, x: Scale, y: Scale) -> list[list[Point]]:
    """The points in pixels as stretches between missing values."""
    found: list[list[Point]] = [[]]
    for across, up in zip(trace["x"], trace["y"], strict=True):
        at, height = x.at(across), y.at(up)
        if at is None or height is None:
            if found[-1]:
                found.append([])
            continue
        found[-1].append((at, height))
    return [run for run in found if run]


def shaped(points: Sequence[Point], shape: str) -> list[Point]:
    """Points of a line that goes straight (linear) or in steps (hv, vh, hvh)."""
    if shape == "linear" or len(points) < 2:
        return list(points)
    found = [points[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if shape == "hv":
            found += [(x1, y0), (x1, y1)]
        elif shape == "vh":
            found += [(x0, y1), (x1, y1)]
        elif shape == "hvh":
            middle = (x0 + x1) / 2.0
            found += [(middle, y0), (middle, y1), (x1, y1)]
        else:
            raise ValueError(f"no such line shape: {shape!r}")
    return found


def _runs_shaped(trace: Trace, x: Scale, y: Scale) -> list[list[Point]]:
    shape = str(trace.get("line", {}).get("shape", "linear"))
    return [thinned(shaped(run, shape)) for run in runs_of(trace, x, y)]


def drawn_fill(trace: Trace, before: Trace | None, x: Scale, y: Scale) -> str:
    """The area to zero, or to the trace before; none where the values have gaps at different places."""
    kind = trace.get("fill", "none")
    if kind == "none":
        return ""
    look = painted(fill=str(trace["fillcolor"]))
    runs = _runs_shaped(trace, x, y)
    if kind == "tozeroy":
        low, high = sorted((y.start, y.end))
        ground = min(max(y.px(0.0), low), high)
        areas = [[(run[0][0], ground), *run, (run[-1][0], ground)] for run in runs]
    elif kind == "tonexty" and before is not None:
        others = _runs_shaped(before, x, y)
        areas = [[*run, *reversed(other)] for run, other in zip(runs, others, strict=False)]
    else:
        raise ValueError(f"no such fill: {kind!r}")
    data = "".join(f"{path_of(area)}z" for area in areas)
    return tag("path", d=data, **look) if data else ""


def drawn_line(trace: Trace, x: Scale, y: Scale) -> str:
    """The line of a trace; a single point between two gaps is a dot."""
    if "lines" not in trace.get("mode", "lines"):
        return ""
    line = trace.get("line", {})
    width = float(line.get("width", DEFAULT_LINE_PX))
    if width <= 0.0:
        return ""
    look = painted(stroke=str(line.get("color", INK)), opacity=float(trace.get("opacity", 1.0)))
    runs = _runs_shaped(trace, x, y)
    data = "".join(path_of(run if len(run) > 1 else [run[0], (run[0][0] + 0.1, run[0][1])]) for run in runs)
    return tag(
        "path",
        d=data,
        stroke_width=width,
        stroke_linejoin="round",
        stroke_linecap="round" if any(len(run) == 1 for run in runs) else None,
        stroke_dasharray=dashed(line.get("dash"), width),
        **look,
    ) if data else ""  # fmt: skip


def drawn_errors(trace: Trace, x: Scale, y: Scale) -> str:
    """Intervals around the points, with caps."""
    parts = []
    for letter in "xy":
        spec = trace.get(f"error_{letter}")
        if not spec:
            continue
        look = painted(stroke=str(spec.get("color", INK)))
        cap, wide = float(spec.get("width", 4.0)), float(spec.get("thickness", 2.0))
        lower = spec.get("arrayminus", spec["array"])
        data = [
            _interval(x, y, (across, up), (letter, down, more), cap)
            for across, up, down, more in zip(trace["x"], trace["y"], lower, spec["array"], strict=True)
        ]
        parts.append(tag("path", d="".join(data), stroke_width=wide, **look))
    return "".join(parts)


def _interval(x: Scale, y: Scale, point: tuple[Any, Any], way: tuple[str, Any, Any], cap: float) -> str:
    letter, down, more = way
    own, other = (x, y) if letter == "x" else (y, x)
    middle, across = own.units(point[0 if letter == "x" else 1]), other.at(point[1 if letter == "x" else 0])
    if middle is None or across is None or down is None or more is None or not math.isfinite(down + more):
        return ""
    ends = [own.px(middle - float(down)), own.px(middle + float(more))]
    if letter == "x":
        pairs = [((ends[0], across), (ends[1], across))]
        pairs += [((end, across - cap), (end, across + cap)) for end in ends]
    else:
        pairs = [((across, ends[0]), (across, ends[1]))]
        pairs += [((across - cap, end), (across + cap, end)) for end in ends]
    return "".join(path_of(pair) for pair in pairs)


def each(value: Any, place: int, other: Any) -> Any:
    """The value of one point: of a list its own, else that of all."""
    if value is None:
        return other
    return value[place] if isinstance(value, (list, tuple)) else value


def drawn_markers(trace: Trace, x: Scale, y: Scale) -> str:
    """The markers of a trace; those that look alike are one path."""
    if "markers" not in trace.get("mode", "lines"):
        return ""
    groups: dict[tuple[str, float, str, float, str | None], list[Point]] = {}
    look = trace.get("marker", {})
    line = look.get("line", {})
    for k, (across, up) in enumerate(zip(trace["x"], trace["y"], strict=True)):
        at, height = x.at(across), y.at(up)
        if at is None or height is None:
            continue
        size = float(each(look.get("size"), k, DEFAULT_MARKER_PX))
        colour = str(each(look.get("color"), k, trace.get("line", {}).get("color", INK)))
        wide = float(each(line.get("width"), k, 0.0))
        edge = each(line.get("color"), k, colour) if wide else None
        symbol = str(each(look.get("symbol"), k, "circle"))
        groups.setdefault((symbol, size, colour, wide, edge), []).append((at, height))
    opacity = float(look.get("opacity", 1.0)) * float(trace.get("opacity", 1.0))
    return "".join(_group(key, points, opacity) for key, points in groups.items())


def _group(key: tuple[str, float, str, float, str | None], points: list[Point], opacity: float) -> str:
    symbol, size, colour, wide, edge = key
    if symbol == "circle" and size <= SMALL_PX and not wide and len(points) > MANY:
        dots = [f"M{num(x)} {num(y)}h0" for x, y in points]
        paint = painted(stroke=colour, opacity=opacity)
        return "".join(
            tag("path", d="".join(dots[k::MOST_SHARES]), stroke_width=size, stroke_linecap="round", **paint)
            for k in range(MOST_SHARES)
        )
    paths = [symbol_path(symbol, x, y, size) for x, y in points]
    if symbol.endswith("-open") or symbol in ("line-ns", "line-ew", "x-thin", "cross-thin"):
        paint = painted(stroke=edge or colour, opacity=opacity)
        return tag("path", d="".join(paths), stroke_width=wide or 1.5, **paint)
    paint = painted(fill=colour, stroke=edge, opacity=opacity)
    # The parts of one path do not add up where they overlap, so what is seen through is shared out over several.
    shares = min(len(paths), MOST_SHARES) if opacity < 1.0 else 1
    parts = ["".join(paths[k::shares]) for k in range(shares)]
    return "".join(tag("path", d=part, stroke_width=wide or None, **paint) for part in parts)


def symbol_path(symbol: str, x: float, y: float, size: float) -> str:
    """A marker as path data. Raises ValueError for a symbol that there is not."""
    half = size / 2.0
    name = symbol.removesuffix("-open")
    if name == "circle":
        arc = f"a{num(half)} {num(half)} 0 1 0"
        return f"M{num(x - half)} {num(y)}{arc} {num(size)} 0{arc} {num(-size)} 0z"
    if name in ("line-ns", "line-ew"):
        across = name == "line-ew"
        ends = ((x - half * across, y - half * (not across)), (x + half * across, y + half * (not across)))
        return path_of(ends)
    if name in ("cross-thin", "x-thin"):
        turn = math.pi / 4.0 if name == "x-thin" else 0.0
        arms = [[_polar(x, y, half, turn + k * math.pi / 2.0) for k in pair] for pair in ((0, 2), (1, 3))]
        return "".join(path_of(arm) for arm in arms)
    if name not in _CORNERS:
        raise ValueError(f"no such marker: {symbol!r}")
    return f"{path_of([(x + half * a, y + half * b) for a, b in _CORNERS[name]])}z"


def _polar(x: float, y: float, radius: float, angle: float) -> Point:
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def _star() -> list[Point]:
    turns = [(1.2 if k % 2 == 0 else 0.48, -math.pi / 2.0 + k * math.pi / 5.0) for k in range(10)]
    return [_polar(0.0, 0.0, radius, angle) for radius, angle in turns]


_CORNERS: dict[str, list[Point]] = {
    "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "diamond": [(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)],
    "triangle-up": [(0.0, -1.1), (1.05, 0.75), (-1.05, 0.75)],
    "triangle-down": [(0.0, 1.1), (1.05, -0.75), (-1.05, -0.75)],
    "star": _star(),
}
