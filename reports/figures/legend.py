"""The legend: a row of names at the top of a figure, as many rows as it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .axes import Trace
from .canvas import dashed, painted, path_of, tag, text_block
from .lines import drawn_markers
from .text import Line, lines_of, shortened, width_px

SWATCH_PX, GAP_PX, ENTRY_GAP_PX, ROW_PX, TOP_PX, SIZE_PX = 22.0, 6.0, 18.0, 19.0, 3.0, 12.0


@dataclass(frozen=True)
class Entry:
    """A name of the legend with its place; traces: the places in the data of what it names."""

    text: str
    traces: tuple[int, ...]
    left: float
    row: int


def entries_of(data: Sequence[Trace], layout: Mapping[str, Any], width: float) -> list[Entry]:
    """The entries from left to right and from row to row; none where the figure shows no legend."""
    if not layout.get("showlegend", False):
        return []
    groups: dict[str, list[int]] = {}
    shown: dict[str, str] = {}
    for k, trace in enumerate(data):
        group = str(trace.get("legendgroup") or trace.get("name") or f"#{k}")
        groups.setdefault(group, []).append(k)
        if trace.get("showlegend", True) and trace.get("name"):
            shown.setdefault(group, str(trace["name"]))
    order = list(shown.items())
    if "reversed" in str(layout.get("legend", {}).get("traceorder", "")):
        order.reverse()
    size, found, left, row = size_of(layout), [], 2.0, 0
    for group, name in order:
        text = shortened(lines_of(name)[0].text, size, width - SWATCH_PX - GAP_PX - 6.0)
        wide = SWATCH_PX + GAP_PX + width_px(text, size)
        if left > 2.0 and left + wide > width - 2.0:
            left, row = 2.0, row + 1
        found.append(Entry(text, tuple(groups[group]), left, row))
        left += wide + ENTRY_GAP_PX
    return found


def size_of(layout: Mapping[str, Any]) -> float:
    """The font's size of the legend."""
    return float(layout.get("legend", {}).get("font", {}).get("size", SIZE_PX))


def legend_px(entries: Sequence[Entry]) -> float:
    """The height that the legend takes."""
    return TOP_PX + ROW_PX * (entries[-1].row + 1) + 4.0 if entries else 0.0


def drawn_legend(entries: Sequence[Entry], data: Sequence[Trace], layout: Mapping[str, Any]) -> str:
    """Each entry a group with its swatch, which names the traces it stands for."""
    size, parts = size_of(layout), []
    for one in entries:
        top = TOP_PX + ROW_PX * one.row
        words = text_block((Line(one.text),), one.left + SWATCH_PX + GAP_PX, top + ROW_PX / 2.0 - 0.625 * size, size)
        own = next((data[k] for k in one.traces if data[k].get("showlegend", True)), data[one.traces[0]])
        room = tag(
            "rect", x=one.left, y=top, width=SWATCH_PX + GAP_PX + width_px(one.text, size), height=ROW_PX,
            fill="none", **{"pointer-events": "all"},
        )  # fmt: skip
        named = {"data-k": " ".join(map(str, one.traces))}
        parts.append(tag("g", room, _swatch(own, one.left, top + ROW_PX / 2.0), words, class_="lg", **named))
    return "".join(parts)


def _swatch(trace: Trace, left: float, middle: float) -> str:
    if trace["type"] != "scatter":
        colour = trace.get("marker", {}).get("color")
        first = colour[0] if isinstance(colour, (list, tuple)) and colour else colour
        box = {"x": left + 5.0, "y": middle - 5.0, "width": 12.0, "height": 10.0}
        return tag("rect", **box, **painted(fill=str(first or "#5f6672"), opacity=float(trace.get("opacity", 1.0))))
    parts, line, mode = [], trace.get("line", {}), str(trace.get("mode", "lines"))
    colour = str(line.get("color", "#5f6672"))
    if "lines" in mode and float(line.get("width", 2.0)) > 0.0:
        wide = float(line.get("width", 2.0))
        ends = path_of([(left, middle), (left + SWATCH_PX, middle)])
        dash = dashed(line.get("dash"), wide)
        parts.append(tag("path", d=ends, stroke_width=wide, stroke_dasharray=dash, **painted(stroke=colour)))
    elif trace.get("fill", "none") != "none":
        box = {"x": left + 5.0, "y": middle - 5.0, "width": 12.0, "height": 10.0}
        parts.append(tag("rect", **box, **painted(fill=str(trace["fillcolor"]))))
    if "markers" in mode:
        look = dict(trace.get("marker", {}))
        for key in ("size", "color", "symbol"):
            if isinstance(look.get(key), (list, tuple)):
                look[key] = look[key][0] if look[key] else None
        if isinstance(look.get("line", {}).get("width"), (list, tuple)):
            look["line"] = {}
        look["size"] = min(float(look.get("size") or 6.0), 12.0)
        look.setdefault("color", colour)
        spot = {**trace, "mode": "markers", "x": [left + SWATCH_PX / 2.0], "y": [middle], "marker": look}
        parts.append(drawn_markers(spot, _PLAIN, _PLAIN))
    return "".join(parts)


class _Plain:
    """Pixels as they are."""

    @staticmethod
    def at(value: float) -> float:
        return value


_PLAIN: Any = _Plain()
