"""What a script calls to sweep parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.engine.sweep.analyse import MIN_SESSIONS, SHOWN, RankBy
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.engine.sweep.draw import check_grid, draw_sets, parse_draw
from hedgebook.engine.sweep.out_of_sample.validation import Validation, parse_validation
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.engine.sweep.space import space_of
from hedgebook.engine.sweep.store.folder import EXTRAS, FolderSink
from hedgebook.engine.sweep.store.sink import MemorySink, Sink
from hedgebook.engine.sweep.sweep import Execution, Prepared, prepare
from hedgebook.errors import ParameterError
from hedgebook.reports.page.document import KEPT, MANIFEST
from hedgebook.strategies.strategy.mentioned import mentioned
from hedgebook.strategies.sweeping.choose import sweep_strategy
from hedgebook.strategies.sweeping.function_sweep import SPAN
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import (
    ACCOUNT,
    CONSTRAINTS,
    COSTS,
    EVENTS,
    MAPPING,
    MARKET,
    PATH,
    SWEEP_OPTIONS,
    TEXT,
    VALIDATION,
    check_fields,
    either,
    maybe,
    one_of,
    takes,
    whole,
)
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Events
from hedgebook.universes.market import Market

from .own_names import own_names_told
from .replay.call import Call
from .replay.manifest import write_manifest
from .result import RUN_AND_WRITTEN, Documents, of_kind

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.document import Document
    from hedgebook.reports.workbook.sheets.returns import Track as Returns

OPTIONS = {
    **RUN_AND_WRITTEN,
    "seed": whole(0, 2**62),
    "storage": maybe(TEXT),
    "min_sessions": whole(1, 10_000),
    "top": whole(1, 100_000),
    "events": EVENTS,
    "fixed": MAPPING,
    "axes": MAPPING,
    "workers": maybe(whole(1, 256)),
    "trials": either(one_of("sweep", "workspace"), whole(0)),
}


@dataclass(frozen=True)
class SweepOptions:
    """How a sweep is drawn, judged and run, beyond what `sweep` is usually told.

    seed: of samples; storage: a database of optuna's that keeps its trials, as in sqlite:///a.db; min_sessions: sets
    that are on for fewer have no annual metric to be compared by; top: how many of the best are listed; events: the
    library that events are looked up in; fixed: parameters of a function that do not vary; axes: values by
    parameter as well, for those that are called like an argument of `sweep`, as in axes={"metric": ["a", "b"]};
    overwrite: replace an
    earlier sweep in the folder; resume: go on with it; pdf: the report as a PDF in the folder too, on `paper`, "a4"
    or "letter"; xlsx: a workbook of its tables there too; threads: of this machine; scheduler: address of a Dask
    scheduler instead, tcp://host:port; workers: processes of this machine instead, for functions that take their time
    in Python; progress: called with sets done, sets in all and seconds gone; trials: what counts in the deflated
    Sharpe ratio, "sweep" for its sets, "workspace" for those of the trial ledger too, or how many there were besides.
    """

    seed: int = 0
    storage: str | None = field(default=None, repr=False)
    min_sessions: int = MIN_SESSIONS
    top: int = SHOWN
    events: Events = "events"
    fixed: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, Any] = field(default_factory=dict)
    overwrite: bool = False
    resume: bool = False
    pdf: bool = False
    paper: str = "a4"
    xlsx: bool = False
    threads: int = 2
    scheduler: str | None = None
    workers: int | None = None
    progress: Callable[[int, int, float], None] | None = None
    trials: str | int = "sweep"

    def __post_init__(self) -> None:
        check_fields(self, OPTIONS)


@figures_on_one_thread
@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Documents, SweepResult):
    """A sweep that has run, with everything that can be asked of it and written about it.

    `table` has one row a set of parameters, in the order in which they were drawn: its measures, NaN where undefined,
    and the problem of one that could not run. `returns_of` gives simple returns, (T,) a set. Fractions and USD; each
    set is the run that `backtest` would make of it.
    """

    _label = ("strategy", "name")
    _main = ("sets",)

    @property
    def best_trade(self) -> EventTrade:
        """The event trade with the best set's parameters. Raises ParameterError for a strategy that is no trade."""
        strategy = self.job.strategy
        trade = getattr(strategy, "trade", None) or getattr(getattr(strategy, "strategy", None), "strategy", None)
        if not isinstance(trade, EventTrade):
            raise ParameterError("this sweep was not of an event trade", where="best_trade")
        return trade.replaced(**{name: value for name, value in self.best.parameters.items() if name not in SPAN})

    def to_dict(self) -> dict[str, Any]:
        """Everything about all sets together: fractions and USD unrounded, None where undefined."""
        from hedgebook.reports.sweep.page import summarise_sweep

        return summarise_sweep(self)

    def _document(self) -> Document:
        from hedgebook.reports.sweep.page import sweep_document

        return sweep_document(self)

    def _frames(self) -> Mapping[str, pd.DataFrame]:
        from hedgebook.reports.sweep.frames import sweep_frames

        return sweep_frames(self)

    def _returns(self) -> Returns | None:
        from hedgebook.reports.workbook.sheets.returns import Track
        from hedgebook.universes.calendar import SESSIONS_PER_YEAR

        returns = self.best_returns
        return Track(returns.to_frame("best set"), float(SESSIONS_PER_YEAR)) if len(returns) else None

    def _headline(self, values: dict[str, Any]) -> dict[str, Any]:
        best = values["best"]
        parameters = {f"parameter_{name}": value for name, value in best["parameters"].items()}
        return {"best_set": best["set"], **parameters, **best["metrics"]}

    @takes(path=PATH)
    def report(self, path: str | Path) -> Path:
        """Write the report, one self-contained HTML file, to `path`, which is returned.

        Raises RunFolderError where it cannot be written.
        """
        from hedgebook.reports.sweep.page import write_sweep_report

        return write_sweep_report(self, Path(path))


