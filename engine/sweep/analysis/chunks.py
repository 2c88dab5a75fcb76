"""Moments of a sweep's sets as they come from its store, chunk by chunk, without the sets that did not run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError

from ...arrays import Flags, Floats, Ints

# Index of the first set, and (n, B) sums of returns and of their squares of n sets in B blocks or segments.
MomentChunk: TypeAlias = tuple[int, Floats, Floats]
Chunks: TypeAlias = Callable[[], Iterable[MomentChunk]]
ReturnsOf: TypeAlias = Callable[[Ints], Floats]


def checked_counts(counts: ArrayLike) -> Floats:
    """(B,) sessions in each block. Raises ParameterError unless they are whole numbers from 1."""
    values = np.asarray(counts, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not (np.isfinite(values) & (values >= 1.0)).all():
        raise ParameterError("has no sessions in some block", where="counts", value=values.shape, bound="1 or more")
    if (values != np.floor(values)).any():
        raise ParameterError("is not whole", where="counts", bound="whole numbers of sessions")
    return values


def usable_chunks(chunks: Chunks, counts: Floats, usable: Flags | None) -> Iterator[tuple[Ints, Floats, Floats]]:
    """(n,) indices in the sweep, (n, B) totals and (n, B) squares of the sets that ran; empty chunks are passed over.

    usable: (N,) whether a set ran, by its index in the sweep (None: all); a set with a moment that is not finite is
    left out too. Raises ParameterError for chunks that do not fit the counts, or that do not rise.
    """
    reached = 0
    for start, totals, squares in chunks():
        if totals.ndim != 2 or squares.shape != totals.shape or totals.shape[1] != len(counts):
            raise ParameterError(
                "does not fit the blocks",
                where="chunks",
                value=f"{totals.shape}, {squares.shape}",
                bound=f"(n, {len(counts)}) totals and squares",
            )
        if start < reached:
            raise ParameterError("come out of order", where="chunks", value=start, bound=f"from set {reached}")
        reached = start + len(totals)
        kept = np.isfinite(totals).all(axis=1) & np.isfinite(squares).all(axis=1)
        if usable is not None:
            if len(usable) < reached:
                raise ParameterError("is too short", where="usable", value=len(usable), bound=f"{reached} or more")
            kept &= usable[start:reached]
        if kept.all():
            rows = np.arange(start, reached, dtype=np.int64)
            if len(rows):
                yield rows, totals, squares
        elif kept.any():
            yield np.flatnonzero(kept).astype(np.int64) + start, totals[kept], squares[kept]


def joined_chunks(parts: Iterator[tuple[Ints, Floats, Floats]], least: int) -> Iterator[tuple[Ints, Floats, Floats]]:
    """The same sets in chunks of at least so many, the last one of what is left.

    Each chunk starts its own search for the best of every split, which a longer one does less often.
    """
    held: list[tuple[Ints, Floats, Floats]] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part[0])
        if count >= least:
            yield _join(held)
            held, count = [], 0
    if held:
        yield _join(held)


def _join(held: list[tuple[Ints, Floats, Floats]]) -> tuple[Ints, Floats, Floats]:
    if len(held) == 1:
        return held[0]
    rows, totals, squares = zip(*held, strict=True)
    return np.concatenate(rows), np.concatenate(totals), np.concatenate(squares)
