"""Figures of several columns on a narrow screen: their panels beneath each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .axes import Trace, axis_key

# Room above a panel for its heading and the labels of the one before.
GAP_PX, MARGIN_PX = 52.0, 50.0
NEAR = 1e-6
Box = tuple[float, float, float, float]


def pairs_of(data: Sequence[Trace]) -> list[tuple[str, str]]:
    """The pairs of axes that traces are drawn on, in their order."""
    return list(dict.fromkeys((str(t.get("xaxis", "x")), str(t.get("yaxis", "y"))) for t in data))


def _domain(layout: Mapping[str, Any], name: str) -> tuple[float, float]:
    low, high = layout.get(axis_key(name), {}).get("domain", (0.0, 1.0))
    return float(low), float(high)


def stacked(data: Sequence[Trace], layout: Mapping[str, Any]) -> dict[str, Any]:
    """The layout with one panel a row, where panels stand beside each other; else as it is."""
    pairs = pairs_of(data)
    boxes = {pair: (*_domain(layout, pair[0]), *_domain(layout, pair[1])) for pair in pairs}
    if len({box[:2] for box in boxes.values()}) < 2:
        return dict(layout)
    order = sorted(pairs, key=lambda pair: (-boxes[pair][3], boxes[pair][0]))
    inner = float(layout["height"]) - MARGIN_PX
    heights = {pair: (boxes[pair][3] - boxes[pair][2]) * inner for pair in order}
    total = sum(heights.values()) + GAP_PX * len(order) - GAP_PX / 2.0
    moved: dict[tuple[str, str], Box] = {}
    made, top = dict(layout), total
    for k, (across, up) in enumerate(order):
        top -= GAP_PX / 2.0 if k == 0 else GAP_PX
        bottom = max(0.0, top - heights[across, up])
        moved[across, up] = (0.0, 1.0, bottom / total, top / total)
        made[axis_key(across)] = {**layout.get(axis_key(across), {}), "domain": [0.0, 1.0]}
        own = {**layout.get(axis_key(up), {}), "domain": [bottom / total, top / total], "showticklabels": True}
        made[axis_key(up)] = own
        top = bottom
    made["height"] = total + MARGIN_PX
    made["annotations"] = [_moved(one, boxes, moved, inner / total) for one in layout.get("annotations", ())]
    return made


def _moved(
    note: Mapping[str, Any], boxes: Mapping[tuple[str, str], Box], moved: Mapping[tuple[str, str], Box], ratio: float
) -> dict[str, Any]:
    """A heading above the panel that it stood above; other notes as they are."""
    if note.get("xref") != "paper" or note.get("yref") != "paper":
        return dict(note)
    x, y = float(note["x"]), float(note["y"])
    own = [pair for pair, box in boxes.items() if box[0] - NEAR <= x < box[1] and box[3] <= y + NEAR]
    if not own:
        return dict(note)
    pair = max(own, key=lambda one: boxes[one][3])
    old, new = boxes[pair], moved[pair]
    return {**note, "x": (x - old[0]) / (old[1] - old[0]), "y": new[3] + (y - old[3]) * ratio}
