"""The sessions on which any set of a sweep is on, found before it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market

from .batch.batch import Batch
from .batch.stage import Reach, reach_of
from .job import CHUNK_SETS, Sweepable
from .space import ChunkSets, ParameterSets

# A sweep is run in tiles if its sets have so many sessions together, which is worth the minute that tiles take to
# compile once; so many each on average, below which planning takes longer than running; and if this part of them is of
# sets with so many mates among so many in a row. A tile takes as long for one set as for 64: with 16 it is twice as
# fast as one by one, and ten times with 64. The whole sweep decides and not a chunk, because last digits differ: they
# must depend neither on how it is cut nor on where it was resumed.
MANY, LONG, SHARED_FRAC, MATES, AMONG = 2_000_000, 250, 0.75, 16, 256


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
    for start in range(0, sets.count, CHUNK_SETS):
        chunk = sets.chunk(start, min(start + CHUNK_SETS, sets.count))
        batch = strategy.batch(market, chunk)
        first, last, runs = batch.first, batch.last, batch.runs
        reach = reach_of(market, batch)
        on, held = on | reach.on, held | reach.held
        _widen(windows, chunk, first, last, runs)
        sessions = int((last - first + 1)[runs].sum())
        ran, work = ran + int(runs.sum()), work + sessions
        if sessions >= LONG * runs.sum():
            shared += _shared_sessions(batch)
    tiled = work >= max(MANY, LONG * ran) and shared >= SHARED_FRAC * work
    return SweepCalendar(on, windows, Reach(on, held) if tiled else None)


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


def _widen(
    windows: dict[Any, tuple[int, int]],
    chunk: ChunkSets,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    runs: NDArray[np.bool_],
) -> None:
    """Take the windows of a chunk's events in."""
    if "event" not in chunk.columns:
        return
    column = chunk.columns["event"]
    for code in np.unique(column.codes[runs]):
        mine = runs & (column.codes == code)
        event = column.levels[code]
        low, high = int(first[mine].min()), int(last[mine].max())
        known = windows.get(event, (low, high))
        windows[event] = min(known[0], low), max(known[1], high)
