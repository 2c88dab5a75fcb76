"""One trade over many events: each on its own, and all of them in one account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.equal import STILL
from hedgebook.engine.hedging.ratio import MIN_SESSIONS, ols_slope
from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.errors import EventError, InputError, ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import Mark, row_up_to
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..run.run import TradeRun, run_trade
from ..strategy.setting import RunSetting
from ..trade.plan import TradePlan, plan_trade
from ..trade.trade import EventTrade
from .choice import WHERE, Overlap, SeriesChoice, Sides, choose_events
from .expectations import check_expectations
from .statistics import (
    ClusteredMean,
    HitRate,
    LeaveOneOut,
    clustered_mean,
    find_clusters,
    hit_rate,
    leave_one_out,
    mean_path,
)
from .together import combine_plans, largest_gross, legs_of

TABLE_COLUMNS = (
    "announced_on", "entry", "exit", "cluster", "long", "short", "pnl", "return", "beta", "abnormal", "max_drawdown",
    "hit",
)  # fmt: skip


@dataclass(frozen=True)
class LeftOut:
    """An event that was asked for and not traded; why: "legs" (it could not be set up), "overlap", or "fills" (no
    order was filled)."""

    event: str
    why: str
    reason: str


@brief
@dataclass(frozen=True, eq=False)
class EventSeries:
    """A trade that was run on several events.

    market: what they were run on; runs: one backtest an event with a fill, each with the trade's full capital, in the
    order of their entries, none where nothing was filled at all; book: all of them in one account and one simulation,
    as the choice treats overlaps; asked: events that the choice named; left_out: those of them that were not traded,
    with the reason; expectations: one row an expected side, see event_series_hypotheses.Expectation; benchmark: what
    returns are adjusted for (None: it has no prices).
    """

    trade: EventTrade
    choice: SeriesChoice
    market: Market
    asked: tuple[Event, ...]
    runs: tuple[TradeRun, ...]
    left_out: tuple[LeftOut, ...]
    book: Backtest
    benchmark: str | None
    expectations: pd.DataFrame

    @cached_property
    def returns(self) -> Floats:
        """(n,): net return of each event's own run, a fraction of the capital."""
        return np.array([run.backtest.final_nav / run.backtest.capital - 1.0 for run in self.runs])

    @cached_property
    def clusters(self) -> NDArray[np.int64]:
        """(n,): events whose windows share a session are in one cluster."""
        plans = [run.plan for run in self.runs]
        return find_clusters([p.entry_session for p in plans], [p.exit_session for p in plans])

    @cached_property
    def betas(self) -> Floats:
        """(n,): beta of the entry weights to the benchmark before the news; NaN where it cannot be estimated."""
        return np.array([entry_beta(self.market, run.plan, self.benchmark) for run in self.runs])

    @cached_property
    def paths(self) -> tuple[Floats, Floats]:
        """(n, K) cumulative returns from the entry to each close, net, and with beta times the benchmark's removed."""
        if not self.runs:
            return np.zeros((0, 0)), np.zeros((0, 0))
        if self.market.venues is not None:
            levels = [counted_levels(run) for run in self.runs]
            net = np.array([one[1:] / one[0] - 1.0 for one in levels])
            daily = np.array([one[1:] / one[:-1] - 1.0 for one in levels])
            moves = [_benchmark_returns(self.market, run.plan, self.benchmark) for run in self.runs]
            return net, np.cumsum(daily - self.betas[:, None] * np.array(moves), axis=1)
        net = np.array([run.levels.to_numpy()[1:] / run.backtest.capital - 1.0 for run in self.runs])
        moves = [_benchmark_returns(self.market, run.plan, self.benchmark) for run in self.runs]
        daily = np.array([run.returns.to_numpy() for run in self.runs])
        return net, np.cumsum(daily - self.betas[:, None] * np.array(moves), axis=1)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a traded event, in the order of entries; amounts in USD, returns as fractions.

        pnl, return: net of all costs; abnormal: the sum of daily returns less beta times the benchmark's.
        """
        rows = []
        for j, run in enumerate(self.runs):
            legs = {leg.name: leg for leg in run.plan.legs}
            rows.append(
                {
                    "announced_on": str(run.event.announced_on),
                    "entry": str(run.plan.entry_session),
                    "exit": str(run.plan.exit_session),
                    "cluster": int(self.clusters[j]),
                    "long": ", ".join(legs["long"].tickers) if "long" in legs else "",
                    "short": ", ".join(legs["short"].tickers) if "short" in legs else "",
                    "pnl": run.backtest.final_nav - run.backtest.capital,
                    "return": float(self.returns[j]),
                    "beta": float(self.betas[j]),
                    "abnormal": float(self.paths[1][j, -1]),
                    "max_drawdown": float(underwater(run.backtest.levels).min()),
                    "hit": bool(self.returns[j] > STILL and not self._lost[j]),
                }
            )
        index = pd.Index([run.event.id for run in self.runs], name="event", dtype=object)
        return pd.DataFrame(rows, index=index, columns=list(TABLE_COLUMNS))

    @cached_property
    def mean(self) -> ClusteredMean:
        """The mean return of an event, pooled over events, with its naive and its cluster-robust error."""
        return clustered_mean(self.returns, self.clusters)

    @cached_property
    def hits(self) -> HitRate:
        """How many events made money; one that lost its capital on the way did not, even where NAV came back."""
        return hit_rate(np.where(self._lost, np.minimum(self.returns, -1.0), self.returns))

    @cached_property
    def _lost(self) -> NDArray[np.bool_]:
        """(n,): whether an event's own run lost all of its capital."""
        return np.array([run.backtest.ruined_on is not None for run in self.runs], dtype=np.bool_)

    @cached_property
    def without_one(self) -> LeaveOneOut:
        """How far the mean hangs on one event."""
        return leave_one_out(self.returns, [run.event.id for run in self.runs])

    @cached_property
    def path(self) -> pd.DataFrame:
        """Mean path by offset from the entry session with 95 % bands: net (mean) and adjusted (caar)."""
        return mean_path(*self.paths, self.clusters)

    @property
    def worst(self) -> tuple[str, float]:
        """The event that lost most, or gained least, and its return; "" and NaN where none was traded."""
        if not self.runs:
            return "", float("nan")
        at = int(np.argmin(self.returns))
        return self.runs[at].event.id, float(self.returns[at])

    @property
    def untraded(self) -> tuple[str, ...]:
        """Events that were set up and on which no order was filled."""
        return tuple(one.event for one in self.left_out if one.why == "fills")

    @property
    def ruined(self) -> tuple[str, ...]:
        """Traded events whose own run lost all of its capital."""
        return tuple(run.event.id for run in self.runs if run.backtest.ruined_on is not None)

    @property
    def largest_gross(self) -> float:
        """The largest gross that the book's schedule asks for, a fraction of NAV."""
        return largest_gross(self.book.schedule)

    @property
    def one_legged(self) -> tuple[str, ...]:
        """Traded events with one leg only, whose returns are those of an unhedged position."""
        return tuple(run.event.id for run in self.runs if len(run.plan.legs) < 2)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything a reader must know before trusting the figures."""
        shared = self.book.setting_notes
        found = [*self.market.warnings, *shared]
        if self.untraded:
            found.append(f"not traded, because no order was filled: {', '.join(self.untraded)}")
        if self.ruined:
            found.append(f"ruined, so never a hit and without adjusted returns: {', '.join(self.ruined)}")
        if self.benchmark is None:
            found.append("the benchmark has no prices, so nothing is adjusted for it")
        if self.choice.sides is Sides.EXPECTED:
            found.append("expected sides may have been set down with the outcome known: profits on them prove little")
        if self.one_legged:
            found.append(f"one leg only, so nothing hedges it: {', '.join(self.one_legged)}")
        own = ((run, note) for run in self.runs for note in run.backtest.warnings if note not in shared)
        found += [f"{run.event.id}: {note}" for run, note in own]
        found += [f"all events in one account: {note}" for note in self.book.warnings if note not in shared]
        return tuple(found)

    def statistics(self) -> dict[str, object]:
        """The statistics by name: fractions, not rounded."""
        worst, lost = self.worst
        return {
            "events_asked": len(self.asked),
            "events_traded": len(self.runs),
            "events_not_filled": len(self.untraded),
            "events_ruined": len(self.ruined),
            **asdict(self.mean),
            "hit_rate": asdict(self.hits),
            "worst_event": worst or None,
            "worst_return": lost,
            "leave_one_out": asdict(self.without_one),
            "book_return": self.book.final_nav / self.book.capital - 1.0,
            "book_pnl": self.book.final_nav - self.book.capital,
            "book_largest_gross": self.largest_gross,
        }


def run_event_series(
    trade: EventTrade, events: Sequence[Event], setting: RunSetting, *, choice: SeriesChoice | None = None
) -> EventSeries:
    """Run a trade on every event that a choice names, each entered at its first fill; the order of events is free.

    An event whose legs cannot be formed, whose prices are missing, on which no order is filled, or which overlaps one
    that was traded where overlaps are skipped, is listed with the reason. Raises EventError where none is left,
    ParameterError for rules in overlapping windows.
    """
    wanted, market = choice or SeriesChoice(), setting.market
    _check_rules(trade, wanted.overlap)
    asked = choose_events(events, wanted)
    planned, left_out = _plan_all(trade, asked, market, wanted.sides)
    tried = [run_trade(plan.trade, plan.event, setting) for plan in planned]
    left_out += [LeftOut(run.event.id, "fills", run.backtest.unfilled) for run in tried if not run.backtest.traded]
    plans = [run.plan for run in tried if run.backtest.traded]
    if wanted.overlap is Overlap.SKIP:
        plans, overlapping = _without_overlaps(plans)
        left_out += overlapping
    runs = tuple(run for run in tried if run.plan in plans)
    # An account in which nothing is filled is an account too.
    plans = plans or _without_overlaps(planned)[0]
    schedule = combine_plans(plans, wanted.overlap, wanted.max_gross or trade.gross)
    until = max(plan.exit_session for plan in plans)
    book = setting.funded(trade.capital).run(schedule, rules=trade.rules, legs=legs_of(trade, plans), until=until)
    benchmark = _benchmark(trade, market)
    ordered = sorted(asked, key=lambda event: (event.announced_on, event.id))
    return EventSeries(
        trade=trade,
        choice=wanted,
        market=market,
        asked=tuple(ordered),
        runs=runs,
        left_out=tuple(sorted(left_out, key=lambda one: [event.id for event in ordered].index(one.event))),
        book=book,
        benchmark=benchmark,
        expectations=check_expectations(ordered, trade, market, benchmark),
    )


def _check_rules(trade: EventTrade, overlap: Overlap) -> None:
    if overlap is not Overlap.SKIP and not trade.rules.idle:
        raise ParameterError(
            "rules watch the whole account, so they cannot tell events that are held together apart",
            where=f"{WHERE}: overlap",
            value=overlap.value,
            remedy="Use overlap=skip, or a trade without stops, rebalancing and targets.",
        )


def _plan_all(
    trade: EventTrade, events: Sequence[Event], market: Market, sides: Sides
) -> tuple[list[TradePlan], list[LeftOut]]:
    """Plans in the order of entries, and the events that none could be made for."""
    plans: list[TradePlan] = []
    left_out: list[LeftOut] = []
    for event in events:
        try:
            plans.append(plan_trade(trade_on(trade, event, sides), event, market))
        except InputError as problem:
            left_out.append(LeftOut(event.id, "legs", str(problem)))
    if not plans:
        raise EventError(
            f"the trade can be set up on none of {counted(len(events), 'event')}",
            where=f"{WHERE}: {trade.name}",
            value=f"{left_out[0].event}: {left_out[0].reason}",
        )
    plans.sort(key=lambda p: (p.entry_session, int(p.entry_mark), p.announced_at, p.event.id))
    return plans, left_out


def trade_on(trade: EventTrade, event: Event, sides: Sides) -> EventTrade:
    """The trade entered on an event, with its own legs or the sides that the event was expected to move.

    Raises ParameterError where the expected sides make no trade.
    """
    if sides is Sides.TRADE:
        return trade.replaced(event=event.id)
    return trade.replaced(event=event.id, long=event.expected_winners, short=event.expected_losers)


def _without_overlaps(plans: Sequence[TradePlan]) -> tuple[list[TradePlan], list[LeftOut]]:
    """The first plan, if any, then each that begins after the last session of the one taken before it."""
    taken: list[TradePlan] = []
    left_out: list[LeftOut] = []
    for plan in plans:
        if taken and plan.entry_session <= taken[-1].exit_session:
            last = taken[-1]
            reason = (
                f"it would be entered on {plan.entry_session}, while {last.event.id} is held from "
                f"{last.entry_session} to {last.exit_session}"
            )
            left_out.append(LeftOut(plan.event.id, "overlap", reason))
        else:
            taken.append(plan)
    return taken, left_out


def _benchmark(trade: EventTrade, market: Market) -> str | None:
    """The trade's benchmark, which must have prices, or the universe's where it has some."""
    if trade.benchmark is not None:
        market.column(trade.benchmark)
        return trade.benchmark
    name = market.universe.benchmark
    return name if name in market.columns else None


def counted_levels(run: TradeRun) -> Floats:
    """(K + 1,) USD: the capital, and NAV at the end of each session of the first exchange that a run lasts."""
    venues = run.backtest.market.venues
    assert venues is not None
    return np.concatenate([[run.backtest.capital], run.levels.to_numpy()[1:][venues.trades[:, 0]]])


def entry_beta(market: Market, plan: TradePlan, benchmark: str | None) -> float:
    """Beta of the entry weights: each ticker's least-squares slope over the lookback up to the last known close.

    A ticker with a shorter history uses what it has; NaN below 20 sessions or without a benchmark. Over several
    exchanges the sessions are those on which all of them trade.
    """
    if benchmark is None:
        return float("nan")
    market, known = at_common(market, (benchmark, *plan.weights())), plan.known_at
    last = row_up_to(market.sessions, known)
    first = max(0, last - plan.trade.lookback)

    def returns(ticker: str) -> Floats:
        close = market.close[first : last + 1, market.column(ticker)]
        return np.asarray(close[1:] / close[:-1] - 1.0)

    x, total = returns(benchmark), 0.0
    for ticker, weight in plan.weights().items():
        y = returns(ticker)
        both = np.isfinite(x) & np.isfinite(y)
        total += weight * (ols_slope(y[both], x[both]) if both.sum() >= MIN_SESSIONS else float("nan"))
    return total


def _benchmark_returns(market: Market, plan: TradePlan, benchmark: str | None) -> Floats:
    """(K,): the benchmark's return on each session of a plan, from the entry mark on; NaN where unknown."""
    first, last = market.session_index(plan.entry_session), market.session_index(plan.exit_session)
    if benchmark is None:
        counted = last - first + 1 if market.venues is None else int(market.venues.trades[first : last + 1, 0].sum())
        return np.full(counted, np.nan)
    i = market.column(benchmark)
    rows = np.arange(first, last + 1)
    if market.venues is not None:  # its part of a trade is entered at its own open
        rows = rows[market.venues.trades[rows, 0]]
    close = market.close[rows, i]
    at_open = plan.entry_mark is Mark.OPEN or (market.venues is not None and not plan.schedule.hindsight)
    start = market.open[rows[0], i] if at_open else close[0]
    levels = np.concatenate([[start], close])
    return np.asarray(levels[1:] / levels[:-1] - 1.0)