class Interrupted(KeyboardInterrupt):
    """A sweep was stopped; what is done is kept where it went to a folder. done, count: sets."""

    def __init__(self, done: int, count: int, folder: Path | None) -> None:
        self.done, self.count, self.folder = done, count, folder
        kept = "" if folder is None else f"; they are kept in {folder}: go on with --resume"
        super().__init__(f"stopped after {done:,} of {counted(count, 'set')}{kept}")


@own_names_told
@takes(
    market=MARKET,
    costs=COSTS,
    account=ACCOUNT,
    sample=TEXT,
    where=CONSTRAINTS,
    metric=TEXT,
    cv=either(TEXT, VALIDATION),
    out=maybe(PATH),
    options=maybe(SWEEP_OPTIONS),
)
@on_one_thread
def sweep(
    strategy: EventTrade | str | Any,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    sample: str = "grid",
    where: str | Sequence[Any] | Callable[[dict[str, Any]], Any] = (),
    metric: str = "sharpe",
    cv: str | Validation = "cscv",
    out: str | Path | None = None,
    options: SweepOptions | None = None,
    **axes: Any,
) -> Sweep:
    """Run a strategy under every combination of parameter values, or a sample of them, and say how much is luck.

    strategy: a trade, its name, "mine.py:function", or a function of a market and parameters that gives a Schedule;
    axes: values by parameter, as in hold=range(1, 61), hedge=["dollar", "beta"] or hold="1:60", and of start and until,
    the first and the last session, which mean what they do in `backtest`; sample: "grid",
    "random:N", "lhs:N", "sobol:N" or "optuna:N"; where: constraints, as in "delay + hold <= 21", or functions of one
    set; metric: what sets are compared by; cv: "cscv", "walk-forward", "cpcv" or "events", with settings as in
    "cpcv:folds=8,embargo=2"; out: a folder for Parquet results and the report, None keeps them in memory; options:
    SweepOptions; market, costs and account as in `backtest`. A set that cannot run stays in the table with its reason.
    Raises an InputError that says what cannot be used, and Interrupted, a KeyboardInterrupt, where it is stopped.
    """
    call = Call("sweep", dict(locals()))
    from .tracks.best_set import BEST, write_best

    call = with_trials(call)
    given: SweepOptions = call.arguments["options"]
    sink = MemorySink() if out is None else FolderSink(out, overwrite=given.overwrite)
    prepared, wish = prepared_sweep(call, sink)
    with sink.holding() if isinstance(sink, FolderSink) else nullcontext():
        outcome = prepared.run(Execution(given.threads, given.scheduler, given.resume, given.progress, given.workers))
        if outcome.interrupted:
            raise Interrupted(outcome.done_sets, prepared.job.count, None if out is None else Path(out))
        made = analysed(prepared, wish, call)
        if isinstance(sink, FolderSink):
            sink.place(EXTRAS[0], made.report)
            sink.place(BEST, lambda path: write_best(made, path))
            copies = made._copies(pdf=given.pdf, paper=given.paper, xlsx=given.xlsx)
            for copy, write in {**copies, KEPT: made._keep}.items():
                sink.place(copy, write)
            values = made.to_dict()
            sink.place(MANIFEST, lambda path: write_manifest(made, path, values))
            sink.finish(values)
    return made


