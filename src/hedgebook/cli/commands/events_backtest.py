"""hedgebook events-backtest: does a trade work on events of its kind, or only on one?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import ToFolder, print_page
from ..options import SIMULATING, StrategyOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.events import Series


@grouped
def events_backtest(
    asked: StrategyOptions,
    to: ToFolder,
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
) -> None:
    """Run a trade on every event with given tags: P&L of each, mean with honest errors, hit rate, worst event."""
    from hedgebook.front import events as front_events

    trade = asked.event_trade()
    market = asked.market()
    with progress(SIMULATING):
        done = front_events.event_series(
            trade, market, tags=tags, sides=sides, between=(first, last), overlap=overlap, **asked.terms
        )
    to = to.named(f"events-{trade.name}")
    if to.deliver(done):
        _print(done, to.out)


def _print(found: Series, folder: Path | None) -> None:
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
