"""hedgebook run: backtest one trade and write its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..deliver import ToFolder, print_page
from ..options import SIMULATING, Factors, FactorsIn, LoadingsFile, Start, StrategyOptions, Until, grouped
from ..output import console, progress
from .library import print_strategy

if TYPE_CHECKING:
    from hedgebook.front.run import Run

# Of longer tables the terminal shows a part; the report and the folder have more.
MAX_ORDERS, MAX_TICKERS = 20, 25


@grouped
def run(
    asked: StrategyOptions,
    to: ToFolder,
    event: Annotated[
        str | None, typer.Option("--event", help="Another event to enter on, of an event trade.", metavar="ID")
    ] = None,
    hindsight: Annotated[
        bool,
        typer.Option(
            "--hindsight", help="Enter an event trade at the close before the news: not tradable, labelled so."
        ),
    ] = False,
    start: Start = None,
    until: Until = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Also plan it again under other futures: does a decision look ahead?")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also rebuild NAV with the second engine, vectorbt, and compare.")
    ] = False,
    factors: Factors = None,
    loadings: LoadingsFile = None,
    factors_in: FactorsIn = None,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="Show each parameter of the strategy, and run nothing.")
    ] = False,
) -> None:
    """Backtest a strategy: P&L by cause, drawdown, factor exposure and a report.

    Without arguments it runs long Meta / short neocloud on the embedded sample market.
    """
    from hedgebook.front import run as front

    entry = {} if event is None else {"event": event}
    if hindsight:
        entry["hindsight"] = "true"
    strategy = asked.event_trade(**entry) if entry else asked.strategy()
    if parameters:
        print_strategy(strategy, as_json=to.json)
        return
    market = asked.market()
    with progress(SIMULATING):
        given: dict[str, Any] = {"factors": factors, "loadings": loadings, "factors_in": factors_in}
        done = front.backtest(strategy, market, start=start, until=until, **given, **asked.terms)
    done = _checked(done, asked, audit=audit, verify=verify)
    to = to.named(strategy.name)
    if to.deliver(done):
        _print(done, to.out)
    if not all(check.passed for check in done.checks):
        raise typer.Exit(1)


def _checked(done: Run, asked: StrategyOptions, *, audit: bool, verify: bool) -> Run:
    """The run with the checks that were asked for."""
    from hedgebook.front.audit import audit as audited

    if audit:
        with progress("Planning under other futures"):
            done = done.checked(audited(done.strategy, done.market, events=asked.events))
    if verify:
        with progress("Rebuilding with vectorbt"):
            done = done.checked(done.verify())
    return done


def _print(done: Run, folder: Path | None) -> None:
    from hedgebook.reports.run import tables
    from hedgebook.reports.run.holdings import holdings_table
    from hedgebook.reports.run.orders import fills, limits
    from hedgebook.reports.run.orders.trips import round_trips_table
    from hedgebook.reports.run.page import header
    from hedgebook.reports.run.pnl import tables as pnl_tables
    from hedgebook.reports.run.pnl.currencies import currencies_table
    from hedgebook.reports.run.pnl.factor_pnl import factor_pnl_table

    top = header(done)
    if done.trade_plan is not None:
        of_kind = (fills.rejected_table(done, limit=MAX_ORDERS), limits.rule_201_table(done))
    else:
        rejected = fills.rejected_table(done, limit=MAX_ORDERS)
        of_kind = (
            factor_pnl_table(done),
            holdings_table(done),
            round_trips_table(done),
            *((rejected,) if rejected.rows else ()),
        )
    shown = (
        tables.headline_table(done),
        tables.annual_table(done),
        pnl_tables.pnl_table(done, limit=MAX_TICKERS),
        pnl_tables.strategies_table(done),
        currencies_table(done),
        tables.exposure_table(done),
        *of_kind,
        limits.margin_table(done),
    )
    print_page(top, shown, done.warnings, folder)
    for check in done.checks:
        console().print(f"{check.words}: {check.detail}")
