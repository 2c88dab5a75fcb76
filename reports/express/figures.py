"""The figures of one view in every instrument: payoffs, P&L by session, the sweep."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.strategies.express.result import Expressed, Expression
from hedgebook.strategies.express.structures import PLAIN, Leg

from ..page.axes import axis, session_ticks, title
from ..page.figure import COLOURS, SLATE, Figure, layout
from ..page.numbers import count, day, percent

HEIGHT = 340
LEG_TITLE: dict[Leg, str] = {"short": "short leg", "long": "long leg"}


def _of_leg(found: Expressed, leg: Leg) -> list[Expression]:
    return [one for one in found.expressions if one.structure.leg == leg]


def _colours(shown: list[Expression]) -> list[str]:
    """The leg in shares in dark grey, the others by the palette."""
    others = iter(COLOURS)
    return [SLATE if one.name in PLAIN.values() else next(others) for one in shown]


def payoff_figure(found: Expressed, leg: Leg) -> Figure | None:
    """P&L at expiry by the move of the leg's prices."""
    caption = (
        f"P&L of the {LEG_TITLE[leg]} at expiry, USD, by the move of all its prices together; after the costs of the "
        "entry, before borrow."
    )
    return _by_move(found, leg, f"payoff-{leg}", caption, [one.at_expiry for one in _of_leg(found, leg)])


def exit_figure(found: Expressed, leg: Leg) -> Figure | None:
    """P&L at the close of the exit by the move of the leg's prices, while options still live."""
    caption = (
        f"P&L of the {LEG_TITLE[leg]} at the close of {day(found.exit_session)}, USD, by the move of all its prices "
        "together since the entry; volatilities stand where they were, after the costs of entry and exit, before "
        "borrow of shares."
    )
    over = [one.structure.title for one in _of_leg(found, leg) if _over(found, one)]
    if over:
        caption += f" Expired by then, so that this is what is paid at expiry: {', '.join(over).lower()}."
    return _by_move(found, leg, f"exit-{leg}", caption, [one.at_exit for one in _of_leg(found, leg)])


def _over(found: Expressed, one: Expression) -> bool:
    """Whether nothing of an expression's options lives beyond the exit."""
    ends = [np.datetime64(contract.expiry, "D") for contract in one.positions]
    return bool(ends) and bool(max(ends) <= found.exit_session)


def _by_move(found: Expressed, leg: Leg, name: str, caption: str, paid: list[Floats]) -> Figure | None:
    shown = _of_leg(found, leg)
    if len(shown) < 2:
        return None
    wide = np.abs(found.moves) <= 0.5 + 1e-9
    moves = found.moves[wide]
    data = []
    for one, whole, colour in zip(shown, paid, _colours(shown), strict=True):
        values = whole[wide]
        data.append(
            {
                "type": "scatter", "mode": "lines", "name": one.structure.title, "x": moves.tolist(),
                "y": [round(float(x), 2) for x in values], "line": _line(one, colour),
                "text": [
                    f"{one.structure.title}<br>{percent(m, 0)}: {count(v)} USD"
                    for m, v in zip(moves, values, strict=True)
                ],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )  # fmt: skip
    axes = axis(tickformat=",~%", nticks=6, title=title("Move of the leg's prices"), showgrid=False)
    return Figure(name, caption, tuple(data), _layout(xaxis=axes))


def pnl_figure(found: Expressed, leg: Leg) -> Figure | None:
    """Cumulative P&L of the leg by session."""
    shown = _of_leg(found, leg)
    if len(shown) < 2:
        return None
    days = [np.datetime64(one, "D").item() for one in found.sessions]
    data = []
    for one, colour in zip(shown, _colours(shown), strict=True):
        text = [f"{one.structure.title}<br>{d:%Y-%m-%d}: {count(v)} USD" for d, v in zip(days, one.pnl, strict=True)]
        data.append(
            {
                "type": "scatter", "mode": "lines", "name": one.structure.title, "x": list(range(len(days))),
                "y": [round(float(x), 2) for x in one.pnl], "line": _line(one, colour), "text": text,
                "hovertemplate": "%{text}<extra></extra>",
            }
        )  # fmt: skip
    paid = "" if found.at_mid else ", the spread paid at the entry and at the exit"
    return Figure(
        f"pnl-{leg}",
        f"P&L of the {LEG_TITLE[leg]} since the entry at each close, USD; options at their mid{paid}.",
        tuple(data),
        _layout(xaxis=axis(**session_ticks(days), showgrid=False)),
    )


def _line(one: Expression, colour: str) -> dict[str, Any]:
    return {"color": colour, "width": 2.5 if one.name in PLAIN.values() else 2}


def _layout(**more: Any) -> dict[str, Any]:
    return layout(
        HEIGHT,
        top=44,
        right=16,
        legend=True,
        yaxis=axis(tickformat=",~f", nticks=6, title=title("USD"), zeroline=True, zerolinecolor="#8a8f98"),
        **more,
    )
