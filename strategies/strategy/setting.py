"""What a run needs beside what is run: the one value that strategies, event trades and hedge books take."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.rules import Rules
from hedgebook.universes.event import EventLibrary, Events, load_events
from hedgebook.universes.market import Market

from .mentioned import mentioned


@dataclass(frozen=True, eq=False)
class RunSetting:
    """What something is run on and with.

    market: prices; costs; account: its capital counts where the strategy has none of its own; events: the library that
    events are looked up in (None: the shipped one); holdings: shares held from the close before the first session on.
    """

    market: Market
    costs: Costs
    account: Account = field(default_factory=Account)
    events: EventLibrary | None = None
    holdings: Holdings | None = None

    @classmethod
    def named(
        cls, market: Market, costs: Costs | str | Path, account: Account | str | Path, events: Events = "events",
        about: object = None,
    ) -> RunSetting:  # fmt: skip
        """The setting of costs, an account and a library by name or file. Raises an InputError for what has none.

        about: what is run, of which the market takes in tickers that its file has and its universe lacks.
        """
        covered = market if about is None else market.covering(mentioned(about))
        return cls(covered, load_costs(costs), load_account(account), load_events(events))

    @property
    def library(self) -> EventLibrary:
        """The events, the shipped ones where no others are given."""
        return load_events() if self.events is None else self.events

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of where the numbers of costs and account come from."""
        universe = self.market.universe
        return (*self.costs.notes(universe), *self.account.notes(universe))

    def funded(self, capital_usd: float | None) -> RunSetting:
        """The same with another capital of the account, itself for None."""
        return self if capital_usd is None else replace(self, account=self.account.with_capital(capital_usd))

    def run(
        self,
        schedule: Schedule,
        *,
        rules: Rules | None = None,
        legs: dict[str, str] | None = None,
        until: np.datetime64 | None = None,
    ) -> Backtest:
        """The backtest of a schedule in this setting. Raises what `run_schedule` raises."""
        return run_schedule(
            self.market, schedule, self.costs, self.account, rules=rules, legs=legs, holdings=self.holdings, until=until
        )
