"""Combinatorially symmetric cross-validation: which strategy is best in sample, and where it ranks outside.

A split takes half of the S blocks as its sample. Sums over any of the 2^(S/2) subsets of the first S/2 blocks, and of
the last S/2, are tabled once for a tile of strategies; a split is then one addition of two rows per moment, and every
tile goes through all splits while its tables are in cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ...equal import EQUAL
from ..jit import inlined, kernel

TILE = 32
# Stands for a sum of squares of zero (no return at all), whose score is then 0.
NOTHING = 1e-200
MEAN, SHARPE = 0, 1


class BlockSums(NamedTuple):
    """(N, S) number, sum and sum of squares of the returns of N strategies in S blocks."""

    counts: Floats
    totals: Floats
    squares: Floats


@inlined
def over(score: float) -> float:
    """The lowest score that is above this one by more than rounding."""
    return score + EQUAL * abs(score) if score > -math.inf else score


@inlined
def under(score: float) -> float:
    """The highest score that is below this one by more than rounding."""
    return score - EQUAL * abs(score)


@inlined
def table_subsets(values: Floats, first: int, start: int, stop: int, table: Floats) -> None:
    """table[m, j]: the sum of values[start + j, first + b] over the bits b of m; columns past stop are zero."""
    size = stop - start
    table[0, :] = 0.0
    for m in range(1, table.shape[0]):
        bit = 0
        while not (m >> bit) & 1:
            bit += 1
        rest = m & (m - 1)
        for j in range(size):
            table[m, j] = table[rest, j] + values[start + j, first + bit]
        table[m, size:] = 0.0


@kernel
def best_in_sample(
    totals: Floats, squares: Floats, splits: Ints, start: int, stop: int, best: Ints, signed: Floats, scale: Floats
) -> None:
    """The strategy of start .. stop - 1 with the highest Sharpe ratio in each split; the first of equals, which are
    those that differ by rounding alone.

    totals, squares: (N, S), of as many returns in every strategy. splits: (C, 2) subsets of the first and of the last
    S/2 blocks. The ratio rises with total |total| / squares, and a / b < c / d is a d < c b, so nothing is divided
    and strategies with the same returns tie exactly. Fills best, signed (total |total|) and scale (squares), each (C,).
    """
    half = totals.shape[1] // 2
    rows = 1 << half
    t_low, t_high = np.empty((rows, TILE)), np.empty((rows, TILE))
    s_low, s_high = np.empty((rows, TILE)), np.empty((rows, TILE))
    signed[:] = -math.inf
    scale[:] = 1.0
    best[:] = start
    for at in range(start, stop, TILE):
        end = min(at + TILE, stop)
        table_subsets(totals, 0, at, end, t_low)
        table_subsets(totals, half, at, end, t_high)
        table_subsets(squares, 0, at, end, s_low)
        table_subsets(squares, half, at, end, s_high)
        for c in range(splits.shape[0]):
            low, high = splits[c, 0], splits[c, 1]
            bar, bar_scale = over(signed[c]), scale[c]
            better = 0
            for j in range(TILE):
                total = t_low[low, j] + t_high[high, j]
                square = max(s_low[low, j] + s_high[high, j], NOTHING)
                better += total * abs(total) * bar_scale > bar * square
            if better == 0:
                continue
            for j in range(end - at):
                total = t_low[low, j] + t_high[high, j]
                square = max(s_low[low, j] + s_high[high, j], NOTHING)
                if total * abs(total) * scale[c] > over(signed[c]) * square:
                    signed[c], scale[c], best[c] = total * abs(total), square, at + j


@kernel
def count_below(
    totals: Floats,
    squares: Floats,
    splits: Ints,
    start: int,
    stop: int,
    signed: Floats,
    scale: Floats,
    below: Ints,
    not_above: Ints,
) -> None:
    """How many strategies of start .. stop - 1 lie below, and not above, a given one outside of each split's sample.

    signed, scale: (C,) total |total| and squares of the given one there; the rest as in best_in_sample. Adds to below
    and not_above (C,). Scores that differ by rounding alone are equal.
    """
    half = totals.shape[1] // 2
    rows = 1 << half
    full = rows - 1
    t_low, t_high = np.empty((rows, TILE)), np.empty((rows, TILE))
    s_low, s_high = np.empty((rows, TILE)), np.empty((rows, TILE))
    for at in range(start, stop, TILE):
        end = min(at + TILE, stop)
        table_subsets(totals, 0, at, end, t_low)
        table_subsets(totals, half, at, end, t_high)
        table_subsets(squares, 0, at, end, s_low)
        table_subsets(squares, half, at, end, s_high)
        spare = TILE - (end - at)
        for c in range(splits.shape[0]):
            low, high = full ^ splits[c, 0], full ^ splits[c, 1]
            lower, upper, bar_scale = under(signed[c]), over(signed[c]), scale[c]
            less, at_most = 0, 0
            for j in range(TILE):
                total = t_low[low, j] + t_high[high, j]
                square = max(s_low[low, j] + s_high[high, j], NOTHING)
                left = total * abs(total) * bar_scale
                less += left < lower * square
                at_most += left <= upper * square
            if spare > 0:
                # The columns past the end scored 0.
                less -= spare * (lower * NOTHING > 0.0)
                at_most -= spare * (upper * NOTHING >= 0.0)
            below[c] += less
            not_above[c] += at_most


@inlined
def fill_tables(moments: BlockSums, at: int, end: int, tables: Floats) -> None:
    """tables (6, 2^(S/2), TILE): subsets of the first and of the last blocks, of counts, totals and squares."""
    half = moments.totals.shape[1] // 2
    for k, values in enumerate((moments.counts, moments.totals, moments.squares)):
        table_subsets(values, 0, at, end, tables[2 * k])
        table_subsets(values, half, at, end, tables[2 * k + 1])


@inlined
def fill_scores(tables: Floats, low: int, high: int, metric: int, scores: Floats) -> None:
    """scores (TILE,): mean, or mean over deviation (ddof=1), of the returns in one half of the blocks.

    Written without branches, so that it is computed for several strategies at once: a deviation of zero counts as
    1e-150, which puts such strategies at the ends and those without any return at 0.
    """
    for j in range(TILE):
        n = max(tables[0, low, j] + tables[1, high, j], 2.0)
        total = tables[2, low, j] + tables[3, high, j]
        mean = total / n
        variance = (tables[4, low, j] + tables[5, high, j] - mean * total) / (n - 1.0)
        scores[j] = mean / math.sqrt(max(variance, 1e-300)) if metric == SHARPE else mean


@kernel
def best_in_sample_ragged(
    moments: BlockSums, splits: Ints, metric: int, start: int, stop: int, best: Ints, bars: Floats
) -> None:
    """As best_in_sample, where strategies have different numbers of returns; fills best and its score, bars (C,)."""
    tables = np.empty((6, 1 << moments.totals.shape[1] // 2, TILE))
    scores = np.empty(TILE)
    bars[:] = -math.inf
    best[:] = start
    for at in range(start, stop, TILE):
        end = min(at + TILE, stop)
        fill_tables(moments, at, end, tables)
        for c in range(splits.shape[0]):
            fill_scores(tables, splits[c, 0], splits[c, 1], metric, scores)
            bar = over(bars[c])
            better = 0
            for j in range(TILE):
                better += scores[j] > bar
            if better == 0:
                continue
            for j in range(end - at):
                if scores[j] > over(bars[c]):
                    bars[c], best[c] = scores[j], at + j


@kernel
def scores_outside(moments: BlockSums, splits: Ints, metric: int, rows: Ints, bars: Floats) -> None:
    """bars (C,): the score of strategy rows[c] outside of the sample of split c, as count_below_ragged scores it."""
    tables = np.zeros((6, 1, TILE))
    scores = np.empty(TILE)
    for c in range(rows.size):
        half = moments.totals.shape[1] // 2
        for k, values in enumerate((moments.counts, moments.totals, moments.squares)):
            tables[2 * k, 0, 0] = tabled_sum(values, rows[c], 0, half, ~splits[c, 0])
            tables[2 * k + 1, 0, 0] = tabled_sum(values, rows[c], half, half, ~splits[c, 1])
        fill_scores(tables, 0, 0, metric, scores)
        bars[c] = scores[0]


@kernel
def count_below_ragged(
    moments: BlockSums, splits: Ints, metric: int, start: int, stop: int, bars: Floats, below: Ints, not_above: Ints
) -> None:
    """As count_below; bars: (C,) the score of the given strategy outside of each sample."""
    full = (1 << moments.totals.shape[1] // 2) - 1
    tables = np.empty((6, full + 1, TILE))
    scores = np.empty(TILE)
    for at in range(start, stop, TILE):
        end = min(at + TILE, stop)
        fill_tables(moments, at, end, tables)
        spare = TILE - (end - at)
        for c in range(splits.shape[0]):
            fill_scores(tables, full ^ splits[c, 0], full ^ splits[c, 1], metric, scores)
            lower, upper = under(bars[c]), over(bars[c])
            less, at_most = 0, 0
            for j in range(TILE):
                less += scores[j] < lower
                at_most += scores[j] <= upper
            # The columns past the end scored 0.
            below[c] += less - spare * (lower > 0.0)
            not_above[c] += at_most - spare * (upper >= 0.0)


@inlined
def outside(values: Floats, row: int, split: Ints) -> float:
    """The sum of a strategy's moment over the blocks that are not in the split, added up as the tables do."""
    half = values.shape[1] // 2
    return tabled_sum(values, row, 0, half, ~split[0]) + tabled_sum(values, row, half, half, ~split[1])


@inlined
def tabled_sum(values: Floats, row: int, first: int, half: int, subset: int) -> float:
    """The sum over a subset of half the blocks, the last block first, as table_subsets comes to it."""
    total = 0.0
    for bit in range(half - 1, -1, -1):
        if (subset >> bit) & 1:
            total += values[row, first + bit]
    return total


@kernel
def gather(values: Floats, rows: Ints, splits: Ints, inside: Floats, rest: Floats) -> None:
    """Fill inside and rest (C,): the sums of a moment of strategy rows[c] in split c's sample and outside of it."""
    half = values.shape[1] // 2
    for c in range(rows.size):
        inside[c] = tabled_sum(values, rows[c], 0, half, splits[c, 0])
        inside[c] += tabled_sum(values, rows[c], half, half, splits[c, 1])
        rest[c] = outside(values, rows[c], splits[c])
