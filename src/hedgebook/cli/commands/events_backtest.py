"""hedgebook events-backtest: does a trade work on events of its kind, or only on one?"""

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
    trade_of,
)
from ..output import progress
from .run import DEFAULT_TRADE

if TYPE_CHECKING:
    from hedgebook.front.events import Series


def events_backtest(
    trade: Annotated[str, typer.Argument(help="A trade of the catalogue, or FILE.toml:NAME.")] = DEFAULT_TRADE,
    tags: Annotated[
        str | None, typer.Option("--tags", help="Events with one of these, as in compute-resale,competition.")
    ] = None,
    sides: Annotated[
        str, typer.Option("--sides", help="trade: its own legs; expected: those that each event was expected to move.")
    ] = "trade",
    first: Annotated[str | None, typer.Option("--from", help="First day of the news.", metavar="DAY")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day of the news.", metavar="DAY")] = None,
    overlap: Annotated[
        str, typer.Option("--overlap", help="While another event is held: skip, stack, cap or cap:1.5.")
    ] = "skip",
    prices: Prices = None,
    changes: Changes = None,
    costs: CostsName = "default",
    account: AccountName = "plain",
    universe: UniverseName = DEFAULT_UNIVERSE,
    confirm: ConfirmMoves = None,
    events: Events = "events",
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder. Default: runs/events-TRADE-TIME.", metavar="DIR")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier series in that folder.")] = False,
    json: Json = False,
) -> None:
    """Run a trade on every event with given tags: P&L of each, mean with honest errors, hit rate, worst event."""
    from hedgebook.front import events as front_events

    asked = trade_of(trade, settings(changes or []))
    with progress("Reading prices"):
        market = market_of(prices, universe, confirm)
    with progress("Simulating (the first run after installing compiles the kernels)"):
        found = front_events.event_series(
            asked, market, costs, account, tags=tags, sides=sides, between=(first, last), overlap=overlap, events=events
        )
    if folder := deliver(found, f"events-{asked.name}", out, overwrite=overwrite, as_json=json):
        _print(found, folder)


def _print(found: Series, folder: Path) -> None:
    from hedgebook.reports.series import tables
    from hedgebook.reports.series.page import series_header

    top = series_header(found)
    shown = (
        tables.series_events_table(found),
        tables.series_statistics_table(found),
        tables.left_out_table(found),
        tables.series_book_table(found),
        tables.expectation_counts_table(found),
        tables.expectations_table(found),
    )
    print_page(top, shown, found.warnings, folder, subtitle=top.event)
