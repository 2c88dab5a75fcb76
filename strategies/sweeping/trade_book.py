"""What has been planned of a trade on one market: each distinct piece once, kept from chunk to chunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from hedgebook.engine.hedging.ratio import HedgeRatio
from hedgebook.engine.sweep.batch.batch import Structs
from hedgebook.errors import InputError, LookAheadError, ParameterError
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from ..trade.hedge import HedgeTerms, trade_hedges
from ..trade.plan import PlacedEvent, order_times, place_event, size_legs, trade_schedule, trade_tickers
from ..trade.trade import CHECKED_TOGETHER, EventTrade
from .levels import SetProblem
from .rows import NumberedRows

A = TypeVar("A")
Legs = tuple[tuple[str, ...], tuple[str, ...]]
# Beyond this many pieces of a kind a book begins anew, so that it stays small whatever the number of sets.
MOST_PIECES = 50_000
MOST_MARKETS = 4


@dataclass(frozen=True, eq=False)
class TimedOrders:
    """The two orders of a trade without their weights, and what stands in the way of filling them.

    rows: (2,) of ORDER, entry and exit, sessions as rows of the market.
    """

    rows: Structs
    unfillable: SetProblem | None


@dataclass(frozen=True)
class WeightRows:
    """What a trade holds at a gross of 1: numbers of the rows of its entry and of its exit, and which legs it has."""

    entry: int
    exit: int
    legs: Legs


@dataclass(eq=False)
class TradeBook:
    """The pieces of a trade on one market by what they depend on; a SetProblem where there is none."""

    trade: EventTrade
    find_event: Callable[[str], Event]
    market: Market
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: NumberedRows = field(default_factory=NumberedRows)
    pieces: dict[Hashable, Any] = field(default_factory=dict)

    def make_room(self) -> None:
        """Forget everything where there is too much of it."""
        if len(self.pieces) > MOST_PIECES or len(self.rows) > MOST_PIECES:
            self.rows, self.pieces = NumberedRows(), {}

    def consistency(self, *values: Any) -> SetProblem | None:
        """Whether a trade with these values of CHECKED_TOGETHER holds together."""
        return self._once(("consistency", values), lambda: self._consistency(values))

    def times(self, event: str, delay: int, hold: int, hindsight: bool) -> TimedOrders | SetProblem:
        """When a trade is entered and left."""
        return self._once(("times", event, delay, hold, hindsight), lambda: self._times(event, delay, hold, hindsight))

    def legs(self, event: str, long: tuple[str, ...], short: tuple[str, ...], delay: int) -> Legs | SetProblem:
        """The tickers of both legs."""
        ask = partial(trade_tickers, self._placed(event), self.market, long, short, delay)
        return self._once(("legs", event, long, short, delay), partial(attempt, ask))

    def weights(self, asked: Sequence[tuple[str, Legs, HedgeTerms]]) -> list[WeightRows | SetProblem]:
        """Rows of weights of trades by event, legs and terms of the hedge; the hedges of the same legs in one go."""
        keys = [("weights", *one) for one in asked]
        missing: dict[tuple[str, Legs], list[HedgeTerms]] = {}
        for key, (event, legs, terms) in zip(keys, asked, strict=True):
            if key not in self.pieces:
                missing.setdefault((event, legs), []).append(terms)
        for (event, legs), several in missing.items():
            hedges = trade_hedges(several, self.market, *legs, self._placed(event).announced_at)
            for one, hedge in zip(several, hedges, strict=True):
                self.pieces["weights", event, legs, one] = (
                    SetProblem(str(hedge)) if isinstance(hedge, InputError) else self._weigh(event, legs, hedge)
                )
        return [self.pieces[key] for key in keys]

    def _once(self, key: Hashable, make: Callable[[], A]) -> A:
        if key not in self.pieces:
            self.pieces[key] = make()
        found: A = self.pieces[key]
        return found

    def _consistency(self, values: tuple[Any, ...]) -> SetProblem | None:
        try:
            self.trade.replaced(**dict(zip(CHECKED_TOGETHER, values, strict=True)))
        except ParameterError as problem:
            return SetProblem(str(problem))
        return None

    def _place(self, event: str) -> PlacedEvent | SetProblem:
        return self._once(("event", event), lambda: attempt(lambda: place_event(self.find_event(event), self.market)))

    def _placed(self, event: str) -> PlacedEvent:
        """An event that is known to lie within the prices."""
        placed = self._place(event)
        assert isinstance(placed, PlacedEvent)
        return placed

    def _times(self, event: str, delay: int, hold: int, hindsight: bool) -> TimedOrders | SetProblem:
        placed = self._place(event)
        if isinstance(placed, SetProblem):
            return placed
        times = attempt(lambda: order_times(placed, self.market, delay, hold, hindsight))
        if isinstance(times, SetProblem):
            return times
        schedule = trade_schedule(placed, self.market, (), times)
        checked = attempt(lambda: schedule.check_tradable(self.market))
        return TimedOrders(schedule.orders(self.market, 0).rows, checked)

    def _weigh(self, event: str, legs: Legs, hedge: HedgeRatio) -> WeightRows:
        placed = self._placed(event)
        # The rows of weights do not depend on when they are traded to.
        any_time = order_times(placed, self.market, 0, 0, False)
        schedule = trade_schedule(placed, self.market, size_legs(1.0, hedge, *legs), any_time)
        entry, out = schedule.orders(self.market, 0).bank
        return WeightRows(self.rows.add(entry), self.rows.add(out), legs)


def attempt(ask: Callable[[], A]) -> A | SetProblem:
    """An answer, or the SetProblem that stands in its way. Raises LookAheadError: no set may hide that."""
    try:
        return ask()
    except LookAheadError:
        raise
    except InputError as problem:
        return SetProblem(str(problem))


class TradeBooks:
    """The books of the markets that were last asked about; another process begins with none."""

    def __init__(self) -> None:
        self._books: list[TradeBook] = []
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[TradeBooks], tuple[()]]:
        return (TradeBooks, ())

    def of(self, market: Market, make: Callable[[], TradeBook]) -> TradeBook:
        """The book of a market."""
        with self._lock:
            book = next((book for book in self._books if book.market is market), None) or make()
            self._books = [book, *(other for other in self._books if other is not book)][:MOST_MARKETS]
            return book
