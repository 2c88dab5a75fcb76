"""Probability of backtest overfitting by combinatorially symmetric cross-validation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean

from ...kernels.cscv import (
    MEAN,
    NOTHING,
    SHARPE,
    Moments,
    best_in_sample,
    best_in_sample_ragged,
    count_below,
    count_below_ragged,
    gather,
    scores_outside,
)
from .block_moments import BlockMoments, block_moments
from .checks import check_threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class CscvMetric(StrEnum):
    """What strategies are ranked by: mean over deviation (ddof=1) of a session's returns, or their mean."""

    SHARPE = "sharpe"
    MEAN = "mean"


@dataclass(frozen=True, eq=False)
class Cscv:
    """What became of the best strategy of each split outside of the sample that chose it.

    splits: (C, S/2) blocks in the sample, in lexicographic order; best: (C,) the strategy chosen, the first of
    equals; in_sample, out_of_sample: (C,) its metric per session; rank: (C,) its rank outside, 1 the worst, the
    middle of equals; empty: (C,) no strategy has any return other than 0 in the sample, or outside of it: there
    the rank is the middle one. strategies: N; blocks: S; metric: "sharpe" or "mean".
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
        return float((self.out_of_sample < 0.0).mean())

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
        """Share of splits by relative rank: low, high, share; a value on a border counts above it."""
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

    def as_dict(self) -> dict[str, Any]:
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
    name = parse_metric(metric)
    if moments.strategies < 2:
        raise ParameterError("there is nothing to choose from", where="moments", value=1, bound="2 strategies or more")
    moments = moments.less(risk_free)
    splits, codes = all_splits(moments.blocks)
    # Splits that share a row of the tables stand next to each other, so that the row stays in cache.
    order = np.lexsort((codes[:, 1], codes[:, 0]))
    ordered = np.ascontiguousarray(codes[order])
    work = _Work(moments, name, ordered, check_threads(threads))
    best = work.choose()
    below, not_above = work.place(best)
    active = np.asarray(moments.squares.max(axis=0) > 0.0)
    inside_active = active[splits].any(axis=1)
    outside_active = active.sum() > active[splits].sum(axis=1)
    empty = ~(inside_active & outside_active)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    best = best[back]
    inside, outside = _metrics(moments, best, codes, name)
    # below counts the strategies under the best one, not_above those and its equals, itself among them.
    rank = np.asarray((below + not_above + 1.0)[back] / 2.0, dtype=np.float64)
    rank[empty] = (moments.strategies + 1.0) / 2.0
    return Cscv(splits, best, inside, outside, rank, empty, moments.strategies, moments.blocks, name.value)


def cscv_of_returns(
    returns: Any,
    *,
    blocks: int = 16,
    metric: CscvMetric | str = CscvMetric.SHARPE,
    risk_free: float = 0.0,
    threads: int = 2,
) -> Cscv:
    """cscv of (T, N) returns, cut into blocks that differ by at most one session in length; NaN are left out."""
    return cscv(block_moments(returns, blocks), metric=metric, risk_free=risk_free, threads=threads)


def parse_metric(metric: CscvMetric | str) -> CscvMetric:
    """A metric by its name. Raises ParameterError with the closest one."""
    try:
        return CscvMetric(metric)
    except ValueError:
        names = [one.value for one in CscvMetric]
        raise ParameterError(
            "there is no such metric", where="metric", value=str(metric), remedy=did_you_mean(str(metric), names)
        ) from None


def all_splits(blocks: int) -> tuple[NDArray[np.int8], Ints]:
    """(C, S/2) blocks in each sample, and (C, 2) the same as bits of the first and of the last half of blocks."""
    splits = np.array(list(combinations(range(blocks), blocks // 2)), dtype=np.int8)
    half = blocks // 2
    bits = np.int64(1) << splits.astype(np.int64)
    codes = bits.sum(axis=1)
    return splits, np.column_stack([codes & ((1 << half) - 1), codes >> half])


class _Work:
    """The two passes over strategies, in threads."""

    def __init__(self, moments: BlockMoments, metric: CscvMetric, codes: Ints, threads: int) -> None:
        self.moments, self.metric, self.codes = moments, metric, codes
        n = moments.strategies
        cuts = [n * i // threads for i in range(threads + 1)]
        self.spans = [(a, b) for a, b in pairwise(cuts) if a < b]
        self.ragged = moments.counts.ndim == 2
        self.code = SHARPE if metric is CscvMetric.SHARPE else MEAN
        self.arrays = Moments(moments.counts, moments.totals, moments.squares)
        # With the same squares everywhere the ratio of the kernel orders by the sum.
        by_mean = metric is CscvMetric.MEAN and not self.ragged
        self.squares = np.ones_like(moments.totals) if by_mean else moments.squares

    def choose(self) -> Ints:
        """(C,) the best strategy of each sample."""
        with ThreadPoolExecutor(len(self.spans)) as pool:
            parts = list(pool.map(self._choose_part, self.spans))
        best, first, scale = parts[0]
        for other, value, its_scale in parts[1:]:
            better = value > first if self.ragged else value * scale > first * its_scale
            best, first, scale = (
                np.where(better, new, old)
                for new, old in ((other, best), (value, first), (its_scale, scale))
            )
        return best

    def _choose_part(self, span: tuple[int, int]) -> tuple[Ints, Floats, Floats]:
        count = len(self.codes)
        best, value, scale = np.empty(count, dtype=np.int64), np.empty(count), np.ones(count)
        if self.ragged:
            best_in_sample_ragged(self.arrays, self.codes, self.code, *span, best, value)
        else:
            best_in_sample(self.moments.totals, self.squares, self.codes, *span, best, value, scale)
        return best, value, scale

    def place(self, best: Ints) -> tuple[Ints, Ints]:
        """(C,), (C,): strategies below the chosen one outside of its sample, and those not above it."""
        signed, scale = self._outside(best)

        def part(span: tuple[int, int]) -> tuple[Ints, Ints]:
            below, not_above = (np.zeros(len(best), dtype=np.int64) for _ in range(2))
            if self.ragged:
                count_below_ragged(self.arrays, self.codes, self.code, *span, signed, below, not_above)
            else:
                count_below(self.moments.totals, self.squares, self.codes, *span, signed, scale, below, not_above)
            return below, not_above

        with ThreadPoolExecutor(len(self.spans)) as pool:
            parts = list(pool.map(part, self.spans))
        return np.sum([a for a, _ in parts], axis=0), np.sum([b for _, b in parts], axis=0)

    def _outside(self, best: Ints) -> tuple[Floats, Floats]:
        """(C,), (C,): what orders the chosen strategies outside of their samples, a numerator and a denominator."""
        total, square, unused = (np.ones(len(best)) for _ in range(3))
        if self.ragged:
            scores_outside(self.arrays, self.codes, self.code, best, total)
            return total, square
        gather(self.moments.totals, best, self.codes, unused, total)
        gather(self.squares, best, self.codes, unused, square)
        return total * np.abs(total), np.maximum(square, NOTHING)


def _metrics(moments: BlockMoments, best: Ints, codes: Ints, metric: CscvMetric) -> tuple[Floats, Floats]:
    """(C,), (C,): the metric of the chosen strategy in each sample and outside of it; 0 without any return."""
    inside, rest = np.empty((3, len(best))), np.empty((3, len(best)))
    counts, rows = moments.counts, best
    if counts.ndim == 1:
        counts, rows = counts[None, :], np.zeros_like(best)
    gather(counts, rows, codes, inside[0], rest[0])
    for k, values in enumerate((moments.totals, moments.squares), start=1):
        gather(values, best, codes, inside[k], rest[k])
    return _metric(inside, metric), _metric(rest, metric)


def _metric(moments: Floats, metric: CscvMetric) -> Floats:
    """(C,) of (3, C) counts, totals and squares."""
    n, total, squares = moments
    mean = total / n
    if metric is CscvMetric.MEAN:
        return np.asarray(mean)
    variance = (squares - mean * total) / (n - 1.0)
    out = np.where(total == 0.0, 0.0, np.copysign(np.inf, total))
    varies = variance > 0.0
    out[varies] = mean[varies] / np.sqrt(variance[varies])
    return np.asarray(out)
