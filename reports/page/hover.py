"""What a figure tells where a reader points at it, as compact JSON: places in units of the axes, and finished texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..figures.axes import Scale, Trace, values_on
from ..figures.bars import Bar
from ..figures.formats import formatted
from ..figures.frame import framed, title_of
from ..figures.lines import each
from ..figures.stack import pairs_of
from ..figures.text import lines_of, plain_text
from .figure import Figure

DIGITS = 6
SEPARATORS = "|;^~¦"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIELD = re.compile(r"%\{(?P<key>text|x|y|z)(?::(?P<spec>[^}]*))?\}")
_EXTRA = re.compile(r"<extra>.*?</extra>", re.DOTALL)
# A figure is one of days where so large a part of its places begin with one.
MOST_DAYS = 0.9


def hover(figure: Figure) -> dict[str, Any]:
    """Panels (p), shared places (x), series (s) and whether the places are sessions (t) and read together (u).

    A panel: names of its axes with their ends. Places: units (v, or n for 0 to n - 1) and what stands there (h). A
    series: panel, name, colour, its places' number, heights (y) and texts (t).
    """
    frame = framed(figure.data, figure.layout, 960.0, narrow=False)
    pairs = pairs_of(figure.data)
    panels = [[x, y, *_ends(frame.scales[x]), *_ends(frame.scales[y])] for x, y in pairs]
    places: list[tuple[tuple[float | None, ...], tuple[str, ...]]] = []
    series = []
    for k, trace in enumerate(figure.data):
        told = _texts(trace)
        if told is None:
            continue
        x, y = frame.axes_of(trace)
        points = _points(trace, (x, y), frame.bars.get(k, ()))
        heads, bodies = _split(told, str(trace.get("name", "")))
        place = (tuple(at for at, _ in points), heads)
        if place not in places:
            places.append(place)
        pair = (str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y")))
        name = str(trace.get("name", "") or title_of(y if trace["type"] == "scatter" else x))
        series.append(
            {
                "k": k,
                "p": pairs.index(pair),
                "n": plain_text(name),
                "c": _colour(trace),
                "x": places.index(place),
                "y": [height for _, height in points],
                "t": packed(bodies),
                "u": _together(trace, place[0]),
            }
        )
    days = [_DAY.match(head) is not None for _, heads in places for head in heads]
    return {
        "p": panels,
        "x": [{**_places(values), "h": packed(heads)} for values, heads in places],
        "s": series,
        "t": int(bool(days) and sum(days) >= MOST_DAYS * len(days)),
    }


def _ends(scale: Scale) -> tuple[float, float]:
    return _short(scale.low), _short(scale.high)


def _short(value: float) -> float:
    number = float(f"{value:.{DIGITS}g}")
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _together(trace: Trace, values: Sequence[float | None]) -> int:
    """Whether all values at one place are read together: of lines whose places go up."""
    if trace["type"] != "scatter" or "lines" not in trace.get("mode", "lines") or trace.get("hoveron") == "points":
        return 0
    known = [value for value in values if value is not None]
    return int(all(a < b for a, b in pairwise(known)))


def _places(values: Sequence[float | None]) -> dict[str, Any]:
    if list(values) == list(range(len(values))):
        return {"n": len(values)}
    return {"v": [None if value is None else _short(value) for value in values]}


def _points(trace: Trace, scales: tuple[Scale, Scale], bars: Sequence[Bar]) -> list[tuple[float | None, float | None]]:
    """Where each text belongs, in units."""
    x, y = scales
    if trace["type"] == "heatmap":
        across, down = ([scale.units(value) for value in values_on(trace, scale.name)] for scale in scales)
        return [
            (at, height)
            for height, row in zip(down, trace["z"], strict=True)
            for at, _ in zip(across, row, strict=False)
        ]
    pairs = [(x.units(a), y.units(b)) for a, b in zip(trace["x"], trace["y"], strict=True)]
    if trace["type"] == "bar" and len(bars) == len(pairs):
        flat = trace.get("orientation") == "h"
        middles = [(one.middle, (one.base + one.end) / 2.0) for one in bars]
        pairs = [(b, a) if flat else (a, b) for a, b in middles]
    return [tuple(None if v is None else _short(v) for v in pair) for pair in pairs]  # type: ignore[misc]


def _texts(trace: Trace) -> list[str] | None:
    """The text of every point; None for a trace that tells nothing."""
    if trace.get("hoverinfo") == "skip" or trace["type"] not in ("scatter", "bar", "heatmap"):
        return None
    if trace["type"] == "heatmap":
        cells = [(j, k) for j, row in enumerate(trace["z"]) for k in range(len(row))]
        if template := _EXTRA.sub("", str(trace.get("hovertemplate", ""))):
            return [_filled(template, _cell(trace, j, k), 0) for j, k in cells]
        if "text" in trace:
            return [str(trace["text"][j][k]) for j, k in cells]
        return [formatted(_number(trace["z"][j][k]), ".4~g") for j, k in cells]
    template = _EXTRA.sub("", str(trace.get("hovertemplate", "")))
    count = len(trace["x"])
    if not template:
        values = trace["x"] if trace.get("orientation") == "h" else trace["y"]
        texts = trace.get("text")
        return [str(each(texts, k, None) or formatted(_number(values[k]), ".4~g")) for k in range(count)]
    return [_filled(template, trace, k) for k in range(count)]


def _cell(trace: Trace, j: int, k: int) -> dict[str, Any]:
    """One cell of a heat map as a trace of one point."""
    text = trace["text"][j][k] if "text" in trace else ""
    across, down = (trace.get(letter, range(place + 1)) for letter, place in (("x", k), ("y", j)))
    return {"x": [across[k]], "y": [down[j]], "z": [trace["z"][j][k]], "text": [text]}


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _filled(template: str, trace: Trace, k: int) -> str:
    def value(found: re.Match[str]) -> str:
        held = each(trace.get(found["key"]), k, "")
        if found["spec"] and not isinstance(held, str):
            return formatted(_number(held), found["spec"])
        return str(held)

    return _FIELD.sub(value, template)


def _split(texts: Sequence[str], name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The first lines, which say where a point is, and the rest, which say what is there, without the series' name."""
    heads, bodies = [], []
    own = plain_text(name)
    for text in texts:
        lines = [line.text for line in lines_of(text)]
        head = lines.pop(0) if len(lines) > 1 else ""
        body = " · ".join(lines)
        heads.append(head)
        bodies.append(body.removeprefix(f"{own} ").removeprefix(f"{own}: ") if own else body)
    return tuple(heads), tuple(bodies)


