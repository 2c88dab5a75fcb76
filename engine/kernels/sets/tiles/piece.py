"""The simulation of a tile, piece by piece: sessions in which nothing trades but in the first are valued in one go."""

from __future__ import annotations

import math
from typing import NamedTuple

from ....arrays import Floats
from ...book.hold import cell_row
from ...book.records import CLOSE, OPEN, Conditions, Orders, Structs
from ...jit import merged, uncounted
from ..one_by_one import BatchSets, Stage
from ..single import Single
from .alone import come_back, remember, run_alone, show_solo
from .fill import is_free
from .known import DELISTED, Known, retires_at
from .lanes import LANES, lane_rows
from .opens import note_swings, sink_at_open
from .quiet import add_cash, close_legs, keep_fees, pay_interest, stand_at, write_off_gone
from .screen import screen
from .tile import CASH, FEE, NEVER, NIGHTS, PEAK, PIECE, PIECE_HIGH, START, STATE, TROUBLE, Tile
from .trade import note_shares, trade_session
from .value import value_sessions
from .watch import Watch


class TileInputs(NamedTuple):
    """The sets of a tile and what they meet. whole: whether Tile.nav has a row for every session."""

    stage: Stage
    sets: BatchSets
    conditions: Conditions
    known: Known
    watch: Watch
    width: int
    whole: bool


@uncounted
def begin(tile: Tile, cast: TileInputs) -> None:
    """Make every lane hold nothing but its capital; a lane without a set never takes part."""
    tile.shares[:] = 0.0
    tile.shorts[:] = 0.0
    tile.weights[:] = math.nan
    tile.soonest[0] = NEVER
    lanes, back, sets, numbers = tile.lanes, tile.back, cast.sets.sets, tile.sets
    lanes[:STATE] = 0.0
    for s in range(LANES):
        used = s < cast.width
        back[s] = 0 if used else NEVER
        lanes[CASH + s] = sets[numbers[s]].capital if used else 1.0
        lanes[FEE + s] = 0.0
    load_orders(tile, cast)


@uncounted
def load_orders(tile: Tile, cast: TileInputs) -> None:
    """Put rows and scales of all orders side by side."""
    sets, orders, rows, scales = cast.sets.sets, cast.sets.orders, lane_rows(tile.rows), lane_rows(tile.scales)
    for s in range(LANES):
        one = sets[tile.sets[s if s < cast.width else 0]]
        for k in range(one.orders_to - one.orders_from):
            order = orders[one.orders_from + k]
            rows[k, s], scales[k, s] = order.row, order.scale


@merged
def run_piece(tile: Tile, single: Single, cast: TileInputs, a: int, k: int) -> tuple[int, int]:
    """Simulate the piece that begins at session a, k the next order; returns where it ends, and the next order.

    Its NAV stands in Tile.nav from nav_row on afterwards.
    """
    one, watch = cast.sets.sets[tile.sets[0]], cast.watch
    orders, stop = cast.sets.orders[one.orders_from : one.orders_to], one.last + 1
    k = open_piece(tile, single, cast, orders, a, k, one.first)
    b = tile.ends[a]
    row = nav_row(cast, a)
    nav = tile.nav[row : row + b - a]
    value_piece(tile, cast, nav, a, b, stop)
    if watch.rules or watch.margin or cast.known.recalls:
        if screen(tile, nav, cast.known, cast.conditions, watch, a, b, cast.width):
            leave_trouble(tile, single, cast, a)
        if watch.rules:
            end_of_watch(tile, cast, a, b, stop)
    show_solo(tile, nav, a)
    return b, k


@merged
def open_piece(tile: Tile, single: Single, cast: TileInputs, orders: Structs, a: int, k: int, first: int) -> int:
    """What happens in the first session of a piece, but for its close: interest, orders; returns the next order."""
    prices, known, conditions, watch = cast.stage.prices, cast.known, cast.conditions, cast.watch
    lanes, terms, retires = tile.lanes, conditions.terms[0], retires_at(known, a, conditions.last)
    brought_back = watch.dates and a > first and conditions.rebalance[a - 1] == 1
    busy = brought_back or (k < orders.size and orders[k].session == a)
    if a > first and is_financed(cast):
        pay_interest(lanes, lanes[FEE : FEE + LANES], terms, prices.days[a])
    come_back(tile, a)
    lanes[TROUBLE : TROUBLE + LANES] = 0.0
    if watch.rules or watch.margin or known.recalls or retires or (busy and may_fail(tile, cast, a)):
        remember(tile)
    if busy:
        k = trade_session(tile, prices, known, conditions, watch, cast.sets.bank, orders, a, k, brought_back)
        leave_trouble(tile, single, cast, a)
    elif retires:
        at = a, a == conditions.last
        sink_at_open(tile, known.levels[OPEN, a], a)
        write_off_gone(tile, known, conditions.tickers, conditions.cells[cell_row(conditions.cells, a)], at, False)
        note_shares(tile)
    return k


@merged
def is_financed(cast: TileInputs) -> bool:
    """Whether cash or shorts cost or earn anything overnight."""
    terms = cast.conditions.terms[0]
    return bool(cast.known.charged or terms.cash_rate != 0.0 or terms.margin_rate != 0.0)


@merged
def may_fail(tile: Tile, cast: TileInputs, t: int) -> bool:
    """Whether the plain formulas may fail for any order of a session: where not, nothing need be remembered."""
    if tile.tame[t] < 0:
        tile.tame[t] = is_tame(cast.stage.prices.marks, cast.known.levels, cast.conditions, cast.watch.plain, t)
    return bool(tile.tame[t] == 0)


