"""The sessions on which any set of a sweep is on, found before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market

from .batch.batch import Batch
from .job import CHUNK_SETS, Sweepable
from .space import ChunkSets, ParameterSets
from .windows import widen


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


def sweep_calendar(market: Market, strategy: Sweepable, sets: ParameterSets, *, few: bool = False) -> SweepCalendar:
    """Plan every set for the sessions it is on; few: only the first and the last one.

    A strategy whose plans are dear may say so itself: `calendar(market, sets)` gives (T,) whether any set is on.
    """
    own = getattr(strategy, "calendar", None)
    if own is not None:
        return SweepCalendar(np.asarray(own(market, sets), dtype=np.bool_))
    turns = np.zeros(len(market.sessions) + 1, dtype=np.int64)
    windows: dict[Any, tuple[int, int]] = {}
    spans = [(start, min(start + CHUNK_SETS, sets.count)) for start in range(0, sets.count, CHUNK_SETS)]
    if few:
        spans = [(index, index + 1) for index in dict.fromkeys((0, sets.count - 1))]
    for chunk, batch in _batches(market, strategy, sets, spans):
        first, last, runs = batch.first, batch.last, batch.runs
        np.add.at(turns, first[runs], 1)
        np.add.at(turns, last[runs] + 1, -1)
        widen(windows, chunk, first, last, runs)
    return SweepCalendar(np.asarray(np.cumsum(turns[:-1]) > 0), windows)


def _batches(
    market: Market, strategy: Sweepable, sets: ParameterSets, spans: list[tuple[int, int]]
) -> Iterator[tuple[ChunkSets, Batch]]:
    """Batches of the sets from each number up to another, in pieces where the strategy cuts them, with their sets."""
    several = getattr(strategy, "batches", None)
    for start, stop in spans:
        chunk = sets.chunk(start, stop)
        if several is None:
            yield chunk, strategy.batch(market, chunk)
            continue
        done = 0
        for batch in several(market, chunk):
            yield chunk.part(done, done + len(batch)), batch
            done += len(batch)
