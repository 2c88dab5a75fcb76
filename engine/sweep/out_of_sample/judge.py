"""Choose the best set of every split on its training segments and judge it on its test segments, streaming.

What orders sets is a key: the sum of returns, or total |total| / squares, which rises with the Sharpe ratio wherever
sets have the same number of sessions. Sums run over segments in rising order for every set alike, so that copies of a
set tie; keys that differ by rounding alone are ties as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError

from ...arrays import Flags, Floats, Ints
from ...kernels.series.cscv import NOTHING
from ..analysis.chunks import Chunks, checked_counts, usable_chunks
from ..analysis.median import Brackets, SetSample
from ..overfitting.cscv import CscvMetric, parse_metric
from ..overfitting.ties import first_of_best, slack


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of the best set of each of C splits.

    best: (C,) its index in the sweep, the first of equals; in_sample, out_of_sample: (C,) its metric per session in
    training and test; rank: (C,) its rank in the test among all sets, 1 the worst, the middle of equals; median:
    (C,) of all sets in the test; empty: (C,) no set has a return other than 0 in training or in the test (the rank
    is then the middle one). sets: how many ran. totals, squares: (C, G) moments of the best by segment.
    """

    best: Ints
    in_sample: Floats
    out_of_sample: Floats
    rank: Floats
    median: Floats
    empty: Flags
    sets: int
    metric: CscvMetric
    totals: Floats
    squares: Floats

    @property
    def relative_rank(self) -> Floats:
        """(C,) rank / (N + 1), between 0 and 1."""
        return np.asarray(self.rank / (self.sets + 1.0))


def judge(
    chunks: Chunks,
    counts: ArrayLike,
    train: Flags,
    test: Flags,
    *,
    metric: CscvMetric | str = CscvMetric.SHARPE,
    usable: Flags | None = None,
) -> Judged:
    """The best set of every split and how it does outside.

    chunks: gives (index of the first set, (n, G) sums of returns by segment, (n, G) sums of squares) in rising
    order, each time it is called, which is at least twice; counts: (G,) sessions of each segment; train, test:
    (C, G), as Segments gives them; metric: "sharpe" or "mean", per session; usable: (N,) whether a set ran.
    Besides chunks, memory holds 8,192 sampled values a split and about a twentieth of a value a set and split.
    Raises ParameterError for samples too small for the metric, or fewer than two sets.
    """
    name, sessions = parse_metric(metric), checked_counts(counts)
    return _Judge(chunks, sessions, np.asarray(train), np.asarray(test), name, usable).run()


def metric_of_keys(keys: Floats, sessions: Floats, metric: CscvMetric) -> Floats:
    """The metric per session of what orders sets; infinite for constant returns other than 0."""
    if metric is CscvMetric.MEAN:
        return np.asarray(keys / sessions)
    share = np.minimum(np.abs(keys) / sessions, 1.0)
    with np.errstate(divide="ignore"):
        size = np.sqrt(share * (sessions - 1.0) / sessions / (1.0 - share))
    return np.asarray(np.copysign(size, keys))


