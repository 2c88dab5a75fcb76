"""The sessions on which any set of a sweep is on, found before it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from .batch.batch import Batch
from .batch.stage import Reach, reach_of
from .job import CHUNK_SETS, Sweepable
from .space import ChunkSets, ParameterSets
from .windows import widen

# A sweep is run in tiles if its sets have so many sessions together, which is worth the minute that tiles take to
# compile once; so many each on average, below which planning takes longer than running; and if this part of them is of
# sets with so many mates among so many in a row. A tile takes as long for one set as for 64: with 16 it is twice as
# fast as one by one, and ten times with 64. The whole sweep decides and not a chunk, because last digits differ: they
# must depend neither on how it is cut nor on where it was resumed.
MANY, LONG, SHARED_FRAC, MATES, AMONG = 2_000_000, 250, 0.75, 16, 256
# Of a strategy whose plans are dear so many sets are looked at before.
LOOKED = 12


@brief
@dataclass(frozen=True, eq=False)
class SweepCalendar:
    """on: (T,) whether any set is on in a session of the market; windows: by value of an `event` axis, the first and
    last session (rows of the market) of any set on it; tiled: what its sets reach if they run side by side."""

    on: NDArray[np.bool_]
    windows: dict[Any, tuple[int, int]] = field(default_factory=dict)
    tiled: Reach | None = None

    @property
    def rows(self) -> NDArray[np.int64]:
        """(U,) the market's rows of the union calendar."""
        return np.flatnonzero(self.on)


def sweep_calendar(market: Market, strategy: Sweepable, sets: ParameterSets) -> SweepCalendar:
    """Plan every set: for the sessions it is on, and for whether the sweep is run in tiles."""
    on, held = np.zeros(len(market.sessions), dtype=np.bool_), np.zeros(len(market.tickers), dtype=np.bool_)
    windows: dict[Any, tuple[int, int]] = {}
    ran = work = shared = 0
    once = _plans_once(strategy)
    for start in range(0, sets.count, CHUNK_SETS):
        for chunk, batch in _batches(market, strategy, sets.chunk(start, min(start + CHUNK_SETS, sets.count))):
            first, last, runs = batch.first, batch.last, batch.runs
            reach = reach_of(market, batch)
            on, held = on | reach.on, held | reach.held
            widen(windows, chunk, first, last, runs)
            sessions = int((last - first + 1)[runs].sum())
            ran, work = ran + int(runs.sum()), work + sessions
            if sessions >= LONG * runs.sum() and not once:
                shared += _shared_sessions(batch)
    if once:
        return SweepCalendar(on, windows, first_look(market, strategy, sets).tiled)
    tiled = work >= max(MANY, LONG * ran) and shared >= SHARED_FRAC * work
    return SweepCalendar(on, windows, Reach(on, held) if tiled else None)


def first_look(market: Market, strategy: Sweepable, sets: ParameterSets) -> SweepCalendar:
    """The calendar of a few sets, spread over all of them, and whether the sweep is run in tiles as far as they tell.

    For strategies whose plans are dear; the answer about tiles is theirs whether or not all sets are planned before
    the sweep runs, so that a sweep that goes on has the same digits as one that was not stopped.
    """
    looked = [_one(strategy, market, sets, i) for i in np.unique(np.linspace(0, sets.count - 1, LOOKED).astype(int))]
    on, ran, work = np.zeros(len(market.sessions), dtype=np.bool_), 0, 0
    windows: dict[Any, tuple[int, int]] = {}
    kinds: Counter[Any] = Counter()
    for chunk, batch in looked:
        on = on | reach_of(market, batch).on
        widen(windows, chunk, batch.first, batch.last, batch.runs)
        if batch.runs[0]:
            ran, work = ran + 1, work + int(batch.last[0] - batch.first[0] + 1)
            marks = (batch.orders["session"] * 2 + batch.orders["mark"]).tobytes()
            rules = batch.rules[int(batch.rules_of[0])]
            kinds[int(batch.first[0]), int(batch.last[0]), rules.model_dump_json(), marks] += 1
    # One that is seen once may have no mates at all.
    shared = sum(n for n in kinds.values() if n > 1 and n * min(AMONG, sets.count) >= MATES * ran)
    tiled = ran > 0 and work / len(looked) * sets.count >= MANY and work >= LONG * ran and shared >= SHARED_FRAC * ran
    whole = Reach(np.ones(len(on), dtype=np.bool_), np.ones(len(market.tickers), dtype=np.bool_))
    return SweepCalendar(on, windows, whole if tiled else None)


def _plans_once(strategy: Sweepable) -> bool:
    return bool(getattr(strategy, "plans_once", False))


def _one(strategy: Sweepable, market: Market, sets: ParameterSets, index: int) -> tuple[ChunkSets, Batch]:
    chunk = sets.chunk(int(index), int(index) + 1)
    return chunk, strategy.batch(market, chunk)


def _batches(market: Market, strategy: Sweepable, chunk: ChunkSets) -> Iterator[tuple[ChunkSets, Batch]]:
    """A chunk's sets and batch, in pieces where the strategy cuts them."""
    several, done = getattr(strategy, "batches", None), 0
    for batch in (strategy.batch(market, chunk),) if several is None else several(market, chunk):
        yield chunk.part(done, done + len(batch)), batch
        done += len(batch)


def _shared_sessions(batch: Batch) -> int:
    """The sessions of all sets that have enough mates: the same sessions, marks of orders and conditions."""
    at = batch.orders["session"] * 2 + batch.orders["mark"]
    mates: dict[Any, int] = {}
    for s in np.flatnonzero(batch.runs).tolist():
        marks = at[batch.offsets[s] : batch.offsets[s + 1]].tobytes()
        alike = int(batch.first[s]), int(batch.last[s]), int(batch.rules_of[s]), int(batch.legs_of[s]), marks
        key = (s // AMONG, *alike)
        mates[key] = mates.get(key, 0) + 1
    return sum(count * (key[2] - key[1] + 1) for key, count in mates.items() if count >= MATES)
