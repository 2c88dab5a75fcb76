"""Heat maps: colours of cells, what is missing, and the bar that tells what a colour means."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from .axes import Scale, Trace
from .canvas import GRID, SOFT, num, painted, rgb, tag, text_block
from .text import lines_of, width_px
from .ticks import Tick, linear_ticks

CIVIDIS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip
SCALES: dict[str, list[list[Any]]] = {"Cividis": [[k / 9.0, colour] for k, colour in enumerate(CIVIDIS)]}
MISSING_WORDS = "no value"
TEXT_PX, LEGEND_PX, BAR_ROOM_PX, MOST_BAR_PX = 11.0, 11.0, 20.0, 220.0
# Not the inks of the page: a cell keeps its colour when the page turns dark.
CELL_INKS = ("#ffffff", "#000001")


def colour_of(scale: Sequence[Sequence[Any]], share: float) -> str:
    """The colour at a share of a scale of [share, colour] stops, between two stops mixed."""
    share = min(max(share, 0.0), 1.0)
    for (low, first), (high, second) in itertools.pairwise(scale):
        if share <= high:
            part = (share - low) / (high - low) if high > low else 0.0
            mixed = [round(a + part * (b - a)) for a, b in zip(_parts(first), _parts(second), strict=True)]
            return "#{:02x}{:02x}{:02x}".format(*mixed)
    return str(rgb(str(scale[-1][1]))[0])


def _parts(colour: Any) -> list[int]:
    text, _ = rgb(str(colour))
    return [int(text[k : k + 2], 16) for k in (1, 3, 5)]


def stops_of(trace: Trace) -> list[list[Any]]:
    """The colour scale of a heat map, turned where it asks for that."""
    named = trace.get("colorscale", "Cividis")
    stops: list[list[Any]] = SCALES[named] if isinstance(named, str) else list(named)
    return [[1.0 - at, colour] for at, colour in reversed(stops)] if trace.get("reversescale") else stops


def limits(trace: Trace) -> tuple[float, float]:
    """The values of the first and the last colour."""
    known = [value for row in trace["z"] for value in row if value is not None and math.isfinite(value)]
    if "zmid" in trace:
        widest = max((abs(value - trace["zmid"]) for value in known), default=1.0) or 1.0
        low, high = trace["zmid"] - widest, trace["zmid"] + widest
    else:
        low, high = min(known, default=0.0), max(known, default=1.0)
    return float(trace.get("zmin", low)), float(trace.get("zmax", high))


def has_gaps(trace: Trace) -> bool:
    """Whether a cell has no value."""
    return any(value is None or not math.isfinite(value) for row in trace["z"] for value in row)


def drawn_cells(trace: Trace, x: Scale, y: Scale, hatch: str) -> str:
    """The cells; hatch: the id of the pattern of those without a value."""
    stops, (low, high) = stops_of(trace), limits(trace)
    across = [x.units(value) for value in trace.get("x", range(max(map(len, trace["z"]), default=0)))]
    down = [y.units(value) for value in trace.get("y", range(len(trace["z"])))]
    parts, texts = [], []
    gap = float(trace.get("xgap", 0.0)), float(trace.get("ygap", 0.0))
    for j, row in enumerate(trace["z"]):
        for k, value in enumerate(row):
            if across[k] is None or down[j] is None:
                continue
            box = _box(x, y, (across[k], down[j]), gap)
            if value is None or not math.isfinite(value):
                parts.append(tag("rect", fill=f"url(#{hatch})", **box))
                continue
            colour = colour_of(stops, (value - low) / (high - low) if high > low else 0.5)
            parts.append(tag("rect", fill=colour, **box))
            if "texttemplate" in trace:
                texts.append(_cell_text(str(trace["text"][j][k]), colour, box))
    shown = "".join(text for text in texts if text) if all(text is not None for text in texts) else ""
    # Without it thin lines of the page would shine through between cells.
    return tag("g", *parts, **{"shape-rendering": "crispEdges"}) + shown


def _box(x: Scale, y: Scale, at: tuple[Any, Any], gap: tuple[float, float]) -> dict[str, float]:
    left, right = sorted((x.px(at[0] - 0.5), x.px(at[0] + 0.5)))
    top, bottom = sorted((y.px(at[1] - 0.5), y.px(at[1] + 0.5)))
    return {
        "x": left + gap[0] / 2.0, "y": top + gap[1] / 2.0,
        "width": max(right - left - gap[0], 0.5), "height": max(bottom - top - gap[1], 0.5),
    }  # fmt: skip


def _cell_text(markup: str, colour: str, box: dict[str, float]) -> str | None:
    """A cell's text in ink that can be read on its colour; None where there is no room for it."""
    line = lines_of(markup)[0]
    needed = width_px(line.text, TEXT_PX)
    size = TEXT_PX if needed <= box["width"] - 2.0 else TEXT_PX * (box["width"] - 2.0) / needed
    if size < 7.5 or box["height"] < size:
        return None
    middle = box["x"] + box["width"] / 2.0
    top = box["y"] + box["height"] / 2.0 - 0.625 * size
    return text_block((line,), middle, top, size, anchor="middle", colour=ink_on(colour))


