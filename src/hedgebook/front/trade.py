"""What a script calls; every command is a thin shell over these functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.trade.capacity import Capacity, trade_capacity
from hedgebook.strategies.trade.catalogue import FLAGSHIP, find_trade, load_trades
from hedgebook.strategies.trade.run import TradeRun, run_trade
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import ACCOUNT, COSTS, FLAG, MARKET, NUMBER, PATH, TEXT, TRADE, takes
from hedgebook.universes.event import Event, load_events
from hedgebook.universes.market import Market

if TYPE_CHECKING:
    import pandas as pd
    import vectorbt

    from hedgebook.engine.verify.vectorbt import Verification


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Run(TradeRun):
    """A trade that has been run, with everything that can be asked of it and written about it."""

    @property
    def summary(self) -> pd.Series[Any]:
        """The headline figures by name: fractions, USD and dates, unrounded."""
        import pandas as pd

        plain = {k: v for k, v in self.to_dict().items() if not isinstance(v, (dict, list))}
        return pd.Series(plain, name=self.trade.name, dtype=object)

    def to_dict(self) -> dict[str, Any]:
        """Everything that summary.json holds, JSON-ready."""
        from hedgebook.reports.run.summary import summarise

        return summarise(self)

    @takes(path=PATH)
    def report(self, path: str | Path) -> Path:
        """Write the report, one self-contained HTML file. Raises RunFolderError where it cannot be written."""
        from hedgebook.reports.run.page import write_report

        return write_report(self, Path(path))

    @takes(folder=PATH, overwrite=FLAG)
    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the run folder: summary, tables and report, all of it or nothing.

        Raises RunFolderError for a folder that is not empty, unless `overwrite` and it holds a run.
        """
        from hedgebook.reports.run.folder import save_run

        return save_run(self, Path(folder), overwrite=overwrite)

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


@takes(name=TEXT)
def trade(name: str = FLAGSHIP, **changes: Any) -> EventTrade:
    """A trade of the catalogue, or of a TOML file ("mine.toml" or "mine.toml:name"), with changed parameters.

    Raises ParameterError, with the closest name, for a trade or parameter that does not exist.
    """
    return find_trade(name, **changes)


def trades() -> dict[str, EventTrade]:
    """Every trade of the catalogue by name."""
    return load_trades()


@takes(path=PATH)
def events(path: str | Path = "events") -> tuple[Event, ...]:
    """Every event of the shipped library, or of a TOML file. Raises EventError."""
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

    costs: "default", "none", a TOML file or a value; account: "plain" (nothing enforced, margin calls reported),
    "strict", a TOML file or a value, the capital being the trade's; events: the library that the trade's event is
    looked up in. Raises an InputError that says what cannot be used and what to do about it.
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

    costs and account as in `backtest`; a lower cap of the account goes before `participation`, and what its limits
    take stands apart from costs. Raises an InputError that says what cannot be used.
    """
    wanted = find_trade(trade) if isinstance(trade, str) else trade
    event = load_events(events).get(wanted.event)
    return trade_capacity(
        wanted, event, market, load_costs(costs), load_account(account), participation=participation, share=share
    )
