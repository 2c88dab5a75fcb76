"""What a script calls to have a verdict on a strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.league.run import league_events
from hedgebook.strategies.refute.ask import RefuteOptions
from hedgebook.strategies.refute.refute import refute_strategy, with_search
from hedgebook.strategies.refute.result import Refutation
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import ACCOUNT, COSTS, MARKET, NAMES, PATH, instance, maybe, takes
from hedgebook.universes.market import Market

from .result import Result, Writers, of_kind
from .run import Run

if TYPE_CHECKING:
    from hedgebook.universes.event import Event

    from .sweep import Sweep

REFUTE_OPTIONS = instance("hedgebook.strategies.refute.ask", "RefuteOptions", "hb.RefuteOptions")


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Refuted(Result, Refutation):
    """The verdict on a strategy, with everything that can be asked of it and written about it."""

    _label = ("strategy",)
    _main = ("tests",)

    def _writers(self) -> Writers:
        from hedgebook.reports.refute.page import refute_document, save_refutation, write_refutation
        from hedgebook.reports.refute.summary import summarise_refutation

        return Writers(summarise_refutation, write_refutation, save_refutation, refute_document)

    def __repr__(self) -> str:
        tests = ", ".join(
            f"{t.name} p {t.p_value:.3f}" if t.p_value == t.p_value else f"{t.name} -" for t in self.tests
        )
        return f"<Refuted {self.name} on {self.subject}: {self.verdict.value} ({tests})>"


@takes(
    market=maybe(MARKET),
    costs=maybe(COSTS),
    account=maybe(ACCOUNT),
    on=maybe(NAMES),
    tags=maybe(NAMES),
    events=PATH,
    options=maybe(REFUTE_OPTIONS),
)
@on_one_thread
def refute(
    subject: Any,
    market: Market | None = None,
    costs: Costs | str | Path | None = None,
    account: Account | str | Path | None = None,
    *,
    on: str | Sequence[str] | None = None,
    tags: str | Sequence[str] | None = None,
    events: str | Path = "events",
    options: RefuteOptions | None = None,
) -> Refuted:
    """Try to refute a strategy: SURVIVES, REFUTED, UNDERPOWERED or BLIND, with every test that decides it.

    subject: a run, a strategy or its name, or a sweep, whose best set is tried with a test of the search beside the
    others; market: prices, of a run or sweep their own; costs, account: None for those of a run or sweep, "default" and
    "plain" for a strategy; on, tags: events of an event trade by identifier and by tag, both None: its own one; events:
    the library; options: how hard it is tried. An event trade is tried on placebo dates, on placebo baskets, against
    its factor twin and against its benchmark, event by event; any other strategy over all of its sessions. Raises an
    InputError for what cannot be tried.
    """
    asked, sweep = options or RefuteOptions(), _sweep(subject)
    strategy, setting = _setting(subject, sweep, market, costs, account, events)
    chosen: tuple[Event, ...] = ()
    if isinstance(strategy, EventTrade):
        chosen = league_events(setting.library, strategy, on, tags)
    elif on is not None or tags is not None:
        raise ParameterError("only a trade on an event is tried on events", where="on, tags", value=strategy.name)
    found = refute_strategy(strategy, setting, asked, chosen)
    return of_kind(Refuted, found if sweep is None else with_search(found, sweep, asked))


def _sweep(subject: Any) -> Sweep | None:
    from .sweep import Sweep

    return subject if isinstance(subject, Sweep) else None


def _setting(
    subject: Any,
    sweep: Sweep | None,
    market: Market | None,
    costs: Costs | str | Path | None,
    account: Account | str | Path | None,
    events: str | Path,
) -> tuple[Strategy, RunSetting]:
    """What is tried, and what it is run on and with."""
    if sweep is not None:
        own = sweep.job.setting
        strategy = best_strategy(sweep)
        terms = (market or own.market, costs or own.costs, account or own.account)
    elif isinstance(subject, Run):
        strategy, back = subject.strategy, subject.backtest
        terms = (market or subject.market, costs or back.costs, account or back.account)
    else:
        strategy = find_strategy(subject)
        if market is None:
            raise ParameterError("a strategy needs prices", where="market", remedy="Give a market.")
        terms = (market, costs or "default", account or "plain")
    return strategy, RunSetting.named(*terms, events)


def best_strategy(sweep: Sweep) -> Strategy:
    """The strategy of a sweep with the parameters of its best set. Raises ParameterError where it is no strategy."""
    from hedgebook.strategies.sweeping.function_sweep import SPAN

    try:
        return sweep.best_trade
    except ParameterError:
        pass
    of = sweep.job.strategy
    thing = getattr(getattr(of, "strategy", of), "strategy", None) or getattr(of, "strategy", None)
    if thing is None:
        raise ParameterError("the best set of this sweep cannot be run alone", where="refute", value=of.name)
    values = {name: value for name, value in sweep.best.parameters.items() if name not in SPAN}
    return find_strategy(thing).replaced(**{**getattr(of, "fixed", {}), **values})


__all__ = ["RefuteOptions", "Refuted", "refute"]
