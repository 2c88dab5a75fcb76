"""hedgebook hedges: a trade under every hedge method, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import MaybeFolder, print_page
from ..options import SIMULATING, StrategyOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.league import League


@grouped
def hedges(
    asked: StrategyOptions,
    to: MaybeFolder,
    methods: Annotated[
        str | None, typer.Option("--methods", help="Hedge methods, as in dollar,beta. Default: all.", metavar="A,B")
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", help="Enter on this event. May be repeated.", metavar="ID")
    ] = None,
    tags: Annotated[
        str | None, typer.Option("--tags", help="Enter on all events with one of these tags.", metavar="A,B")
    ] = None,
) -> None:
    """Run a trade under every hedge method: return, risk, what was hedged, what was left, and what it cost.

    On one event, or pooled over several. The order of the methods is what happened, not evidence.
    """
    from hedgebook.front import league as league_front

    trade = asked.event_trade()
    market = asked.market()
    with progress(SIMULATING):
        done = league_front.hedges(trade, market, methods, on=event, tags=tags, **asked.terms)
    if to.deliver(done):
        _print(done, to.out)


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
