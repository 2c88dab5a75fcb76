"""hedgebook capacity: how much capital a strategy carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..options import Json, StrategyOptions, grouped
from ..output import console, print_json, print_tables, progress

if TYPE_CHECKING:
    from hedgebook.front.trade import Capacity

LARGEST_SHOWN_USD = 1e11


@grouped
def capacity(
    asked: StrategyOptions,
    participation: Annotated[
        float,
        typer.Option(
            "--participation", help="Share of a day's volume that an order may be. An account may cap it lower."
        ),
    ] = 0.10,
    share: Annotated[float, typer.Option("--share", help="Share of the P&L that costs may eat.")] = 0.5,
    json: Json = False,
) -> None:
    """Find the capital at which a strategy's largest order is a tenth of a day's volume.

    Beside it: the capital at which costs eat half of what it earns before them.
    """
    from hedgebook.front import trade as front

    strategy = asked.strategy()
    market = asked.market()
    with progress("Trying capitals"):
        found = front.capacity(strategy, market, participation=participation, share=share, **asked.terms)
    if json:
        print_json({**found.to_dict(), "simulated": market.provenance.simulated})
        return
    if market.provenance.simulated:
        console().print("Simulated history, reported event-day moves", style="bold red")
    _print(found)


def _print(found: Capacity) -> None:
    from hedgebook.reports.page.numbers import count, number, percent
    from hedgebook.reports.page.table import Table, columns

    console().print(f"{found.strategy.name}: {found.note}.", style="bold")
    for note in (found.costs_note, found.limits_note):
        if note:
            console().print(f"{note[0].upper()}{note[1:]}.")
    curve = found.curve[found.curve.index <= LARGEST_SHOWN_USD].iloc[::2]
    limited = bool((curve["lost_to_limits"] != 0.0).any())
    names = ("Capital USD", *(("Limits",) if limited else ()), "Costs", "Net return", "Eaten", "Order")
    rows = tuple(
        (
            count(capital),
            *((percent(row["lost_to_limits"]),) if limited else ()),
            percent(row["lost_to_costs"]),
            percent(row["net_return"]),
            percent(row["share_eaten"], 1),
            number(row["largest_order_adv"]),
        )
        for capital, row in zip(curve.index.tolist(), curve.to_dict("records"), strict=True)
    )
    before = "limits and costs" if limited else "costs"
    limits = "Limits: lost to what the account does not allow, before costs. " if limited else ""
    where = " in this account" if limited else ""
    note = (
        f"Return before {before} {percent(found.gross_return)} at any capital; less {before} it is the net return. "
        f"{limits}Costs: less the interest that cash earns. Eaten: by costs, of the P&L before them{where}. "
        "Order: the largest, as a multiple of its ticker's average daily value."
    )
    if (ruined := curve.index[curve["ruined"].astype(bool)]).size:
        note += (
            f" Ruined from {count(ruined[0])} USD on: NAV fell to zero or below, and what is left there is no return."
        )
    console().print()
    print_tables(Table("By capital", columns(*names, left=0), rows, note))
    for warning in found.warnings:
        console().print(f"Note: {warning}")