def ink_on(colour: str) -> str:
    """White or black, whichever stands out more: on any colour that is at least 4.5 to 1, by WCAG's formula."""
    return max(CELL_INKS, key=lambda ink: _contrast(ink, colour))


def _contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    shares = [part / 255.0 for part in _parts(colour)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def bar_ticks(trace: Trace) -> list[Tick]:
    """The ticks of the colour bar."""
    bar, (low, high) = trace.get("colorbar", {}), limits(trace)
    if "tickvals" in bar:
        texts = bar.get("ticktext", [str(value) for value in bar["tickvals"]])
        return list(zip(map(float, bar["tickvals"]), map(str, texts), strict=True))
    return linear_ticks(low, high, int(bar.get("nticks", 5)), str(bar.get("tickformat", "")))


def bar_room_px(trace: Trace) -> float:
    """The room that the colour bar takes at the right; none where it is not shown."""
    if not trace.get("showscale", True):
        return 0.0
    thick = float(trace.get("colorbar", {}).get("thickness", 12.0))
    widest = max((width_px(text, LEGEND_PX) for _, text in bar_ticks(trace)), default=0.0)
    return BAR_ROOM_PX + thick + max(widest, width_px(MISSING_WORDS, LEGEND_PX) - thick if has_gaps(trace) else 0.0)


def drawn_bar(trace: Trace, right: float, span: tuple[float, float], names: tuple[str, str]) -> str:
    """The colour bar beside a panel; span: its top and bottom; names: ids of its gradient and of the hatch."""
    if not trace.get("showscale", True):
        return ""
    stops, (low, high) = stops_of(trace), limits(trace)
    thick = float(trace.get("colorbar", {}).get("thickness", 12.0))
    gradient, hatch = names
    missing = 24.0 if has_gaps(trace) else 0.0
    top = span[0] + 6.0
    height = max(min(span[1] - span[0] - 12.0 - missing, MOST_BAR_PX), 20.0)
    left = right + 12.0
    fades = "".join(
        f'<stop offset="{num(100.0 * (1.0 - at))}%" stop-color="{rgb(str(colour))[0]}"/>' for at, colour in stops[::-1]
    )
    parts = [tag("linearGradient", fades, id=gradient, x1="0", x2="0", y1="0", y2="1")]
    parts.append(tag("rect", x=left, y=top, width=thick, height=height, fill=f"url(#{gradient})"))
    for value, text in bar_ticks(trace):
        at = top + height * (1.0 - (value - low) / (high - low)) if high > low else top + height / 2.0
        parts.append(text_block(lines_of(text), left + thick + 4.0, at - 0.625 * LEGEND_PX, LEGEND_PX))
    if missing:
        at = top + height + 10.0
        parts.append(tag("rect", x=left, y=at, width=thick, height=12, fill=f"url(#{hatch})"))
        parts.append(text_block(lines_of(MISSING_WORDS), left + thick + 4.0, at - 1.0, LEGEND_PX))
    return "".join(parts)


def hatch_pattern(name: str) -> str:
    """Stripes for cells without a value."""
    ground = tag("rect", width=6, height=6, **painted(fill=GRID))
    stripe = tag("path", d="M0 6L6 0", stroke_width=1, **painted(stroke=SOFT, opacity=0.45))
    return tag("pattern", ground, stripe, id=name, width=6, height=6, patternUnits="userSpaceOnUse")
