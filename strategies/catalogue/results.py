"""Every strategy of a catalogue on one market, losers and those that could not run among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.riskless import riskless_returns
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import InputError
from hedgebook.universes.brief import brief
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from ..run.run import StrategyRun, run_strategy
from ..strategy.strategy import Strategy
from ..trade.trade import EventTrade
from .kinds import kind_of
from .luck import EVIDENCE, FEW_SESSIONS, CatalogueLuck, catalogue_luck, chance_words, fewest

NOTHING_TRADED = "nothing was traded"
FIGURES = ("total_return", "sharpe", "max_drawdown", "volatility_annual")


@brief
@dataclass(frozen=True, eq=False)
class CatalogueEntry:
    """A strategy, and its run or the reason why there is none."""

    name: str
    strategy: Strategy
    run: StrategyRun | None
    reason: str | None

    @property
    def event(self) -> str | None:
        """The event that it is entered on, the same for all of its parts; None where there is none."""
        found = {_event(part) for part in _parts(self.strategy)}
        return found.pop() if len(found) == 1 else None

    @property
    def traded(self) -> bool:
        """Whether it ran and filled an order."""
        return self.run is not None and self.run.backtest.traded


@brief
@dataclass(frozen=True, eq=False)
class CatalogueRuns:
    """What every strategy of a catalogue earned on a market, as it stands, without a choice of parameters.

    entries: in the order of the catalogue; costs: that each was run with. Figures are fractions, NaN where undefined.
    """

    market: Market
    entries: tuple[CatalogueEntry, ...]
    costs: Costs

    @cached_property
    def luck(self) -> CatalogueLuck:
        """What luck can do to so many strategies; those that traded count."""
        return catalogue_luck({name: self._excess(run) for name, run in self._traded.items()})

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a strategy: kind, event, first_session, last_session, sessions, total_return, sharpe, max_drawdown,
        volatility_annual, the figures of `luck` and the reason why it could not run."""
        rows = [self._row(entry) for entry in self.entries]
        table = pd.DataFrame(rows, index=pd.Index([entry.name for entry in self.entries], name="trade", dtype=object))
        return table.join(self.luck.table)

    @property
    def problems(self) -> tuple[str, ...]:
        """The strategies that did not run or traded nothing, each with its reason."""
        reasons = {entry.name: entry.reason or NOTHING_TRADED for entry in self.entries if not entry.traded}
        return tuple(f"{name}: {reason}" for name, reason in reasons.items())

    @property
    def verdict(self) -> str:
        """How many of them earned something, and whether the best of them is more than luck."""
        ran, luck = self._traded, self.luck
        gained, count = sum(run.final_nav > run.capital for run in ran.values()), len(self.entries)
        said = f"{len(ran)} of {count} trades ran and traded; {gained} gained, {len(ran) - gained} did not."
        if luck.best is None:
            return f"{said} None has a Sharpe ratio, so nothing can be said of luck."
        row, tests = luck.table.to_dict("index")[luck.best], luck.superiority
        alone, among = chance_words(row["p_value"]), chance_words(row["adjusted_p_value"])
        deflated = "undefined" if row["deflated_sharpe"] != row["deflated_sharpe"] else f"{row['deflated_sharpe']:.1%}"
        found = "stands out from what luck gives to the best of so many" if luck.proven else "cannot be told from luck"
        more = (
            ""
            if tests is None
            else (
                f" Trades without skill do as well with probability {chance_words(tests.reality_check)} by White's "
                f"reality check and {chance_words(tests.spa_consistent)} by Hansen's test."
            )
        )
        return (
            f"{said} The best by its t-statistic, {luck.best}, {found}: its p-value is {alone} alone and {among} among "
            f"{luck.trials} trades, its deflated Sharpe ratio {deflated} ({EVIDENCE:.0%} is evidence).{more}"
        )  # fmt: skip

    @property
    def notes(self) -> tuple[str, ...]:
        """What these figures cannot tell."""
        ran, notes = self._traded, []
        brief = fewest({name: len(run.returns) for name, run in ran.items()})
        needed = self.luck.table["needed_return"].loc[list(brief)].dropna()
        if len(needed):
            notes.append(
                f"{len(brief)} trades ran over fewer than {FEW_SESSIONS} sessions, which tell nothing of the next one: "
                f"to be told from luck each would have had to earn {needed.min():.0%} to {needed.max():.0%} over cash. "
                "`hedgebook events-backtest NAME` runs an event trade over every event."
            )
        for event, count in Counter(only for entry in self.entries if (only := entry.event) is not None).items():
            if count > 1:
                notes.append(f"{count} trades enter on {event} alone: one experiment, seen {count} times.")
        if longer := [name for name in ran if name not in brief]:
            notes.append(
                f"{', '.join(longer)}: tickers and buckets were named with hindsight, so what being long of them "
                "earned before is no evidence."
            )
        return tuple(notes)

    @property
    def _traded(self) -> dict[str, StrategyRun]:
        return {entry.name: entry.run for entry in self.entries if entry.run is not None and entry.traded}

    def _row(self, entry: CatalogueEntry) -> dict[str, Any]:
        run = entry.run
        known = {"kind": kind_of(entry.strategy), "event": entry.event}
        if run is None:
            blank: Mapping[str, Any] = dict.fromkeys(FIGURES, np.nan)
            when = {"first_session": None, "last_session": None, "sessions": 0}
            return {**known, **when, **blank, "reason": entry.reason}
        sessions, figures = run.backtest.market.sessions, run.metrics.as_dict()
        return {
            **known,
            "first_session": str(sessions[0]),
            "last_session": str(sessions[-1]),
            "sessions": len(sessions),
            **{name: figures[name] for name in FIGURES},
            "reason": None if entry.traded else NOTHING_TRADED,
        }

    def _excess(self, run: StrategyRun) -> pd.Series[float]:
        """Returns of a run less what cash earns over the nights between its sessions."""
        found: pd.Series[float] = run.returns - riskless_returns(run.backtest.market.sessions, self.costs)
        return found


def _parts(strategy: Strategy) -> Iterator[Strategy]:
    """The strategies that one is made of, or itself."""
    inner = [getattr(strategy, name) for name in strategy.fields_of_strategies()]
    found = [part for one in inner for part in (one if isinstance(one, tuple) else (one,)) if part is not None]
    if not found:
        yield strategy
    for part in found:
        yield from _parts(part)


def _event(strategy: Strategy) -> str | None:
    return strategy.event if isinstance(strategy, EventTrade) else None


def run_catalogue(
    strategies: Mapping[str, Strategy], market: Market, costs: Costs, account: Account, events: EventLibrary
) -> CatalogueRuns:
    """Run every strategy; what cannot be run on this market stays with its reason."""
    entries = []
    for name, strategy in strategies.items():
        try:
            entries.append(
                CatalogueEntry(name, strategy, run_strategy(strategy, market, costs, account, events=events), None)
            )
        except InputError as problem:
            entries.append(CatalogueEntry(name, strategy, None, str(problem)))
    return CatalogueRuns(market, tuple(entries), costs)
