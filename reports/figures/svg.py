"""A figure as SVG text: pure text, the same bytes for the same figure, without a browser."""

from __future__ import annotations

import re
from hashlib import sha256

from ..page.figure import FONT, Figure
from .axes import Scale
from .bars import drawn_bars
from .boxes import drawn_boxes
from .canvas import GRID, SOFT, ZERO, clean_attribute, painted, tag, text_block
from .cells import drawn_bar, drawn_cells, has_gaps, hatch_pattern
from .frame import LABEL_GAP_PX, TITLE_GAP_PX, TITLE_PX, Frame, below_px, framed, left_px, title_of
from .keys import check_keys
from .labels import row_px, size_of
from .legend import drawn_legend
from .lines import drawn_errors, drawn_fill, drawn_line, drawn_markers
from .notes import drawn_shapes, notes_of
from .stack import pairs_of
from .text import LINE_HEIGHT, block_width_px, lines_of, plain_text, wrapped

# As the element has it, where the text stands alone.
NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
CLIP_ROOM_PX = 2.0


def svg(figure: Figure, width_px: int = 1040, narrow: bool = False) -> str:
    """A figure as an SVG element; narrow: for a phone, with panels beneath each other and fewer labels.

    Colours are those of a white page, each with a class by which a style sheet can turn it. Raises ValueError for a
    key that would not be drawn.
    """
    check_keys(figure.name, figure.data, figure.layout)
    frame = framed(figure.data, figure.layout, float(width_px), narrow=narrow)
    name = _name(figure, width_px, narrow=narrow)
    return tag(
        "svg",
        _defs(frame, name),
        _grid(frame),
        drawn_shapes(frame.layout, frame.scales, frame.area, below=True),
        *(_panel(frame, pair, k, name) for k, pair in enumerate(pairs_of(frame.data))),
        drawn_shapes(frame.layout, frame.scales, frame.area, below=False),
        _axes(frame),
        *(note.drawn() for note in notes_of(frame.layout, frame.scales, frame.area)),
        drawn_legend(frame.entries, frame.data, frame.layout),
        _areas(frame),
        class_="figure",
        width=frame.width,
        height=frame.height,
        role="img",
        font_family=FONT,
        **{
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {frame.width:.0f} {frame.height:.1f}",
            "aria-label": clean_attribute(plain_text(figure.caption)),
        },
    )


