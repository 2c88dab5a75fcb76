"""The two passes of cross-validation over strategies that come in chunks: choose the best, then place it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ...arrays import Floats, Ints
from ...equal import EQUAL
from ...kernels.series.cscv import (
    MEAN,
    NOTHING,
    SHARPE,
    BlockSums,
    best_in_sample,
    best_in_sample_ragged,
    count_below,
    count_below_ragged,
    gather,
    scores_outside,
)
from .block_moments import BlockMoments

R = TypeVar("R")


class StrategyChunk(NamedTuple):
    """(n,) labels of strategies, and their moments."""

    labels: Ints
    moments: BlockMoments


class Leaders:
    """The best strategy of every split so far: its label, what orders it, and its moments in all blocks.

    Moments are kept once for each strategy that leads anywhere; slots: (C,) which of them leads a split.
    """

    def __init__(self) -> None:
        self.slots: Ints = np.empty(0, dtype=np.int64)
        self.value: Floats = np.empty(0)
        self.scale: Floats = np.empty(0)
        self.kept_labels: Ints = np.empty(0, dtype=np.int64)
        self.kept: tuple[Floats, Floats, Floats] = (np.empty(0), np.empty(0), np.empty(0))

    @property
    def labels(self) -> Ints:
        """(C,) the strategy that leads each split."""
        return self.kept_labels[self.slots]

    def begin(self, splits: int, blocks: int) -> None:
        """No leader yet; the first one that comes beats it."""
        self.slots = np.zeros(splits, dtype=np.int64)
        self.value, self.scale = np.full(splits, -np.inf), np.ones(splits)
        self.kept = (np.empty((0, blocks)), np.empty((0, blocks)), np.empty((0, blocks)))

    def take(self, chunk: StrategyChunk, rows: Ints, value: Floats, scale: Floats, ragged: bool) -> None:
        """Let rows (C,) of the chunk lead where they are better; the first of equals stays."""
        # Where nothing leads yet, the bar is minus infinity.
        bar = self.value + np.where(np.isfinite(self.value), EQUAL * np.abs(self.value), 0.0)
        better = value > bar if ragged else value * self.scale > bar * scale
        if not better.any():
            return
        new, place = np.unique(rows[better], return_inverse=True)
        self.slots[better] = len(self.kept_labels) + place
        self.value[better], self.scale[better] = value[better], scale[better]
        counts, totals, squares = chunk.moments.counts, chunk.moments.totals[new], chunk.moments.squares[new]
        counts = counts[new] if counts.ndim == 2 else np.broadcast_to(counts, totals.shape)
        labels = np.concatenate([self.kept_labels, chunk.labels[new]])
        used, self.slots = np.unique(self.slots, return_inverse=True)
        self.kept_labels = labels[used]
        first, second, third = (
            np.concatenate([old, fresh])[used] for old, fresh in zip(self.kept, (counts, totals, squares), strict=True)
        )
        self.kept = (first, second, third)

    def moments(self, codes: Ints) -> tuple[Floats, Floats]:
        """(3, C), (3, C): counts, totals and squares of the leaders in each sample, and outside of it."""
        inside, rest = np.empty((3, len(codes))), np.empty((3, len(codes)))
        for k, values in enumerate(self.kept):
            gather(values, self.slots, codes, inside[k], rest[k])
        return inside, rest


class Passes:
    """Both passes; every chunk is cut into one part a worker.

    by_mean: order by the mean, else by the Sharpe ratio. After choose(): codes (C, 2), strategies, active (S,)
    blocks in which any strategy has a return other than 0.
    """

    def __init__(
        self,
        chunks: Callable[[], Iterable[StrategyChunk]],
        risk_free: float,
        *,
        by_mean: bool,
        workers: int,
        pool: Executor,
    ) -> None:
        self.chunks, self.risk_free, self.by_mean = chunks, risk_free, by_mean
        self.workers, self.pool = workers, pool
        self.metric = MEAN if by_mean else SHARPE
        self.codes: Ints = np.empty((0, 2), dtype=np.int64)
        self.strategies = 0
        self.counts: Floats = np.empty(0)
        self.active: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)

    @property
    def ragged(self) -> bool:
        """Whether strategies have numbers of returns of their own."""
        return self.counts.ndim == 2

    def choose(self, leaders: Leaders, codes_of: Callable[[int], Ints]) -> int:
        """Find the leaders; codes_of gives (C, 2) bits of the splits for a number of blocks, which is returned."""
        for chunk in self._read():
            moments = chunk.moments
            if self.strategies == 0:
                self.counts = moments.counts
                self.codes = codes_of(moments.blocks)
                self.active = np.zeros(moments.blocks, dtype=np.bool_)
                leaders.begin(len(self.codes), moments.blocks)
            moments = self._checked(moments)
            self.strategies += moments.strategies
            self.active |= moments.squares.max(axis=0) > 0.0
            for rows, value, scale in self._parts(partial(self._best, moments), moments):
                leaders.take(StrategyChunk(chunk.labels, moments), rows, value, scale, self.ragged)
        if self.strategies < 2:
            raise ParameterError(
                "there is nothing to choose from", where="moments", value=self.strategies, bound="2 strategies or more"
            )
        return len(self.active)

    def place(self, leaders: Leaders) -> tuple[Ints, Ints]:
        """(C,), (C,): strategies below the leader outside of its sample, and those not above it."""
        signed, scale = self._outside(leaders)
        below, not_above = (np.zeros(len(self.codes), dtype=np.int64) for _ in range(2))
        seen = 0
        for chunk in self._read():
            moments = self._checked(chunk.moments)
            seen += moments.strategies
            for less, at_most in self._parts(partial(self._count, moments, signed, scale), moments):
                below += less
                not_above += at_most
        if seen != self.strategies:
            raise ParameterError(
                "gave another number of strategies the second time",
                where="chunks",
                value=seen,
                bound=str(self.strategies),
                remedy="It must begin anew whenever it is called.",
            )
        return below, not_above

    def _read(self) -> Iterator[StrategyChunk]:
        for chunk in self.chunks():
            if len(chunk.labels) > 0:
                yield StrategyChunk(chunk.labels, chunk.moments.less(self.risk_free))

    def _parts(self, work: Callable[[tuple[int, int]], R], moments: BlockMoments) -> list[R]:
        n = moments.strategies
        cuts = [n * i // self.workers for i in range(self.workers + 1)]
        return list(self.pool.map(work, [(a, b) for a, b in pairwise(cuts) if a < b]))

    def _checked(self, moments: BlockMoments) -> BlockMoments:
        """The moments with counts like those of the first chunk."""
        counts, blocks = moments.counts, len(self.active)
        if moments.blocks == blocks:
            if self.ragged:
                full = counts if counts.ndim == 2 else np.tile(counts, (moments.strategies, 1))
                return BlockMoments(full, moments.totals, moments.squares)
            if counts.ndim == 1 and np.array_equal(counts, self.counts):
                return moments
        raise ParameterError(
            "does not match the chunks before it",
            where="chunks",
            value=f"{moments.blocks} blocks, counts of shape {counts.shape}",
            bound=f"{blocks} blocks and the same counts for every strategy",
            remedy="Give strategies with different numbers of returns in one piece.",
        )

    def _squares(self, moments: BlockMoments) -> Floats:
        # With the same squares everywhere the ratio of the kernel orders by the sum.
        return np.ones_like(moments.squares) if self.by_mean else moments.squares

    def _best(self, moments: BlockMoments, span: tuple[int, int]) -> tuple[Ints, Floats, Floats]:
        count = len(self.codes)
        best, value, scale = np.empty(count, dtype=np.int64), np.empty(count), np.ones(count)
        if self.ragged:
            arrays = BlockSums(moments.counts, moments.totals, moments.squares)
            best_in_sample_ragged(arrays, self.codes, self.metric, *span, best, value)
        else:
            best_in_sample(moments.totals, self._squares(moments), self.codes, *span, best, value, scale)
        return best, value, scale

    def _count(self, moments: BlockMoments, signed: Floats, scale: Floats, span: tuple[int, int]) -> tuple[Ints, Ints]:
        below, not_above = (np.zeros(len(self.codes), dtype=np.int64) for _ in range(2))
        if self.ragged:
            arrays = BlockSums(moments.counts, moments.totals, moments.squares)
            count_below_ragged(arrays, self.codes, self.metric, *span, signed, below, not_above)
        else:
            squares = self._squares(moments)
            count_below(moments.totals, squares, self.codes, *span, signed, scale, below, not_above)
        return below, not_above

    def _outside(self, leaders: Leaders) -> tuple[Floats, Floats]:
        """(C,), (C,): what orders the leaders outside of their samples, a numerator and a denominator."""
        total, square, unused = (np.ones(len(self.codes)) for _ in range(3))
        counts, totals, squares = leaders.kept
        if self.ragged:
            scores_outside(BlockSums(counts, totals, squares), self.codes, self.metric, leaders.slots, total)
            return total, square
        gather(totals, leaders.slots, self.codes, unused, total)
        gather(np.ones_like(squares) if self.by_mean else squares, leaders.slots, self.codes, unused, square)
        return total * np.abs(total), np.maximum(square, NOTHING)
