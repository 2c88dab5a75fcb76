"""hedgebook run: backtest one trade and write its folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
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
)
from .output import console, print_json, print_tables, progress

if TYPE_CHECKING:
    from hedgebook.front import Run

DEFAULT_TRADE = "long-meta-short-neocloud"


def run(
    trade: Annotated[str, typer.Argument(help="A trade of the catalogue, or FILE.toml:NAME.")] = DEFAULT_TRADE,
    prices: Prices = None,
    event: Annotated[str | None, typer.Option("--event", help="Another event to enter on.", metavar="ID")] = None,
    changes: Changes = None,
    costs: CostsName = "default",
    account: AccountName = "plain",
    hindsight: Annotated[
        bool, typer.Option("--hindsight", help="Enter at the close before the news: not tradable, labelled so.")
    ] = False,
    universe: UniverseName = DEFAULT_UNIVERSE,
    confirm: ConfirmMoves = None,
    events: Events = "events",
    out: Annotated[
        Path | None, typer.Option("--out", help="The run folder. Default: runs/TRADE-TIME.", metavar="DIR")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in that folder.")] = False,
    json: Json = False,
) -> None:
    """Backtest a trade: P&L by cause, drawdown, factor exposure and a report.

    Without arguments it runs long Meta / short neocloud on the embedded sample market.
    """
    from hedgebook import front

    wanted = settings(changes or [])
    if event is not None:
        wanted["event"] = event
    if hindsight:
        wanted["hindsight"] = "true"
    asked = front.trade(trade, **wanted)
    with progress("Reading prices"):
        market = market_of(prices, universe, confirm)
    with progress("Simulating (the first run after installing compiles the kernels)"):
        done = front.backtest(asked, market, costs, account, events=events)
    folder = out or Path("runs") / f"{asked.name}-{datetime.now():%Y%m%d-%H%M%S-%f}"
    with progress("Writing the report"):
        done.save(folder, overwrite=overwrite)
    if json:
        print_json({**done.to_dict(), "folder": str(folder), "report": str(folder / "report.html")})
    else:
        _print(done, folder)


def _print(done: Run, folder: Path) -> None:
    from hedgebook.reports import tables
    from hedgebook.reports.sections import header

    out = console()
    top = header(done)
    out.print(top.title, style="bold")
    for badge in top.badges:
        out.print(badge, style="bold red")
    out.print(top.verdict)
    out.print()
    print_tables(
        tables.headline_table(done),
        tables.pnl_table(done),
        tables.exposure_table(done),
        tables.rejected_table(done),
        tables.rule_201_table(done),
        tables.margin_table(done),
    )
    for warning in done.warnings:
        out.print(f"Note: {warning}")
    out.print(f"Report: {folder / 'report.html'}", soft_wrap=True)
