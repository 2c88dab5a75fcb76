"""What a script calls to run a strategy, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.run import LEGS
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.engine.rules import Rules
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.run.run import StrategyRun, run_strategy
from hedgebook.strategies.strategy.given import GivenSchedule
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.span import Span
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.strategies.strategy.weights import Signals, TargetWeights
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import (
    DAY,
    EVENT,
    FACTOR_SET,
    HOLDINGS,
    LOADINGS,
    MARKET,
    PATH,
    RULES,
    RUN_ON,
    SCHEDULE,
    either,
    maybe,
    one_of,
    takes,
)
from hedgebook.universes.event import Event, Events, named_and_given
from hedgebook.universes.market import Market

from .replay.call import repeatable, same_call
from .result import Result, Writers, of_kind

if TYPE_CHECKING:
    import vectorbt

    from hedgebook.engine.exposure.factor_file import Loadings
    from hedgebook.engine.exposure.factor_sets import FactorSet
    from hedgebook.engine.verify.vectorbt import Verification
    from hedgebook.reports.page.document import Copies
    from hedgebook.strategies.audit.audit import StrategyAudit

    from .risk import Risk

FILLS = one_of("next open", "next close")


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Run(Result, StrategyRun):
    """A strategy that has been run, with everything that can be asked of it and written about it.

    `nav` has one row a session: NAV in USD after the fills of its open and its close; `returns` are (T,) simple
    fractions close to close; `pnl(by)` is in USD, and its rows add up to the change of NAV with the interest. Weights
    are fractions of NAV. A figure that is undefined is NaN in tables and None in `to_dict` and `summary`.
    """

    _main = ("pnl",)

    @property
    def trade(self) -> EventTrade:
        """The event trade that was run. Raises ParameterError for a strategy of another kind."""
        if not isinstance(self.strategy, EventTrade):
            raise ParameterError("this run is of no event trade", where="trade", remedy="Ask for its strategy.")
        return self.strategy

    @property
    def event(self) -> Event | None:
        """The event that it was entered on, None where there is none."""
        return self.plan.event

    def _writers(self) -> Writers:
        from hedgebook.reports.run.folder import save_run
        from hedgebook.reports.run.page import run_document, write_report
        from hedgebook.reports.run.summary import summarise

        return Writers(summarise, write_report, save_run, run_document)

    def _workbook(self) -> bytes:
        from hedgebook.reports.workbook.run import run_workbook, said_of_run

        values = self.to_dict()
        return run_workbook(self, values, said_of_run(self, values))

    def _kept(self) -> Copies:
        return {}  # Its folder holds it among its own files.

    def risk(self, **options: Any) -> Risk:
        """The risk report of what it held, with the options of `hedgebook.risk` by name."""
        from .risk import risk

        return risk(self, **options)

    def to_vectorbt(self) -> vectorbt.Portfolio:
        """The same fills as a vectorbt portfolio, financing off, two bars a session."""
        return self.backtest.to_vectorbt()

    def verify(self) -> Verification:
        """NAV against vectorbt's, financing taken out, at every mark."""
        from hedgebook.engine.verify.vectorbt import verify_backtest

        return verify_backtest(self.backtest)

    def checked(self, *found: StrategyAudit | Verification) -> Run:
        """The same run with what an audit or a verification found, which documents say. Raises ParameterError."""
        from hedgebook.strategies.run.checks import check_of

        return same_call(self, replace(self, checks=(*self.checks, *map(check_of, found))))

    def __repr__(self) -> str:
        sessions = self.backtest.market.sessions
        kind = "simulated history, " if self.market.provenance.simulated else ""
        study = "" if self.plan.tradable else ", hindsight: not tradable"
        return (
            f"<Run {self.name}: {self.metrics.total_return:+.2%} from {sessions[0]} to "
            f"{sessions[-1]} ({kind}{self.market.provenance.source}{study})>"
        )


@repeatable
@takes(**RUN_ON, event=maybe(EVENT), rules=maybe(RULES), start=maybe(DAY), until=maybe(DAY), holdings=maybe(HOLDINGS),
       factors=maybe(either(PATH, FACTOR_SET)), loadings=maybe(either(PATH, LOADINGS)),
       factors_in=maybe(one_of("fraction", "percent")))  # fmt: skip
