"""What a script calls to see what every trade of a catalogue earned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.catalogue.read import TRADES_FILE, load_trades
from hedgebook.strategies.catalogue.results import CatalogueRuns, run_catalogue
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.checks import PATH, RUN_ON, maybe, takes
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Events
from hedgebook.universes.market import Market

from .replay.call import repeatable
from .result import Result, of_kind

if TYPE_CHECKING:
    from hedgebook.reports.page.kind import ReportKind


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class CatalogueResults(Result, CatalogueRuns):
    """Every trade of a catalogue on a market, losers among them, and what luck can do to so many.

    `table` has one row a trade, in the order of the catalogue, those that could not run with their reason. Figures are
    fractions, NaN where undefined; nothing was chosen after the fact, and each is decided as in a run of its own.
    """

    _label = ("source",)
    _main = ("trades",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.catalogue.document import CATALOGUE_REPORT

        return CATALOGUE_REPORT

    def __repr__(self) -> str:
        return f"<CatalogueResults: {self.luck.trials} of {counted(len(self.entries), 'trade')} ran and traded>"


@repeatable
@takes(**RUN_ON, trades=maybe(PATH))
@on_one_thread
def catalogue_results(
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    trades: str | Path | None = None,
    events: Events = "events",
) -> CatalogueResults:
    """Run every trade of the catalogue as it stands, and say what luck can do to so many.

    trades: a TOML file of trades (None: the shipped catalogue); market, costs, account and events as in `backtest`. A
    trade that cannot run on these prices stays in the table with its reason; figures are fractions, NaN where
    undefined. Raises an InputError for a file that cannot be used.
    """
    strategies = load_trades(TRADES_FILE if trades is None else trades)
    done = run_catalogue(strategies, RunSetting.named(market, costs, account, events, about=strategies))
    return of_kind(CatalogueResults, done)
