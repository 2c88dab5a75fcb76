"""Probability of backtest overfitting by combinatorially symmetric cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import NUMBERS, THREADS, number, takes, whole
from hedgebook.universes.names import named

from ...arrays import Floats, Ints
from ...equal import STILL
from .block_moments import BlockMoments, block_moments
from .checks import check_number, check_threads
from .cscv_passes import Leaders, Passes, StrategyChunk


class CscvMetric(StrEnum):
    """What strategies are ranked by: mean over deviation (ddof=1) of a session's returns, or their mean."""

    SHARPE = "sharpe"
    MEAN = "mean"


@brief
@dataclass(frozen=True, eq=False)
class Cscv:
    """What became of the best strategy of each split outside of the sample that chose it.

    splits: (C, S/2) blocks in the sample, in lexicographic order; best: (C,) the strategy chosen, the first of
    equals; in_sample, out_of_sample: (C,) its metric per session; rank: (C,) its rank outside, 1 the worst, the
    middle of equals; empty: (C,) no strategy has any return other than 0 in the sample, or outside of it: there
    the rank is the middle one; no rank is NaN. strategies: N; blocks: S; metric: "sharpe" or "mean".
    """

    splits: NDArray[np.int8]
    best: Ints
    in_sample: Floats
    out_of_sample: Floats
    rank: Floats
    empty: NDArray[np.bool_]
    strategies: int
    blocks: int
    metric: str

    @property
    def relative_rank(self) -> Floats:
        """(C,) rank / (N + 1), between 0 and 1."""
        return np.asarray(self.rank / (self.strategies + 1.0))

    @property
    def logits(self) -> Floats:
        """(C,) ln(w / (1 - w)) of the relative rank w: 0 or less where the best does no better than the median."""
        return np.asarray(np.log(self.rank / (self.strategies + 1.0 - self.rank)))

    @property
    def pbo(self) -> float:
        """Share of splits whose best strategy ranks at or below the median outside of the sample."""
        return float((self.rank <= (self.strategies + 1.0) / 2.0).mean())

    @property
    def loss_probability(self) -> float:
        """Share of splits whose best strategy has a metric below 0 outside of the sample."""
        return float((self.out_of_sample < -STILL).mean())

    @cached_property
    def degradation(self) -> dict[str, float]:
        """Least squares of the best's metric outside on that inside: slope, intercept, r_squared; NaN without any."""
        known = np.isfinite(self.in_sample) & np.isfinite(self.out_of_sample)
        x, y = self.in_sample[known], self.out_of_sample[known]
        if x.size < 2 or x.min() == x.max():
            return dict.fromkeys(("slope", "intercept", "r_squared"), float("nan"))
        dx, dy = x - x.mean(), y - y.mean()
        slope = float(dx @ dy / (dx @ dx))
        spread = float(dy @ dy)
        return {
            "slope": slope,
            "intercept": float(y.mean() - slope * x.mean()),
            "r_squared": slope * float(dx @ dy) / spread if spread > 0.0 else float("nan"),
        }

    def rank_distribution(self, bins: int = 10) -> pd.DataFrame:
        """Share of splits by relative rank: low, high, share; a value on a border counts above it.

        bins: a whole number from 1. Raises ParameterError for another.
        """
        if bins != int(bins) or bins < 1:
            raise ParameterError("cannot be used", where="bins", value=bins, bound="a whole number from 1")
        counts, edges = np.histogram(self.relative_rank, bins=int(bins), range=(0.0, 1.0))
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": counts / len(self.rank)})

    @property
    def table(self) -> pd.DataFrame:
        """One row a split: best, in_sample, out_of_sample, rank, relative_rank, logit, empty."""
        columns = {
            "best": self.best,
            "in_sample": self.in_sample,
            "out_of_sample": self.out_of_sample,
            "rank": self.rank,
            "relative_rank": self.relative_rank,
            "logit": self.logits,
            "empty": self.empty,
        }
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """The figures of all splits together."""
        return {
            "pbo": self.pbo,
            "loss_probability": self.loss_probability,
            **{f"degradation_{name}": value for name, value in self.degradation.items()},
            "logit_median": float(np.median(self.logits)),
            "relative_rank_median": float(np.median(self.relative_rank)),
            "distinct_best": len(np.unique(self.best)),
            "splits": len(self.rank),
            "empty_splits": int(self.empty.sum()),
            "strategies": self.strategies,
            "blocks": self.blocks,
            "metric": self.metric,
        }


