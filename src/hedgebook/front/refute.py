"""What a script calls to have a verdict on a strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.engine.sweep.store.parts import MANIFEST as SWEEP_MANIFEST
from hedgebook.errors import ParameterError, RunFolderError
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.catalogue.read import load_trades
from hedgebook.strategies.league.run import league_events
from hedgebook.strategies.refute.ask import RefuteOptions
from hedgebook.strategies.refute.refute import refute_strategy, with_search, with_trials
from hedgebook.strategies.refute.result import Refutation
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import ACCOUNT, COSTS, EVENTS, MARKET, NAMES, instance, maybe, takes
from hedgebook.universes.event import EventLibrary, Events
from hedgebook.universes.market import Market
from hedgebook.universes.raw_file import is_folder

from .replay.call import Call, call_of
from .result import Result, of_kind
from .run import Run

if TYPE_CHECKING:
    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.universes.event import Event

    from .sweep import Sweep

# Functions whose folders hold the run of one strategy.
RUNS = ("backtest", "run_schedule")
REFUTE_OPTIONS = instance("hedgebook.strategies.refute.ask", "RefuteOptions", "hb.RefuteOptions")


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Refuted(Result, Refutation):
    """The verdict on a strategy, with everything that can be asked of it and written about it.

    `table` has one row a test. A p-value is a share of draws between 0 and 1, NaN, with the reason, for a test that
    cannot be made; returns are fractions of the capital, net of costs.
    """

    _label = ("strategy",)
    _main = ("tests",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.refute.page import REFUTE_REPORT

        return REFUTE_REPORT

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
    events=maybe(EVENTS),
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
    events: Events | None = None,
    options: RefuteOptions | None = None,
) -> Refuted:
    """Try to refute a strategy: SURVIVES, REFUTED, UNDERPOWERED or BLIND, with every test that decides it.

    subject: a run, a strategy or its name, a series, whose trade is tried on its events, or a sweep, whose best set is
    tried with a test of the search beside the others, or the folder of any of these; market: prices, None: those of the
    result; costs, account, events: None for those of the result, "default", "plain" and the shipped library for a
    strategy; on, tags: events of an event trade by identifier and by tag, both None: its own one; options: how hard it
    is tried. An event trade is tried on placebo dates, on placebo baskets, against its factor twin and against its
    benchmark, event by event; any other strategy over all of its sessions. A p-value is a share of draws, NaN with a
    reason for a test that cannot be made.
    Raises an InputError for what cannot be tried.
    """
    call = Call("refute", dict(locals()))
    asked, thing = options or RefuteOptions(), _opened(subject, market)
    strategy, setting = _setting(thing, market, costs, account, events)
    chosen: tuple[Event, ...] = ()
    if _is_series(thing) and on is None and tags is None:
        chosen = tuple(run.event for run in thing.runs)
    elif isinstance(strategy, EventTrade):
        chosen = league_events(setting.library, strategy, on, tags)
    elif on is not None or tags is not None:
        raise ParameterError("only a trade on an event is tried on events", where="on, tags", value=strategy.name)
    found = refute_strategy(strategy, setting, asked, chosen)
    found = replace(found, notes=(*found.notes, *_left_out(thing)))
    found = with_search(found, thing, asked) if _is_sweep(thing) else found
    asked = replace(asked, trials=_besides(call, thing, strategy, asked))
    found = found if asked.trials is None else with_trials(found, int(asked.trials))
    made = of_kind(Refuted, found)
    # What is written down says how many trials there were then, so that it is made again as it was.
    object.__setattr__(made, "_call", Call(call.door, {**call.arguments, "options": asked}))
    object.__setattr__(made, "_tried", strategy)
    return made


def _besides(call: Call, thing: Any, strategy: Strategy, asked: RefuteOptions) -> int | None:
    """How many trials there are besides the one of this strategy, which may have been run before, or of this sweep."""
    if asked.trials != "workspace":
        return asked.trials if isinstance(asked.trials, int) else None
    from .ledger.record import trials_besides

    return trials_besides(call_of(thing) or call if _is_sweep(thing) else call, None if _is_sweep(thing) else strategy)


def _opened(subject: Any, market: Market | None) -> Any:
    """What a folder of a run, series or sweep holds; anything else as it is. Raises RunFolderError for another
    folder."""
    if not is_result_folder(subject):
        return subject
    from hedgebook.reports.page.document import MANIFEST

    from .loaded import load_run
    from .replay.manifest import call_told, read_manifest
    from .replay.replay import replay
    from .replay.sweeps import load_sweep

    folder = Path(subject)
    if (folder / SWEEP_MANIFEST).is_file():
        return load_sweep(folder, market)
    if not (folder / MANIFEST).is_file():
        return load_run(folder, market)
    door = call_told(read_manifest(folder), folder)["door"]
    if door == "event_series":
        return replay(folder, market).result
    if door not in RUNS:
        raise RunFolderError(
            "this folder holds nothing that was run as one strategy", where=str(folder), value=door,
            remedy="Give that of a run, a sweep or a series of events, or name the strategy.",
        )  # fmt: skip
    return load_run(folder, market)


def is_result_folder(subject: Any) -> bool:
    """Whether a subject names a folder; a name of the catalogue is that strategy, whatever folders there are."""
    if not isinstance(subject, str | PurePath) or not is_folder(Path(subject)):
        return False
    return isinstance(subject, PurePath) or subject not in load_trades()


def _is_sweep(thing: Any) -> bool:
    from .sweep import Sweep

    return isinstance(thing, Sweep)


def _is_series(thing: Any) -> bool:
    from .events import Series

    return isinstance(thing, Series)


def _setting(
    thing: Any,
    market: Market | None,
    costs: Costs | str | Path | None,
    account: Account | str | Path | None,
    events: Events | None,
) -> tuple[Strategy, RunSetting]:
    """What is tried, and what it is run on and with."""
    if _is_sweep(thing):
        own = thing.job.setting
        strategy = best_strategy(thing)
        terms = (market or own.market, costs or own.costs, account or own.account)
        return strategy, RunSetting.named(*terms, _events(thing, events), about=strategy)
    if isinstance(thing, Run):
        strategy, back = thing.strategy, thing.backtest
        terms = (market or thing.market, costs or back.costs, account or back.account)
        setting = RunSetting.named(*terms, _events(thing, events), about=strategy)
        event = thing.event
        if event is not None and event.id not in {one.id for one in setting.library.events}:
            # It was given to the run as a value, and stands in no library.
            setting = replace(setting, events=EventLibrary(events=(*setting.library.events, event)))
        return strategy, setting
    if _is_series(thing):
        if thing.choice.sides != "trade":
            raise ParameterError(
                "a series is tried with the legs of its trade alone", where="sides", value=thing.choice.sides
            )
        told = _arguments(thing)
        terms = (market or thing.market, costs or told["costs"], account or told["account"])
        return thing.trade, RunSetting.named(*terms, _events(thing, events), about=thing.trade)
    strategy = find_strategy(thing)
    if market is None:
        raise ParameterError("a strategy needs prices", where="market", remedy="Give a market.")
    terms = (market, costs or "default", account or "plain")
    return strategy, RunSetting.named(*terms, "events" if events is None else events, about=strategy)


def _events(made: Any, events: Events | None) -> Events:
    """The library that a run or sweep was made with, where no other is asked for."""
    if events is not None:
        return events
    told = _arguments(made)
    found = told.get("events") or getattr(told.get("options"), "events", None)
    return "events" if found is None else found


def _arguments(made: Any) -> Mapping[str, Any]:
    """What a run or a sweep was called with; of a folder's run, that of the run made again."""
    call = call_of(made) or call_of(getattr(made, "_again", None))
    return {} if call is None else call.arguments


def _left_out(thing: Any) -> tuple[str, ...]:
    """What a run was told that a trial is not."""
    if not isinstance(thing, Run):
        return ()
    told = [name for name in ("start", "until", "holdings") if _arguments(thing).get(name) is not None]
    return (f"It is tried over all sessions of the prices, without {', '.join(told)} of the run.",) if told else ()


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
