"""What is kept of the sets of a sweep while it runs, so that none of them is planned or run again for it."""

from __future__ import annotations

import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Ints
from ...kernels.sets.one_by_one import NOTHING
from ..batch.batch import Batch

# Session returns that a sweep keeps in a temporary file, which it deletes at its end; of sets beyond that, those that
# are asked for are run again.
MOST_BYTES = 16_000_000_000


@dataclass(frozen=True, eq=False)
class KeptChunk:
    """The n sets of a chunk besides their metrics.

    start: index of the first set; first, last: (n,) rows of the market that a set runs from and to; runs: (n,) whether
    it could run; session: the market's row of the first column of returns; returns: (n, U) of sessions, 0 where a set
    is not on and NaN after a ruin; windows: first and last session by value of a parameter called event; best: the
    place in the chunk of the set with the best metric, and that set as a batch, None where no metric was asked for.
    """

    start: int
    first: Ints
    last: Ints
    runs: NDArray[np.bool_]
    session: int
    returns: Floats
    windows: dict[Any, tuple[int, int]]
    best: tuple[float, int, Batch] | None = None


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a chunk's returns stand in the file, -1 = nowhere."""

    chunk: KeptChunk
    offset: int
    sessions: int


class KeptSets:
    """What is kept of all chunks; safe to use from several threads. sessions: T of the market; chunk_sets: of a chunk.

    Its memory does not grow with the sessions or tickers of a set: returns go to a temporary file.
    """

    def __init__(self, sessions: int, chunk_sets: int) -> None:
        self._sessions, self._chunk_sets = sessions, chunk_sets
        self._lock = threading.Lock()
        self._places: dict[int, _Place] = {}
        self._file: IO[bytes] | None = None
        self._end = 0
        self.best: tuple[float, int, Batch] | None = None

    def __reduce__(self) -> Any:
        raise TypeError("what is kept of a sweep stays in its own process")

    def keep(self, chunk: KeptChunk) -> None:
        """Take in what is kept of a chunk, in any order of chunks."""
        returns = np.ascontiguousarray(chunk.returns)
        with self._lock:
            offset = self._write(returns)
            thin = KeptChunk(
                chunk.start, chunk.first, chunk.last, chunk.runs, chunk.session, np.zeros((0, 0)), chunk.windows
            )
            self._places[chunk.start // self._chunk_sets] = _Place(thin, offset, returns.shape[1])
            if chunk.best is not None:
                value, place, batch = chunk.best
                found = (value, -(chunk.start + place))
                if self.best is None or found > (self.best[0], -self.best[1]):
                    self.best = (value, chunk.start + place, batch)

    def calendar(self) -> tuple[NDArray[np.bool_], dict[Any, tuple[int, int]]]:
        """(T,) whether any set is on in a session, and the first and last session by value of a parameter event."""
        turns = np.zeros(self._sessions + 1, dtype=np.int64)
        windows: dict[Any, tuple[int, int]] = {}
        for k in sorted(self._places):
            chunk = self._places[k].chunk
            np.add.at(turns, chunk.first[chunk.runs], 1)
            np.add.at(turns, chunk.last[chunk.runs] + 1, -1)
            for event, (low, high) in chunk.windows.items():
                known = windows.get(event, (low, high))
                windows[event] = min(known[0], low), max(known[1], high)
        return np.asarray(np.cumsum(turns[:-1]) > 0), windows

    def span(self, index: int) -> tuple[int, int] | None:
        """First and last session of a set that could run, None where its chunk is not there."""
        place = self._places.get(index // self._chunk_sets)
        if place is None:
            return None
        at = index - place.chunk.start
        return int(place.chunk.first[at]), int(place.chunk.last[at])

    def batch(self, index: int) -> Batch | None:
        """The set with the best metric as a batch, None for any other."""
        return self.best[2] if self.best is not None and self.best[1] == index else None

    def returns(self, index: int) -> Floats | None:
        """(T,) session returns of a set, 0 where it is not on; None where they are not kept."""
        place = self._places.get(index // self._chunk_sets)
        if place is None or place.offset < 0:
            return None
        out = np.zeros(self._sessions)
        found = self._read(place, index - place.chunk.start, 1)
        out[place.chunk.session : place.chunk.session + place.sessions] = found[0]
        return out

    def moments(self, k: int, blocks: Ints, riskless: Floats) -> tuple[Floats, Floats] | None:
        """Totals and squares (n, B) of chunk k by block, (T,) -1 = none, as a run with these blocks gives them.

        riskless: (T,) what cash earns before each session. None where the chunk's returns are not kept.
        """
        place = self._places.get(k)
        if place is None or place.offset < 0:
            return None
        chunk, size = place.chunk, int(blocks.max(initial=-1)) + 1
        returns = self._read(place, 0, len(chunk.runs))
        sums = np.zeros((2, size, len(chunk.runs)))
        # Session by session, in the order in which a run adds them up.
        for column, change in enumerate(np.ascontiguousarray(returns.T)):
            t = chunk.session + column
            if blocks[t] < 0:
                continue
            on = chunk.runs & (chunk.first <= t) & (t <= chunk.last)
            excess = np.where(on, np.where(t > chunk.first, change - riskless[t], change), 0.0)
            sums[0, blocks[t]] += excess
            sums[1, blocks[t]] += excess * excess
        sums[:, sums[1] < NOTHING] = 0.0
        sums[:, :, np.isnan(returns).any(axis=1)] = np.nan
        return np.ascontiguousarray(sums[0].T), np.ascontiguousarray(sums[1].T)

    def _write(self, returns: Floats) -> int:
        if self._end < 0 or self._end + returns.nbytes > MOST_BYTES:
            return -1
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="hedgebook-sweep-")  # noqa: SIM115 (it lives as long as this)
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            self._file.write(returns.data.cast("B") if returns.size else b"")
            self._file.flush()
        except OSError:
            # No room for it: what is asked for is run again.
            self._end = -1
            return -1
        offset, self._end = self._end, self._end + returns.nbytes
        return offset

    def _read(self, place: _Place, at: int, count: int) -> Floats:
        size = 8 * place.sessions
        with self._lock:
            assert self._file is not None
            self._file.seek(place.offset + at * size)
            data = self._file.read(count * size)
        return np.frombuffer(data, dtype=np.float64).reshape(count, place.sessions)
