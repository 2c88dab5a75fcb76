"""hedgebook sweep: a strategy under many parameter sets, and how much of the best one is luck."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import ParameterError

from ..deliver import ToFolder, print_page
from ..options import DEFAULT_TRADE, Scheduler, Start, StrategyOptions, Threads, Until, grouped, settings
from ..output import Stopped, console, stop_at_once

if TYPE_CHECKING:
    from hedgebook.front.sweep import Sweep

SWEPT_HELP = "A trade of the catalogue, FILE.toml:NAME, or FILE.py:FUNCTION."
SAMPLE_HELP = "grid, random:N, lhs:N, sobol:N or optuna:N."
CV_HELP = "cscv, walk-forward, cpcv or events, with settings as in cpcv:folds=8,embargo=2."


@dataclass(frozen=True)
class SweptOptions(StrategyOptions):
    """A strategy that may be a user's function as well."""

    trade: Annotated[str, typer.Argument(help=SWEPT_HELP)] = DEFAULT_TRADE


@dataclass(frozen=True)
class SweepFlags:
    """How a sweep is drawn and run: fields of SweepOptions."""

    seed: Annotated[int, typer.Option("--seed", help="Of samples.")] = 0
    storage: Annotated[
        str | None, typer.Option("--storage", help="Keep optuna's trials here, as in sqlite:///a.db.", metavar="URL")
    ] = None
    min_sessions: Annotated[
        int, typer.Option("--min-sessions", help="Shorter sets are not compared by annual figures.")
    ] = 5
    top: Annotated[int, typer.Option("--top", help="How many of the best sets are listed.")] = 20
    threads: Threads = 2
    scheduler: Scheduler = None
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes of this machine, for functions that take long.")
    ] = None
    trials: Annotated[
        str,
        typer.Option(
            "--trials", help="What counts in the deflated Sharpe ratio: sweep, workspace, or a number besides.",
            metavar="WHAT",
        ),
    ] = "sweep"  # fmt: skip
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the interrupted sweep in --out.")] = False


@grouped
def sweep(
    asked: SweptOptions,
    to: ToFolder,
    flags: SweepFlags,
    grid: Annotated[
        list[str] | None,
        typer.Option("--grid", help="A parameter's values, as in hold=1:60. May be repeated.", metavar="KEY=VALUES"),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="A constraint, as in 'delay + hold <= 21'. May be repeated.", metavar="TEXT"),
    ] = None,
    sample: Annotated[str, typer.Option("--sample", help=SAMPLE_HELP, metavar="HOW")] = "grid",
    metric: Annotated[str, typer.Option("--metric", help="What sets are compared by.", metavar="NAME")] = "sharpe",
    cv: Annotated[str, typer.Option("--cv", help=CV_HELP, metavar="HOW")] = "cscv",
    start: Start = None,
    until: Until = None,
) -> None:
    """Run a strategy under many parameter sets: the best one, and how much of it is luck.

    For example: hedgebook sweep --grid hold=5:20 --grid hedge=dollar,beta,min_variance --grid stop_loss=none,0.05
    """
    from hedgebook.front import sweep as sweep_front

    if flags.resume and to.out is None:
        raise ParameterError("there is no folder to resume", where="--resume", remedy="Name it with --out.")
    if flags.resume and to.overwrite:
        raise ParameterError("resuming and replacing exclude each other", where="--resume, --overwrite")
    axes = _axes(grid or [])
    for end, day in (("start", start), ("until", until)):
        if day is not None:
            if end in axes:
                raise ParameterError(f"{end} is given twice", where=f"--grid, --{end}", remedy="Give it once.")
            axes[end] = day
    fixed = settings(asked.changes or [])
    _check_apart(axes, fixed)
    strategy, constants = _strategy(asked, fixed)
    market = asked.market()
    name = strategy if isinstance(strategy, str) else strategy.name
    to = to.named(f"sweep-{Path(name).name}")
    with _bar() as advance, _stoppable():
        options = sweep_front.SweepOptions(
            **{**vars(flags), "trials": int(flags.trials) if flags.trials.isdecimal() else flags.trials},
            **to.documents,
            events=asked.events,
            fixed=constants,
            axes=axes,
            overwrite=to.overwrite,
            progress=advance,
        )
        try:
            done = sweep_front.sweep(
                strategy, market, asked.costs, asked.account, sample=sample, where=tuple(where or ()), metric=metric,
                cv=cv, out=to.out, options=options,
            )  # fmt: skip
        except sweep_front.Interrupted as stopped:
            raise Stopped(str(stopped)) from None
        except KeyboardInterrupt:  # stopped twice, or before the first set
            stop_at_once(None if to.out is None else to.out / "sweep.json")
    if to.written(done):
        _print(done, to.out)


def _axes(texts: list[str]) -> dict[str, Any]:
    from hedgebook.engine.sweep.space import parse_axes

    if not texts:
        raise ParameterError(
            "there is nothing to sweep", where="--grid", remedy="Give a parameter's values, as in --grid hold=1:20."
        )
    return {axis.name: axis for axis in parse_axes(texts)}


def _check_apart(axes: dict[str, Any], fixed: dict[str, str]) -> None:
    for name in fixed:
        if name in axes:
            raise ParameterError("a parameter is both swept and set", where="--grid, --set", value=name)


def _strategy(asked: SweptOptions, fixed: dict[str, str]) -> tuple[Any, dict[str, Any]]:
    """A trade with what --set gives, or a file's strategy and what is set for it, typed as a grid's values are."""
    from hedgebook.engine.sweep.space import axis_of
    from hedgebook.strategies.strategy.load import names_file
    from hedgebook.universes.meant_number import number_hint

    if not names_file(asked.trade):
        return asked.strategy(), {}
    constants: dict[str, Any] = {}
    for name, text in fixed.items():
        axis = axis_of(name, text)
        if axis.values is None or len(axis.values) != 1:
            remedy = number_hint(text, name) or "Use --grid."
            raise ParameterError("more than one value is set", where=f"--set {name}", value=text, remedy=remedy)
        constants[name] = axis.values[0]
    return asked.trade, constants


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a polite request to end stop a sweep as Ctrl-C does, with what is done kept."""

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _bar() -> Iterator[Callable[[int, int, float], None] | None]:
    """A bar with rate and time left on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    from hedgebook.engine.sweep.running.progress import Rate

    rate = Rate()
    columns = (TextColumn("Sweeping"), BarColumn(bar_width=24), TextColumn("{task.fields[told]}", markup=False))
    with Progress(*columns, console=console(stderr=True), transient=True) as shown:
        task = shown.add_task("sweep", total=None, told="planning")

        def advance(done: int, count: int, seconds: float) -> None:
            rate.update(done, seconds)
            shown.update(task, completed=done, total=count, told=told(done, count, rate))

        yield advance


def told(done: int, count: int, rate: Any) -> str:
    """Where a sweep stands, in words that fit beside a bar."""
    text = f"{done:,} of {count:,}"
    if done >= count:
        return f"{text}; judging what is luck, and writing the report"
    per_second, left = rate.per_second, rate.left_seconds(count)
    if per_second is None or left is None:
        return text
    minutes, seconds = divmod(int(left + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}, {per_second:,.0f} a second, {clock} left"


def _print(done: Sweep, folder: Path | None) -> None:
    from hedgebook.reports.sweep.page import sweep_header, sweep_warnings
    from hedgebook.reports.sweep.tables import sweep_summary_tables

    top = sweep_header(done)
    print_page(top, sweep_summary_tables(done, width=console().width), sweep_warnings(done), folder, subtitle=top.event)
