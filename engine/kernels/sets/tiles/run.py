"""Many parameter sets through tiles: the same result as set after set, many times as fast where few rules act."""

from __future__ import annotations

import numpy as np

from ...book.loop import simulate
from ...book.records import Conditions, Orders, Structs
from ...jit import inlined, kernel, uncounted
from ...unowned import borrowed
from ..one_by_one import BatchSets, Results, Stage, borrow_results, borrow_sets, borrow_stage, measure, reset
from ..single import Single, borrow_single, new_single
from ..tally import TALLY
from .alone import come_back
from .grouping import grouped
from .known import borrow_known, know
from .lanes import LANES
from .measure import SPOILT, MeasureRoom, begin_measures, end_measures, measure_piece, wants_whole
from .opens import note_opens
from .piece import TileInputs, begin, cut_pieces, nav_row, run_piece
from .tally import TALLY_SECTIONS
from .tile import Tile, aligned, borrow_tile, new_tile
from .watch import borrow_watch, opening_rows, watch_of


@kernel
def run_tiles(given_stage: Stage, given_sets: BatchSets, given_results: Results, start: int, stop: int) -> None:
    """Run sets start .. stop - 1, each as its single run would be; one without orders is left as it is."""
    stage, sets, results = borrow_stage(given_stage), borrow_sets(given_sets), borrow_results(given_results)
    sessions, tickers, whole = stage.prices.days.size, stage.cells.shape[1], wants_whole(stage, results)
    own_single = new_single(sessions, tickers)
    own_tile = new_tile(sessions, tickers, most_orders(sets.sets, start, stop), whole)
    own_known = know(stage.prices, stage.cells)
    own_sums, own_series = aligned(TALLY_SECTIONS).reshape(TALLY_SECTIONS * LANES), np.empty((2, sessions))
    own_tally, own_opens = np.zeros(1, dtype=TALLY), opening_rows(sets.bank)
    own_order, own_begins = grouped(sets.sets, sets.orders, start, stop)
    single, tile, known = borrow_single(own_single), borrow_tile(own_tile), borrow_known(own_known)
    gauge = MeasureRoom(borrowed(own_tally), borrowed(own_series[0]), borrowed(own_series[1]), borrowed(own_sums))
    order, begins = borrowed(own_order), borrowed(own_begins)
    for g in range(begins.size - 1):
        one = sets.sets[order[begins[g]]]
        if one.orders_from == one.orders_to:
            continue
        conditions = conditions_of_set(stage, sets, one)
        own_watch = watch_of(conditions, known.levels, borrowed(own_opens))
        watch = borrow_watch(own_watch)
        for t in range(sessions):
            tile.outlook_to[t], tile.tame[t] = -1, -1
        cut_pieces(tile, stage, known, conditions, watch, sets, order[begins[g]])
        for a in range(begins[g], begins[g + 1], LANES):
            width = min(LANES, begins[g + 1] - a)
            tile.sets[:width] = order[a : a + width]
            run_tile(tile, single, gauge, results, TileInputs(stage, sets, conditions, known, watch, width, whole))
            for s in range(width):
                if tile.back[s] == SPOILT:
                    run_single(stage, sets, results, single, gauge, order[a + s])
        # What is borrowed must live until here.
        own_tile.soonest[0] = own_watch.need.size + own_watch.need_short.size
    # The last word on what was borrowed above: until here it must live.
    lived = own_sums.size + own_series.size + own_tally.size + own_order.size + own_begins.size + own_opens.size
    own_tile.soonest[0] = lived + own_known.levels.size + own_single.state.book.size


@uncounted
def run_tile(tile: Tile, single: Single, gauge: MeasureRoom, results: Results, cast: TileInputs) -> None:
    """Simulate and measure the sets in tile.sets, which share sessions, marks of orders and conditions."""
    one = cast.sets.sets[tile.sets[0]]
    begin(tile, cast)
    begin_measures(tile, gauge, cast.sets, cast.width)
    a, k = one.first, 0
    while a <= one.last:
        b, k = run_piece(tile, single, cast, a, k)
        row = nav_row(cast, a)
        nav = tile.nav[row : row + b - a]
        measure_piece(tile, gauge, nav, cast.stage, results, one.first, a, cast.width)
        note_opens(tile, nav, gauge.sums, cast.known.levels, a, b, cast.width)
        a = b
    come_back(tile, one.last + 1)
    end_measures(tile, gauge, cast.stage, cast.sets, results, cast.width, cast.whole)


@uncounted
def most_orders(sets: Structs, start: int, stop: int) -> int:
    """The most orders that a set has."""
    most = 1
    for s in range(start, stop):
        most = max(most, sets[s].orders_to - sets[s].orders_from)
    return most


@inlined
def conditions_of_set(stage: Stage, sets: BatchSets, one: Structs) -> Conditions:
    """What a set obeys."""
    terms, tickers = sets.terms[one.terms : one.terms + 1], sets.tickers[one.legs]
    return Conditions(terms, tickers, stage.cells, sets.calendars[one.calendar], sets.vol, one.last)


@inlined
def run_single(stage: Stage, sets: BatchSets, results: Results, single: Single, gauge: MeasureRoom, s: int) -> None:
    """Run a set through the single simulation from its first session to its last."""
    one = sets.sets[s]
    reset(single.state, one.capital)
    orders = Orders(sets.orders[one.orders_from : one.orders_to], sets.bank)
    conditions = conditions_of_set(stage, sets, one)
    simulate(stage.prices, orders, conditions, single.state, single.record, one.first, one.last + 1)
    days, account = single.record.days, single.state.account[0]
    measure(stage, results, s, one, account, days, gauge.tally[0], gauge.series, gauge.scratch)
