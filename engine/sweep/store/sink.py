"""Where a sweep's results go, in memory or in a folder, and how they are read back chunk by chunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError, RunFolderError

from ...arrays import Floats
from .chunk import PROBLEM, SET, ChunkLayout, ChunkResult, Columns, Job
from .manifest import DONE, INTERRUPTED, RUNNING, check_same, identity
from .parts import array_of, arrow_array


class Sink(Protocol):
    """Where results go; chunks come in any order and from several threads at once."""

    @property
    def layout(self) -> ChunkLayout:
        """The table. Raises RunFolderError before `begin`."""

    @property
    def status(self) -> str:
        """running, interrupted or done."""

    def begin(self, job: Job, *, resume: bool = False) -> frozenset[int]:
        """Make ready for a job; the chunks that are already there."""

    def put(self, k: int, columns: Columns, result: ChunkResult) -> None:
        """Keep chunk k. Raises ParameterError for one that does not fit the table."""

    def end(self, *, done: bool) -> None:
        """Say whether all chunks are there."""

    def sum_anew(self, job: Job, moments: Callable[[int], tuple[Floats, Floats]]) -> None:
        """Make all chunks those of a job with other blocks: `moments` gives totals and squares (n, B) of a chunk."""

    def finish(self, results: Mapping[str, Any]) -> None:
        """Keep what an analysis of the whole sweep found, ready for JSON."""

    def columns(self, k: int, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Columns of chunk k. Raises RunFolderError where the chunk is missing or damaged."""

    def moments(self, k: int) -> tuple[Floats, Floats]:
        """Block moments of chunk k: totals and squares (n, B). Raises RunFolderError as `columns`."""


class MemorySink:
    """Keeps everything in memory, for scripts.

    An interrupted sweep goes on in the same sink with `resume`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layout: ChunkLayout | None = None
        self._identity: dict[str, Any] = {}
        self._chunks: dict[int, dict[str, NDArray[Any]]] = {}
        self._moments: dict[int, tuple[Floats, Floats]] = {}
        self._status = RUNNING
        self.results: dict[str, Any] | None = None

    @property
    def layout(self) -> ChunkLayout:
        """The table. Raises RunFolderError before `begin`."""
        if self._layout is None:
            raise RunFolderError("no sweep has begun", where="sink", remedy="Run a job into it first.")
        return self._layout

    @property
    def status(self) -> str:
        """running, interrupted or done."""
        return self._status

    @property
    def done(self) -> tuple[int, ...]:
        """The chunks that are there, in their order."""
        return tuple(sorted(self._chunks))

    def begin(self, job: Job, *, resume: bool = False) -> frozenset[int]:
        """Make ready for a job; the chunks that are already there.

        Raises ParameterError for a job whose table makes no sense, RunFolderError to resume what is not there or
        another sweep.
        """
        layout = ChunkLayout.of(job)
        wanted = identity(job, layout)
        if resume:
            if self._layout is None:
                raise RunFolderError("there is no sweep to resume", where="sink", remedy="Leave out resume.")
            check_same(self._identity, wanted, "sink")
        else:
            self._chunks, self._moments = {}, {}
        self._layout, self._identity = layout, wanted
        if len(self._chunks) < layout.chunks:
            self._status, self.results = RUNNING, None
        return frozenset(self._chunks)

    def put(self, k: int, columns: Columns, result: ChunkResult) -> None:
        """Keep chunk k. Raises ParameterError for one that does not fit the table."""
        layout = self.layout
        layout.check_chunk(k, columns, result)
        kept: dict[str, NDArray[Any]] = {
            SET: np.arange(*layout.span(k), dtype=np.int64),
            **{name: array_of(arrow_array(name, kind, columns[name]), kind) for name, kind in layout.types},
            **{name: result.metrics[:, i].astype(np.float64) for i, name in enumerate(layout.metrics)},
            PROBLEM: np.array(result.problems, dtype=object),
        }
        moments = np.array(result.totals, dtype=np.float64), np.array(result.squares, dtype=np.float64)
        with self._lock:
            self._moments[k] = moments
            self._chunks[k] = kept

    def end(self, *, done: bool) -> None:
        """Say whether all chunks are there."""
        self._status = DONE if done else INTERRUPTED

    def sum_anew(self, job: Job, moments: Callable[[int], tuple[Floats, Floats]]) -> None:
        """Make all chunks those of a job with other blocks: `moments` gives totals and squares (n, B) of a chunk."""
        layout = ChunkLayout.of(job)
        self._identity = identity(job, layout)
        self._moments = {k: moments(k) for k in self._chunks}
        self._layout = layout

    def finish(self, results: Mapping[str, Any]) -> None:
        """Keep what an analysis of the whole sweep found."""
        self.results = dict(results)

    def columns(self, k: int, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Columns of chunk k. Raises RunFolderError where the sweep was interrupted before it."""
        chunk = self._there(self._chunks, k)
        return {name: chunk[name] for name in names if self.layout.type_of(name)}

    def moments(self, k: int) -> tuple[Floats, Floats]:
        """Block moments of chunk k: totals and squares (n, B). Raises RunFolderError as `columns`."""
        moments: tuple[Floats, Floats] = self._there(self._moments, k)
        return moments

    def frame(self) -> pd.DataFrame:
        """Every set that is there, a row each, by its number."""
        return _frame(self.layout, [self._chunks[k] for k in self.done], self.layout.names).set_index(SET)

    def _there(self, chunks: Mapping[int, Any], k: int) -> Any:
        if k not in chunks:
            raise RunFolderError(
                f"chunk {k} of {self.layout.chunks} is not there: the sweep was interrupted",
                where="sink",
                remedy="Run the job again with resume.",
            )
        return chunks[k]


