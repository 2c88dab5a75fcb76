"""hedgebook find-hedge: the best hedge of a few names for a book or a trade, among all baskets."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import ParameterError

from ..deliver import ToFolder, print_page
from ..options import ChainFile, RunOptions, Scheduler, Threads, grouped
from ..output import Stopped, progress
from ..shares import share_of

if TYPE_CHECKING:
    from hedgebook.front.desk.find import HedgeFound


@dataclass(frozen=True)
class LimitOptions:
    """What a hedge must keep: fields of a HedgeSearch."""

    adv: Annotated[
        str, typer.Option("--adv", help="Most of a name's average daily value, as in 5%, or none.", metavar="SHARE")
    ] = "5%"
    borrow: Annotated[
        str, typer.Option("--borrow", help="No short above this annual borrow fee, or none.", metavar="RATE")
    ] = "8%"
    budget: Annotated[
        str, typer.Option("--budget", help="Most gross value of the hedge, of the book's.", metavar="SHARE")
    ] = "100%"
    side: Annotated[str, typer.Option("--side", help="both, short or long.")] = "both"
    neutral: Annotated[
        str,
        typer.Option("--neutral", help="Factors to leave no exposure to: market, semis, ..., dollar.", metavar="A,B"),
    ] = ""


@dataclass(frozen=True)
class JudgedOptions:
    """How hedges are compared and tested: fields of a HedgeSearch."""

    objective: Annotated[str, typer.Option("--objective", help="variance, or es for expected shortfall.")] = "variance"
    horizon: Annotated[int, typer.Option("--horizon", help="Sessions that the hedge is held.")] = 10
    hurdle_sharpe: Annotated[
        float, typer.Option("--hurdle-sharpe", help="Sharpe ratio that risk must earn: what less risk is worth.")
    ] = 1.0
    lookback: Annotated[int, typer.Option("--lookback", help="Sessions that estimates use.")] = 252
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Last session that is known. Default: the last one.", metavar="DAY")
    ] = None
    placebos: Annotated[int, typer.Option("--placebos", help="Placebo books that are searched too.")] = 199
    placebo: Annotated[
        str, typer.Option("--placebo", help="dates: other dates; beyond: only what plain hedges leave.")
    ] = "dates"
    level: Annotated[float, typer.Option("--level", help="Of expected shortfall.")] = 0.95
    seed: Annotated[int, typer.Option("--seed", help="Of placebo books.")] = 0


@dataclass(frozen=True)
class RunningOptions:
    """How a search is run."""

    threads: Threads = 2
    scheduler: Scheduler = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the stopped search of --out.")] = False


@grouped
def find_hedge(
    asked: RunOptions,
    to: ToFolder,
    book: Annotated[str, typer.Argument(metavar="BOOK.csv|TRADE", help="Holdings, or a trade as it is entered.")],
    limits: LimitOptions,
    judged: JudgedOptions,
    how: RunningOptions,
    names: Annotated[str, typer.Option("--names", help="How many names, as in 1:5.", metavar="N:M")] = "1:5",
    among: Annotated[
        str, typer.Option("--among", help="Buckets or tickers. Default: the universe.", metavar="A,B")
    ] = "",
    options: Annotated[
        str | None,
        typer.Option("--options", help="Options on each name too, as in put:25d:60d,call:30d:45d.", metavar="A,B"),
    ] = None,
    chain: ChainFile = None,
) -> None:
    """Find the best hedge of up to five names for a book: every basket, and how much of the best one is luck.

    Each basket has its exact optimum within the limits, net of expected cost. The winner stands beside the same search
    for placebo books, events that were left out, and plain SPY, SMH and QQQ hedges.
    """
    from hedgebook.front.desk import find
    from hedgebook.strategies.finder.run import SearchStopped

    if how.resume and to.out is None:
        raise ParameterError("there is no folder to resume", where="--resume", remedy="Name it with --out.")
    if how.resume and to.overwrite:
        raise ParameterError("resuming and replacing exclude each other", where="--resume, --overwrite")
    wanted = {
        "among": among,
        "option_kinds": () if options is None else options,
        "chain": chain,
        "adv_frac": share_of(limits.adv, "--adv", 1e-6, 1.0),
        "borrow_annual": share_of(limits.borrow, "--borrow", 0.0, 10.0),
        "budget_frac": share_of(limits.budget, "--budget", 0.001, 100.0, may_be_none=False),
        "side": limits.side,
        "neutral": limits.neutral,
        **{name: value for name, value in vars(judged).items() if name != "horizon"},
        "horizon_sessions": judged.horizon,
    }
    market = asked.market()
    to = to.named(f"hedge-{Path(book).stem}")
    with progress("Searching all baskets (the first run after installing compiles the kernels)") as tell:
        running = find.FinderOptions(
            **vars(how),
            **to.documents,
            overwrite=to.overwrite,
            tell=tell,
            progress=lambda done, count, _: tell(f"Searching baskets: {done:,} of {count:,}"),
        )
        try:
            done = find.find_hedge(
                book, market, asked.costs, names=names, events=asked.events, out=to.out, options=running, **wanted
            )
        except SearchStopped as stopped:
            raise Stopped(str(stopped)) from None
        except KeyboardInterrupt:
            print("hedgebook: stopped at once; go on with --resume", file=sys.stderr, flush=True)
            os._exit(130)
    if to.written(done):
        _print(done, to.out)


def _print(done: HedgeFound, folder: Path | None) -> None:
    from hedgebook.reports.finder import tables
    from hedgebook.reports.finder.options import options_table
    from hedgebook.reports.finder.page import finder_header

    top = finder_header(done)
    shown = (
        tables.winner_table(done),
        *((contracts,) if (contracts := options_table(done)) else ()),
        tables.frontier_table(done),
        tables.beside_table(done),
        *((tables.events_table(done),) if done.left_out else ()),
    )
    print_page(top, shown, done.warnings, folder, subtitle=f"{top.name}; {top.event}")
