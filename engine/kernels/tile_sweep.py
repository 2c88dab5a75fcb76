"""Many parameter sets through tiles: the same result as set after set, many times as fast where no rule decides."""

from __future__ import annotations

import numpy as np

from .grouping import grouped
from .jit import inlined, kernel
from .known import know
from .loop import simulate
from .records import Conditions, Orders, Structs
from .sweep import Results, Sets, Stage, measure, reset
from .tally import TALLY
from .tile import LANES, Single, aligned, new_single, new_tile
from .tile_loop import Book, run_tile
from .tile_measure import SPOILT, Gauge, tally_tile
from .tile_plain import plain_conditions
from .tile_tally import TALLY_SECTIONS


@kernel
def run_tiles(stage: Stage, sets: Sets, results: Results, start: int, stop: int) -> None:
    """Run sets start .. stop - 1, each as its single run would be; one without orders is left as it is."""
    sessions, tickers = stage.prices.days.size, stage.cells.shape[1]
    single, tile = new_single(sessions, tickers), new_tile(sessions, tickers)
    known = know(stage.prices, stage.cells, longest_wait(sets.terms))
    sums = aligned(TALLY_SECTIONS).reshape(TALLY_SECTIONS * LANES)
    gauge = Gauge(np.zeros(1, dtype=TALLY), np.empty(sessions), np.empty(sessions), sums)
    order, begins = grouped(sets.sets, sets.orders, start, stop)
    for g in range(begins.size - 1):
        one = sets.sets[order[begins[g]]]
        if one.orders_from == one.orders_to:
            continue
        conditions = conditions_of_set(stage, sets, one)
        tiled = plain_conditions(conditions)
        for a in range(begins[g], begins[g + 1], LANES):
            width = min(LANES, begins[g + 1] - a)
            if tiled:
                tile.sets[:width] = order[a : a + width]
                book = Book(sets.sets, sets.orders, sets.bank, width)
                run_tile(tile, single, stage.prices, known, conditions, book, one.first, one.last + 1)
                tally_tile(tile, gauge, stage, sets, results, width)
            for s in range(width):
                if not tiled or tile.back[s] == SPOILT:
                    run_single(stage, sets, results, single, gauge, order[a + s])


@inlined
def longest_wait(terms: Structs) -> int:
    """The most closes that any set lets a held ticker miss."""
    longest = 0
    for k in range(terms.size):
        longest = max(longest, terms[k].max_stale)
    return longest


@inlined
def conditions_of_set(stage: Stage, sets: Sets, one: Structs) -> Conditions:
    """What a set obeys."""
    terms, tickers = sets.terms[one.terms : one.terms + 1], sets.tickers[one.legs]
    return Conditions(terms, tickers, stage.cells, sets.calendars[one.calendar], sets.vol)


@inlined
def run_single(stage: Stage, sets: Sets, results: Results, single: Single, gauge: Gauge, s: int) -> None:
    """Run a set through the single simulation from its first session to its last."""
    one = sets.sets[s]
    reset(single.state, one.capital)
    orders = Orders(sets.orders[one.orders_from : one.orders_to], sets.bank)
    conditions = conditions_of_set(stage, sets, one)
    simulate(stage.prices, orders, conditions, single.state, single.record, one.first, one.last + 1)
    days, account = single.record.days, single.state.account[0]
    measure(stage, results, s, one, account, days, gauge.tally[0], gauge.series, gauge.scratch)
