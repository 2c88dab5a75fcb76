"""What a sweep's runner needs of a job: sets in chunks, what a chunk gives, and the table that it fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from hedgebook.errors import ParameterError, did_you_mean

from ...arrays import Floats

Columns = Mapping[str, Any]
# pandas' names of what a parameter column can hold; those with a capital, boolean and str may hold None.
TYPES = ("int64", "Int64", "float64", "Float64", "bool", "boolean", "str")
SET, PROBLEM = "set", "problem"


def column_names(parameters: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """The column of each parameter: its own name, or parameter_NAME where another column has that one already."""
    names = list(parameters)
    taken = {SET, PROBLEM, *others}
    found = {name: name for name in names if name not in taken}
    for name in names:
        if name not in found:
            column = f"parameter_{name}"
            while column in taken or column in found.values() or column in names:
                column = f"parameter_{column}"
            found[name] = column
    return {name: found[name] for name in names}


@dataclass(frozen=True, eq=False)
class ChunkResult:
    """The n sets of one chunk, in set order.

    start: index of the first set; metrics: (n, M), NaN where a set has none; problems: why a set did not run, None =
    it ran; counts: (B,) sessions in a block; totals, squares: (n, B) sums of session returns and of their squares by
    block. B is 0 where a job has no block moments.
    """

    start: int
    metrics: Floats
    problems: tuple[str | None, ...]
    counts: Floats
    totals: Floats
    squares: Floats


class Job(Protocol):
    """A sweep to run: it can be pickled, and the same chunk gives the same numbers wherever it runs.

    count: sets; chunk_sets: sets in a chunk (the last one may have fewer); metric_names: (M,); column_types: the type
    of each parameter column for the whole sweep, one of TYPES; counts: (B,) sessions in each block.
    """

    @property
    def count(self) -> int: ...
    @property
    def chunk_sets(self) -> int: ...
    @property
    def metric_names(self) -> tuple[str, ...]: ...
    @property
    def column_types(self) -> Mapping[str, str]: ...
    @property
    def counts(self) -> Floats: ...

    def manifest(self) -> Mapping[str, Any]:
        """Everything that decides the numbers, ready for JSON."""

    def run(self, k: int, threads: int) -> ChunkResult:
        """Chunk k, computed with at most so many threads, whose number changes nothing in the result."""

    def columns(self, k: int) -> Columns:
        """The parameters of chunk k: a list or an array of n values by name; None = the set has no such parameter."""


@dataclass(frozen=True)
class ChunkLayout:
    """The table that a sweep fills: its rows in chunks, and its columns with their types.

    types: name and type of each parameter column; block_sessions: (B,) sessions in each block.
    """

    count: int
    chunk_sets: int
    metrics: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    block_sessions: tuple[float, ...]

    @classmethod
    def of(cls, job: Job) -> ChunkLayout:
        """The layout of a job. Raises ParameterError as `check`."""
        made = cls(
            count=job.count,
            chunk_sets=job.chunk_sets,
            metrics=tuple(job.metric_names),
            types=tuple(job.column_types.items()),
            block_sessions=tuple(float(count) for count in job.counts),
        )
        made.check()
        return made

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.count // self.chunk_sets)

    @property
    def blocks(self) -> int:
        """B, how many blocks there are; 0 = no block moments."""
        return len(self.block_sessions)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameter columns."""
        return tuple(name for name, _ in self.types)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column in its order: the set, parameters, metrics, the problem."""
        return (SET, *self.parameters, *self.metrics, PROBLEM)

    def type_of(self, name: str) -> str:
        """What a column holds, one of TYPES. Raises ParameterError for an unknown name."""
        known = {SET: "int64", PROBLEM: "str", **dict.fromkeys(self.metrics, "float64"), **dict(self.types)}
        if name not in known:
            remedy = did_you_mean(name, known)
            raise ParameterError("the sweep has no such column", where="column", value=name, remedy=remedy)
        return known[name]

    def span(self, k: int) -> tuple[int, int]:
        """First set of chunk k, and the one after its last."""
        return k * self.chunk_sets, min((k + 1) * self.chunk_sets, self.count)

    def size(self, k: int) -> int:
        """Sets in chunk k."""
        start, stop = self.span(k)
        return stop - start

    def check_chunk(self, k: int, columns: Columns, result: ChunkResult) -> None:
        """Raise ParameterError unless what a job gave for chunk k fits the table."""
        n, shape = self.size(k), (self.size(k), self.blocks)
        found: dict[str, tuple[object, object]] = {
            "start": (result.start, self.span(k)[0]),
            "metrics": (result.metrics.shape, (n, len(self.metrics))),
            "problems": (len(result.problems), n),
            "counts": (tuple(result.counts.tolist()), self.block_sessions),
            "totals": (result.totals.shape, shape),
            "squares": (result.squares.shape, shape),
            "columns": (sorted(columns), sorted(self.parameters)),
            **{f"column {name}": (len(values), n) for name, values in columns.items()},
        }
        for name, (got, wanted) in found.items():
            if got != wanted:
                raise ParameterError(
                    "the job gave something else than its table holds",
                    where=f"chunk {k}, {name}",
                    value=got,
                    bound=str(wanted),
                )

    def check(self) -> None:
        """Raise ParameterError where a name stands twice, a type is none of TYPES, or there are no sets."""
        for name, number in (("count", self.count), ("chunk_sets", self.chunk_sets)):
            if not number >= 1:
                raise ParameterError("is too small", where=f"sweep {name}", value=number, bound="at least 1")
        seen: set[str] = set()
        for name in self.names:
            if name in seen:
                raise ParameterError(
                    "two columns of the sweep have the same name",
                    where=name,
                    bound=f"parameters that are not called {SET}, {PROBLEM} or like a metric",
                    remedy="Rename the parameter.",
                )
            seen.add(name)
        for name, kind in self.types:
            if kind not in TYPES:
                raise ParameterError("cannot be a column", where=name, value=kind, bound=", ".join(TYPES))


def text(value: Any) -> str:
    """A value as it stands in a column of text: the names of a basket are joined by +."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return "+".join(text(part) for part in value) if isinstance(value, tuple | list) else str(value)
