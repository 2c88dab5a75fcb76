"""hedgebook audit: whether a strategy looks ahead."""

from __future__ import annotations

from typing import Annotated

import typer

from ..options import (
    DEFAULT_UNIVERSE,
    Changes,
    ConfirmMoves,
    Events,
    Json,
    Prices,
    UniverseName,
    market_of,
    settings,
    strategy_of,
)
from ..output import console, print_json, progress


def audit(
    strategy: Annotated[str, typer.Argument(help="A trade of the catalogue, FILE.toml:NAME or FILE.py:NAME.")],
    prices: Prices = None,
    changes: Changes = None,
    decisions: Annotated[
        int, typer.Option("--decisions", help="How many moments of decision are tried.", min=1, max=100_000)
    ] = 24,
    seed: Annotated[int, typer.Option("--seed", help="Of the random futures.", min=0, max=2**31)] = 0,
    universe: UniverseName = DEFAULT_UNIVERSE,
    confirm: ConfirmMoves = None,
    events: Events = "events",
    json: Json = False,
) -> None:
    """Look for look-ahead: plan a strategy again under other futures and compare what it had decided before them.

    Exits 1 where a decision changed, which is named with the price that changed it.
    """
    from hedgebook.front import audit as front

    asked = strategy_of(strategy, settings(changes or []))
    with progress("Reading prices"):
        market = market_of(prices, universe, confirm)
    with progress("Planning under other futures"):
        found = front.audit(asked, market, decisions=decisions, seed=seed, events=events)
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
            out.print(note, style="dim")
    if not found.passed:
        raise typer.Exit(1)
