"""What a script calls to see the catalogue, and to know how much capital a strategy carries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_named, load_trades
from hedgebook.strategies.run.capacity import StrategyCapacity, strategy_capacity
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.universes.checks import EVENTS, NUMBER, RUN_ON, TEXT, takes
from hedgebook.universes.event import Event, Events, load_events
from hedgebook.universes.market import Market

from .replay.call import repeatable
from .result import Result, of_kind

if TYPE_CHECKING:
    from hedgebook.reports.page.kind import ReportKind


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Capacity(Result, StrategyCapacity):
    """How much capital a strategy carries, with everything that can be asked of it.

    `capital_usd` at which the largest order is `participation` of its ticker's average daily value, NaN where no volume
    is known; `costs_usd` at which costs eat `share` of the P&L before them, NaN where it earns nothing before costs.
    `curve` has one row a size of capital in USD; returns and shares are fractions.
    """

    _main = ("capital",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.capacity.page import CAPACITY_REPORT

        return CAPACITY_REPORT

    def __repr__(self) -> str:
        share = f"{self.participation:.0%} of a day's volume"
        return f"<Capacity {self.strategy.name}: {self.capital_usd:,.0f} USD at {share}>"


@takes(name=TEXT)
def trade(name: str = FLAGSHIP, **changes: Any) -> Any:
    """A strategy of the catalogue, or of a TOML file ("mine.toml" or "mine.toml:name"), with changed parameters.

    changes: its parameters and those of the rules, by name, as in hold=10, hedge="beta" or stop_loss=0.08 of an
    EventTrade. Raises ParameterError, with the closest name, for a trade or parameter that does not exist.
    """
    return find_named(name, **changes)


def trades() -> dict[str, Strategy]:
    """Every strategy of the catalogue by name."""
    return load_trades()


@takes(path=EVENTS)
def events(path: Events = "events") -> tuple[Event, ...]:
    """Every event of the shipped library, or of a TOML file (`path`). Raises EventError."""
    return load_events(path).events


@repeatable
@takes(**RUN_ON, share=NUMBER, participation=NUMBER)
@on_one_thread
def capacity(
    strategy: Strategy | str | Any,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    participation: float = 0.10,
    share: float = 0.5,
    events: Events = "events",
) -> Capacity:
    """Find the capital at which a strategy's largest order is `participation` of a day's volume, and beside it the one
    at which costs eat `share` of what it earns before them.

    strategy, market, costs, account, events as in `backtest`; a lower cap of the account goes before `participation`,
    and what its limits take stands apart from costs. Raises an InputError that says what cannot be used.
    """
    found = find_strategy(strategy)
    setting = RunSetting.named(market, costs, account, events, about=found)
    done = strategy_capacity(found, setting, participation=participation, share=share)
    return of_kind(Capacity, done)