@uncounted
def is_tame(marks: Floats, levels: Floats, conditions: Conditions, plain: bool, t: int) -> int:
    """1 where each ticker has both prices and nothing limits its trades, or nobody can hold it: it was not there yet,
    or was written off before and has not printed since."""
    tame, cells = 1, conditions.cells
    now, before = cell_row(cells, t), cell_row(cells, t - 1)
    for i in range(marks.shape[2]):
        cell, ticker = cells[now, i], conditions.tickers[i]
        priced = math.isfinite(marks[OPEN, t, i]) and math.isfinite(marks[CLOSE, t, i])
        free = plain and cell.barred_open == 0 and cell.barred_close == 0 and is_free(ticker, cell)
        silent = not (math.isfinite(marks[OPEN, t, i]) or math.isfinite(marks[CLOSE, t, i]))
        gone = silent and (levels[CLOSE, t, i] == 0.0 or (t > 0 and cells[before, i].gone == DELISTED))
        tame &= gone or (priced and free)
    return tame


@merged
def leave_trouble(tile: Tile, single: Single, cast: TileInputs, a: int) -> None:
    """Give lanes in trouble to the single simulation, from the open of session a to the end of a piece."""
    lanes, back = tile.lanes, tile.back
    for s in range(cast.width):
        if lanes[TROUBLE + s] != 0.0 and back[s] <= a:
            one = cast.sets.sets[tile.sets[s]]
            orders = Orders(cast.sets.orders[one.orders_from : one.orders_to], cast.sets.bank)
            levels, prices = cast.known.levels, cast.stage.prices
            run_alone(tile, single, prices, orders, cast.conditions, cast.watch, levels, s, (a, one.last + 1))


@uncounted
def cut_pieces(
    tile: Tile, stage: Stage, known: Known, conditions: Conditions, watch: Watch, sets: BatchSets, s: int
) -> None:
    """Fill Tile.ends for all tiles whose sets are like set s.

    It says nothing of what lanes do: how a set is simulated must not depend on its neighbours, to the last digit.
    """
    one, k, a, rough = sets.sets[s], 0, sets.sets[s].first, -NEVER
    orders, stop = sets.orders[one.orders_from : one.orders_to], one.last + 1
    while a < stop:
        while k < orders.size and orders[k].session <= a:
            k += 1
        traded = orders[k - 1].session if k > 0 else NEVER
        b = end_of_piece(known, conditions, watch, a, stop, traded)
        if k < orders.size:
            b = min(b, orders[k].session)
        again = watch.dates and a > one.first and conditions.rebalance[a - 1] == 1
        if (traded == a or again) and is_tame(stage.prices.marks, known.levels, conditions, True, a) == 0:
            rough = a
        # Who has to leave for this session alone is back after it, and who waits for longer not much later than filled.
        b = min(b, a + 1 + 7 * (a - rough))
        for t in range(a, b):
            tile.ends[t] = b
        note_swings(tile.swings[a], known.levels, a, b)
        a = b


@uncounted
def end_of_piece(known: Known, conditions: Conditions, watch: Watch, a: int, stop: int, traded: int) -> int:
    """Where a piece ends: before new sizes, before something is written off, or when it is long.

    A holding period ends a piece, and the sessions in which it acts and is filled are pieces of their own. traded: the
    last session with orders so far, from which it is counted here; one that began elsewhere is found by its rule.
    """
    b, dates, over = min(a + PIECE, stop), conditions.rebalance, traded + conditions.terms[0].max_hold
    if watch.dates:
        for t in range(a, b):
            if dates[t] == 1:
                b = t + 1
                break
    for t in range(a + 1, b):
        if retires_at(known, t, conditions.last):
            b = t
            break
    if conditions.terms[0].max_hold > 0 and over >= a - 1:
        b = min(b, over if over > a else a + 1)
    return int(b)


@merged
def nav_row(cast: TileInputs, a: int) -> int:
    """The row of Tile.nav at which NAV of a piece begins."""
    return a if cast.whole else 0


@merged
def value_piece(tile: Tile, cast: TileInputs, nav: Floats, a: int, b: int, stop: int) -> None:
    """NAV of sessions a .. b - 1, and the borrow fees of the nights before a + 1 .. b."""
    known = cast.known
    value_sessions(known.levels[CLOSE, a:b], tile.shares, nav)
    if known.charged:
        value_sessions(known.fees[a + 1 : min(b, stop - 1) + 1], tile.shorts, tile.fees[1:])
    add_cash(tile, nav, cast.conditions.terms[0], is_financed(cast), cast.stage.prices.days[a:b])
    keep_fees(tile, b - a)


@merged
def end_of_watch(tile: Tile, cast: TileInputs, a: int, b: int, stop: int) -> None:
    """Bring what rules remember of a trade to the end of a piece."""
    lanes, table, known, watch = tile.lanes, tile.table, cast.known, cast.watch
    for s in range(LANES):
        lanes[PEAK + s] = max(lanes[PEAK + s], lanes[PIECE_HIGH + s])
    if watch.legs and b < stop:
        closes, nights = known.levels[CLOSE, b - 1], tile.outlook[a, NIGHTS]
        close_legs(lanes, tile.shares, cast.conditions.tickers, table[START], closes, nights, known.fees[b])
        stand_at(table[START], closes)
