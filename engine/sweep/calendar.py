"""The sessions on which any set of a sweep is on, found before it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market

from .job import CHUNK_SETS, Sweepable
from .space import ChunkSets, ParameterSets


@dataclass(frozen=True, eq=False)
class SweepCalendar:
    """on: (T,) whether any set is on in a session of the market; windows: by value of an `event` axis, the first and
    last session (rows of the market) of any set on it."""

    on: NDArray[np.bool_]
    windows: dict[Any, tuple[int, int]] = field(default_factory=dict)

    @property
    def rows(self) -> NDArray[np.int64]:
        """(U,) the market's rows of the union calendar."""
        return np.flatnonzero(self.on)


def sweep_calendar(market: Market, strategy: Sweepable, sets: ParameterSets) -> SweepCalendar:
    """Plan every set for the sessions it is on.

    A strategy whose plans are dear may say so itself: `calendar(market, sets)` gives (T,) whether any set is on.
    """
    own = getattr(strategy, "calendar", None)
    if own is not None:
        return SweepCalendar(np.asarray(own(market, sets), dtype=np.bool_))
    turns = np.zeros(len(market.sessions) + 1, dtype=np.int64)
    windows: dict[Any, tuple[int, int]] = {}
    for start in range(0, sets.count, CHUNK_SETS):
        chunk = sets.chunk(start, min(start + CHUNK_SETS, sets.count))
        batch = strategy.batch(market, chunk)
        first, last, runs = batch.first, batch.last, batch.runs
        np.add.at(turns, first[runs], 1)
        np.add.at(turns, last[runs] + 1, -1)
        _widen(windows, chunk, first, last, runs)
    return SweepCalendar(np.asarray(np.cumsum(turns[:-1]) > 0), windows)


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
