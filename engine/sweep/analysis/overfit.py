"""Cross-validation of a sweep by blocks of its sessions: how often the best of half of them fails in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgebook.universes.brief import brief

from ...arrays import Flags
from ..overfitting.block_moments import BlockMoments
from ..overfitting.cscv import Cscv, CscvMetric, cscv_of_chunks
from ..overfitting.cscv_passes import StrategyChunk
from .chunks import Chunks, checked_counts, joined_chunks, usable_chunks
from .json_ready import json_ready

FEWEST_IN_BLOCK = 5
FEWEST_BLOCKS = 4
# Sets that go through all splits together.
AT_ONCE = 16_384
# Metrics of a set that order sets as their moments do; any other is judged by the Sharpe ratio.
FROM_MOMENTS = {"sharpe": CscvMetric.SHARPE, "mean": CscvMetric.MEAN}


@brief
@dataclass(frozen=True, eq=False)
class SweepCscv:
    """Cross-validation of all sets that ran.

    result: its `best` are indices in the sweep; asked: the metric that the sweep is about; notes: sentences on what
    limits it, empty when nothing does; by_blocks: probability of overfitting by number of blocks, that of `result`
    first, then with neighbours joined; shortest_sessions: of its shortest block.
    """

    result: Cscv
    asked: str
    notes: tuple[str, ...]
    by_blocks: dict[int, float] = field(default_factory=dict)
    shortest_sessions: int = FEWEST_IN_BLOCK

    def as_dict(self) -> dict[str, Any]:
        """The figures of all splits, what was asked for, and the notes; None for what does not exist."""
        found: dict[str, Any] = json_ready(
            {
                **self.result.as_dict(), "asked": self.asked, "notes": list(self.notes),
                "pbo_by_blocks": {str(count): value for count, value in self.by_blocks.items()},
                "shortest_block_sessions": self.shortest_sessions,
            }
        )  # fmt: skip
        return found


def judged_by(metric: str) -> tuple[CscvMetric, tuple[str, ...]]:
    """What sets are chosen by in samples of sessions, and a sentence where that is not the metric asked for."""
    if metric in FROM_MOMENTS:
        return FROM_MOMENTS[metric], ()
    return CscvMetric.SHARPE, (
        f"Samples of sessions are judged by the Sharpe ratio: {metric} cannot be had from sums over sessions.",
    )


def block_notes(counts: ArrayLike) -> tuple[str, ...]:
    """A sentence where blocks of sessions are too short for a Sharpe ratio to mean much."""
    values = checked_counts(counts)
    if values.min() >= FEWEST_IN_BLOCK:
        return ()
    low, high = int(values.min()), int(values.max())
    held = f"{low} session{'' if low == 1 else 's'}" if low == high else f"{low} to {high} sessions"
    return (
        f"Blocks hold {held} each, fewer than {FEWEST_IN_BLOCK}: the probability of overfitting rests on very little.",
    )


def cscv_of_sweep(
    chunks: Chunks, counts: ArrayLike, *, metric: str = "sharpe", usable: Flags | None = None, threads: int = 2
) -> SweepCscv:
    """CSCV of every set that ran, over the union calendar of all sets, in memory that does not grow with the sets.

    chunks: called twice, gives (index of the first set, (n, B) sums of returns, (n, B) sums of their squares) in
    rising order; counts: (B,) sessions of each block. On a session on which a set is not on, its return is 0.
    metric: "sharpe" or "mean"; for any other the Sharpe ratio, which notes say. usable: (N,) whether a set ran.
    Raises ParameterError as cscv_of_chunks and BlockMoments.of do.
    """
    name, notes = judged_by(metric)
    sessions = checked_counts(counts)

    def pieces() -> Iterator[StrategyChunk]:
        for rows, totals, squares in joined_chunks(usable_chunks(chunks, sessions, usable), AT_ONCE):
            yield StrategyChunk(rows, BlockMoments.of(sessions, totals, squares))

    result = cscv_of_chunks(pieces, metric=name, threads=threads)
    found = {result.blocks: result.pbo}
    for factor in range(2, len(sessions) // FEWEST_BLOCKS + 1):
        if len(sessions) % (2 * factor) == 0:
            joined = cscv_of_chunks(partial(_joined, pieces, factor), metric=name, threads=threads)
            found[joined.blocks] = joined.pbo
    every = np.asarray(sessions)
    return SweepCscv(result, metric, (*notes, *block_notes(every)), found, int(every.min()))


def _joined(pieces: Callable[[], Iterable[StrategyChunk]], by: int) -> Iterator[StrategyChunk]:
    """The same strategies in fewer blocks: so many neighbours as one."""
    for piece in pieces():
        m = piece.moments
        given = (m.counts, m.totals, m.squares)
        counts, totals, squares = (x.reshape(*x.shape[:-1], -1, by).sum(axis=-1) for x in given)
        yield StrategyChunk(piece.labels, BlockMoments.of(counts, totals, squares))
