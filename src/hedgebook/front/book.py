"""What a script calls to hedge a book that it already holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.book.request import HedgeBook, Period
from hedgebook.strategies.book.result import BookRun
from hedgebook.strategies.book.run import run_hedge_book
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.checks import HEDGE_BOOK, PERIOD, RUN_ON, maybe, takes
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Events
from hedgebook.universes.market import Market

from .replay.call import repeatable
from .result import Result, of_kind

if TYPE_CHECKING:
    from hedgebook.reports.page.kind import ReportKind


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class HedgedBook(Result, BookRun):
    """A book that has been run alone and with its hedge, with everything that can be asked of it.

    `windows` holds one run a window, `worst_days` one row a session. P&L is in USD, effects are fractions, NaN where
    undefined. A hedge is decided at a close, from sessions up to it, and filled at the next open, or the next close
    where prices have no opens.
    """

    _label = ("book", "source")
    _tables = ("pnl",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.book.page import BOOK_REPORT

        return BOOK_REPORT

    def __repr__(self) -> str:
        kind = "simulated history, " if self.market.provenance.simulated else ""
        share = self.effect.effectiveness
        told = "undefined" if share != share else f"{share:.1%}"
        return (
            f"<HedgedBook {self.book.source} with {', '.join(self.asked.instruments)}: effectiveness "
            f"{told} over {counted(self.effect.sessions, 'session')} "
            f"({kind}{self.market.provenance.source})>"
        )


@repeatable
@takes(**RUN_ON, book=HEDGE_BOOK, period=maybe(PERIOD))
@on_one_thread
def hedge_book(
    book: HedgeBook,
    market: Market,
    period: Period | None = None,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    events: Events = "events",
) -> HedgedBook:
    """Run a book with and without its hedge, between two days or around events.

    book: a HedgeBook, what is held and how it is hedged; market: as `load_market` gives; period: default the last 252
    sessions; costs and account as in `backtest`, the capital being the book's net value and cash; events: the library
    that identifiers and tags are looked up in. Raises an InputError that says what cannot be used and what to do about
    it.
    """
    done = run_hedge_book(book, period or Period(), RunSetting.named(market, costs, account, events))
    return of_kind(HedgedBook, done)
