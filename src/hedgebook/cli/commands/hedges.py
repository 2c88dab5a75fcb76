"""hedgebook hedges: a trade under every hedge method, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import print_page, write_folder
from ..options import (
    DEFAULT_UNIVERSE,
    AccountName,
    Changes,
    ConfirmMoves,
    CostsName,
    Events,
    Json,
    Prices,
    UniverseName,
    market_of,
    settings,
    trade_of,
)
from ..output import print_json, progress
from .run import DEFAULT_TRADE

if TYPE_CHECKING:
    from hedgebook.front.league import League


def hedges(
    trade: Annotated[str, typer.Argument(help="A trade of the catalogue, or FILE.toml:NAME.")] = DEFAULT_TRADE,
    prices: Prices = None,
    methods: Annotated[
        str | None, typer.Option("--methods", help="Hedge methods, as in dollar,beta. Default: all.", metavar="A,B")
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", help="Enter on this event. May be repeated.", metavar="ID")
    ] = None,
    tags: Annotated[
        str | None, typer.Option("--tags", help="Enter on all events with one of these tags.", metavar="A,B")
    ] = None,
    changes: Changes = None,
    costs: CostsName = "default",
    account: AccountName = "plain",
    universe: UniverseName = DEFAULT_UNIVERSE,
    confirm: ConfirmMoves = None,
    events: Events = "events",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write league and report to this folder.", metavar="DIR")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier league in that folder.")] = False,
    json: Json = False,
) -> None:
    """Run a trade under every hedge method: return, risk, what was hedged, what was left, and what it cost.

    On one event, or pooled over several. The order of the methods is what happened, not evidence.
    """
    from hedgebook.front import league as league_front

    asked = trade_of(trade, settings(changes or []))
    with progress("Reading prices"):
        market = market_of(prices, universe, confirm)
    with progress("Simulating (the first run after installing compiles the kernels)"):
        done = league_front.hedges(asked, market, methods, costs, account, on=event, tags=tags, events=events)
    if out is not None:
        write_folder(done, out, overwrite=overwrite)
    if json:
        written = {} if out is None else {"folder": str(out), "report": str(out / "report.html")}
        print_json({**done.to_dict(), **written})
    else:
        _print(done, out)


def _print(done: League, folder: Path | None) -> None:
    from hedgebook.reports.league import tables
    from hedgebook.reports.league.page import league_header
    from hedgebook.reports.league.page import league_tables as first_tables

    top = league_header(done)
    shown = list(first_tables(done))
    if len(done.events) == 1:
        shown += [tables.residual_table(done, "before"), tables.residual_table(done, "during")]
    shown.append(tables.league_pnl_table(done))
    print_page(top, shown, done.warnings, folder, subtitle=top.event, not_run=done.problems)