def packed(texts: Sequence[str]) -> dict[str, Any]:
    """Texts as what they all begin (b) and end (e) with, and what is between (t), joined by a mark (d)."""
    if not texts:
        return {"t": ""}
    first, last = min(texts), max(texts)
    begin = 0
    while begin < min(len(first), len(last)) and first[begin] == last[begin]:
        begin += 1
    turned = [text[begin:][::-1] for text in texts]
    first, last = min(turned), max(turned)
    end = 0
    while end < min(len(first), len(last)) and first[end] == last[end]:
        end += 1
    inner = [text[begin : len(text) - end] for text in texts]
    found: dict[str, Any] = {
        "n": len(texts),
        "b": texts[0][:begin],
        "e": texts[0][len(texts[0]) - end :] if end else "",
    }
    if not any(inner):
        return found
    mark = next((mark for mark in SEPARATORS if not any(mark in text for text in inner)), None)
    return {**found, "t": inner} if mark is None else {**found, "t": mark.join(inner), "d": mark}


def unpacked(held: Mapping[str, Any]) -> list[str]:
    """The texts again."""
    if "n" not in held:
        return []
    inner = held.get("t", [""] * held["n"])
    parts = inner.split(held["d"]) if isinstance(inner, str) else inner
    return [f"{held['b']}{part}{held['e']}" for part in parts]


def _colour(trace: Trace) -> str:
    """The colour by which a reader knows a series."""
    for held in (trace.get("line", {}).get("color"), trace.get("marker", {}).get("color")):
        if isinstance(held, str):
            return held
    return ""
