"""From an event trade to a schedule: when to trade, what, how much, and what was known by then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.hedging.ratio import HedgeRatio
from hedgebook.errors import EventError, ParameterError, PriceDataError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import EXCHANGE, Mark, as_utc, row_before
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, FirstFill, event_calendar
from hedgebook.universes.exchanges.venues import Venues
from hedgebook.universes.market import Market
from hedgebook.universes.note import Note, NoteKind

from ..strategy.plan import Leg, Plan
from .exchanges import exchange_schedule
from .hedge import trade_hedge

if TYPE_CHECKING:
    from .trade import EventTrade


@dataclass(frozen=True, eq=False)
class PlacedEvent:
    """An event set on a market; known: row of the last close before the news; first: row of the first tradable fill."""

    event: Event
    announced_at: datetime
    first_fill: FirstFill
    known: int
    first: int


@dataclass(frozen=True)
class OrderTimes:
    """When a trade is entered, and at which close it is left; rows of the market."""

    entry: int
    mark: Mark
    exit: int
    hindsight: bool


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TradePlan(Plan):
    """A trade set on a market: its schedule and everything that the schedule was derived from.

    known_at: the last close before the news, which is the last price that any estimate used.
    """

    trade: EventTrade
    event: Event
    hedge: HedgeRatio
    until: np.datetime64
    announced_at: datetime
    first_fill: FirstFill
    known_at: np.datetime64

    @property
    def exit_session(self) -> np.datetime64:
        """The session at whose close the trade is left."""
        return self.until

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
        return (*(Note(text, NoteKind.OF_THE_HEDGE) for text in found), *self.notes)


def plan_trade(trade: EventTrade, event: Event, market: Market) -> TradePlan:
    """Set a trade on a market. Uses no price after the last close before the news.

    Raises EventError where the prices do not cover the event, ParameterError where they do not reach the exit,
    PriceDataError for a ticker without prices, UniverseError for an unknown bucket or ticker.
    """
    placed = place_event(event, market)
    times = order_times(placed, market, trade.delay, trade.hold, trade.hindsight)
    long, short = trade_tickers(placed, market, trade.long, trade.short, trade.delay)
    hedge = trade_hedge(trade, market, long, short, placed.announced_at)
    legs = size_legs(trade.gross, hedge, long, short)
    return TradePlan(
        trade=trade,
        event=event,
        announced_at=placed.announced_at,
        first_fill=placed.first_fill,
        known_at=market.sessions[placed.known],
        until=market.sessions[times.exit],
        legs=legs,
        hedge=hedge,
        schedule=trade_schedule(placed, market, legs, times),
    )


def place_event(event: Event, market: Market) -> PlacedEvent:
    """Find an event's last known close and first fill. Raises EventError where the prices do not cover them."""
    calendar = event_calendar(event)
    announced = event.known_by(calendar)
    fill = event.first_fill(calendar)
    known = row_before(market.close_at, as_utc(announced))
    first, last = market.sessions[0], market.sessions[-1]
    if known < 0 or fill.session > last:
        raise EventError(
            f"the prices do not cover event {event.id}",
            where=market.provenance.source,
            value=f"first tradable session {fill.session}, prices from {first} to {last}",
            bound="prices from a close before the news on, to the first tradable session at least",
        )
    if market.venues is not None:
        return _placed_abroad(PlacedEvent(event, announced, fill, known, 0), market, market.venues)
    return PlacedEvent(event, announced, fill, known, market.session_index(fill.session))


def _placed_abroad(placed: PlacedEvent, market: Market, venues: Venues) -> PlacedEvent:
    """The same with the first fill of the first exchange, which is its first mark after the news where it is not the
    usual one, by whose hours news is timed."""
    if venues.names[0] == EXCHANGE:
        return replace(placed, first=int(np.searchsorted(market.sessions, placed.first_fill.session)))
    found = venues.first_after(0, as_utc(placed.announced_at))
    if found is None:
        raise EventError(
            f"{venues.names[0]} has no session after event {placed.event.id} in these prices",
            where=market.provenance.source,
            value=f"news by {placed.announced_at.isoformat()}, last session {market.sessions[-1]}",
            remedy="Give later prices.",
        )
    row, mark = found
    return replace(placed, first_fill=FirstFill(market.sessions[row], mark), first=row)


