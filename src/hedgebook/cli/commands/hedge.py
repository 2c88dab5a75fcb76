"""hedgebook hedge: run a book of holdings with and without a hedge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import ToFolder, print_page
from ..options import SIMULATING, ChainFile, RunOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.book import HedgedBook


@dataclass(frozen=True)
class HedgeOptions:
    """How a book is hedged: the fields of a HedgeBook beside the book and its instruments."""

    method: Annotated[
        str, typer.Option("--method", help="dollar, beta, min_variance, multi_min_variance, ridge ...")
    ] = "min_variance"
    lookback: Annotated[int, typer.Option("--lookback", help="Sessions that estimates use.")] = 120
    half_life_sessions: Annotated[
        float | None, typer.Option("--half-life-sessions", help="Sessions after which a return counts half.")
    ] = None
    ragged: Annotated[str, typer.Option("--ragged", help="Histories of different length: own, common, error.")] = "own"
    benchmark: Annotated[str | None, typer.Option("--benchmark", help="Of betas. Default: the universe's.")] = None
    neutral_to: Annotated[
        str, typer.Option("--neutral-to", help="Factors of factor_neutral, as in dollar,market.", metavar="A,B")
    ] = ""
    rehedge: Annotated[
        str, typer.Option("--rehedge", help="none, weekly, monthly, every:N sessions or band:X of drift.")
    ] = "none"
    cap: Annotated[
        float | None, typer.Option("--cap", help="Largest hedge, as a fraction of the book's gross value.")
    ] = None
    cash: Annotated[float | None, typer.Option("--cash", help="USD beside the holdings.")] = None
    roll_days: Annotated[
        int, typer.Option("--roll-days", help="Days before expiry at which options are rolled. 0: at expiry.")
    ] = 0
    chain: ChainFile = None


@dataclass(frozen=True)
class PeriodOptions:
    """When a book is run: the fields of a Period."""

    first: Annotated[str | None, typer.Option("--from", help="First session. Default: a year.", metavar="DAY")] = None
    last: Annotated[str | None, typer.Option("--to", help="Last session.", metavar="DAY")] = None
    event: Annotated[
        list[str] | None, typer.Option("--event", help="Run around this event. May be repeated.", metavar="ID")
    ] = None
    tags: Annotated[str, typer.Option("--tags", help="Run around all events with a tag.", metavar="A,B")] = ""
    before: Annotated[int, typer.Option("--before", help="Sessions before each event's first fill.")] = 5
    after: Annotated[int, typer.Option("--after", help="Sessions after it.")] = 10


@grouped
def hedge(
    asked: RunOptions,
    to: ToFolder,
    book: Annotated[Path, typer.Argument(metavar="BOOK.csv", help="Columns ticker and shares or dollars; a row CASH.")],
    hedge_with: Annotated[
        str, typer.Option("--with", help="Buckets, tickers, options such as CRWV:put:25d:60d.", metavar="A,B")
    ],
    how: HedgeOptions,
    when: PeriodOptions,
) -> None:
    """Hedge a book you hold: what the hedge would have taken away in risk, and what it would have cost.

    The book is a CSV file with the columns ticker and one of shares or dollars (USD at the start); negative is
    short, a row CASH holds cash. It is run alone and with the hedge, between two days or around events.
    """
    from hedgebook.front.book import hedge_book
    from hedgebook.strategies.book.request import HedgeBook, Period

    wanted = HedgeBook(book, hedge_with, **vars(how))  # type: ignore[arg-type]
    ids = tuple(when.event or ())
    period = Period(when.first, when.last, ids, when.tags, when.before, when.after)  # type: ignore[arg-type]
    market = asked.market()
    with progress(SIMULATING):
        done = hedge_book(wanted, market, period, **asked.terms)
    to = to.named(book.stem)
    if to.deliver(done):
        _print(done, to.out)


def _print(done: HedgedBook, folder: Path | None) -> None:
    from hedgebook.reports.book import tables
    from hedgebook.reports.book.options import beside_table, causes_table, contracts_table
    from hedgebook.reports.book.page import book_header

    one = len(done.windows) == 1
    top = book_header(done)
    shown = (
        *((beside_table(done), causes_table(done)) if done.in_shares else (tables.effect_table(done),)),
        tables.parts_table(done),
        *((contracts_table(done.windows[0]),) if one and done.in_shares else ()),
        tables.decisions_table(done.windows[0]) if one else tables.windows_table(done),
        tables.worst_days_table(done),
    )
    print_page(top, shown, done.warnings, folder, subtitle=f"{top.name}; {top.event}")