@on_one_thread
def backtest(
    strategy: Strategy | str | Schedule | pd.DataFrame | Any,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    rules: Rules | None = None,
    start: str | np.datetime64 | None = None,
    until: str | np.datetime64 | None = None,
    holdings: Holdings | None = None,
    events: Events = "events",
    event: Event | str | None = None,
    factors: FactorSet | str | Path | None = None,
    loadings: Loadings | str | Path | None = None,
    factors_in: Literal["fraction", "percent"] | None = None,
) -> Run:
    """Run any strategy on a market.

    strategy: one of the catalogue by name, "mine.toml:name", "mine.py:name", a value of a class of strategies, a
    Schedule, a DataFrame of target weights (dates by tickers, fractions of NAV, NaN = leave alone; decided at that
    close, filled at the next open), `signals(...)`, or a function of the market that gives one of these;
    market: as `load_market` gives; costs: "default", "none", a TOML file or a value; account: "plain" (1,000,000 USD,
    nothing enforced, margin calls reported), "strict", "none", a TOML file or a value, the capital being the strategy's
    where it has one; rules: stops and other rules in place of the strategy's own; start, until: the first and last
    session, of a strategy that was running before it what it wanted being bought at the first mark; holdings: shares
    held from the close before the first session on (None: none), part of the capital; events: the library that events
    are looked up in, a TOML file or Events of your own beside the shipped ones; event: what an event trade is entered
    on in place of its own: an identifier, an Event, or a day and a timing as in "2026-07-01:pre-open"; factors: of a
    vendor's model, a file of daily returns or a FactorSet, in the place of the market's proxies in exposures and P&L by
    factor; loadings: of its tickers, a file or Loadings, used from the session after their date; factors_in: the unit
    of the file where its size does not tell it. The run's NAV is in USD at opens and closes, returns are simple
    fractions by session, and a figure that is undefined is NaN. Nothing is filled at or before the moment at which it
    was decided. Raises an InputError that says what cannot be used and what to do about it, LookAheadError for a fill
    that comes too early, StrategyError where code of the user's own fails.
    """
    found = find_strategy(strategy)
    if event is not None:
        found, events = entered_on(found, event, events)
    if rules is not None:
        found = found.replaced(rules=rules)
    setting = replace(RunSetting.named(market, costs, account, events, about=(found, holdings)), holdings=holdings)
    model = None
    if factors is not None:
        from hedgebook.engine.exposure.factor_file import model_of

        model = model_of(factors, loadings, factors_in)
    elif loadings is not None:
        raise ParameterError("loadings need the returns of their factors", where="loadings", remedy="Give factors=.")
    done = run_strategy(found, setting, span=Span(start, until))
    return of_kind(Run, done if model is None else replace(done, model=model))


def entered_on(strategy: Strategy, event: Event | str, events: Events) -> tuple[Strategy, Events]:
    """An event trade entered on another event, and a library that has it.

    Raises ParameterError for another kind of strategy.
    """
    if not isinstance(strategy, EventTrade):
        raise ParameterError(
            "an event is given for a strategy that is entered on none", where="event",
            value=event.id if isinstance(event, Event) else event, remedy="Leave it out, or run an event trade.",
        )  # fmt: skip
    ids, library = named_and_given([event], events)
    return strategy.replaced(event=(ids or [""])[0]), library


@takes(market=MARKET, schedule=SCHEDULE, legs=maybe(LEGS))
def run_schedule(
    market: Market,
    schedule: Schedule,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    rules: Rules | None = None,
    legs: dict[str, str] | None = None,
    holdings: Holdings | None = None,
    until: str | np.datetime64 | None = None,
) -> Run:
    """The same as `backtest(schedule, market, ...)`, with the market first.

    A schedule has no end of its own: it is run to the market's last session, cash that is left earning its rate. What a
    plan was run to is its `until`: `run_schedule(market, plan.schedule, until=plan.until)` is the run of the plan.
    legs: "long" or "short" by ticker, for stops of a leg; market, schedule, costs, account, rules, holdings and until
    as there. Raises what `backtest` raises.
    """
    given = GivenSchedule(schedule=schedule, legs=legs)
    return backtest(given, market, costs, account, rules=rules, holdings=holdings, until=until)


@takes(fill=FILLS)
def weights(frame: pd.DataFrame, *, fill: str = "next open", **parameters: Any) -> TargetWeights:
    """A strategy of target weights from a table.

    frame: dates by tickers, fractions of NAV, NaN = leave the ticker alone, each row decided at the close of its date
    or the last one before it; fill: "next open" or "next close";
    parameters: name, title, capital (USD) and those of the rules. Raises ParameterError.
    """
    return TargetWeights(frame=frame, fill=fill, **parameters)


@takes(fill=FILLS)
def signals(
    entries: pd.DataFrame,
    exits: pd.DataFrame,
    *,
    size: Any = 0.1,
    short_entries: pd.DataFrame | None = None,
    short_exits: pd.DataFrame | None = None,
    fill: str = "next open",
    **parameters: Any,
) -> Signals:
    """A strategy of entries and exits, decided at each close and filled at the next mark.

    entries, exits: tables of true and false, dates by tickers, where a long position begins and ends; short_entries,
    short_exits: the same of short ones (None: none); size: fraction of NAV that a new position takes, one number or one
    by ticker, to which it is not brought back later; fill: "next open" or "next close"; parameters: name, title,
    capital (USD) and those of the rules. An exit goes before an entry of the same close, a position that is on is not
    entered again, and an entry of the other side turns it round. Raises ParameterError for tables that do not fit.
    """
    return Signals(
        entries=entries, exits=exits, size=size, short_entries=short_entries, short_exits=short_exits, fill=fill,
        **parameters,
    )  # fmt: skip
