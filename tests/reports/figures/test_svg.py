"""Figures as SVG: scales, ticks and marks against closed forms; nothing silently left out."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from hedgebook.reports.figures.axes import Scale
from hedgebook.reports.figures.bars import bars_of
from hedgebook.reports.figures.canvas import path_of, thinned
from hedgebook.reports.figures.cells import colour_of
from hedgebook.reports.figures.formats import day_number, formatted
from hedgebook.reports.figures.svg import svg
from hedgebook.reports.figures.text import lines_of, width_px, wrapped
from hedgebook.reports.figures.ticks import date_ticks, linear_ticks, log_ticks
from hedgebook.reports.page.axes import axis
from hedgebook.reports.page.figure import BLUE, Figure, layout

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*data: dict[str, Any], narrow: bool = False, height: int = 300, **more: Any) -> ElementTree.Element:
    figure = Figure("one", "A figure.", data, layout(height, **more))
    return ElementTree.fromstring(svg(figure, 370 if narrow else 960, narrow))


def marks(tree: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    """Elements of a kind within the traces."""
    return [one for group in tree.iter(f"{SVG}g") if group.get("class") == "tr" for one in group.iter(f"{SVG}{kind}")]


def area(tree: ElementTree.Element) -> tuple[float, float, float, float]:
    box = next(one for one in tree.iter(f"{SVG}rect") if one.get("class") == "area")
    left, top, width, height = (float(box.get(key, "nan")) for key in ("x", "y", "width", "height"))
    return left, top, width, height


def points(data: str) -> list[list[tuple[float, float]]]:
    """The stretches of a path of absolute starts and relative steps, walked step by step."""
    found: list[list[tuple[float, float]]] = []
    for letter, rest in re.findall(r"([Mlz])([^Mlz]*)", data):
        if letter == "z":
            continue
        numbers = [float(part) for part in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            last = found[-1][-1] if letter == "l" else (0.0, 0.0)
            if letter == "M":
                found.append([])
            found[-1].append((last[0] + x, last[1] + y))
    return found


LINE = {"type": "scatter", "mode": "lines", "line": {"color": BLUE, "width": 2}}


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (1234567.0, ",~f", "1,234,567"), (0.125, ".1%", "12.5%"), (0.5, ",~%", "50%"), (-0.0321, ".2%", "−3.21%"),
        (-3.0, "d", "−3"), (0.5, ".2f", "0.50"), (-0.001, ".1%", "−0.1%"), (-0.0001, ".1%", "0.0%"),
        (1.5, ",~f", "1.5"), (math.nan, ".1f", "–"), (0.07, ",.0%", "7%"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_their_format_says(value: float, spec: str, text: str) -> None:
    assert formatted(value, spec) == text


def test_scales_are_straight_lines_between_their_ends() -> None:
    scale = Scale("x", "linear", {}, low=-2.0, high=6.0, start=100.0, end=500.0)
    assert [scale.at(v) for v in (-2, 0, 2, 6)] == [100.0, 200.0, 300.0, 500.0]
    assert scale.at(None) is None
    assert scale.at(math.nan) is None
    log = Scale("y", "log", {}, low=0.0, high=2.0, start=200.0, end=0.0)
    assert [log.at(v) for v in (1, 10, 100)] == [200.0, 100.0, 0.0]
    assert log.at(-1.0) is None
    days = Scale("x", "date", {}, low=day_number("2026-01-01"), high=day_number("2026-01-11"), start=0.0, end=10.0)
    assert days.at("2026-01-04") == 3.0
    assert days.at("2026-01-04 12:00:00") == 3.5


@pytest.mark.parametrize(
    ("low", "high", "most", "wanted"),
    [
        (0.0, 10.0, 6, [0, 2, 4, 6, 8, 10]), (-0.31, 0.14, 6, [-0.3, -0.2, -0.1, 0.0, 0.1]),
        (0.0, 1.0, 3, [0.0, 0.5, 1.0]), (98.0, 103.0, 6, [98, 99, 100, 101, 102, 103]),
        (0.0, 7e6, 4, [0, 2e6, 4e6, 6e6]),
    ],
)  # fmt: skip
def test_ticks_are_round_and_not_too_many(low: float, high: float, most: int, wanted: list[float]) -> None:
    found = [value for value, _ in linear_ticks(low, high, most)]
    assert found == pytest.approx(wanted, abs=1e-12)
    assert len(found) <= most


def test_ticks_of_logarithms_and_of_days() -> None:
    assert [10**at for at, _ in log_ticks(0.0, 3.0, 4)] == pytest.approx([1, 10, 100, 1000])
    found = date_ticks(day_number("2025-01-15"), day_number("2026-07-20"), 7)
    assert [text for _, text in found] == [
        "Apr<br>2025", "Jul<br>2025", "Oct<br>2025", "Jan<br>2026", "Apr<br>2026", "Jul<br>2026",
    ]  # fmt: skip
    years = date_ticks(day_number("2000-02-01"), day_number("2026-07-20"), 8)
    assert [text for _, text in years] == ["2005", "2010", "2015", "2020", "2025"]
    week = date_ticks(day_number("2026-06-29"), day_number("2026-07-20"), 5)
    assert [text for _, text in week] == ["29 Jun<br>2026", "6 Jul<br>2026", "13 Jul<br>2026", "20 Jul<br>2026"]


def test_bars_are_as_long_as_their_values() -> None:
    values = [10.0, 25.0, -5.0]
    tree = drawn({"type": "bar", "x": ["a", "b", "c"], "y": values, "marker": {"color": BLUE}})
    heights = [float(one.get("height", "nan")) for one in marks(tree, "rect")]
    assert heights[1] / heights[0] == pytest.approx(2.5, abs=0.01)
    assert heights[2] / heights[0] == pytest.approx(0.5, abs=0.01)
    tops = [float(one.get("y", "nan")) for one in marks(tree, "rect")]
    assert tops[2] == pytest.approx(tops[0] + heights[0], abs=0.11)


def test_bars_of_a_group_stand_side_by_side_and_relative_ones_on_each_other() -> None:
    one = {"type": "bar", "x": ["a", "b"], "y": [1.0, -2.0], "marker": {"color": BLUE}}
    two = {**one, "y": [3.0, -4.0]}
    scales = {"x": Scale("x", "category", {}, {"a": 0, "b": 1}), "y": Scale("y", "linear", {})}
    group = bars_of((one, two), {"barmode": "group", "bargap": 0.2}, scales)
    assert [bar.middle for bar in group[0]] == pytest.approx([-0.2, 0.8])
    assert [bar.middle for bar in group[1]] == pytest.approx([0.2, 1.2])
    stack = bars_of((one, two), {"barmode": "relative"}, scales)
    assert [(bar.base, bar.end) for bar in stack[1]] == [(1.0, 4.0), (-2.0, -6.0)]


def test_a_waterfall_goes_on_where_the_last_step_ended() -> None:
    look = {way: {"marker": {"color": BLUE}} for way in ("increasing", "decreasing", "totals")}
    trace = {
        "type": "waterfall", "orientation": "h", "y": ["a", "b", "all"], "x": [5.0, -3.0, 2.0],
        "measure": ["relative", "relative", "total"], **look,
    }  # fmt: skip
    scales = {"y": Scale("y", "category", {}, {"a": 0, "b": 1, "all": 2}), "x": Scale("x", "linear", {})}
    assert [(bar.base, bar.end) for bar in bars_of((trace,), {}, scales)[0]] == [(0.0, 5.0), (5.0, 2.0), (0.0, 2.0)]


def test_a_line_has_its_points_and_gaps_where_values_are_missing() -> None:
    y = [1.0, 2.0, None, 4.0, math.nan, 6.0, 7.0, 8.0]
    tree = drawn({**LINE, "x": list(range(8)), "y": y}, xaxis=axis(range=[0, 7]), yaxis=axis(range=[0, 10]))
    runs = points(marks(tree, "path")[0].get("d", ""))
    assert [len(run) for run in runs] == [2, 2, 3]  # the lone point is a dot: two points a tenth of a pixel apart
    left, top, width, height = area(tree)
    for run, places in zip(runs, ([0, 1], [3], [5, 6, 7]), strict=True):
        for (px, py), k in zip(run, places, strict=False):
            assert px == pytest.approx(left + width * k / 7, abs=0.1)
            assert py == pytest.approx(top + height * (1 - (k + 1) / 10), abs=0.1)


def test_long_lines_keep_their_extremes() -> None:
    line = [(k / 100.0, math.sin(k * k)) for k in range(20_000)]
    kept = thinned(line)
    assert len(kept) <= 4 * 202
    assert {min(line, key=lambda p: p[1]), max(line, key=lambda p: p[1]), line[0], line[-1]} <= set(kept)
    assert kept == sorted(kept)
    assert points(path_of([(1.25, 2.0), (3.0, -1.5)])) == [[(1.2, 2.0), (3.0, -1.5)]]


def test_missing_cells_differ_from_zero_and_are_named() -> None:
    heat = {"type": "heatmap", "z": [[0.0, None], [-1.0, 1.0]], "zmin": -1.0, "zmax": 1.0}
    tree = drawn(heat)
    fills = [one.get("fill", "") for one in marks(tree, "rect")[:4]]
    assert fills[1].startswith("url(#")
    assert not any(fill.startswith("url(#") for k, fill in enumerate(fills) if k != 1)
    assert "no value" in [one.text for one in tree.iter(f"{SVG}text")]
    whole = drawn({**heat, "z": [[0.0, 0.5], [-1.0, 1.0]]})
    assert "no value" not in [one.text for one in whole.iter(f"{SVG}text")]


def test_colours_between_two_stops_are_mixed() -> None:
    stops = [[0.0, "#000000"], [0.5, "#804000"], [1.0, "#ffffff"]]
    assert colour_of(stops, 0.25) == "#402000"
    assert colour_of(stops, 0.75) == "#c0a080"
    assert colour_of(stops, 2.0) == "#ffffff"


def test_steps_go_across_before_they_go_up() -> None:
    trace = {**LINE, "x": [0, 1], "y": [0, 1], "line": {"shape": "hvh", "width": 1, "color": BLUE}}
    tree = drawn(trace, xaxis=axis(range=[0, 1]), yaxis=axis(range=[0, 1]))
    left, top, width, height = area(tree)
    wanted = [(left, top + height), (left + width / 2, top + height), (left + width / 2, top), (left + width, top)]
    for found, at in zip(points(marks(tree, "path")[0].get("d", ""))[0], wanted, strict=True):
        assert found == pytest.approx(at, abs=0.11)


@pytest.mark.parametrize(
    ("data", "more"),
    [
        ({**LINE, "x": [0], "y": [0], "stackgroup": "one"}, {}),
        ({**LINE, "x": [0], "y": [0], "line": {"simplify": True}}, {}),
        ({"type": "violin", "y": [1]}, {}),
        ({**LINE, "x": [0], "y": [0]}, {"yaxis": {"side": "right"}}),
        ({**LINE, "x": [0], "y": [0]}, {"annotations": [{"text": "a", "x": 0, "y": 0, "ax": 3}]}),
        ({**LINE, "x": [0], "y": [0]}, {"sliders": []}),
        ({**LINE, "mode": "markers", "marker": {"symbol": "hexagon"}, "x": [0], "y": [0]}, {}),
    ],
)
def test_what_would_not_be_drawn_is_refused(data: dict[str, Any], more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not drawn|no such"):
        drawn(data, **more)


def test_labels_are_text_whatever_they_hold() -> None:
    assert [(one.text, one.bold) for one in lines_of("<b>a &lt;i&gt;</b><br>b")] == [("a <i>", True), ("b", False)]
    name = "&lt;script&gt;\x00\ud800"
    tree = drawn({"type": "bar", "orientation": "h", "y": [name], "x": [1.0], "marker": {"color": BLUE}})
    assert "<script>\ufffd\ufffd" in [one.text for one in tree.iter(f"{SVG}text")]


def test_lines_are_broken_at_spaces_and_no_wider_than_asked() -> None:
    found = wrapped(lines_of("one two three four-and-a-half extraordinarily"), 12.0, 60.0)
    assert all(width_px(line.text, 12.0) <= 60.0 for line in found)
    assert "".join(line.text for line in found).replace(" ", "") == "onetwothreefour-and-a-halfextraordinarily"
    assert found[0].text == "one two"


def test_the_same_figure_is_the_same_bytes() -> None:
    figure = Figure("one", "A figure.", ({**LINE, "x": [0, 1], "y": [0.1, 0.3]},), layout(200))
    assert svg(figure) == svg(Figure("one", "A figure.", ({**LINE, "x": [0, 1], "y": [0.1, 0.3]},), layout(200)))


def test_panels_stand_beneath_each_other_on_a_narrow_screen() -> None:
    data = [{**LINE, "x": [0, 1], "y": [0, 1], "xaxis": f"x{n}", "yaxis": f"y{n}"} for n in ("", "2", "3")]
    axes: dict[str, Any] = {}
    for n, (across, up) in (("", ((0, 0.45), (0.6, 1))), ("2", ((0.55, 1), (0.6, 1))), ("3", ((0, 0.45), (0, 0.4)))):
        axes |= {f"xaxis{n}": axis(domain=across, anchor=f"y{n}"), f"yaxis{n}": axis(domain=up, anchor=f"x{n}")}
    tree = drawn(*data, narrow=True, **axes)
    boxes = [
        tuple(float(one.get(key, "nan")) for key in ("x", "y", "width", "height"))
        for one in tree.iter(f"{SVG}rect")
        if one.get("class") == "area"
    ]
    assert len({(left, width) for left, _, width, _ in boxes}) == 1
    assert all(a[1] + a[3] + 20 < b[1] for a, b in pairwise(boxes))