def cscv(
    moments: BlockMoments, *, metric: CscvMetric | str = CscvMetric.SHARPE, risk_free: float = 0.0, threads: int = 2
) -> Cscv:
    """All C(S, S/2) ways to choose a best strategy on half of the blocks and to rank it on the other half.

    moments: of N >= 2 strategies, as BlockMoments.of or block_moments give them; risk_free: a session. Strategies
    are taken `threads` parts at a time; the result does not depend on it. Raises ParameterError. Source: Bailey,
    Borwein, Lopez de Prado and Zhu (2017), The Probability of Backtest Overfitting, Journal of Computational
    Finance 20(4).
    """
    piece = StrategyChunk(np.arange(moments.strategies), moments)
    return cscv_of_chunks(lambda: [piece], metric=metric, risk_free=risk_free, threads=threads)


def cscv_of_chunks(
    chunks: Callable[[], Iterable[StrategyChunk]],
    *,
    metric: CscvMetric | str = CscvMetric.SHARPE,
    risk_free: float = 0.0,
    threads: int = 2,
) -> Cscv:
    """cscv of strategies that come chunk by chunk, in memory that does not grow with their number.

    chunks: gives the same chunks, in rising order of their labels, each time it is called, which is twice. The
    result is that of all chunks as one; `best` holds labels. Raises ParameterError, also where chunks differ in
    blocks or counts, or the second time in number.
    """
    name = parse_metric(metric)
    per_session = check_number("risk_free", risk_free)
    workers = check_threads(threads)
    leaders = Leaders()
    with ThreadPoolExecutor(workers) as pool:
        passes = Passes(chunks, per_session, by_mean=name is CscvMetric.MEAN, workers=workers, pool=pool)
        blocks = passes.choose(leaders, ordered_codes)
        below, not_above = passes.place(leaders)
    splits, codes = all_splits(blocks)
    back = np.argsort(split_order(codes))
    empty = _empty(splits, passes.active)
    inside, outside = (metric_of(sums[:, back], name) for sums in leaders.moments(passes.codes))
    # below counts the strategies under the best one, not_above those and its equals, itself among them.
    rank = np.asarray((below + not_above + 1.0)[back] / 2.0, dtype=np.float64)
    rank[empty] = (passes.strategies + 1.0) / 2.0
    return Cscv(splits, leaders.labels[back], inside, outside, rank, empty, passes.strategies, blocks, name.value)


def split_order(codes: Ints) -> Ints:
    """(C,) order in which splits that share a row of the tables stand next to each other: the row stays in cache."""
    return np.lexsort((codes[:, 1], codes[:, 0])).astype(np.int64)


def ordered_codes(blocks: int) -> Ints:
    """(C, 2) bits of every split, in split_order."""
    codes = all_splits(blocks)[1]
    return np.ascontiguousarray(codes[split_order(codes)])


def _empty(splits: NDArray[np.int8], active: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(C,) no strategy has a return other than 0 in the sample, or outside of it; active: (S,) blocks with any."""
    inside = active[splits]
    return np.asarray(~(inside.any(axis=1) & (active.sum() > inside.sum(axis=1))))


@takes(returns=NUMBERS, blocks=whole(2, 1_000), risk_free=number(-1, 1), threads=THREADS)
def cscv_of_returns(
    returns: Any,
    *,
    blocks: int = 16,
    metric: CscvMetric | str = CscvMetric.SHARPE,
    risk_free: float = 0.0,
    threads: int = 2,
) -> Cscv:
    """cscv of (T, N) returns, cut into blocks that differ by at most one session in length; NaN are left out.

    metric: "sharpe" or "mean", see CscvMetric; risk_free: a session; threads: change no figure. Raises ParameterError.
    """
    return cscv(block_moments(returns, blocks), metric=metric, risk_free=risk_free, threads=threads)


def parse_metric(metric: CscvMetric | str) -> CscvMetric:
    """A metric by its name. Raises ParameterError with the closest one."""
    return named(CscvMetric, metric, "there is no such metric", "metric")


def all_splits(blocks: int) -> tuple[NDArray[np.int8], Ints]:
    """(C, S/2) blocks in each sample, and (C, 2) the same as bits of the first and of the last half of blocks."""
    splits = np.array(list(combinations(range(blocks), blocks // 2)), dtype=np.int8)
    half = blocks // 2
    bits = np.int64(1) << splits.astype(np.int64)
    codes = bits.sum(axis=1)
    return splits, np.column_stack([codes & ((1 << half) - 1), codes >> half])


def metric_of(moments: Floats, metric: CscvMetric) -> Floats:
    """(C,) the metric of (3, C) counts, totals and squares; 0 without any return."""
    n, total, squares = moments
    mean = total / n
    if metric is CscvMetric.MEAN:
        return np.asarray(mean)
    # What is left of the squares of returns that are all the same is rounding.
    left = squares - mean * total
    variance = np.where(left > STILL * squares, left, 0.0) / (n - 1.0)
    out = np.where(total == 0.0, 0.0, np.copysign(np.inf, total))
    varies = variance > 0.0
    out[varies] = mean[varies] / np.sqrt(variance[varies])
    return np.asarray(out)
