"""What a script calls to hedge a book that it already holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.book.request import HedgeBook, Period
from hedgebook.strategies.book.run import BookRun, run_hedge_book
from hedgebook.universes.checks import ACCOUNT, COSTS, FLAG, HEDGE_BOOK, MARKET, PATH, PERIOD, maybe, takes
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market

if TYPE_CHECKING:
    import pandas as pd


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class HedgedBook(BookRun):
    """A book that has been run alone and with its hedge, with everything that can be asked of it."""

    @property
    def summary(self) -> pd.Series[Any]:
        """The headline figures by name: fractions and USD, unrounded."""
        import pandas as pd

        plain = {k: v for k, v in self.to_dict().items() if not isinstance(v, (dict, list))}
        return pd.Series({**plain, **self.pnl}, name=self.book.source, dtype=object)

    def to_dict(self) -> dict[str, Any]:
        """Everything that summary.json holds, JSON-ready."""
        from hedgebook.reports.book.summary import summarise_book

        return summarise_book(self)

    @takes(path=PATH)
    def report(self, path: str | Path) -> Path:
        """Write the report, one self-contained HTML file. Raises RunFolderError where it cannot be written."""
        from hedgebook.reports.book.folder import write_book_report

        return write_book_report(self, Path(path))

    @takes(folder=PATH, overwrite=FLAG)
    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the folder: summary, tables and report, all of it or nothing.

        Raises RunFolderError for a folder that is not empty, unless `overwrite` and it holds a hedged book.
        """
        from hedgebook.reports.book.folder import save_book

        return save_book(self, Path(folder), overwrite=overwrite)

    def __repr__(self) -> str:
        kind = "simulated history, " if self.market.provenance.simulated else ""
        return (
            f"<HedgedBook {self.book.source} with {', '.join(self.asked.instruments)}: effectiveness "
            f"{self.effect.effectiveness:.1%} over {self.effect.sessions} sessions "
            f"({kind}{self.market.provenance.source})>"
        )


@takes(book=HEDGE_BOOK, market=MARKET, period=maybe(PERIOD), costs=COSTS, account=ACCOUNT, events=PATH)
@on_one_thread
def hedge_book(
    book: HedgeBook,
    market: Market,
    period: Period | None = None,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    events: str | Path = "events",
) -> HedgedBook:
    """Run a book with and without its hedge, between two days or around events.

    period: default the last 252 sessions; costs and account as in `backtest`, the capital being the book's net
    value and cash; events: the library that identifiers and tags are looked up in. Raises an InputError that says
    what cannot be used and what to do about it.
    """
    library = load_events(events)
    done = run_hedge_book(book, market, period or Period(), load_costs(costs), load_account(account), library)
    return HedgedBook(**{name: getattr(done, name) for name in BookRun.__dataclass_fields__})
