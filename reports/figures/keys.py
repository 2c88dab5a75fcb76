"""The part of plotly's vocabulary that is drawn; what is not listed is refused, so that nothing is left out unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Known = Mapping[str, Any]
# A key with None holds a plain value; one with a table holds an object with those keys.
LINE: Known = dict.fromkeys(("color", "width", "dash", "shape"))
FONT: Known = dict.fromkeys(("size", "color", "family"))
MARKER: Known = {**dict.fromkeys(("color", "size", "symbol", "opacity")), "line": LINE}
ERROR: Known = dict.fromkeys(("type", "array", "arrayminus", "symmetric", "thickness", "width", "color"))
TITLE: Known = {"text": None, "font": FONT, "standoff": None}
COLOUR_BAR: Known = {
    **dict.fromkeys(("thickness", "tickformat", "nticks", "outlinewidth", "tickvals", "ticktext")),
    "tickfont": FONT,
}
_HOVER = ("hoverinfo", "hovertemplate", "hoveron", "hoverongaps", "customdata")
_TRACE: Known = {
    **dict.fromkeys(("type", "name", "x", "y", "xaxis", "yaxis", "text", "showlegend", "legendgroup", "opacity")),
    **dict.fromkeys(_HOVER),
}
_BAR: Known = {
    **dict.fromkeys(("orientation", "textposition", "textangle", "cliponaxis", "width")),
    "insidetextfont": FONT,
    "textfont": FONT,
}
TRACES: Mapping[str, Known] = {
    "scatter": {
        **_TRACE,
        **dict.fromkeys(("mode", "fill", "fillcolor", "cliponaxis")),
        "line": LINE,
        "marker": MARKER,
        "error_x": ERROR,
        "error_y": ERROR,
    },
    "bar": {**_TRACE, **_BAR, "marker": MARKER},
    "waterfall": {
        **_TRACE,
        **_BAR,
        "measure": None,
        **{way: {"marker": MARKER} for way in ("increasing", "decreasing", "totals")},
        "connector": {"line": LINE},
    },
    "heatmap": {
        **_TRACE,
        **dict.fromkeys(("z", "colorscale", "reversescale", "zmin", "zmax", "zmid", "showscale", "xgap", "ygap")),
        "texttemplate": None,
        "textfont": FONT,
        "colorbar": COLOUR_BAR,
    },
    "box": {
        **_TRACE,
        **dict.fromkeys(("q1", "median", "q3", "lowerfence", "upperfence", "mean", "boxpoints", "orientation")),
        "line": LINE,
        "marker": MARKER,
        "fillcolor": None,
    },
}
AXIS: Known = {
    **dict.fromkeys(("automargin", "fixedrange", "gridcolor", "zeroline", "zerolinecolor", "ticks", "showline")),
    **dict.fromkeys(("showgrid", "range", "rangemode", "autorange", "type", "domain", "anchor", "tickformat")),
    **dict.fromkeys(("tickvals", "ticktext", "tickangle", "nticks", "tick0", "dtick", "showticklabels")),
    "tickfont": FONT,
    "title": TITLE,
}
SHAPE: Known = {
    **dict.fromkeys(("type", "xref", "yref", "x0", "x1", "y0", "y1", "fillcolor", "opacity", "layer")),
    "line": LINE,
}
ANNOTATION: Known = {
    **dict.fromkeys(("text", "x", "y", "xref", "yref", "xanchor", "yanchor", "xshift", "yshift", "align")),
    "showarrow": None,
    "font": FONT,
}
LEGEND: Known = {
    **dict.fromkeys(("orientation", "x", "y", "xanchor", "yanchor", "itemclick", "traceorder")),
    "font": FONT,
}
LAYOUT: Known = {
    **dict.fromkeys(("height", "margin", "paper_bgcolor", "plot_bgcolor", "font", "showlegend", "dragmode")),
    **dict.fromkeys(("separators", "hoverlabel", "hovermode", "bargap", "barmode", "shapes", "annotations")),
    "legend": LEGEND,
}
_AXIS_KEY = re.compile(r"[xy]axis\d*")


def check_keys(name: str, data: tuple[Mapping[str, Any], ...], layout: Mapping[str, Any]) -> None:
    """Raise ValueError for a type or key that would not be drawn, with the figure's name and the key's place."""
    for k, trace in enumerate(data):
        kind = trace.get("type")
        if kind not in TRACES:
            raise ValueError(f"figure {name}: data[{k}] has a type that is not drawn: {kind!r}")
        _check(f"figure {name}: data[{k}]", trace, TRACES[str(kind)])
    for key, value in layout.items():
        if _AXIS_KEY.fullmatch(key):
            _check(f"figure {name}: {key}", value, AXIS)
        elif key in ("shapes", "annotations"):
            for k, one in enumerate(value):
                _check(f"figure {name}: {key}[{k}]", one, SHAPE if key == "shapes" else ANNOTATION)
        else:
            _check(f"figure {name}: layout", {key: value}, LAYOUT)


def _check(where: str, held: Mapping[str, Any], known: Known) -> None:
    for key, value in held.items():
        if key not in known:
            raise ValueError(f"{where} has a key that is not drawn: {key!r}")
        if isinstance(known[key], Mapping) and isinstance(value, Mapping):
            _check(f"{where}.{key}", value, known[key])
