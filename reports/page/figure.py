"""A figure in the words of plotly, and the look that all figures share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

# Okabe and Ito's blue and vermilion-orange: told apart with every common colour blindness, and in grey.
BLUE, ORANGE, SLATE, GREY = "#0072b2", "#d55e00", "#5f6672", "#8a8f98"
# For lines that must be told apart: the rest of that palette, dark enough for a white page.
COLOURS = (
    BLUE, ORANGE, "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7f4fc9", "#8c564b", "#17807e", "#c44e52", "#4d4d4d",
)  # fmt: skip
# One meaning for each over all reports: what was gained and what was lost, what something is held against, a total.
GAIN, LOSS, BENCHMARK, TOTAL = BLUE, ORANGE, GREY, SLATE
# Names that are neither, such as factors and instruments.
NAMED = COLOURS[2:]
# What each colour is on a dark page: as far from it as the first is from white.
DARK = {
    BLUE: "#4aa8e0", ORANGE: "#f08a3c", SLATE: "#aab2be", GREY: "#8a8f98", "#009e73": "#2fc79b", "#cc79a7": "#e2a3c5",
    "#b8860b": "#d9ab3f", "#56b4e9": "#7cc8f2", "#7f4fc9": "#ae8ae8", "#8c564b": "#c08a7e", "#17807e": "#43b3b1",
    "#c44e52": "#e58286", "#4d4d4d": "#b5b5b5", "#e69f00": "#f0b73a",
}  # fmt: skip
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Figure:
    """Traces and layout, each a plain value; caption: what the figure shows, in words; half: whether two of a section
    stand beside each other where a page is wide enough."""

    name: str
    caption: str
    data: tuple[dict[str, Any], ...]
    layout: dict[str, Any]
    half: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """Data and layout as one JSON-ready value."""
        return {"data": list(self.data), "layout": self.layout}

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.layout["height"])


def named(k: int) -> str:
    """The colour of the k-th name of a figure: of a bucket, a factor, a set, a method."""
    return NAMED[k % len(NAMED)]


def signed(value: float) -> str:
    """The colour of an amount that was gained or lost."""
    return LOSS if value < 0.0 else GAIN


def label(name: str) -> str:
    """A name as plotly must be given it, which reads labels as a small dialect of HTML."""
    return escape(name, quote=False)


LEGEND: dict[str, Any] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False}


def layout(
    height: int, *, top: int = 10, right: int = 10, legend: bool | Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The shared layout; colours of text, grid and lines come from the page's style sheet.

    top, right: pixels beside the panels; legend: whether the shared legend is shown, or one of its own;
    None for a figure without one.
    """
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 10, "r": right, "t": top, "b": 10},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13},
        "showlegend": bool(legend),
        "dragmode": False,
        "separators": ".,",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": GREY, "font": {"color": "#1d2129", "size": 13}},
    }
    if legend is not None:
        base["legend"] = LEGEND if isinstance(legend, bool) else legend
    return {**base, **more}


def heading(text: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """A text above a panel, from its left edge `x` on and over its top `y`, both as fractions of the figure."""
    place = {"xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": "left", "yanchor": "bottom"}
    return {"text": text, **place, "showarrow": False, "font": {"size": 12}, **more}


def line_of(
    x: Sequence[Any], y: Sequence[Any], colour: str, *, width: float = 2, dash: str = "", shape: str = "", **more: Any
) -> dict[str, Any]:
    """A line through points; its texts, where it has any, are what a reader sees on it."""
    style = {name: value for name, value in (("dash", dash), ("shape", shape)) if value}
    told = {"hovertemplate": "%{text}<extra></extra>"} if "text" in more else {}
    line = {"color": colour, "width": width, **style}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, **told, **more}
