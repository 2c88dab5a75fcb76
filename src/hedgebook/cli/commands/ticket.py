"""hedgebook ticket: what is to be known before a trade is put on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import MaybeFolder, print_page
from ..options import StrategyOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.ticket import Ticket

EXIT_BROKEN = 1


@grouped
def ticket(
    asked: StrategyOptions,
    to: MaybeFolder,
    book: Annotated[
        Path | None, typer.Option("--book", help="Holdings that it comes beside, a CSV.", metavar="FILE")
    ] = None,
    capital: Annotated[
        float | None, typer.Option("--capital", help="USD that it is sized on. Default: the trade's own.")
    ] = None,
    limits: Annotated[
        str | None, typer.Option("--limits", help="Limits that are checked, a TOML file.", metavar="FILE")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Close that all is known at. Default: the last before the news, or of all.", metavar="DATE"
        ),
    ] = None,
    event: Annotated[
        str | None, typer.Option("--event", help="Another event to enter on, of an event trade.", metavar="ID")
    ] = None,
    scenarios: Annotated[
        str, typer.Option("--scenarios", help="Another scenario file, TOML.", metavar="FILE")
    ] = "scenarios",
    seed: Annotated[int, typer.Option("--seed", help="Of the forecast's draws.", min=0)] = 0,
) -> None:
    """Say what to trade next and whether it may be: orders, costs, margin, risk, stress, exits, limits.

    Nothing depends on a price after the close that it is made at. Exits 1 where a limit is broken or cannot be
    evaluated.
    """
    from hedgebook.front import ticket as front

    strategy = asked.strategy() if event is None else asked.event_trade(event=event)
    market = asked.market()
    with progress("Assembling the ticket"):
        made = front.ticket(
            strategy, market, book=book, capital=capital, limits=limits, as_of=as_of, scenarios=scenarios, seed=seed,
            **asked.terms,
        )  # fmt: skip
    if to.deliver(made):
        _print(made, to.out)
    if not made.passed:
        raise typer.Exit(EXIT_BROKEN)


def _print(made: Ticket, folder: Path | None) -> None:
    from hedgebook.reports.ticket.page import ticket_header, ticket_tables

    top = ticket_header(made)
    print_page(top, ticket_tables(made), made.notes, folder, subtitle=top.event)
    if folder is not None:
        from ..output import console

        console().print(f"Orders: {folder / 'orders.csv'}", soft_wrap=True)
