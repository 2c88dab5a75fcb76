"""What a script calls to find the best hedge of a few names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.finder.pieces import Pieces, replaces
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.errors import ParameterError
from hedgebook.strategies.finder.request import HedgeSearch
from hedgebook.strategies.finder.result import HedgeFound as FoundByStrategies
from hedgebook.strategies.finder.run import Running, find
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.checks import (
    COSTS,
    EVENTS,
    FINDER_OPTIONS,
    FUNCTION,
    MARKET,
    PATH,
    check_fields,
    maybe,
    takes,
)  # fmt: skip
from hedgebook.universes.event import Events
from hedgebook.universes.market import Market

from ..replay.call import Call
from ..result import RUN_AND_WRITTEN, Result, of_kind

if TYPE_CHECKING:
    from hedgebook.reports.page.kind import ReportKind

OPTIONS = {**RUN_AND_WRITTEN, "tell": maybe(FUNCTION)}


@dataclass(frozen=True)
class FinderOptions:
    """How a search is run, none of which changes a number.

    overwrite: replace an earlier search in the folder; resume: go on with one that was stopped, which replaces what it
    was to replace; pdf, paper, xlsx: as
    in `save`; threads: of this machine; scheduler: address of a Dask scheduler instead, tcp://host:port; progress:
    called with baskets done, baskets in all and seconds gone; tell: called with what is done next, in words.
    """

    overwrite: bool = False
    resume: bool = False
    pdf: bool = False
    paper: str = "a4"
    xlsx: bool = False
    threads: int = 2
    scheduler: str | None = None
    progress: Callable[[int, int, float], None] | None = None
    tell: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        check_fields(self, OPTIONS)
        if self.resume and self.overwrite:
            raise ParameterError("resuming and replacing exclude each other", where="resume, overwrite")


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class HedgeFound(Result, FoundByStrategies):
    """The best hedge of a few names for a book, with everything that can be asked of it.

    `steps` has one entry a number of names, the best basket of that many in and out of sample. Weights are in USD by
    ticker, effectiveness is a fraction of the book's variance, NaN where undefined. Everything is known at the close
    of the last session that the search looks at, but for what is called out of sample.
    """

    _label = ("book", "source")
    _tables = ("headline",)
    _main = ("winner",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.finder.page import FOUND_REPORT

        return FOUND_REPORT

    def __repr__(self) -> str:
        kind = "simulated history, " if self.sample.market.provenance.simulated else ""
        best = "nothing" if self.none_is_worth_it else ", ".join(self.winner.names)
        return (
            f"<HedgeFound {best} for {self.subject.name}: {self.winner.net:.1%} net, "
            f"p = {self.p_value:.3f} ({kind}{self.sample.market.provenance.source})>"
        )


@takes(market=MARKET, costs=COSTS, events=EVENTS, out=maybe(PATH), options=maybe(FINDER_OPTIONS))
@on_one_thread
def find_hedge(
    book: Any,
    market: Market,
    costs: Costs | str | Path = "default",
    *,
    names: Any = "1:5",
    events: Events = "events",
    out: str | Path | None = None,
    options: FinderOptions | None = None,
    **asked: Any,
) -> HedgeFound:
    """Search every basket of up to five names for the best hedge of a book, and say how much of it is luck.

    book: a Book, the CSV file of one, or a strategy or the name of a trade, which is hedged as its first order has it;
    market and costs as in `backtest`; names: how many, "1:5", 3 or range(1, 6); events: the library whose events are
    left out one at a time; out: a folder for the report, beside which pieces are kept while it runs; options:
    FinderOptions; asked: fields of HedgeSearch by name, such as among="memory,gpu", adv_frac=0.05, borrow_annual=0.08,
    neutral="market,semis", objective="es", horizon_sessions=10, side="short", as_of="2026-06-30", chain="CHAINS", a
    file or a folder of option quotes. Least is

        Q(w) = Var(y + Xw) / Var(y) + 2 cost(w) / (p sqrt(H) SD(y)),  p = hurdle_sharpe sqrt(H / 252)

    Raises an InputError that says what cannot be used, and SearchStopped, a KeyboardInterrupt, where it is stopped.
    """
    call = Call("find_hedge", dict(locals()))
    given = options or FinderOptions()
    wanted = HedgeSearch.of(names=names, **asked)
    folder = None if out is None else Path(out)
    if given.resume and folder is None:
        raise ParameterError("there is no folder to resume", where="resume", remedy="Name it with out=.")
    pieces = None if folder is None else folder.with_name(f"{folder.name}.pieces")
    overwrite = given.overwrite or (given.resume and pieces is not None and replaces(pieces))
    if folder is not None:
        from hedgebook.reports.finder.page import FOUND_REPORT
        from hedgebook.reports.page.folder import check_folder

        check_folder(folder, FOUND_REPORT.files, overwrite=overwrite)
    how = Running(given.threads, given.scheduler, pieces, given.resume, given.progress, given.tell, overwrite)
    done = find(book, wanted, RunSetting.named(market, costs, "plain", events, (book, wanted)), how)
    made = of_kind(HedgeFound, done)
    object.__setattr__(made, "_call", call)
    if folder is not None:
        made.save(folder, overwrite=overwrite, pdf=given.pdf, paper=given.paper, xlsx=given.xlsx)
        Pieces(pieces).clear()
    return made
