"""hedgebook ticket: what is to be known before a trade is put on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import MaybeFolder, print_page
from ..options import ChainFile, StrategyOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.ticket import Ticket

EXIT_BROKEN = 1


@dataclass(frozen=True)
class BesideOptions:
    """What a trade comes beside, how large it is and within which limits: arguments of `hb.ticket`."""

    book: Annotated[
        Path | None, typer.Option("--book", help="Holdings that it comes beside, a CSV.", metavar="FILE")
    ] = None
    net: Annotated[
        bool, typer.Option("--net", help="Count what the book holds of a ticker towards what the trade wants of it.")
    ] = False
    with_options: Annotated[
        str,
        typer.Option(
            "--with", help="Options in place of shares of the same delta, as in CRWV:put:25d:60d.", metavar="A,B"
        ),
    ] = ""
    chain: ChainFile = None
    capital: Annotated[
        float | None, typer.Option("--capital", help="USD that it is sized on. Default: the trade's own.")
    ] = None
    limits: Annotated[
        str | None, typer.Option("--limits", help="Limits that are checked, a TOML file.", metavar="FILE")
    ] = None


@dataclass(frozen=True)
class KnownOptions:
    """What is known when a ticket is made: arguments of `hb.ticket`."""

    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Close that all is known at. Default: the last before the news, or of all.", metavar="DATE"
        ),
    ] = None
    scenarios: Annotated[str, typer.Option("--scenarios", help="Another scenario file, TOML.", metavar="FILE")] = (
        "scenarios"
    )
    seed: Annotated[int, typer.Option("--seed", help="Of the forecast's draws.", min=0)] = 0


@grouped
def ticket(
    asked: StrategyOptions,
    to: MaybeFolder,
    beside: BesideOptions,
    known: KnownOptions,
    event: Annotated[
        str | None, typer.Option("--event", help="Another event to enter on, of an event trade.", metavar="ID")
    ] = None,
) -> None:
    """Say what to trade next and whether it may be: orders, costs, margin, risk, stress, exits, limits.

    Nothing depends on a price after the close that it is made at. Exits 1 where a limit is broken or cannot be
    evaluated.
    """
    from hedgebook.front import ticket as front

    strategy = asked.strategy() if event is None else asked.event_trade(event=event)
    market = asked.market()
    with progress("Assembling the ticket"):
        made = front.ticket(strategy, market, **vars(beside), **vars(known), **asked.terms)
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