class _Judge:
    """The passes: choose, with a sample of the sets in every test; place; and look again for a median not caught."""

    def __init__(
        self, chunks: Chunks, counts: Floats, train: Flags, test: Flags, metric: CscvMetric, usable: Flags | None
    ) -> None:
        if train.ndim != 2 or train.shape != test.shape or train.shape[1] != len(counts):
            raise ParameterError(
                "do not fit the segments", where="train, test", value=f"{train.shape}, {test.shape}, {len(counts)}"
            )
        self.chunks, self.counts, self.metric, self.usable = chunks, counts, metric, usable
        self.train, self.test = ([np.flatnonzero(row) for row in rows] for rows in (train, test))
        self.train_sessions, self.test_sessions = train @ counts, test @ counts
        least = 2 if metric is CscvMetric.SHARPE else 1
        for name, held in (("training", self.train_sessions), ("test", self.test_sessions)):
            if held.min() < least:
                raise ParameterError(
                    f"a {name} sample has too few sessions for this metric",
                    where=f"split {int(held.argmin())}",
                    value=int(held.min()),
                    bound=f"at least {least}",
                    remedy="Take longer samples, or judge by the mean.",
                )
        self.splits = len(train)
        self.best = np.full(self.splits, -1, dtype=np.int64)
        self.bars = np.full(self.splits, -np.inf)
        self.totals, self.squares = (np.zeros((self.splits, len(counts))) for _ in range(2))
        self.active = np.zeros(len(counts), dtype=np.bool_)
        self.sets = 0

    def run(self) -> Judged:
        sample = SetSample(self.splits)
        self._choose(sample)
        if self.sets < 2:
            raise ParameterError("there is nothing to choose from", where="chunks", value=self.sets, bound="2 sets")
        bars, brackets = self._bars(), Brackets(sample, self.sets)
        below, not_above = self._place(bars, brackets)
        while not brackets.caught():
            brackets.widen()
            for _, totals, squares in self._read():
                for c in brackets.open:
                    brackets.add(c, self._keys(totals, squares, self.test[c]))
        rank = (below + not_above + 1.0) / 2.0
        inside = np.array([self.active[pieces].any() for pieces in self.train])
        outside = np.array([self.active[pieces].any() for pieces in self.test])
        empty = ~(inside & outside)
        rank[empty] = (self.sets + 1.0) / 2.0
        low, high = (metric_of_keys(keys, self.test_sessions, self.metric) for keys in brackets.middle())
        return Judged(
            self.best,
            metric_of_keys(self.bars, self.train_sessions, self.metric),
            metric_of_keys(bars, self.test_sessions, self.metric),
            rank,
            np.where(low == high, low, (low + high) / 2.0),
            empty,
            self.sets,
            self.metric,
            self.totals,
            self.squares,
        )

    def _read(self) -> Iterator[tuple[Ints, Floats, Floats]]:
        """Indices, and (G, n) totals and squares."""
        for rows, totals, squares in usable_chunks(self.chunks, self.counts, self.usable):
            yield rows, np.ascontiguousarray(totals.T), np.ascontiguousarray(squares.T)

    def _keys(self, totals: Floats, squares: Floats, pieces: Ints) -> Floats:
        """(n,) what orders sets by their returns in those segments."""
        total: Floats = totals[pieces[0]].copy()
        for g in pieces[1:]:
            total += totals[g]
        if self.metric is CscvMetric.MEAN:
            return total
        square = squares[pieces[0]].copy()
        for g in pieces[1:]:
            square += squares[g]
        return np.asarray(total * np.abs(total) / np.maximum(square, NOTHING))

    def _choose(self, sample: SetSample) -> None:
        for rows, totals, squares in self._read():
            self.sets += len(rows)
            self.active |= squares.max(axis=1) > 0.0
            taken = sample.take(rows)
            few_totals, few_squares = totals[:, taken], squares[:, taken]
            for c in range(self.splits):
                keys = self._keys(totals, squares, self.train[c])
                at = first_of_best(keys)
                if self.best[c] < 0 or keys[at] > self.bars[c] + slack(self.bars[c]):
                    self.bars[c], self.best[c] = keys[at], rows[at]
                    self.totals[c], self.squares[c] = totals[:, at], squares[:, at]
                sample.add(c, self._keys(few_totals, few_squares, self.test[c]))
            sample.trim()

    def _bars(self) -> Floats:
        """(C,) what orders the best sets in their tests."""
        rows = range(self.splits)
        found = [self._keys(self.totals[c][:, None], self.squares[c][:, None], self.test[c])[0] for c in rows]
        return np.array(found, dtype=np.float64)

    def _place(self, bars: Floats, brackets: Brackets) -> tuple[Floats, Floats]:
        """(C,), (C,): sets below the best in each test, and not above it."""
        below, not_above = np.zeros(self.splits), np.zeros(self.splits)
        edges = slack(bars)
        seen = 0
        for rows, totals, squares in self._read():
            seen += len(rows)
            for c in range(self.splits):
                keys = self._keys(totals, squares, self.test[c])
                below[c] += np.count_nonzero(keys < bars[c] - edges[c])
                not_above[c] += np.count_nonzero(keys <= bars[c] + edges[c])
                brackets.add(c, keys)
        if seen != self.sets:
            raise ParameterError(
                "gave another number of sets the second time", where="chunks", value=seen, bound=str(self.sets)
            )
        return below, not_above
