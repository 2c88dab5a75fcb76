"""Measures of the sets of a tile, piece by piece while its NAV is in cache."""

from __future__ import annotations

from typing import NamedTuple

from ....arrays import Floats
from ...book.records import Structs
from ...jit import merged, uncounted
from ..one_by_one import BatchSets, Results, Stage, drop_rounding, fill_tail
from ..tally import finish
from .lanes import LANES
from .tally import CREST_SO_FAR, CROSS, LAST, OWN, SQUARES, TOTAL, add_sessions, begin_tally, end_tally
from .tile import OLD_SQUARES, OLD_TOTAL, PAID, SUNK, TRADED, Tile

# What stands in Tile.back of a lane whose set the single simulation has to run from the start.
SPOILT = -1


class MeasureRoom(NamedTuple):
    """Room for measuring. tally: (1,) of TALLY; series, scratch: (T,); sums: sections of LANES as in tally."""

    tally: Structs
    series: Floats
    scratch: Floats
    sums: Floats


@uncounted
def begin_measures(tile: Tile, gauge: MeasureRoom, sets: BatchSets, width: int) -> None:
    """Empty the sums of every lane."""
    sums, numbers, all_sets = gauge.sums, tile.sets, sets.sets
    begin_tally(sums)
    for s in range(LANES):
        capital = all_sets[numbers[s]].capital if s < width else 1.0
        sums[LAST + s], sums[CREST_SO_FAR + s], tile.lanes[SUNK + s] = capital, capital, 0.0


@merged
def measure_piece(
    tile: Tile, gauge: MeasureRoom, nav: Floats, stage: Stage, results: Results, first: int, a: int, width: int
) -> None:
    """Count the sessions from a on whose NAV stands in nav (T, LANES)."""
    if results.totals.shape[1] == 0:
        add_sessions(gauge.sums, nav)
    else:
        _add_blocks(tile, gauge.sums, nav, stage, results, first, a, width)


@uncounted
def end_measures(
    tile: Tile, gauge: MeasureRoom, stage: Stage, sets: BatchSets, results: Results, width: int, whole: bool
) -> None:
    """Fill rows and returns of the sets in a tile; a set that lost its capital is marked as SPOILT."""
    one, sums, nav = sets.sets[tile.sets[0]], gauge.sums, tile.nav
    first, stop = one.first, one.last + 1
    bench = _benchmark(gauge.tally[0], stage.benchmark, first, stop)
    keeps, series = results.returns.shape[0] > 0, gauge.series[: stop - first]
    if whole:
        _to_returns(tile, sets, first, stop, width)
    if bench:
        _cross(tile, sums, stage.benchmark, first, stop)
    for s in range(width):
        tally, set_number = gauge.tally[0], tile.sets[s]
        row = results.rows[set_number]
        if not end_tally(sums, s, stop - first, tally) or tile.lanes[SUNK + s] > 0.0:
            tile.back[s] = SPOILT
            results.totals[set_number, :], results.squares[set_number, :] = 0.0, 0.0
            continue
        tally.own, tally.cross = sums[OWN + s], sums[CROSS + s]
        drop_rounding(results, set_number)
        capital, traded, paid = sets.sets[set_number].capital, tile.lanes[TRADED + s], tile.lanes[PAID + s]
        measured = finish(tally, capital, traded, paid, row)
        if keeps or results.tails:
            for t in range(first, stop):
                series[t - first] = nav[t, s]
        if keeps:
            for t in range(first, stop):
                results.returns[set_number, t] = nav[t, s]
        if results.tails and measured:
            fill_tail(tally, series, gauge.scratch, row)


@uncounted
def wants_whole(stage: Stage, results: Results) -> bool:
    """Whether measures need all returns at the end: the tails, beta, or whoever keeps them."""
    known = 0
    for t in range(stage.benchmark.size):
        known += stage.benchmark[t] == stage.benchmark[t]
    return bool(results.returns.shape[0] > 0 or results.tails or known > 0)


@uncounted
def _add_blocks(
    tile: Tile, sums: Floats, nav: Floats, stage: Stage, results: Results, first: int, a: int, width: int
) -> None:
    """add_sessions in stretches of one block and one riskless return, and what they add to the block's own sums."""
    lanes, start, numbers, totals, squares = tile.lanes, a, tile.sets, results.totals, results.squares
    blocks, riskless, stop = stage.blocks, stage.riskless, a + nav.shape[0]
    while start < stop:
        block, end, rate = blocks[start], start + 1, riskless[start] if start > first else 0.0
        while end < stop and blocks[end] == block and riskless[end] == rate:
            end += 1
        for s in range(LANES):
            lanes[OLD_TOTAL + s], lanes[OLD_SQUARES + s] = sums[TOTAL + s], sums[SQUARES + s]
        add_sessions(sums, nav[start - a : end - a])
        for s in range(width if block >= 0 else 0):
            total, square = sums[TOTAL + s] - lanes[OLD_TOTAL + s], sums[SQUARES + s] - lanes[OLD_SQUARES + s]
            totals[numbers[s], block] += total - rate * (end - start)
            squares[numbers[s], block] += square - rate * (2.0 * total - rate * (end - start))
        start = end


@uncounted
def _to_returns(tile: Tile, sets: BatchSets, first: int, stop: int, width: int) -> None:
    """Turn NAV into returns, from the last session back to the first."""
    nav = tile.nav
    for t in range(stop - 1, first, -1):
        for s in range(LANES):
            nav[t, s] = (nav[t, s] - nav[t - 1, s]) / nav[t - 1, s]
    for s in range(width):
        capital = sets.sets[tile.sets[s]].capital
        nav[first, s] = (nav[first, s] - capital) / capital


@uncounted
def _benchmark(tally: Structs, benchmark: Floats, first: int, stop: int) -> bool:
    """Put the benchmark's own sums into a tally, its first session left out; whether it is known at all."""
    tally.with_benchmark, tally.benchmark, tally.benchmark_squares = 0.0, 0.0, 0.0
    for t in range(first + 1, stop):
        if benchmark[t] == benchmark[t]:
            tally.with_benchmark += 1.0
            tally.benchmark += benchmark[t]
            tally.benchmark_squares += benchmark[t] * benchmark[t]
    return bool(tally.with_benchmark > 0.0)


@uncounted
def _cross(tile: Tile, sums: Floats, benchmark: Floats, first: int, stop: int) -> None:
    """Sums of returns, and of their products with the benchmark's, where that is known."""
    nav = tile.nav
    for t in range(first + 1, stop):
        other = benchmark[t]
        if other == other:
            for s in range(LANES):
                sums[OWN + s] += nav[t, s]
                sums[CROSS + s] += nav[t, s] * other
