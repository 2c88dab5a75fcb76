"""Many parameter sets through tiles: the same result as set after set, many times as fast where no rule decides."""

from __future__ import annotations

import numpy as np

from .borrow import borrowed
from .grouping import grouped
from .jit import inlined, kernel
from .known import borrow_known, know
from .loop import simulate
from .records import Conditions, Orders, Structs
from .single import Single, borrow_single, new_single
from .sweep import Results, Sets, Stage, borrow_results, borrow_sets, borrow_stage, measure, reset
from .tally import TALLY
from .tile import LANES, aligned, borrow_tile, new_tile
from .tile_loop import Book, run_tile
from .tile_measure import SPOILT, Gauge, tally_tile
from .tile_plain import plain_conditions
from .tile_tally import TALLY_SECTIONS


@kernel
def run_tiles(given_stage: Stage, given_sets: Sets, given_results: Results, start: int, stop: int) -> None:
    """Run sets start .. stop - 1, each as its single run would be; one without orders is left as it is."""
    stage, sets, results = borrow_stage(given_stage), borrow_sets(given_sets), borrow_results(given_results)
    sessions, tickers = stage.prices.days.size, stage.cells.shape[1]
    own_single, own_tile = new_single(sessions, tickers), new_tile(sessions, tickers)
    own_known = know(stage.prices, stage.cells, longest_wait(sets.terms))
    own_sums, own_series = aligned(TALLY_SECTIONS).reshape(TALLY_SECTIONS * LANES), np.empty((2, sessions))
    own_tally = np.zeros(1, dtype=TALLY)
    own_order, own_begins = grouped(sets.sets, sets.orders, start, stop)
    single, tile, known = borrow_single(own_single), borrow_tile(own_tile), borrow_known(own_known)
    gauge = Gauge(borrowed(own_tally), borrowed(own_series[0]), borrowed(own_series[1]), borrowed(own_sums))
    order, begins = borrowed(own_order), borrowed(own_begins)
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
    # The last word on what was borrowed above: until here it must live.
    lived = own_sums.size + own_series.size + own_tally.size + own_order.size + own_begins.size
    own_tile.counts[0] = lived + own_known.levels.size + own_single.state.book.size


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
