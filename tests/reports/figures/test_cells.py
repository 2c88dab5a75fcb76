"""Figures in cells of heat maps can be read on every colour that a map has, on a light and on a dark page."""

from __future__ import annotations

import itertools
import math
from typing import Any
from xml.etree import ElementTree

import pytest

from hedgebook.reports.figures.cells import CELL_INKS, SCALES, colour_of, ink_on
from hedgebook.reports.figures.svg import svg
from hedgebook.reports.page.figure import DARK, Figure, layout
from hedgebook.reports.sweep.maps import DIVERGING
from hedgebook.reports.tearsheet.calendars import LOSS_TO_GAIN

READABLE = 4.5
SVG = "{http://www.w3.org/2000/svg}"


def brightness(colour: str) -> float:
    """WCAG 2.2, relative luminance, of #rrggbb."""
    total = 0.0
    for weight, place in ((0.2126, 1), (0.7152, 3), (0.0722, 5)):
        share = int(colour[place : place + 2], 16) / 255
        total += weight * (share / 12.92 if share <= 0.04045 else math.pow((share + 0.055) / 1.055, 2.4))
    return total


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    return (max(brightness(one), brightness(other)) + 0.05) / (min(brightness(one), brightness(other)) + 0.05)


def test_the_formula_is_that_of_the_guidelines() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    # Two greys that guides to WCAG name: the lightest on white that passes 4.5, and one that just does not.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scale", [LOSS_TO_GAIN, DIVERGING, SCALES["Cividis"]])
def test_a_figure_stands_out_from_every_colour_of_a_scale(scale: list[list[Any]]) -> None:
    for k in range(1001):
        colour = colour_of(scale, k / 1000)
        assert contrast(ink_on(colour), colour) >= READABLE, colour


def test_a_figure_stands_out_from_any_colour() -> None:
    for parts in itertools.product(range(0, 256, 15), repeat=3):
        colour = "#{:02x}{:02x}{:02x}".format(*parts)
        assert contrast(ink_on(colour), colour) >= READABLE, colour


def test_what_is_drawn_keeps_its_colours_on_a_dark_page() -> None:
    shares = [k / 20 for k in range(21)]
    heat = {
        "type": "heatmap", "z": [shares], "text": [[f"{s:.0%}" for s in shares]], "texttemplate": "%{text}",
        "colorscale": LOSS_TO_GAIN, "zmin": 0.0, "zmax": 1.0, "showscale": False,
    }  # fmt: skip
    tree = ElementTree.fromstring(svg(Figure("heat", "c", (heat,), layout(120))))
    cells = [one for one in tree.iter(f"{SVG}rect") if one.get("fill", "").startswith("#")][-len(shares) :]
    texts = [one for one in tree.iter(f"{SVG}text") if (one.text or "").endswith("%")]
    assert len(texts) == len(shares)
    for cell, text in zip(cells, texts, strict=True):
        assert contrast(cell.get("fill", ""), text.get("fill", "")) >= READABLE
        # A class is what turns a colour on a dark page.
        assert cell.get("class") is None
        assert text.get("class", "")[1:] in {ink[1:] for ink in CELL_INKS}
    assert not set(CELL_INKS) & set(DARK)
