"""One trade on many dates and with many legs, each run as it would be alone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.batch.run import BatchResult, run_batch
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.universes.calendar import Mark
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from ..strategy.setting import RunSetting
from ..sweeping.trade_book import attempt
from ..sweeping.trade_sweep import TradeSweep
from ..trade.plan import PlacedEvent, place_event
from ..trade.trade import EventTrade

Legs = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Ask:
    """A trade on one event; long, short: names of its legs."""

    event: Event
    long: tuple[str, ...]
    short: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Trials:
    """R trades that were run, in the order in which they were asked for; those that could not be run are left out.

    asked: (R,) which of those that were asked for; known: (R,) the last close before the news, entry, exit: (R,) the
    sessions of the two orders, rows of the market; at_close: (R,) whether the entry is at a close; weights: (R, N) of
    the entry, fractions of NAV; returns: (R,) net of all costs, fractions of the capital.
    """

    asked: Ints
    known: Ints
    entry: Ints
    exit: Ints
    at_close: Ints
    weights: Floats
    returns: Floats

    def __len__(self) -> int:
        return len(self.asked)


def run_trials(trade: EventTrade, setting: RunSetting, asked: Sequence[Ask]) -> Trials:
    """A trade as many times as it is asked for, each the same as its own single run.

    One without a fill, or one that cannot be set up, is left out.
    """
    library = {one.event.id: one.event for one in asked}
    columns = {
        "event": _column([one.event.id for one in asked]),
        "long": _column([one.long for one in asked]),
        "short": _column([one.short for one in asked]),
    }
    batch = TradeSweep(trade, library).batch(setting.market, ChunkSets(0, columns))
    shared = SweepSetting(setting.market, setting.costs, setting.account)
    no_blocks = np.full(len(setting.market.sessions), -1, dtype=np.int64)
    known = {name: _known(event, setting.market) for name, event in library.items()}
    return _trials(batch, run_batch(shared, batch, no_blocks), np.array([known[one.event.id] for one in asked]))


def _column(values: Sequence[Hashable]) -> ParameterColumn:
    levels = {value: k for k, value in enumerate(dict.fromkeys(values))}
    return ParameterColumn(tuple(levels), np.array([levels[value] for value in values], dtype=np.int64))


def _known(event: Event, market: Market) -> int:
    """The last close before an event, -1 for one that the prices do not cover."""
    placed = attempt(lambda: place_event(event, market))
    return placed.known if isinstance(placed, PlacedEvent) else -1


def _trials(batch: Batch, done: BatchResult, known: Ints) -> Trials:
    returns = done.measure("total_return")
    ran = np.flatnonzero(batch.runs & (done.measure("turnover") > 0.0) & np.isfinite(returns))
    entry = batch.orders[batch.offsets[ran]]
    out = batch.orders[batch.offsets[ran + 1] - 1]
    return Trials(
        asked=ran,
        known=known[ran],
        entry=entry["session"].astype(np.int64),
        exit=out["session"].astype(np.int64),
        at_close=(entry["mark"] == Mark.CLOSE).astype(np.int64),
        weights=np.nan_to_num(batch.bank[entry["row"]]) * entry["scale"][:, None],
        returns=returns[ran],
    )