def _name(figure: Figure, width_px: int, *, narrow: bool) -> str:
    """What ids within this SVG begin with: no other figure of a page has it, and it is plain ASCII."""
    slug = re.sub(r"[^a-z0-9]+", "-", figure.name.lower()).strip("-")
    if slug != figure.name:
        slug += "-" + sha256(figure.name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{slug}-{'n' if narrow else 'w'}{width_px}"


def _defs(frame: Frame, name: str) -> str:
    parts = []
    for k, (x, y) in enumerate(pairs_of(frame.data)):
        left, top, width, height = _box(frame.scales[x], frame.scales[y])
        room = tag(
            "rect", x=left - CLIP_ROOM_PX, y=top - CLIP_ROOM_PX, width=width + 2.0 * CLIP_ROOM_PX,
            height=height + 2.0 * CLIP_ROOM_PX,
        )  # fmt: skip
        parts.append(f'<clipPath id="{name}-c{k}">{room}</clipPath>')
    if any(trace["type"] == "heatmap" and has_gaps(trace) for trace in frame.data):
        parts.append(hatch_pattern(f"{name}-h"))
    return tag("defs", *parts)


def _box(x: Scale, y: Scale) -> tuple[float, float, float, float]:
    left, right = sorted((x.start, x.end))
    top, bottom = sorted((y.start, y.end))
    return left, top, right - left, bottom - top


def _areas(frame: Frame) -> str:
    """An empty rectangle over each panel, which tells a script where it is."""
    boxes = [_box(frame.scales[x], frame.scales[y]) for x, y in pairs_of(frame.data)]
    return "".join(
        tag("rect", class_="area", x=left, y=top, width=width, height=height, fill="none")
        for left, top, width, height in boxes
    )


def _grid(frame: Frame) -> str:
    parts = []
    for name, scale in frame.scales.items():
        others = {pair[1 if name[0] == "x" else 0] for pair in pairs_of(frame.data) if name in pair}
        for other in sorted(others):
            ends = sorted((frame.scales[other].start, frame.scales[other].end))
            inner = []
            if scale.options.get("showgrid", True):
                colour = str(scale.options.get("gridcolor", GRID))
                inner += [_rule(scale, one.at, ends, colour) for one in frame.labels[name]]
            low, high = sorted((scale.low, scale.high))
            if scale.options.get("zeroline", False) and scale.kind == "linear" and low <= 0.0 <= high:
                inner.append(_rule(scale, 0.0, ends, str(scale.options.get("zerolinecolor", ZERO))))
            parts.append(tag("g", *inner, class_=f"grid g{name[0]}") if inner else "")
    return "".join(parts)


def _rule(scale: Scale, at: float, ends: list[float], colour: str) -> str:
    place = round(scale.px(at)) + 0.5
    look = painted(stroke=colour)
    if scale.name[0] == "x":
        return tag("line", x1=place, x2=place, y1=ends[0], y2=ends[1], **look)
    return tag("line", x1=ends[0], x2=ends[1], y1=place, y2=place, **look)


def _panel(frame: Frame, pair: tuple[str, str], k: int, name: str) -> str:
    """The marks of one panel: cells, bars and boxes beneath, fills, lines and markers above, each trace by itself."""
    members = [j for j, trace in enumerate(frame.data) if _pair(trace) == pair]
    beneath = [j for j in members if frame.data[j]["type"] != "scatter"]
    lines = [j for j in members if frame.data[j]["type"] == "scatter"]
    parts = [_trace(frame, j, None, f"{name}-c{k}", name) for j in beneath]
    for nth, j in enumerate(lines):
        parts.append(_trace(frame, j, lines[nth - 1] if nth else None, f"{name}-c{k}", name))
    return tag("g", *parts, class_="panel")


def _pair(trace: object) -> tuple[str, str]:
    assert isinstance(trace, dict)
    return str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y"))


def _trace(frame: Frame, j: int, before: int | None, clip: str, name: str) -> str:
    trace = frame.data[j]
    x, y = frame.axes_of(trace)
    clipped, free = "", ""
    if trace["type"] == "heatmap":
        right, span = max(x.start, x.end), sorted((y.start, y.end))
        free = drawn_cells(trace, x, y, f"{name}-h")
        free += drawn_bar(trace, right, (span[0], span[1]), (f"{name}-g{j}", f"{name}-h"))
    elif trace["type"] == "box":
        clipped = drawn_boxes(trace, x, y)
    elif trace["type"] != "scatter":
        clipped = drawn_bars(trace, frame.bars[j], x, y, (2.0, frame.width - 2.0))
        # Texts of lying bars may stand beyond the plot.
        clipped, free = ("", clipped) if trace.get("orientation") == "h" else (clipped, "")
    else:
        clipped = drawn_fill(trace, None if before is None else frame.data[before], x, y)
        clipped += drawn_line(trace, x, y) + drawn_errors(trace, x, y)
        free = drawn_markers(trace, x, y)
    moving = tag("g", tag("g", clipped, class_="zs"), **{"clip-path": f"url(#{clip})"}) if clipped else ""
    return tag("g", moving, tag("g", free, class_="mk") if free else "", class_="tr", **{"data-k": str(j)})


def _axes(frame: Frame) -> str:
    return "".join((_across if name[0] == "x" else _upwards)(frame, scale) for name, scale in frame.scales.items())


def _across(frame: Frame, scale: Scale) -> str:
    """Labels and title beneath an axis."""
    size, labels = size_of(scale.options, narrow=frame.narrow), frame.labels[scale.name]
    base = max(frame.anchor(scale).start, frame.anchor(scale).end)
    parts = []
    for one in labels:
        middle = one.left + block_width_px(one.lines, size) / 2.0
        parts.append(text_block(one.lines, middle, base + LABEL_GAP_PX, size, anchor="middle"))
    shown = tag("g", *parts, class_="ax") if parts else ""
    if not title_of(scale):
        return shown
    top = base + below_px(frame, scale) - len(lines_of(title_of(scale))) * size * LINE_HEIGHT
    middle = (scale.start + scale.end) / 2.0
    return shown + text_block(lines_of(title_of(scale)), middle, top, size, anchor="middle", colour=SOFT)


def _upwards(frame: Frame, scale: Scale) -> str:
    """Labels and title at the left of an axis."""
    size, labels = size_of(scale.options, narrow=frame.narrow), frame.labels[scale.name]
    edge = min(frame.anchor(scale).start, frame.anchor(scale).end)
    parts = [
        text_block(one.lines, edge - LABEL_GAP_PX, scale.px(one.at) - row_px([one], size) / 2.0, size, anchor="end")
        for one in labels
    ]
    shown = tag("g", *parts, class_="ay") if parts else ""
    if not title_of(scale):
        return shown
    middle = (scale.start + scale.end) / 2.0
    span = abs(scale.end - scale.start)
    lines = wrapped(lines_of(title_of(scale)), size, max(span + 16.0, 30.0), 2)
    at = edge - left_px(frame, scale) + (TITLE_PX if len(lines) > 1 else TITLE_PX + TITLE_GAP_PX) / 2.0 + 2.0
    half = len(lines) * size * LINE_HEIGHT / 2.0
    turned = text_block(lines, 0.0, -half, size, anchor="middle", colour=SOFT)
    return shown + tag("g", turned, transform=f"translate({at:.1f} {middle:.1f}) rotate(-90)")
