"""hedgebook run: backtest one trade and write its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import deliver, print_page
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
    strategy_of,
)
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.run import Run

# Of longer tables the terminal shows a part; the report and the folder have more.
MAX_ORDERS, MAX_TICKERS = 20, 25
DEFAULT_TRADE = "long-meta-short-neocloud"


def run(
    trade: Annotated[
        str, typer.Argument(help="A trade of the catalogue, FILE.toml:NAME or FILE.py:NAME.")
    ] = DEFAULT_TRADE,
    prices: Prices = None,
    event: Annotated[str | None, typer.Option("--event", help="Another event to enter on.", metavar="ID")] = None,
    changes: Changes = None,
    costs: CostsName = "default",
    account: AccountName = "plain",
    hindsight: Annotated[
        bool, typer.Option("--hindsight", help="Enter at the close before the news: not tradable, labelled so.")
    ] = False,
    start: Annotated[
        str | None, typer.Option("--start", help="First session; what was wanted before is bought.", metavar="DATE")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last session.", metavar="DATE")] = None,
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
    from hedgebook.front import run as front

    wanted = settings(changes or [])
    if event is not None:
        wanted["event"] = event
    if hindsight:
        wanted["hindsight"] = "true"
    asked = strategy_of(trade, wanted)
    with progress("Reading prices"):
        market = market_of(prices, universe, confirm)
    with progress("Simulating (the first run after installing compiles the kernels)"):
        done = front.backtest(asked, market, costs, account, start=start, until=until, events=events)
    if folder := deliver(done, asked.name, out, overwrite=overwrite, as_json=json):
        _print(done, folder)


def _print(done: Run, folder: Path) -> None:
    from hedgebook.reports.run import tables
    from hedgebook.reports.run.holdings import holdings_table
    from hedgebook.reports.run.page import header
    from hedgebook.reports.run.trips import round_trips_table

    top = header(done)
    if done.trade_plan is not None:
        of_kind = (tables.rejected_table(done, limit=MAX_ORDERS), tables.rule_201_table(done))
    else:
        rejected = tables.rejected_table(done, limit=MAX_ORDERS)
        of_kind = (holdings_table(done), round_trips_table(done), *((rejected,) if rejected.rows else ()))
    shown = (
        tables.headline_table(done),
        tables.annual_table(done),
        tables.pnl_table(done, limit=MAX_TICKERS),
        tables.exposure_table(done),
        *of_kind,
        tables.margin_table(done),
    )
    print_page(top, shown, done.warnings, folder)
