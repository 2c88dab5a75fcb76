"""From an event trade to a schedule: when to trade, what, how much, and what was known by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from hedgebook.engine.hedging.ratio import HedgeRatio
from hedgebook.engine.schedule import Schedule
from hedgebook.errors import EventError, ParameterError, PriceDataError, did_you_mean
from hedgebook.universes.calendar import Mark, as_utc
from hedgebook.universes.event import Event, FirstFill, event_calendar
from hedgebook.universes.market import Market

from .event_trade import EventTrade
from .trade_hedge import trade_hedge


@dataclass(frozen=True)
class Leg:
    """One side of a trade: its name, the tickers it holds, and the NAV fraction of all of them together.

    parts: NAV fraction of each ticker, None = equal; a ticker that the hedge buys inside a short leg has the other
    sign than its leg.
    """

    name: str
    tickers: tuple[str, ...]
    weight: float
    parts: tuple[float, ...] | None = None

    def weights(self) -> dict[str, float]:
        """NAV fraction of each ticker, negative for shorts."""
        parts = self.parts or (self.weight / len(self.tickers),) * len(self.tickers)
        return dict(zip(self.tickers, parts, strict=True))


@dataclass(frozen=True, eq=False)
class TradePlan:
    """A trade set on a market: its schedule and everything that the schedule was derived from.

    known_at: the last close before the news, which is the last price that any estimate used.
    """

    trade: EventTrade
    event: Event
    announced_at: datetime
    first_fill: FirstFill
    known_at: np.datetime64
    entry_session: np.datetime64
    entry_mark: Mark
    exit_session: np.datetime64
    legs: tuple[Leg, ...]
    hedge: HedgeRatio
    schedule: Schedule

    @property
    def tradable(self) -> bool:
        """Whether every fill comes after the decision to make it."""
        return not self.schedule.hindsight

    def weights(self) -> dict[str, float]:
        """Target weight of each ticker at entry, as a fraction of NAV."""
        return {ticker: weight for leg in self.legs for ticker, weight in leg.weights().items()}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of the hedge."""
        found = [f"{name} has no part in hedge {self.hedge.method}" for name in self.trade.unused]
        bought = [t for leg in self.legs for t, w in leg.weights().items() if w * leg.weight < 0.0]
        if bought:
            found.append(f"hedge {self.hedge.method} buys {', '.join(bought)} inside the short leg")
        if self.hedge.repaired:
            found.append(
                f"hedge {self.hedge.method}: correlations of histories of different length contradicted each "
                "other and were adjusted"
            )
        return tuple(found)


def plan_trade(trade: EventTrade, event: Event, market: Market) -> TradePlan:
    """Set a trade on a market. Uses no price after the last close before the news.

    Raises EventError where the prices do not cover the event, ParameterError where they do not reach the exit,
    PriceDataError for a ticker without prices, UniverseError for an unknown bucket or ticker.
    """
    calendar = event_calendar(event)
    announced = event.known_by(calendar)
    first = event.first_fill(calendar)
    known = int(np.searchsorted(market.close_at, as_utc(announced))) - 1
    at_first = _row_of(first.session, event, market, known)
    entry, exit_row = _entry_and_exit(trade, at_first, market)
    # As listed at the last close before the news: a name that lists on that very day has no price to know it by.
    on = market.sessions[known].item()
    long, short = (_leg_tickers(market, names, on, known, entry) for names in (trade.long, trade.short))
    if both := set(long) & set(short):
        raise ParameterError(f"{sorted(both)[0]} stands in both legs", where="long, short")
    hedge = trade_hedge(trade, market, long, short, announced)
    legs = _legs(trade.gross, hedge, long, short)
    row, mark = (known, Mark.CLOSE) if trade.hindsight else (entry, Mark.OPEN)
    return TradePlan(
        trade=trade,
        event=event,
        announced_at=announced,
        first_fill=first,
        known_at=market.sessions[known],
        entry_session=market.sessions[row],
        entry_mark=mark,
        exit_session=market.sessions[exit_row],
        legs=legs,
        hedge=hedge,
        schedule=_schedule(legs, announced, market, (row, mark), exit_row, trade.hindsight),
    )


