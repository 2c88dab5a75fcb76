"""What a script calls to compare hedges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.league.run import HedgeLeague, league_events, run_league
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import EVENT_VALUE, NAMES, RUN_ON, TEXT, TRADE, either, many, maybe, takes
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, Events, named_and_given
from hedgebook.universes.market import Market

from .replay.call import repeatable
from .result import Result, of_kind

if TYPE_CHECKING:
    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.reports.workbook.sheets.returns import Track as Returns

ON = either(NAMES, EVENT_VALUE, many(either(TEXT, EVENT_VALUE), "a list of events"))


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class League(Result, HedgeLeague):
    """A trade under several hedge methods, with everything that can be asked of it and written about it.

    `table` has one row a method. Returns and ratios are fractions, P&L is a fraction of the capital, NaN where
    undefined or where a method could not be estimated, which the row gives the reason of.
    """

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.league.page import LEAGUE_REPORT

        return LEAGUE_REPORT

    def _returns(self) -> Returns | None:
        """Of each method by session, for one event."""
        import pandas as pd

        from hedgebook.reports.workbook.sheets.returns import Track
        from hedgebook.universes.calendar import SESSIONS_PER_YEAR

        if len(self.events) != 1 or not self.runs:
            return None
        moves = {run.plan.hedge.method.value: run.levels.pct_change().iloc[1:] for run in self.runs}
        common = pd.DataFrame(moves).dropna(axis=1)
        return Track(common, float(SESSIONS_PER_YEAR)) if common.size else None

    def _headline(self, values: dict[str, Any]) -> dict[str, str]:
        return {f"best_{name}": ", ".join(methods) for name, methods in values["best"].items()}

    def __repr__(self) -> str:
        kind = "simulated history, " if self.market.provenance.simulated else ""
        where = self.events[0].id if len(self.events) == 1 else f"{len(self.events)} events"
        return (
            f"<League {self.trade.name} on {where}: {len(self.methods)} hedges, {len(self.runs)} of "
            f"{counted(len(self.entries), 'run')} ({kind}{self.market.provenance.source})>"
        )


@repeatable
@takes(**RUN_ON, trade=TRADE, methods=maybe(NAMES), on=maybe(ON), tags=maybe(NAMES))
@on_one_thread
def hedges(
    trade: EventTrade | str,
    market: Market,
    methods: str | Sequence[str] | None = None,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    on: str | Event | Sequence[str | Event] | None = None,
    tags: str | Sequence[str] | None = None,
    events: Events = "events",
) -> League:
    """Run a trade under every hedge method, or those named, side by side.

    methods: names, None for all of them; on: identifiers of events, Events, or days with a timing, tags: those with one
    of them, both None: the trade's own event; trade, market, costs, account and events as in `backtest`. A method that
    cannot be estimated stays in the league with its reason. Raises an InputError that says what cannot be used, also
    where nothing at all could be run.
    """
    wanted = find_trade(trade) if isinstance(trade, str) else trade
    on, events = named_and_given(on, events)
    setting = RunSetting.named(market, costs, account, events, about=wanted)
    done = run_league(wanted, league_events(setting.library, wanted, on, tags), setting, methods=methods)
    return of_kind(League, done)
