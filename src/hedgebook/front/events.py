"""What a script asks about events: study one, check what was reported about it, trade all of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine import event_study as engine
from hedgebook.engine.account import Account
from hedgebook.engine.event_study import EventStudy, StudyModel, StudyOptions
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.series.choice import parse_choice
from hedgebook.strategies.series.run import EventSeries, run_event_series
from hedgebook.strategies.strategy.mentioned import mentioned
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.checks import (
    EVENT,
    MARKET,
    NAMES,
    PATH,
    RUN_ON,
    STUDY_OPTIONS,
    TEXT,
    TRADE,
    either,
    instance,
    maybe,
    takes,
    whole,
)
from hedgebook.universes.claims.check import ClaimsCheck
from hedgebook.universes.claims.check import check_claims as check
from hedgebook.universes.claims.claim import load_claims
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, Events, event_calendar, load_events
from hedgebook.universes.market import Market

from .replay.call import repeatable
from .result import Result, of_kind

if TYPE_CHECKING:
    from hedgebook.engine.options.chain_event import ExpectedAndRealised
    from hedgebook.reports.page.kind import ReportKind
    from hedgebook.universes.chains.chain import Chain

DEFAULT_LAST = 5
CHAIN = instance("hedgebook.universes.chains.chain", "Chain", "a Chain, as options.read_chain(...) gives")


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Study(Result, EventStudy):
    """An event study with everything that can be written about it.

    Tables have one row an offset, a ticker, a group or a test, with offset 0 for the first session that could be traded
    after the news; the model is estimated on sessions before it alone. Returns are simple, as fractions, NaN where a
    return or a fit is missing; p-values lie between 0 and 1. neighbours: events of the shipped library, which a reader
    may hold responsible for the same moves.
    """

    neighbours: tuple[Event, ...] = ()

    _label = ("event",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.study.page import study_report

        return study_report(self.neighbours)

    def _headline(self, values: dict[str, Any]) -> dict[str, Any]:
        portfolio = [row for row in values["groups"] if row["group"] == "portfolio"]
        return {f"caar_{row['window']}": row["caar"] for row in portfolio}

    def __repr__(self) -> str:
        labels = ", ".join(window.label for window in self.requested)
        return f"<Study {self.event.id}: {counted(len(self.tickers), 'ticker')}, windows {labels} ({self.source})>"


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Series(Result, EventSeries):
    """A trade that was run on several events, with everything that can be written about it.

    `table` has one row a traded event, in the order of entries, `returns` is (n,), `paths` are (n, K) from the entry to
    each of K closes. Amounts are in USD, returns fractions of the capital net of all costs, NaN where undefined or
    beyond the prices. Each event is entered at its first fill after the news.
    """

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.series.page import SERIES_REPORT

        return SERIES_REPORT

    def _headline(self, values: dict[str, Any]) -> dict[str, Any]:
        statistics: dict[str, Any] = values["statistics"]
        return {**statistics, "hit_rate": statistics["hit_rate"]["rate"]}

    def __repr__(self) -> str:
        kind = "simulated history, " if self.market.provenance.simulated else ""
        mean = f"{self.mean.mean:+.2%}".replace("+nan%", "undefined").replace("nan%", "undefined")
        return (
            f"<Series {self.trade.name}: {len(self.runs)} of {counted(len(self.asked), 'event')}, mean {mean} "
            f"({kind}{self.market.provenance.source})>"
        )


@repeatable
@takes(
    event=EVENT,
    market=MARKET,
    model=TEXT,
    benchmark=maybe(TEXT),
    names=maybe(NAMES),
    estimation_sessions=whole(),
    gap_sessions=whole(),
    options=maybe(STUDY_OPTIONS),
    chain=maybe(either(PATH, CHAIN)),
)
@on_one_thread
def event_study(
    event: Event | str,
    market: Market,
    *,
    model: StudyModel | str = StudyModel.MARKET,
    window: Any = None,
    benchmark: str | None = None,
    names: Sequence[str] | str | None = None,
    estimation_sessions: int = 250,
    gap_sessions: int = 10,
    options: StudyOptions | None = None,
    chain: Chain | str | Path | None = None,
) -> Study:
    """What was abnormal about the sessions around an event, by ticker, bucket and portfolio, and how surely.

    event: of the shipped library by its identifier, or a value; window: a pair of sessions as (0, 5), where 0 is the
    first that could be traded, "open-to-close", "gap", or a list of these; None for 0, (0, 5) and "open-to-close"
    as far as the prices go. market: as `load_market` gives; model: what is normal, "market", "mean-adjusted", ...
    (StudyModel); benchmark: the ticker that returns are explained with (None: the universe's); names: buckets or
    tickers to study (None: all); estimation_sessions, gap_sessions: the window that the model is estimated on, and how
    many sessions lie between it and session 0; options: StudyOptions; chain: quotes of options from before the event,
    a file or a Chain, of which `Study.implied` says what was expected beside what came. Returns are fractions, NaN
    where a return or a fit is missing. Raises an InputError.
    """
    library = load_events()
    wanted = library.get(event) if isinstance(event, str) else event
    about = (names.split(",") if isinstance(names, str) else names, benchmark)
    market = market.covering(name.strip() for name in mentioned(about))
    found = engine.event_study(
        market,
        wanted,
        model=model,
        estimation_sessions=estimation_sessions,
        gap_sessions=gap_sessions,
        window=_default_windows(wanted, market) if window is None else window,
        benchmark=benchmark,
        names=names,
        options=options,
    )
    if chain is not None:
        implied = _implied(chain, market, found)
        told = (implied.note,) if implied.note else ()
        found = replace(found, implied=implied, warnings=(*found.warnings, *told))
    return of_kind(Study, found, neighbours=library.events)


def _implied(chain: Chain | str | Path, market: Market, found: EventStudy) -> ExpectedAndRealised:
    """What the last quotes before session 0 expected. Raises an InputError where they say nothing."""
    from hedgebook.engine.options.chain_event import expected_and_realised
    from hedgebook.engine.options.surface_model import load_surfaces
    from hedgebook.universes.chains.read import read_chain

    quotes = read_chain(chain) if isinstance(chain, str | Path) else chain
    rate = load_surfaces().rate_annual
    return expected_and_realised(quotes, market.covering([quotes.ticker]), found.first_fill, rate_annual=rate)


def _default_windows(event: Event, market: Market) -> list[Any]:
    """Session 0, sessions 0 to 5 and open to close, as far as the prices go."""
    windows: list[Any] = [(0, 0)]
    first = event.first_fill(event_calendar(event)).session
    after = int((market.sessions > first).sum())
    if after >= 1:
        windows.append((0, min(DEFAULT_LAST, after)))
    if market.has_opens:
        windows.append("open-to-close")
    return windows


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Claims(Result, ClaimsCheck):
    """Claims that were held against prices, with everything that can be written about them.

    claims: what was stated; table: one row a claim, with what was measured and the verdict, percent, NaN without a
    price; findings: what is wrong with several numbers together; contradictions: statements of which at most one can
    be true; source: the prices; simulated: whether those are invented.
    """

    _label = ("source",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.claims.document import CLAIMS_REPORT

        return CLAIMS_REPORT

    def _headline(self, values: dict[str, Any]) -> dict[str, Any]:
        return dict(values["counts"])

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items() if count)
        return f"<Claims: {counted(len(self.claims), 'claim')}, {counts} ({self.source})>"


@repeatable
@takes(market=MARKET, event=maybe(TEXT), claims=PATH)
@on_one_thread
def check_claims(market: Market, event: str | None = None, *, claims: str | Path = "claims") -> Claims:
    """Hold what articles stated against prices and against one another.

    market: as `load_market` gives; event: only claims about this one; claims: the shipped library, or a TOML file.
    Raises EventError.
    """
    library = load_claims(claims)
    done = check(market, library.claims if event is None else library.of_event(event))
    return of_kind(Claims, done)


@repeatable
@takes(**RUN_ON, trade=TRADE, tags=maybe(NAMES), sides=TEXT, overlap=TEXT)
@on_one_thread
def event_series(
    trade: EventTrade | str,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    tags: str | Sequence[str] | None = None,
    sides: str = "trade",
    between: tuple[date | str | None, date | str | None] = (None, None),
    overlap: str = "skip",
    events: Events = "events",
) -> Series:
    """Run a trade on every event with one of the tags (None: on all), each entered at its first fill.

    sides: "trade" for its own legs, "expected" for what each event was expected to favour (long) and to hurt
    (short); between: first and last day of the news; overlap: what happens to an event that comes while another is
    held: "skip", "stack", "cap" (stack, and scale to the trade's gross) or "cap:1.5"; market, costs, account and events
    as in `backtest`. Raises an InputError.
    """
    wanted = find_trade(trade) if isinstance(trade, str) else trade
    choice = parse_choice(tags, sides, between, overlap)
    setting = RunSetting.named(market, costs, account, events, about=wanted)
    found = run_event_series(wanted, setting.library.events, setting, choice=choice)
    return of_kind(Series, found)