def _row_of(session: np.datetime64, event: Event, market: Market, known: int) -> int:
    first, last = market.sessions[0], market.sessions[-1]
    if known < 0 or session > last:
        raise EventError(
            f"the prices do not cover event {event.id}",
            where=market.provenance.source,
            value=f"first tradable session {session}, prices from {first} to {last}",
            bound="prices from a close before the news on, to the first tradable session at least",
        )
    return market.session_index(session)


def _entry_and_exit(trade: EventTrade, first: int, market: Market) -> tuple[int, int]:
    entry = first + trade.delay
    exit_row = entry + trade.hold
    last = len(market.sessions) - 1
    if exit_row > last:
        raise ParameterError(
            f"the prices end {exit_row - last} sessions before the exit",
            where=market.provenance.source,
            value=f"delay {trade.delay}, hold {trade.hold}, last session {market.sessions[last]}",
            bound=f"delay + hold at most {last - first}",
        )
    return entry, exit_row


def _leg_tickers(
    market: Market, names: tuple[str, ...], on: object, known: int, entry: int
) -> tuple[str, ...]:
    """Tickers of a leg as listed on a day, each with a price before the decision and one to trade at."""
    tickers = market.universe.resolve(names, on)  # type: ignore[arg-type]
    if names and not tickers:
        raise ParameterError(f"no member of {', '.join(names)} was listed on {on}", where="long, short")
    for ticker in tickers:
        where = market.provenance.source
        if ticker not in market.columns:
            raise PriceDataError(
                f"{ticker} is in the trade but has no prices",
                where=where,
                remedy=f"{did_you_mean(ticker, market.tickers)} Or name the leg's tickers, as in --set short=A,B.",
            )
        priced = np.flatnonzero(np.isfinite(market.close[:, market.column(ticker)]))
        if not len(priced) or priced[-1] < entry:
            ended = market.sessions[priced[-1]] if len(priced) else "never"
            raise PriceDataError(
                f"the prices of {ticker} end before the trade",
                where=where,
                value=f"last price {ended}",
                bound=f"prices on {market.sessions[entry]} and after",
            )
        if priced[0] > known:
            raise PriceDataError(
                f"{ticker} has no price before the news",
                where=where,
                value=f"first price {market.sessions[priced[0]]}",
                bound=f"a price on or before {market.sessions[known]}",
            )
    return tickers


def _legs(gross: float, hedge: HedgeRatio, long: tuple[str, ...], short: tuple[str, ...]) -> tuple[Leg, ...]:
    """Legs whose sizes stand in the hedge's ratio and whose absolute weights add up to `gross`; a leg alone takes
    all of it."""
    if not short:
        return (Leg("long", long, gross),)
    if not long:
        return (Leg("short", short, -gross),)
    # What is bought inside the short leg takes capital too.
    whole = 1 + hedge.gross_ratio
    parts = None if hedge.weights is None else tuple(-gross * weight / whole for weight in hedge.weights)
    return (
        Leg("long", long, gross / whole),
        Leg("short", short, -gross * hedge.ratio / whole, parts),
    )


def _schedule(
    legs: tuple[Leg, ...],
    announced: datetime,
    market: Market,
    entry: tuple[int, Mark],
    exit_row: int,
    hindsight: bool,
) -> Schedule:
    tickers = tuple(ticker for leg in legs for ticker in leg.tickers)
    weights = [weight for leg in legs for weight in leg.weights().values()]
    return Schedule(
        tickers=tickers,
        decided_at=np.full(2, as_utc(announced)),
        session=market.sessions[[entry[0], exit_row]],
        mark=np.array([entry[1], Mark.CLOSE], dtype=np.int64),
        weights=np.array([weights, [0.0] * len(weights)]),
        hindsight=hindsight,
    )
