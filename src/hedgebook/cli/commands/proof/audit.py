"""hedgebook audit: whether a strategy looks ahead."""

from __future__ import annotations

from typing import Annotated

import typer

from ...options import Changes, Events, Json, MarketOptions, TradeName, grouped, strategy_named
from ...output import console, print_json, progress


@grouped
def audit(
    asked: MarketOptions,
    trade: TradeName,
    changes: Changes = None,
    events: Events = "events",
    decisions: Annotated[
        int, typer.Option("--decisions", help="How many moments of decision are tried.", min=1, max=100_000)
    ] = 24,
    seed: Annotated[int, typer.Option("--seed", help="Of the random futures.", min=0, max=2**31)] = 0,
    json: Json = False,
) -> None:
    """Look for look-ahead: plan a strategy again under other futures and compare what it had decided before them.

    Exits 1 where a decision changed, which is named with the price that changed it.
    """
    from hedgebook.front import audit as front

    strategy = strategy_named(trade, changes)
    market = asked.market()
    with progress("Planning under other futures"):
        found = front.audit(strategy, market, decisions=decisions, seed=seed, events=events)
    if json:
        print_json(found.to_dict())
    else:
        out = console()
        tried = f"{found.decisions} of {found.decisions_in_all} decisions tried, planned {found.plans} times."
        if found.leak is None:
            out.print(f"{found.name}: no decision changed under another future. {tried}", style="bold green")
        else:
            out.print(f"{found.name} LOOKS AHEAD", style="bold red")
            told = found.leak.told()
            out.print(f"{told[:1].upper()}{told[1:]}.")
            out.print(tried)
        for note in found.notes:
            out.print(f"Note: {note}")
    if not found.passed:
        raise typer.Exit(1)
