"""Every figure of every kind of report, wide and narrow: well-formed, within its frame, no label on another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from xml.etree import ElementTree

import pytest

import hedgebook as hb
from hedgebook.reports.figures.svg import svg
from hedgebook.reports.figures.text import width_px
from hedgebook.reports.page.figure import Figure, layout
from hedgebook.reports.page.hover import heights_of, hover, packed, places_of, unpacked
from hedgebook.reports.page.json import plain
from hedgebook.reports.page.section import Section
from hedgebook.reports.run.page import sections
from hedgebook.reports.sweep.page import sweep_sections
from hedgebook.strategies.run.run import TradeRun

from ..sweeps import SHAPES, sweep_of

SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]
NEAR_PX, LINE_FRAC = 0.6, 0.7


def figures_of(parts: Sequence[Section]) -> list[Figure]:
    return [figure for part in parts for figure in part.figures]


def texts(node: ElementTree.Element, *, moving: bool = False) -> list[tuple[str, Box, bool]]:
    """Upright texts with their boxes, as wide as the table of widths has them, and whether they are notes."""
    found = []
    for child in node:
        if child.get("transform"):
            continue  # titles at the left, which are turned
        notes = moving or child.get("class") == "mv"
        if child.tag == f"{SVG}text" and child.text:
            size, bold = float(child.get("font-size", "nan")), child.get("font-weight") is not None
            wide = width_px(child.text, size, bold=bold)
            x, base = float(child.get("x", "nan")), float(child.get("y", "nan"))
            left = x - {"middle": wide / 2.0, "end": wide}.get(child.get("text-anchor", ""), 0.0)
            found.append((child.text, (left, base - LINE_FRAC * size, left + wide, base), notes))
        found += texts(child, moving=notes)
    return found


def check(figure: Figure) -> None:
    for width, narrow in ((960, False), (560, False), (370, True)):
        text = svg(figure, width, narrow)
        assert text == svg(figure, width, narrow)
        tree = ElementTree.fromstring(text)
        _, _, wide, high = (float(part) for part in str(tree.get("viewBox")).split())
        assert wide == width
        boxes = texts(tree)
        for words, (left, top, right, bottom), _ in boxes:
            assert left >= -NEAR_PX, (figure.name, width, words)
            assert right <= wide + NEAR_PX, (figure.name, width, words)
            assert top >= -NEAR_PX, (figure.name, width, words)
            assert bottom <= high + NEAR_PX, (figure.name, width, words)
        for (one, a, note_a), (other, b, note_b) in combinations(boxes, 2):
            across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert note_a != note_b or across <= NEAR_PX or down <= NEAR_PX, (figure.name, width, one, other)


@pytest.mark.parametrize("shape", ["run", "one_leg", "one_session", "free"])
def test_figures_of_runs(every_run: dict[str, TradeRun], shape: str) -> None:
    for figure in figures_of(sections(every_run[shape])):
        check(figure)


@pytest.mark.parametrize("shape", [name for name in SHAPES if name not in ("large", "walk")])
def test_figures_of_sweeps(shape: str) -> None:
    for figure in figures_of(sweep_sections(sweep_of(shape))):
        check(figure)


def test_figures_of_the_other_kinds(market: hb.Market) -> None:
    from hedgebook.reports.league.page import league_sections
    from hedgebook.reports.series.page import series_sections
    from hedgebook.reports.study.page import study_sections

    parts = [
        *study_sections(hb.event_study("meta-compute-2026", market)),
        *series_sections(hb.event_series("long-meta-short-neocloud", market)),
        *league_sections(hb.hedges("long-meta-short-neocloud", market)),
    ]
    assert len(figures_of(parts)) == 8
    for figure in figures_of(parts):
        check(figure)


def test_what_a_figure_tells_is_its_data(run: TradeRun) -> None:
    figure = next(figure for figure in figures_of(sections(run)) if figure.name == "equity")
    told = plain(hover(figure))
    benchmark, nav, drawdown = told["s"][:3]
    assert benchmark["n"] == "SPY"
    assert (nav["n"], drawdown["n"]) == ("NAV, USD", "Drawdown")
    places = told["x"][nav["x"]]
    heads, bodies = unpacked(places["h"]), unpacked(nav["t"])
    assert [f"{head}<br>{body}" for head, body in zip(heads, bodies, strict=True)] == figure.data[1]["text"]
    assert places_of(places) == figure.data[1]["x"]
    low, high = told["p"][nav["p"]][4:6]
    assert heights_of(told, nav) == pytest.approx(figure.data[1]["y"], abs=0.51e-4 * (high - low))
    assert told["t"] == 1
    assert told["p"][0][:2] == ["x", "y"]


def test_heights_of_a_line_that_hardly_moves_are_told() -> None:
    nav = [1e6, 1e6 + 0.5, 1e6 + 2.0, None, *[1e6 + 1.0] * 8]
    line = {"type": "scatter", "mode": "lines", "x": [0.5, *range(1, 12)], "y": nav, "text": list("abcdefghijkl")}
    told = plain(hover(Figure("nav", "c", ({**line, "hovertemplate": "%{text}"},), layout(200))))
    (places,), (series,) = told["x"], told["s"]
    assert places["r"] == [[0.5, 1], [1, 11]]
    assert heights_of(told, series) == [None if at is None else pytest.approx(at, abs=2e-4) for at in nav]


@pytest.mark.parametrize(
    "held",
    [
        [], ["one"], ["a|b 1%", "a|b 2%"], ["", "x"], ["12 USD", "1 USD", "2 USD"], ["aa", "a"], ["|;^~¦a", "b"],
        ["2023-12-29", "2024-01-02", "2024-02-05", "2024-02-29", "2024-02-29"], ["2026-07-31", "2026-07-30"],
        ["2026-07-01", "2026-09-01"], ["2026-07-01", "2026-07-01 open", "2026-07-02"], ["2026-13-01", "2026-07-02"],
        [f"2026-07-0{k}{chr(97 + k)}" for k in range(1, 9)], ["−1.5", "2", "−3"], ["−1", "2-3"], ["−2 a", "−2 b"],
    ],
)  # fmt: skip
def test_packed_texts_come_back(held: list[str]) -> None:
    assert unpacked(packed(held)) == held