def with_trials(call: Call) -> Call:
    """The call of a sweep with the number of trials that the workspace has besides, where they are to count."""
    options = call.arguments["options"] or SweepOptions()
    call = Call(call.door, {**call.arguments, "options": options})
    if options.trials != "workspace":
        return call
    from hedgebook.front.ledger.record import trials_besides

    return Call(call.door, {**call.arguments, "options": replace(options, trials=trials_besides(call))})


def prepared_sweep(call: Call, sink: Sink) -> tuple[Prepared, RankBy]:
    """A sweep before it runs, of a call of `sweep`, into a sink, and how its sets are compared."""
    asked = call.arguments
    given: SweepOptions = asked["options"] or SweepOptions()
    elsewhere = given.trials if isinstance(given.trials, int) else None
    wish = RankBy(asked["metric"], given.top, given.min_sessions, elsewhere)
    validation, draw = parse_validation(asked["cv"]), parse_draw(asked["sample"], given.seed, given.storage)
    axes = _together(dict(asked["axes"]), given.axes)
    cut = any(name in axes for name in SPAN)
    chosen = sweep_strategy(asked["strategy"], events=given.events, changes=given.fixed, cut=cut)
    fixed = _fixed(chosen, axes)
    market = asked["market"].covering(
        mentioned((getattr(chosen, "trade", None), getattr(chosen, "strategy", None), fixed, axes))
    )
    benchmark = market.universe.benchmark
    setting = SweepSetting(
        market,
        load_costs(asked["costs"]),
        load_account(asked["account"]),
        benchmark if benchmark in market.columns else None,
    )
    space = space_of(axes, asked["where"], fixed=fixed)
    check_grid(space, draw)
    sets = draw_sets(space.retyped(chosen.typed), draw, setting, chosen, wish)
    # What goes on, or goes to other machines, must know the sessions of all sets before.
    once = None if given.resume or given.scheduler is not None else wish
    return prepare(setting, chosen, sets, validation=validation, sink=sink, once=once), wish


def analysed(prepared: Prepared, wish: RankBy, call: Call) -> Sweep:
    """A sweep that has run, which knows the call that made it."""
    made = of_kind(Sweep, prepared.analyse(wish))
    object.__setattr__(made, "_call", call)
    return made


def _together(axes: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for name in more:
        if name in axes:
            raise ParameterError("a parameter has its values twice", where=name, remedy="Give them once.")
    return {**axes, **more}


def _fixed(strategy: Any, axes: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that do not vary, which constraints may speak of."""
    trade = getattr(strategy, "trade", None)
    known = trade.parameters() if isinstance(trade, EventTrade) else dict(getattr(strategy, "fixed", {}))
    return {name: value for name, value in known.items() if name not in axes}
