"""Every strategy of a catalogue on one market, losers and those that could not run among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.riskless import riskless_returns
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import InputError
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from ..run.run import StrategyRun, run_strategy
from ..strategy.strategy import Strategy
from .kinds import kind_of
from .luck import EVIDENCE, LEVEL, CatalogueLuck, catalogue_luck, chance_words, fewest

FIGURES = ("total_return", "sharpe", "max_drawdown", "volatility_annual")


@dataclass(frozen=True, eq=False)
class CatalogueEntry:
    """A strategy, and its run or the reason why there is none."""

    name: str
    strategy: Strategy
    run: StrategyRun | None
    reason: str | None

    @property
    def traded(self) -> bool:
        """Whether it ran and filled an order."""
        return self.run is not None and self.run.backtest.traded


@dataclass(frozen=True, eq=False)
class TradeResults:
    """What every strategy of a catalogue earned on a market, as it stands, without a choice of parameters.

    entries: in the order of the catalogue; costs: that each was run with. Figures are fractions, NaN where undefined.
    """

    market: Market
    entries: tuple[CatalogueEntry, ...]
    costs: Costs

    @cached_property
    def luck(self) -> CatalogueLuck:
        """What luck can do to so many strategies; those that traded count."""
        ran = {entry.name: entry.run for entry in self.entries if entry.run is not None and entry.traded}
        return catalogue_luck({name: self._excess(run) for name, run in ran.items()})

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a strategy: kind, event, first_session, last_session, sessions, total_return, sharpe, max_drawdown,
        volatility_annual, the figures of `luck` and the reason why it could not run."""
        rows = [self._row(entry) for entry in self.entries]
        table = pd.DataFrame(rows, index=pd.Index([entry.name for entry in self.entries], name="trade", dtype=object))
        return table.join(self.luck.table)

    @property
    def verdict(self) -> str:
        """How many of them earned something, and whether the best of them is more than luck."""
        ran = [entry.run for entry in self.entries if entry.run is not None and entry.traded]
        gained = sum(run.final_nav > run.capital for run in ran)
        said = (
            f"{len(ran)} of {len(self.entries)} trades ran and traded; {gained} gained and {len(ran) - gained} did not."
        )
        best = self.luck.best
        if best is None:
            return f"{said} None has a Sharpe ratio, so nothing can be said of luck."
        row = self.luck.table.loc[best]
        alone, all_of_them = chance_words(row["p_value"]), chance_words(row["adjusted_p_value"])
        deflated = "undefined" if row["deflated_sharpe"] != row["deflated_sharpe"] else f"{row['deflated_sharpe']:.1%}"
        tests = self.luck.superiority
        proven = row["adjusted_p_value"] <= LEVEL and row["deflated_sharpe"] >= EVIDENCE and row["t"] > 0
        proven = proven and (tests is None or tests.spa_consistent <= LEVEL)
        more = (
            ""
            if tests is None
            else (
                f", and that any of them beats cash {chance_words(tests.reality_check)} by White's reality check and "
                f"{chance_words(tests.spa_consistent)} by Hansen's test"
            )
        )
        found = "stands out from what luck gives to the best of so many" if proven else "cannot be told from luck"
        return (
            f"{said} The best by its t-statistic, {best}, {found}: its p-value is {alone} alone and {all_of_them} among "
            f"{self.luck.trials}, its deflated Sharpe ratio {deflated} ({EVIDENCE:.0%} is evidence){more}."
        )  # fmt: skip

    @property
    def notes(self) -> tuple[str, ...]:
        """What these figures cannot tell."""
        notes = []
        ran = {entry.name: entry.run for entry in self.entries if entry.run is not None and entry.traded}
        brief = fewest({name: len(run.returns) for name, run in ran.items()})
        if brief:
            needed = self.luck.table["needed_return"].loc[list(brief)]
            notes.append(
                f"{len(brief)} trades ran over fewer than 60 sessions. Over so few an annual Sharpe ratio says nothing "
                f"of the next event: to be told from luck they would have had to earn {needed.min():.0%} to "
                f"{needed.max():.0%} over cash. `hedgebook events-backtest NAME` runs one over every event."
            )
        shared = pd.Series([run.plan.event.id for run in ran.values() if run.plan.event is not None], dtype=object)
        for event, count in shared.value_counts().items():
            if count > 1:
                notes.append(f"{count} trades enter on {event} alone: they are one experiment seen {count} times.")
        if longer := [name for name in ran if name not in brief]:
            notes.append(
                f"{', '.join(longer)}: names and buckets were chosen with hindsight, as those that the AI build-out made "
                "large, so earlier gains of being long of them are no evidence."
            )
        return tuple(notes)

    def _row(self, entry: CatalogueEntry) -> dict[str, Any]:
        run = entry.run
        known = {"kind": kind_of(entry.strategy), "event": getattr(entry.strategy, "event", None)}
        if run is None:
            blank: Mapping[str, Any] = dict.fromkeys(FIGURES, np.nan)
            return {
                **known,
                "first_session": None,
                "last_session": None,
                "sessions": 0,
                **blank,
                "reason": entry.reason,
            }
        sessions, figures = run.backtest.market.sessions, run.metrics.as_dict()
        return {
            **known,
            "first_session": str(sessions[0]),
            "last_session": str(sessions[-1]),
            "sessions": len(sessions),
            **{name: figures[name] for name in FIGURES},
            "reason": None if entry.traded else "nothing was traded",
        }

    def _excess(self, run: StrategyRun) -> pd.Series[float]:
        """Returns of a run less what cash earns over the nights between its sessions."""
        found: pd.Series[float] = run.returns - riskless_returns(run.backtest.market.sessions, self.costs)
        return found


def run_catalogue(
    strategies: Mapping[str, Strategy], market: Market, costs: Costs, account: Account, events: EventLibrary
) -> TradeResults:
    """Run every strategy; what cannot be run on this market stays with its reason."""
    entries = []
    for name, strategy in strategies.items():
        try:
            entries.append(
                CatalogueEntry(name, strategy, run_strategy(strategy, market, costs, account, events=events), None)
            )
        except InputError as problem:
            entries.append(CatalogueEntry(name, strategy, None, str(problem)))
    return TradeResults(market, tuple(entries), costs)
