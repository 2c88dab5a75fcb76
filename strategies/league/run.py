"""A trade run under every hedge method, side by side, on one event or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.hedging.request import Method
from hedgebook.errors import EventError, InputError, LookAheadError, ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.event import Event, EventLibrary, tagged
from hedgebook.universes.market import Market
from hedgebook.universes.names import listed
from hedgebook.universes.note import NoteKind, kind_of

from ..run.run import TradeRun, run_trade
from ..trade.trade import EventTrade
from .measures import best_of, factor_parts, figures_of, pooled, residuals_of

ONE_EVENT = "One event ranks these methods by what happened once: that is no evidence that any of them is better."


@brief
@dataclass(frozen=True, eq=False)
class LeagueEntry:
    """A trade on one event under one method: its run, or the problem that stood in the way of it."""

    event: Event
    method: Method
    run: TradeRun | None
    problem: str | None


@brief
@dataclass(frozen=True, eq=False)
class HedgeLeague:
    """A trade under several hedge methods.

    market, events, costs, account: what it was run on and with; methods: in the order asked for; entries: for each
    event all methods. Returns and ratios are fractions, NaN where undefined.
    """

    trade: EventTrade
    market: Market
    methods: tuple[Method, ...]
    events: tuple[Event, ...]
    entries: tuple[LeagueEntry, ...]
    costs: Costs
    account: Account

    @property
    def runs(self) -> tuple[TradeRun, ...]:
        """What could be run, in the order of the entries."""
        return tuple(entry.run for entry in self.entries if entry.run is not None)

    @cached_property
    def by_event(self) -> pd.DataFrame:
        """One row for each event and method: event, method, problem (None: it ran), figures, residual exposures.

        Figures as league_measures.figures_of, exposures as residuals_of; fractions, NaN where undefined.
        """
        rows = []
        for entry in self.entries:
            row: dict[str, object] = {
                "event": entry.event.id, "method": entry.method.value, "problem": entry.problem,
            }  # fmt: skip
            if entry.run is not None:
                row |= {**figures_of(entry.run), **residuals_of(entry.run)}
            rows.append(row)
        table = pd.DataFrame(rows)
        table["problem"] = table["problem"].astype(object).where(table["problem"].notna(), None)
        return table

    @cached_property
    def pooled(self) -> pd.DataFrame:
        """One row for each method over all events: how many, mean and worst return, hits, and means of the rest."""
        return pooled(self.by_event)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each method, in the order asked for: of the one event, or pooled over several."""
        if len(self.events) > 1:
            return self.pooled
        return self.by_event.drop(columns="event").set_index("method")

    @cached_property
    def best(self) -> dict[str, tuple[str, ...]]:
        """The best methods of each column of `table`."""
        return best_of(self.table)

    @cached_property
    def weights(self) -> pd.DataFrame:
        """USD short of each ticker per long USD: event, method, ticker, weight; negative is bought."""
        rows = [
            (run.event.id, run.plan.hedge.method.value, ticker, -weight / run.plan.legs[0].weight)
            for run in self.runs
            for ticker, weight in run.plan.legs[1].weights().items()
        ]
        return pd.DataFrame(rows, columns=["event", "method", "ticker", "weight"])

    @cached_property
    def factor_pnl(self) -> pd.DataFrame:
        """P&L as fractions of capital: event, method, factors, specific, costs, interest, total.

        The parts of a row add up to its total; a run without factors has no row.
        """
        rows = []
        for run in self.runs:
            if parts := factor_parts(run):
                total = run.backtest.final_nav / run.backtest.capital - 1.0
                rows.append({"event": run.event.id, "method": run.plan.hedge.method.value, **parts, "total": total})
        return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["event", "method", "total"])

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be run and why, a sentence each; the same reason of several methods stands once."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for entry in self.entries:
            if entry.problem is not None:
                reason = entry.problem.removeprefix(f"hedge={entry.method}: ")
                reasons.setdefault((entry.event.id, reason), []).append(entry.method.value)
        several = len(self.events) > 1
        return tuple(
            f"{f'{event}, ' if several else ''}"
            f"{'every method' if len(names) == len(self.methods) else ', '.join(names)}: {problem}"
            for (event, problem), names in reasons.items()
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know: of the market once, of each run with its method."""
        said: dict[str, list[TradeRun]] = {}
        for run in self.runs:
            for warning in dict.fromkeys(w for w in run.warnings if w not in self.market.warnings):
                said.setdefault(warning, []).append(run)
        return (*self.market.warnings, *(f"{warning}{self._of_whom(warning, runs)}" for warning, runs in said.items()))

    def _of_whom(self, warning: str, runs: list[TradeRun]) -> str:
        """Which methods and events a warning is about, in brackets; nothing where it is about all."""
        # A warning of the hedge names its method itself.
        named = kind_of(warning) is NoteKind.OF_THE_HEDGE
        methods = [] if named else list(dict.fromkeys(run.plan.hedge.method.value for run in runs))
        events = list(dict.fromkeys(run.event.id for run in runs))
        parts = []
        if methods and len(methods) < len({run.plan.hedge.method for run in self.runs}):
            parts.append(", ".join(methods))
        if len(events) < len({run.event.id for run in self.runs}):
            parts.append(f"on {', '.join(events)}")
        return f" ({' '.join(parts)})" if parts else ""

    @property
    def caveat(self) -> str:
        """How little the order of the methods says."""
        ran = len({run.event.id for run in self.runs})
        if ran == 1:
            return ONE_EVENT
        text = (
            f"{ran} events rank these methods by what happened; events that share dates or names are not independent, "
            "and the best of several methods owes part of its lead to luck."
        )
        if self.pooled["events"].nunique() > 1:
            text += " Methods that ran on fewer events are not compared with the others."
        return text


def run_league(
    trade: EventTrade,
    events: Sequence[Event],
    market: Market,
    costs: Costs,
    account: Account | None = None,
    *,
    methods: str | Sequence[str] | None = None,
) -> HedgeLeague:
    """Run a trade on each event under each method, parameters that a method does not have left out.

    methods: names, "a,b" or a sequence, None = all. What cannot be planned or estimated stays in the league with its
    reason. Raises ParameterError for an unknown method, a trade with one leg or no event, and where nothing at all
    could be run, the first reason.
    """
    if not (trade.long and trade.short):
        raise ParameterError("one leg alone has nothing to be hedged with", where="long, short")
    wanted, chosen = league_methods(methods), tuple(events)
    if not chosen:
        raise ParameterError("a league needs an event", where="events")
    account = account or Account()
    entries, first_problem = [], None
    for event in chosen:
        for method in wanted:
            run, problem = None, None
            try:
                asked = trade.hedged(method).replaced(event=event.id)
                run = run_trade(asked, event, market, costs, account)
                if not run.backtest.traded:
                    raise ParameterError(str(run.backtest.no_track), where=f"hedge={method}")
            except LookAheadError:
                raise
            except InputError as reason:
                run, problem, first_problem = None, str(reason), first_problem or reason
            entries.append(LeagueEntry(event, method, run, problem))
    if first_problem is not None and all(entry.run is None for entry in entries):
        raise first_problem
    return HedgeLeague(trade, market, wanted, chosen, tuple(entries), costs, account)


def league_methods(methods: str | Sequence[str] | None) -> tuple[Method, ...]:
    """Methods by name, "a,b" or a sequence, None = all. Raises ParameterError, with the closest name."""
    if methods is None:
        return tuple(Method)
    names = list(listed(methods))
    choices = [method.value for method in Method]
    for name in names:
        if name not in choices:
            raise ParameterError(
                f"there is no hedge {name!r}", where="methods", remedy=did_you_mean(name, choices, limit=len(choices))
            )
        if names.count(name) > 1:
            raise ParameterError("a method stands twice", where="methods", value=name)
    if not names:
        raise ParameterError("no method is named", where="methods", bound=", ".join(choices))
    return tuple(Method(name) for name in names)


def league_events(
    library: EventLibrary,
    trade: EventTrade,
    ids: str | Sequence[str] | None = None,
    tags: str | Sequence[str] | None = None,
) -> tuple[Event, ...]:
    """The events named, and those with one of the tags, by date; the trade's own where neither is given.

    Raises EventError, with the closest name, for an identifier or tag that the library does not have.
    """
    if ids is None and tags is None:
        return (library.get(trade.event),)
    chosen = (*map(library.get, listed(ids)), *tagged(library.events, listed(tags)))
    found = {event.id: event for event in chosen}
    if not found:
        raise EventError("no event is named", where="events", remedy="Give an identifier or a tag.")
    return tuple(sorted(found.values(), key=lambda event: (event.announced_on, event.id)))
