"""The figures of a capacity, by capital on a logarithmic scale."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from hedgebook.strategies.run.capacity import StrategyCapacity

from ..page.axes import axis, title
from ..page.figure import BENCHMARK, GAIN, GREY, TOTAL, Figure, layout
from ..page.numbers import count, number, percent, setting
from .tables import shown_curve

MONEY = ("10 k", "100 k", "1 m", "10 m", "100 m", "1 bn", "10 bn", "100 bn")
LINE: dict[str, Any] = {"type": "scatter", "mode": "lines", "hovertemplate": "%{text}<extra></extra>"}


def return_figure(found: StrategyCapacity) -> Figure | None:
    """What is left of the return at each capital; None where a ruin leaves no return at two capitals or more."""
    curve = shown_curve(found)
    curve = curve[~curve["ruined"].astype(bool)]
    if len(curve) < 2:
        return None
    capitals, net = curve.index.tolist(), curve["net_return"].tolist()
    gross = [found.gross_return] * len(capitals)
    lines = [
        {
            **_line(capitals, gross, f"before costs {percent(found.gross_return)}", BENCHMARK),
            "name": "Before costs",
            "line": {"color": BENCHMARK, "width": 2, "dash": "dash"},
        },
        {
            **_line(capitals, net, "", GAIN),
            "name": "Net",
            "text": [f"{count(c)} USD<br>net {percent(x)}" for c, x in zip(capitals, net, strict=True)],
        },
    ]
    low, high = min([*net, 0.0]), max([*gross, *net, 0.0])
    for name, capital, dash in _marks(found, capitals):
        lines.append(
            {
                **_line([capital, capital], [low, high], f"{name}: {count(capital)} USD", TOTAL),
                "name": name,
                "line": {"color": TOTAL, "width": 1.5, "dash": dash},
            }
        )
    caption = (
        "Return of the whole trade on capital, by how much capital it is given: before costs, which is the same for "
        "any, and net of costs and of what the account does not allow."
    )
    return _figure("capital", caption, lines, {"tickformat": ",.1%", "title": title("return on capital")}, 420)


def _marks(found: StrategyCapacity, capitals: list[float]) -> list[tuple[str, float, str]]:
    """The capitals that were looked for, where the figure shows them."""
    named = (
        (f"Largest order {setting(found.participation)} of volume", found.capital_usd, "dot"),
        (f"Costs eat {setting(found.share)}", found.costs_usd, "dashdot"),
    )
    return [(name, c, dash) for name, c, dash in named if math.isfinite(c) and capitals[0] <= c <= capitals[-1]]


def order_figure(found: StrategyCapacity) -> Figure | None:
    """The largest order over a day's volume at each capital; None where no volume is known."""
    known: pd.Series[float] = shown_curve(found)["largest_order_adv"].dropna()
    known = known[known > 0.0]
    if len(known) < 2:
        return None
    capitals, orders = known.index.tolist(), known.tolist()
    asked = found.participation
    lines = [
        {
            **_line(capitals, orders, "", GAIN),
            "name": "Largest order",
            "text": [
                f"{count(c)} USD<br>{number(x, 4)} times a day's volume" for c, x in zip(capitals, orders, strict=True)
            ],
        },
        {
            **_line(capitals, [asked] * len(capitals), f"{setting(asked)} of a day's volume", GREY),
            "name": f"{setting(asked)} of a day's volume",
            "line": {"color": GREY, "width": 1.5, "dash": "dash"},
        },
    ]
    caption = "The largest order as a multiple of its ticker's average daily value before it, by capital."
    across = {"type": "log", "title": title("of a day's volume"), **_powers(min(orders), max([*orders, asked]))}
    return _figure("order", caption, lines, across, 360)


def _powers(low: float, high: float) -> dict[str, Any]:
    """Ticks at whole powers of ten, of which so many stand apart."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = max(1, math.ceil((last - first) / 6))
    powers = range(first, last + 1, step)
    return {"tickvals": [10.0**k for k in powers], "ticktext": [f"{10.0**k:,.{max(0, -k)}f}" for k in powers]}


def _line(x: list[float], y: list[float], text: str, colour: str) -> dict[str, Any]:
    return {**LINE, "x": x, "y": y, "text": [text] * len(x), "line": {"color": colour, "width": 2}}


def _figure(name: str, caption: str, lines: list[dict[str, Any]], up: dict[str, Any], height: int) -> Figure:
    return Figure(
        name,
        caption,
        tuple(lines),
        layout(
            height,
            top=34,
            right=16,
            legend=True,
            xaxis=axis(
                type="log",
                tickvals=[10.0 ** (4 + k) for k in range(len(MONEY))],
                ticktext=list(MONEY),
                title=title("capital, USD"),
            ),
            yaxis=axis(nticks=7, zeroline=True, zerolinecolor=GREY, **up),
        ),
    )