def read_column(sink: Sink, name: str) -> NDArray[Any]:
    """(count,) one column in set order: int64, float64, bool; objects where it is text or its type allows None.

    Raises ParameterError for an unknown name, RunFolderError for a chunk that is missing or damaged.
    """
    layout = sink.layout
    if name in layout.metrics:
        values = np.empty(layout.count)
        for k in range(layout.chunks):
            values[slice(*layout.span(k))] = sink.columns(k, [name])[name]
        return values
    layout.type_of(name)
    return np.concatenate([sink.columns(k, [name])[name] for k in range(layout.chunks)])


def read_rows(sink: Sink, indices: ArrayLike, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Some sets in the order in which they are asked for, by their number; columns: None = all of them.

    Columns have the types of the layout. Raises ParameterError
    for a set or column that there is not, RunFolderError for a chunk that is missing or damaged.
    """
    layout = sink.layout
    names = _names(layout, columns)
    wanted = np.atleast_1d(np.asarray(indices))
    if wanted.size and (wanted.dtype.kind not in "iu" or wanted.min() < 0 or wanted.max() >= layout.count):
        bad = wanted if wanted.dtype.kind not in "iu" else wanted[(wanted < 0) | (wanted >= layout.count)][0]
        raise ParameterError("there is no such set", where="indices", value=bad, bound=f"0 to {layout.count - 1}")
    wanted = wanted.astype(np.int64)
    distinct, place = np.unique(wanted, return_inverse=True)
    chunk_of = distinct // layout.chunk_sets
    parts = []
    for k in np.unique(chunk_of):
        rows = distinct[chunk_of == k] - layout.span(int(k))[0]
        parts.append({name: values[rows] for name, values in sink.columns(int(k), names).items()})
    frame = _frame(layout, parts, names).iloc[place]
    frame.index = pd.Index(wanted, name=SET)
    return frame if columns is not None and SET in columns else frame.drop(columns=SET, errors="ignore")


def iter_table(sink: Sink, columns: Sequence[str] | None = None) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
    """First set and columns of one chunk after another; columns: None = all of them.

    Types as `read_column`. Raises as `read_column`.
    """
    names = _names(sink.layout, columns)
    for k in range(sink.layout.chunks):
        yield sink.layout.span(k)[0], sink.columns(k, names)


def iter_blocks(sink: Sink) -> Iterator[tuple[int, Floats, Floats]]:
    """First set, totals and squares (n, B) of one chunk after another.

    How many sessions the blocks have is in `sink.layout.block_sessions`. Raises RunFolderError for a chunk that is
    missing or damaged.
    """
    for k in range(sink.layout.chunks):
        yield sink.layout.span(k)[0], *sink.moments(k)


def _names(layout: ChunkLayout, columns: Sequence[str] | None) -> list[str]:
    names = list(layout.names if columns is None else columns)
    for name in names:
        layout.type_of(name)
    return names


def _frame(layout: ChunkLayout, parts: list[dict[str, NDArray[Any]]], names: Sequence[str]) -> pd.DataFrame:
    made = {}
    for name in names:
        kind = layout.type_of(name)
        values = np.concatenate([part[name] for part in parts]) if parts else np.empty(0, dtype=object)
        # From a list: pandas would otherwise take numbers for missing and the other way round.
        made[name] = pd.array(values.tolist(), dtype=kind) if values.dtype == object else values
    return pd.DataFrame(made)