def order_times(placed: PlacedEvent, market: Market, delay: int, hold: int, hindsight: bool) -> OrderTimes:
    """Count a trade's sessions. Raises ParameterError where the prices end before its exit."""
    if market.venues is not None:
        return _counted_times(placed, market.venues, market, delay, hold, hindsight)
    entry = placed.first + delay
    exit_row = entry + hold
    last = len(market.sessions) - 1
    if exit_row > last:
        raise ParameterError(
            f"the prices end {counted(exit_row - last, 'session')} before the exit",
            where=market.provenance.source,
            value=f"delay {delay}, hold {hold}, last session {market.sessions[last]}",
            bound=f"delay + hold at most {last - placed.first}",
        )
    if hindsight:
        return OrderTimes(placed.known, Mark.CLOSE, exit_row, True)
    return OrderTimes(entry, Mark.OPEN, exit_row, False)


def _counted_times(
    placed: PlacedEvent, venues: Venues, market: Market, delay: int, hold: int, hindsight: bool
) -> OrderTimes:
    """The same by the sessions of the first exchange."""
    days = venues.counted
    first = int(np.searchsorted(days, placed.first))
    if first + delay + hold >= len(days):
        raise ParameterError(
            f"the prices end {counted(first + delay + hold - len(days) + 1, 'session')} before the exit",
            where=market.provenance.source,
            value=f"delay {delay}, hold {hold}, last session {market.sessions[-1]}",
            bound=f"delay + hold at most {len(days) - 1 - first}",
        )
    if hindsight:
        return OrderTimes(placed.known, Mark.CLOSE, int(days[first + delay + hold]), True)
    mark = Mark.OPEN if delay else placed.first_fill.mark
    return OrderTimes(int(days[first + delay]), mark, int(days[first + delay + hold]), False)


def trade_tickers(
    placed: PlacedEvent, market: Market, long: tuple[str, ...], short: tuple[str, ...], delay: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tickers of both legs, each with a price before the news and one to trade at after `delay` sessions.

    Raises UniverseError for an unknown name, PriceDataError for a ticker without such prices, ParameterError for
    a leg without members and for a ticker in both legs.
    """
    # As listed at the last close before the news: a name that lists on that very day has no price to know it by.
    on = market.sessions[placed.known].item()
    first, second = (_leg_tickers(market, names, on, placed.known, placed.first + delay) for names in (long, short))
    if both := set(first) & set(second):
        raise ParameterError(f"{sorted(both)[0]} stands in both legs", where="long, short")
    return first, second


def _leg_tickers(market: Market, names: tuple[str, ...], on: object, known: int, entry: int) -> tuple[str, ...]:
    """Tickers of a leg as listed on a day, each with a price before the decision and one to trade at."""
    tickers = market.resolve(names, on)  # type: ignore[arg-type]
    if names and not tickers:
        raise ParameterError(f"no member of {', '.join(names)} was listed on {on}", where="long, short")
    for ticker in tickers:
        where = market.provenance.source
        if ticker not in market.columns:
            what, remedy = market.why_unpriced(ticker)
            raise PriceDataError(what, remedy=f"{remedy} Or name the leg's tickers, as in --set short=A,B.")
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


def size_legs(gross: float, hedge: HedgeRatio, long: tuple[str, ...], short: tuple[str, ...]) -> tuple[Leg, ...]:
    """Legs whose sizes stand in the hedge's ratio and whose absolute weights add up to `gross`; a leg alone takes
    all of it."""
    if not short:
        return (Leg("long", long, gross),)
    if not long:
        return (Leg("short", short, -gross),)
    # What is bought inside the short leg takes capital too.
    whole = 1 + hedge.gross_ratio
    parts = None if hedge.weights is None else tuple(-gross * weight / whole for weight in hedge.weights)
    return (Leg("long", long, gross / whole), Leg("short", short, -gross * hedge.ratio / whole, parts))


def trade_schedule(placed: PlacedEvent, market: Market, legs: tuple[Leg, ...], times: OrderTimes) -> Schedule:
    """Into the legs' weights at the entry and out of all of them at the exit, both decided at the news."""
    tickers = tuple(ticker for leg in legs for ticker in leg.tickers)
    weights = [weight for leg in legs for weight in leg.weights().values()]
    if market.venues is not None:
        return exchange_schedule(placed, market, market.venues, tickers, weights, times)
    return Schedule(
        tickers=tickers,
        decided_at=np.full(2, as_utc(placed.announced_at)),
        session=market.sessions[[times.entry, times.exit]],
        mark=np.array([times.mark, Mark.CLOSE], dtype=np.int64),
        weights=np.array([weights, [0.0] * len(weights)]),
        hindsight=times.hindsight,
    )
