"""Sweeping an event trade: many parameter sets, planned by their distinct parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.engine.sweep.batch.batch import ORDER, Batch, Structs
from hedgebook.engine.sweep.space.column import ChunkSets
from hedgebook.errors import EventError, did_you_mean
from hedgebook.universes.event import Event, EventLibrary
from hedgebook.universes.fingerprint import digest
from hedgebook.universes.market import Market

from ..trade.hedge import HedgeTerms
from ..trade.trade import CHECKED_TOGETHER, EventTrade
from .combinations import CombinationTable
from .levels import SWEPT, SetProblem, check_swept, trade_level, typed_levels
from .rows import NumberedRows
from .trade_abroad import batch_abroad
from .trade_book import TimedOrders, TradeBook, TradeBooks, WeightRows
from .verdicts import Verdicts, spread

TIMES = ("event", "delay", "hold", "hindsight")
LEGS = ("event", "long", "short", "delay")
WEIGHTS = ("event", "long", "short", *HedgeTerms._fields)


@dataclass(frozen=True, eq=False)
class TradeSweep:
    """An event trade whose parameters vary, those of its hedge and of its rules among them.

    events: where the trade's events are looked up. What has been planned is kept by market, so that the next chunk of
    sets finds it again.
    """

    trade: EventTrade
    events: EventLibrary | Mapping[str, Event]
    _books: TradeBooks = field(default_factory=TradeBooks, init=False, repr=False)

    @property
    def name(self) -> str:
        """The trade's name."""
        return self.trade.name

    def parameters(self) -> tuple[str, ...]:
        """Every parameter that can vary."""
        return SWEPT

    def typed(self, name: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """The levels of one parameter with the trade's own types.

        A hedge and a rebalancing are their names, a basket of one name is that name, one without names is None. Raises
        ParameterError or EventError, naming the parameter, for a level that is wrong whatever the others are.
        """
        levels = typed_levels(name, values)
        if name == "event":
            for level in levels:
                try:
                    self.find_event(level)
                except EventError as problem:
                    raise EventError(problem.what, where=name, remedy=problem.remedy) from None
        return levels

    def find_event(self, event_id: str) -> Event:
        """An event by its identifier. Raises EventError with the closest one."""
        if isinstance(self.events, EventLibrary):
            return self.events.get(event_id)
        if event_id not in self.events:
            raise EventError(f"there is no event {event_id!r}", remedy=did_you_mean(event_id, self.events))
        return self.events[event_id]

    def batch(self, market: Market, sets: ChunkSets) -> Batch:
        """The sets as a batch; one that cannot be run has the message of its single run for a problem.

        Where a rule has a volatility target the gross is in the weights, else it is the scale of the orders. Raises
        ParameterError for a parameter that the trade does not have, LookAheadError for a fill before its decision.
        """
        for name in sets.columns:
            check_swept(name)
        base = {name: getattr(self.trade, name) for name in SWEPT if name not in RULE_PARAMETERS}
        base |= {name: getattr(self.trade.rules, name) for name in RULE_PARAMETERS}
        table = CombinationTable.of(sets, trade_level, base)
        book = self._books.of(market, lambda: TradeBook(self.trade, self.find_event, market))
        if market.venues is not None:
            return batch_abroad(book, table)
        with book.lock:
            book.make_room()
            return _batch(book, table)

    def describe(self) -> dict[str, Any]:
        """What is swept, JSON-ready: the trade and a hash over the events that it may be entered on."""
        events = self.events.events if isinstance(self.events, EventLibrary) else tuple(self.events.values())
        plain = {event.id: event.model_dump(mode="json") for event in events}
        text = json.dumps(plain, sort_keys=True)
        return {
            "strategy": "event trade",
            "name": self.name,
            "trade": self.trade.parameters(),
            "events_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    def fingerprint(self) -> dict[str, Any]:
        """What decides its schedules: the trade, and each event that it may be entered on."""
        events = self.events.events if isinstance(self.events, EventLibrary) else tuple(self.events.values())
        return {
            "strategy": "event trade",
            "name": self.name,
            "trade": self.trade.parameters(),
            "events": {event.id: digest(event.model_dump_json()) for event in events},
        }


def _batch(book: TradeBook, table: CombinationTable) -> Batch:
    """Stage by stage in the order of a single run, so that a set's first problem is the one that it has there."""
    verdicts = Verdicts(table.size)
    verdicts.levels(table, [name for name in SWEPT if name in table.codes])
    verdicts.each(table.combinations(CHECKED_TOGETHER), book.consistency)
    timing = table.combinations(TIMES)
    times = verdicts.each(timing, book.times)
    named = table.combinations(LEGS)
    tickers = verdicts.each(named, book.legs)
    asked = table.combinations(WEIGHTS)

    def weigh(several: Sequence[tuple[Any, ...]], examples: Ints) -> Sequence[WeightRows | SetProblem]:
        found = [tickers[int(k)] for k in named.of[examples]]
        return book.weights([(v[0], legs, HedgeTerms(*v[3:])) for v, legs in zip(several, found, strict=True)])

    weights = verdicts.all(asked, weigh)
    verdicts.each(timing, lambda *values: book.times(*values).unfillable)  # type: ignore[union-attr]
    alive = verdicts.alive
    found = table.combinations(RULE_PARAMETERS)
    rules = tuple(verdicts.each(found, _rules).values())
    rules_of = found.renumbered(alive)
    legs = {answer.legs: number for number, answer in enumerate({a.legs: a for a in weights.values()}.values())}
    gross = table.numbers("gross")
    targeted = np.array([one.target_vol is not None for one in rules] or [False], dtype=np.bool_)[rules_of]
    sizes, scales = np.where(targeted, gross, 1.0), np.where(targeted, 1.0, gross)
    entries = spread(weights, lambda answer: answer.entry, asked)
    exits = spread(weights, lambda answer: answer.exit, asked)
    bank, rows = _bank(book.rows, entries[alive], exits[alive], sizes[alive])
    orders = _orders(times, timing.of[alive], rows, scales[alive])
    spans = np.zeros((table.size, 2), dtype=np.int64)
    spans[alive] = orders["session"].reshape(-1, 2)
    runs = np.zeros(table.size, dtype=np.int64)
    runs[alive] = 1
    return Batch(
        bank=bank.reshape(-1, len(book.market.tickers)),
        orders=orders,
        offsets=np.concatenate([[0], np.cumsum(2 * runs)]).astype(np.int64),
        first=np.ascontiguousarray(spans[:, 0]),
        last=np.ascontiguousarray(spans[:, 1]),
        capital=table.numbers("capital"),
        rules=rules,
        rules_of=rules_of,
        legs=tuple(_sides(*one) for one in legs),
        legs_of=spread(weights, lambda a: legs[a.legs], asked) * runs,
        problems=verdicts.problems,
        problem_of=verdicts.problem_of,
    )


def _rules(*values: Any) -> Rules:
    """Rules with these values, each of which has been checked."""
    return Rules.model_construct(**dict(zip(RULE_PARAMETERS, values, strict=True)))


def _bank(stored: NumberedRows, entries: Ints, exits: Ints, sizes: Floats) -> tuple[Floats, Ints]:
    """The bank of a chunk, and (runs, 2) the rows of each set's entry and exit in it."""
    distinct, size_of = np.unique(sizes, return_inverse=True)
    key, of_entry = np.unique(entries * max(1, len(distinct)) + size_of, return_inverse=True)
    numbers, at = np.divmod(key, max(1, len(distinct)))
    out, of_exit = np.unique(exits, return_inverse=True)
    if not len(entries):
        return np.zeros(0), np.zeros((0, 2), dtype=np.int64)
    sized = stored.bank(numbers.tolist()) * distinct[at][:, None]
    bank = np.concatenate([sized, stored.bank(out.tolist())])
    return bank, np.column_stack([of_entry, len(sized) + of_exit]).astype(np.int64)


def _orders(times: dict[int, TimedOrders], timing: Ints, rows: Ints, scales: Floats) -> Structs:
    """(2 * runs,) of ORDER: the entry and the exit of each set."""
    out = np.zeros((len(timing), 2), dtype=ORDER)
    if len(timing):
        place = np.zeros(max(times) + 1, dtype=np.int64)
        place[list(times)] = np.arange(len(times))
        out[:] = np.stack([times[k].rows for k in times])[place[timing]]
    out["row"], out["scale"] = rows, scales[:, None]
    return out.reshape(-1)


def _sides(long: tuple[str, ...], short: tuple[str, ...]) -> dict[str, str]:
    return dict.fromkeys(long, "long") | dict.fromkeys(short, "short")
