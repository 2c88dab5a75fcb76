"""hedgebook run: backtest one trade and write its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import ToFolder, print_page
from ..options import SIMULATING, Start, StrategyOptions, Until, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.run import Run


@grouped
def run(
    asked: StrategyOptions,
    to: ToFolder,
    event: Annotated[str | None, typer.Option("--event", help="Another event to enter on.", metavar="ID")] = None,
    hindsight: Annotated[
        bool, typer.Option("--hindsight", help="Enter at the close before the news: not tradable, labelled so.")
    ] = False,
    start: Start = None,
    until: Until = None,
) -> None:
    """Backtest a strategy: P&L by cause, drawdown, factor exposure and a report.

    Without arguments it runs long Meta / short neocloud on the embedded sample market.
    """
    from hedgebook.front import run as front

    entry = {} if event is None else {"event": event}
    if hindsight:
        entry["hindsight"] = "true"
    strategy = asked.strategy(**entry)
    market = asked.market()
    with progress(SIMULATING):
        done = front.backtest(
            strategy, market, asked.costs, asked.account, start=start, until=until, events=asked.events
        )
    to = to.named(strategy.name)
    if to.deliver(done):
        _print(done, to.out)


def _print(done: Run, folder: Path | None) -> None:
    from hedgebook.reports.run import tables
    from hedgebook.reports.run.page import header

    top = header(done)
    shown = (
        tables.headline_table(done),
        tables.annual_table(done),
        tables.pnl_table(done),
        tables.exposure_table(done),
        tables.rejected_table(done),
        tables.rule_201_table(done),
        tables.margin_table(done),
    )
    print_page(top, shown, done.warnings, folder)
