"""hedgebook hedge: run a book of holdings with and without a hedge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..deliver import ToFolder, print_page
from ..options import SIMULATING, AccountName, CostsName, Events, MarketOptions, grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.book import HedgedBook


Book = Annotated[Path, typer.Argument(metavar="BOOK.csv", help="Columns ticker and shares or dollars; a row CASH.")]
With = Annotated[str, typer.Option("--with", help="Buckets or tickers to hedge with.", metavar="A,B")]
MethodName = Annotated[str, typer.Option("--method", help="dollar, beta, min_variance, multi_min_variance, ridge ...")]
Lookback = Annotated[int, typer.Option("--lookback", help="Sessions that estimates use.")]
HalfLife = Annotated[
    float | None, typer.Option("--half-life-sessions", help="Sessions after which a return counts half.")
]
RaggedName = Annotated[str, typer.Option("--ragged", help="Histories of different length: own, common, error.")]
Benchmark = Annotated[str | None, typer.Option("--benchmark", help="Of betas. Default: the universe's.")]
NeutralTo = Annotated[
    str, typer.Option("--neutral-to", help="Factors of factor_neutral, as in dollar,market.", metavar="A,B")
]
RehedgeRule = Annotated[
    str, typer.Option("--rehedge", help="none, weekly, monthly, every:N sessions or band:X of drift.")
]
Cap = Annotated[float | None, typer.Option("--cap", help="Largest hedge, as a fraction of the book's gross value.")]
Cash = Annotated[float | None, typer.Option("--cash", help="USD beside the holdings.")]
First = Annotated[str | None, typer.Option("--from", help="First session. Default: a year.", metavar="DAY")]
Last = Annotated[str | None, typer.Option("--to", help="Last session.", metavar="DAY")]
EventIds = Annotated[
    list[str] | None, typer.Option("--event", help="Run around this event. May be repeated.", metavar="ID")
]
Tags = Annotated[str, typer.Option("--tags", help="Run around all events with a tag.", metavar="A,B")]
Before = Annotated[int, typer.Option("--before", help="Sessions before each event's first fill.")]
After = Annotated[int, typer.Option("--after", help="Sessions after it.")]


@grouped
def hedge(
    prices: MarketOptions,
    to: ToFolder,
    book: Book,
    hedge_with: With,
    method: MethodName = "min_variance",
    lookback: Lookback = 120,
    half_life_sessions: HalfLife = None,
    ragged: RaggedName = "own",
    benchmark: Benchmark = None,
    neutral_to: NeutralTo = "",
    rehedge: RehedgeRule = "none",
    cap: Cap = None,
    cash: Cash = None,
    first: First = None,
    last: Last = None,
    event: EventIds = None,
    tags: Tags = "",
    before: Before = 5,
    after: After = 10,
    costs: CostsName = "default",
    account: AccountName = "plain",
    events: Events = "events",
) -> None:
    """Hedge a book you hold: what the hedge would have taken away in risk, and what it would have cost.

    The book is a CSV file with the columns ticker and one of shares or dollars (USD at the start); negative is
    short, a row CASH holds cash. It is run alone and with the hedge, between two days or around events.
    """
    from hedgebook.front.book import hedge_book
    from hedgebook.strategies.book.request import HedgeBook, Period

    given: dict[str, Any] = {
        "method": method, "lookback": lookback, "rehedge": rehedge, "cap": cap, "cash": cash,
        "half_life_sessions": half_life_sessions, "ragged": ragged, "benchmark": benchmark, "neutral_to": neutral_to,
    }  # fmt: skip
    asked = HedgeBook(book, hedge_with, **given)  # type: ignore[arg-type]
    period = Period(first, last, tuple(event or ()), tags, before, after)  # type: ignore[arg-type]
    market = prices.market()
    with progress(SIMULATING):
        done = hedge_book(asked, market, period, costs, account, events=events)
    to = to.named(book.stem)
    if to.deliver(done):
        _print(done, to.out)


def _print(done: HedgedBook, folder: Path | None) -> None:
    from hedgebook.reports.book import tables
    from hedgebook.reports.book.page import book_header

    one = len(done.windows) == 1
    top = book_header(done)
    shown = (
        tables.effect_table(done),
        tables.parts_table(done),
        tables.decisions_table(done.windows[0]) if one else tables.windows_table(done),
        tables.worst_days_table(done),
    )
    print_page(top, shown, done.warnings, folder, subtitle=f"{top.name}; {top.event}")
