"""What a script calls; every command is a thin shell over these functions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.trade.capacity import TradeCapacity, trade_capacity
from hedgebook.strategies.trade.catalogue import FLAGSHIP, find_trade, load_trades
from hedgebook.strategies.trade.run import TradeRun, run_trade
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import ACCOUNT, COSTS, MARKET, NUMBER, PATH, TEXT, TRADE, takes
from hedgebook.universes.event import Event, load_events
from hedgebook.universes.market import Market

from .result import Figures, Result, Writers

if TYPE_CHECKING:
    import vectorbt

    from hedgebook.engine.verify.vectorbt import Verification


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Run(Result, TradeRun):
    """A trade that has been run, with everything that can be asked of it and written about it."""

    def _writers(self) -> Writers:
        from hedgebook.reports.run.folder import save_run
        from hedgebook.reports.run.page import write_report
        from hedgebook.reports.run.summary import summarise

        return Writers(summarise, write_report, save_run)

    def to_vectorbt(self) -> vectorbt.Portfolio:
        """The same fills as a vectorbt portfolio, financing off, two bars a session."""
        return self.backtest.to_vectorbt()

    def verify(self) -> Verification:
        """NAV against vectorbt's, financing taken out, at every mark."""
        from hedgebook.engine.verify.vectorbt import verify_backtest

        return verify_backtest(self.backtest)

    def __repr__(self) -> str:
        plan = self.plan
        kind = "simulated history, " if self.market.provenance.simulated else ""
        study = "" if plan.tradable else ", hindsight: not tradable"
        return (
            f"<Run {self.trade.name}: {self.metrics.total_return:+.2%} from {plan.entry_session} to "
            f"{plan.exit_session} ({kind}{self.market.provenance.source}{study})>"
        )


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Capacity(TradeCapacity, Figures):
    """How much capital a trade carries, with everything that can be asked of it."""

    def __repr__(self) -> str:
        return (
            f"<Capacity {self.trade.name}: {self.capital_usd:,.0f} USD at {self.participation:.0%} of a day's volume>"
        )


@takes(name=TEXT)
def trade(name: str = FLAGSHIP, **changes: Any) -> EventTrade:
    """A trade of the catalogue, or of a TOML file ("mine.toml" or "mine.toml:name"), with changed parameters.

    changes: parameters of EventTrade and of its rules, by name, as in hold=10 or hedge="beta". Raises ParameterError,
    with the closest name, for a trade or parameter that does not exist.
    """
    return find_trade(name, **changes)


def trades() -> dict[str, EventTrade]:
    """Every trade of the catalogue by name."""
    return load_trades()


@takes(path=PATH)
def events(path: str | Path = "events") -> tuple[Event, ...]:
    """Every event of the shipped library, or of a TOML file (`path`). Raises EventError."""
    return load_events(path).events


@takes(trade=TRADE, market=MARKET, costs=COSTS, account=ACCOUNT, events=PATH)
@on_one_thread
def backtest(
    trade: EventTrade | str,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    events: str | Path = "events",
) -> Run:
    """Run an event trade on a market from its entry to its exit.

    trade: a trade, as `trade` gives, or the name of one; market: as `load_market` gives;
    costs: "default", "none", a TOML file or a value; account: "plain" (nothing enforced, margin calls reported),
    "strict", a TOML file or a value, the capital being the trade's; events: the library that the trade's event is
    looked up in. The run's NAV is in USD at opens and closes, returns are simple fractions by session, and a figure
    that is undefined is NaN. Nothing is filled at or before the moment at which it was decided. Raises an InputError
    that says what cannot be used and what to do about it.
    """
    wanted = find_trade(trade) if isinstance(trade, str) else trade
    event = load_events(events).get(wanted.event)
    done = run_trade(wanted, event, market, load_costs(costs), load_account(account))
    return Run(market=done.market, plan=done.plan, backtest=done.backtest)


@takes(trade=TRADE, market=MARKET, costs=COSTS, account=ACCOUNT, share=NUMBER, events=PATH)
@on_one_thread
def capacity(
    trade: EventTrade | str,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    participation: float = 0.10,
    share: float = 0.5,
    events: str | Path = "events",
) -> Capacity:
    """Find the capital at which a trade's largest order is `participation` of a day's volume, and beside it the one
    at which costs eat `share` of what it earns before them.

    trade, market, costs, account, events as in `backtest`; a lower cap of the account goes before `participation`, and
    what its limits take stands apart from costs. Raises an InputError that says what cannot be used.
    """
    wanted = find_trade(trade) if isinstance(trade, str) else trade
    event = load_events(events).get(wanted.event)
    done = trade_capacity(
        wanted, event, market, load_costs(costs), load_account(account), participation=participation, share=share
    )
    return Capacity(**{field.name: getattr(done, field.name) for field in fields(done)})
