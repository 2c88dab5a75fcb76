"""What a figure tells where a reader points at it, as compact JSON: places in units of the axes, and finished texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate, pairwise
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
# Ends of axes are told more finely than what lies between: a NAV of a million may move by a dollar.
END_DIGITS = 12
# Parts of a panel's height that heights are told in: 25 a pixel of a panel of 400, which is a tall one.
PARTS = 10_000
GAPS = "0123456789abcdefghijklmnopqrstuvwxyz"
DAY_LENGTH, MOST_WORDS = len("2026-07-01"), 6
MINUS = "\N{MINUS SIGN}"
SEPARATORS = "|;^~¦"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIELD = re.compile(r"%\{(?P<key>text|x|y|z)(?::(?P<spec>[^}]*))?\}")
_EXTRA = re.compile(r"<extra>.*?</extra>", re.DOTALL)
# A figure is one of days where so large a part of its places begin with one.
MOST_DAYS = 0.9


def hover(figure: Figure) -> dict[str, Any]:
    """Panels (p), shared places (x), series (s) and whether the places are sessions (t) and read together (u).

    A panel: names of its axes with their ends. Places: units (v, or r for stretches of a start and how many steps of
    1) and what stands there (h). A series: panel, name, colour, its places' number, heights (y: each as its step from
    the one before, in PARTS of the panel) and texts (t).
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
        panel = pairs.index(pair)
        name = str(trace.get("name", "") or title_of(y if trace["type"] == "scatter" else x))
        series.append(
            {
                "k": k,
                "p": panel,
                "n": plain_text(name),
                "c": _colour(trace),
                "x": places.index(place),
                "y": _steps([height for _, height in points], _ends(y)),
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
    return _short(scale.low, END_DIGITS), _short(scale.high, END_DIGITS)


def _short(value: float, digits: int = DIGITS) -> float:
    number = float(f"{value:.{digits}g}")
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _steps(heights: Sequence[float | None], ends: tuple[float, float]) -> list[int | None]:
    """Heights as whole PARTS of the way between the ends, each less the one before."""
    low, high = ends
    found: list[int | None] = []
    before = 0
    for height in heights:
        at = None if height is None else round((height - low) / ((high - low) or 1.0) * PARTS)
        found.append(None if at is None else at - before)
        before = before if at is None else at
    return found


def heights_of(told: Mapping[str, Any], series: Mapping[str, Any]) -> list[float | None]:
    """The heights of a series again, to a part in PARTS of its panel."""
    low, high = told["p"][series["p"]][4:6]
    walked = iter(accumulate(step for step in series["y"] if step is not None))
    return [None if step is None else low + (high - low) * next(walked) / PARTS for step in series["y"]]


def _together(trace: Trace, values: Sequence[float | None]) -> int:
    """Whether all values at one place are read together: of lines whose places go up."""
    if trace["type"] != "scatter" or "lines" not in trace.get("mode", "lines") or trace.get("hoveron") == "points":
        return 0
    known = [value for value in values if value is not None]
    return int(all(a < b for a, b in pairwise(known)))


def _places(values: Sequence[float | None]) -> dict[str, Any]:
    starts = [k for k, value in enumerate(values) if k == 0 or value is None or value != _next(values[k - 1])]
    if len(starts) > len(values) / 4.0:
        return {"v": [None if value is None else _short(value) for value in values]}
    ends = [*starts[1:], len(values)]
    return {"r": [[_short(values[a] or 0.0), b - a] for a, b in zip(starts, ends, strict=True)]}


def _next(value: float | None) -> float | None:
    return None if value is None else value + 1.0


def places_of(held: Mapping[str, Any]) -> list[float | None]:
    """The units of places again."""
    if "v" in held:
        return list(held["v"])
    return [start + k for start, count in held["r"] for k in range(count)]


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
    return pairs


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
    """Texts as what they all begin (b) and end (e) with, and what is between (t), joined by a mark (d).

    Days one after the other are the first (day), the days from one to the next (g), a digit of GAPS each, and what
    follows them (w, of several each by its digit in k). Minus signs are hyphens (m) where nothing else is.
    """
    if not texts:
        return {"t": ""}
    if (days := _days(texts)) is not None:
        return days
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
    if any(MINUS in text for text in inner) and not any("-" in text for text in inner):
        inner = [text.replace(MINUS, "-") for text in inner]
        found["m"] = 1
    mark = next((mark for mark in SEPARATORS if not any(mark in text for text in inner)), None)
    return {**found, "t": inner} if mark is None else {**found, "t": mark.join(inner), "d": mark}


def _days(texts: Sequence[str]) -> dict[str, Any] | None:
    """Days that go on; None for other texts, and where two are further apart than a digit tells."""
    if not all(_DAY.match(text) for text in texts):
        return None
    try:
        days = [date.fromisoformat(text[:DAY_LENGTH]) for text in texts]
    except ValueError:
        return None
    gaps = [(b - a).days for a, b in pairwise(days)]
    words = list(dict.fromkeys(text[DAY_LENGTH:] for text in texts))
    if not gaps or min(gaps) < 0 or max(gaps) >= len(GAPS) or len(words) > MOST_WORDS:
        return None
    found = {"n": len(texts), "day": texts[0][:DAY_LENGTH], "g": "".join(GAPS[gap] for gap in (0, *gaps)), "w": words}
    return found if len(words) == 1 else {**found, "k": "".join(GAPS[words.index(text[DAY_LENGTH:])] for text in texts)}


def unpacked(held: Mapping[str, Any]) -> list[str]:
    """The texts again."""
    if "n" not in held:
        return []
    if "day" in held:
        first, which = date.fromisoformat(held["day"]), held.get("k", GAPS[0] * held["n"])
        days = [str(first + timedelta(days=days)) for days in accumulate(GAPS.index(gap) for gap in held["g"])]
        return [day + held["w"][GAPS.index(digit)] for day, digit in zip(days, which, strict=True)]
    inner = held.get("t", [""] * held["n"])
    parts = inner.split(held["d"]) if isinstance(inner, str) else inner
    if "m" in held:
        parts = [part.replace("-", MINUS) for part in parts]
    return [f"{held['b']}{part}{held['e']}" for part in parts]


def _colour(trace: Trace) -> str:
    """The colour by which a reader knows a series."""
    for held in (trace.get("line", {}).get("color"), trace.get("marker", {}).get("color")):
        if isinstance(held, str):
            return held
    return ""
