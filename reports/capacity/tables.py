"""The tables of a capacity: what is left at each capital, and the figures that answer most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.strategies.run.capacity import StrategyCapacity

from ..page.numbers import UNDEFINED, count, number, percent, setting
from ..page.section import cards_from
from ..page.table import Table, columns

LARGEST_SHOWN_USD = 1e11
# A capital at which what is left of a trade tells whether it is of use to a large fund.
LARGE_USD = 1e9


def shown_curve(found: StrategyCapacity) -> pd.DataFrame:
    """The part of the curve that a reader sees: beyond it no trade of listed shares is of use."""
    curve = found.curve
    part: pd.DataFrame = curve[curve.index <= LARGEST_SHOWN_USD * (1.0 + 1e-9)]
    return part


def limited(found: StrategyCapacity) -> bool:
    """Whether the account's limits take something at any capital that is shown."""
    return bool((shown_curve(found).iloc[::2]["lost_to_limits"] != 0.0).any())


def headline_table(found: StrategyCapacity) -> Table:
    """The capitals that were looked for, and the return that they are held against."""
    curve = found.curve
    ends = (0, int(np.searchsorted(curve.index.to_numpy(), LARGE_USD * (1.0 - 1e-9))))
    rows = (
        (f"Capital at {setting(found.participation)} of volume, USD", count(found.capital_usd)),
        (f"Costs eat {setting(found.share)} from, USD", count(found.costs_usd)),
        (f"Limits take {setting(found.share)} from, USD", count(found.limits_usd)),
        ("Return before costs", percent(found.gross_return)),
        *((f"Net return at {count(curve.index[k])} USD", _net(curve.iloc[k])) for k in ends),
    )
    return Table("Headline figures", columns("Figure", "Value"), tuple(row for row in rows if row[1] != UNDEFINED))


def _net(row: pd.Series[float]) -> str:
    return UNDEFINED if bool(row["ruined"]) else percent(row["net_return"])


def cards(found: StrategyCapacity) -> Table | None:
    """The first four of them."""
    table = headline_table(found)
    return cards_from(table, *(row[0] for row in table.rows))


def capital_table(found: StrategyCapacity) -> Table:
    """A row for every half power of ten of capital."""
    curve, limits = shown_curve(found).iloc[::2], limited(found)
    names = ("Capital USD", *(("Limits",) if limits else ()), "Costs", "Net return", "Eaten", "Order")
    rows = tuple(
        (
            count(capital),
            *((percent(row["lost_to_limits"]),) if limits else ()),
            percent(row["lost_to_costs"]),
            percent(row["net_return"]),
            percent(row["share_eaten"], 1),
            number(row["largest_order_adv"], 4),
        )
        for capital, row in zip(curve.index.tolist(), curve.to_dict("records"), strict=True)
    )
    return Table("By capital", columns(*names, left=0), rows, _note(found, curve))


def _note(found: StrategyCapacity, curve: pd.DataFrame) -> str:
    limits = limited(found)
    before = "limits and costs" if limits else "costs"
    told = "Limits: lost to what the account does not allow, before costs. " if limits else ""
    where = " in this account" if limits else ""
    note = (
        f"Return before {before} {percent(found.gross_return)} at any capital; less {before} it is the net return. "
        f"{told}Costs: less the interest that cash earns. Eaten: by costs, of the P&L before them{where}. "
        "Order: the largest, as a multiple of its ticker's average daily value."
    )
    if (ruined := curve.index[np.asarray(curve["ruined"], dtype=bool)]).size:
        note += (
            f" Ruined from {count(ruined[0])} USD on: NAV fell to zero or below, and what is left there is no return."
        )
    return note


def sentences(found: StrategyCapacity) -> tuple[str, ...]:
    """What costs and the account's limits do, as sentences."""
    return tuple(f"{note[0].upper()}{note[1:]}." for note in (found.costs_note, found.limits_note) if note)
