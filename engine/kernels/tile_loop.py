"""The simulation of a tile: quiet sessions valued in one go, orders filled for all lanes at once."""

from __future__ import annotations

import math
from typing import NamedTuple

from .jit import inlined
from .known import Known
from .records import CLOSE, OPEN, Conditions, Floats, Orders, Prices, Structs
from .single import Single
from .tile import CASH, LANES, NAV, NEVER, PAID, TRADED, TROUBLE, Tile
from .tile_exact import come_back, remember, run_alone
from .tile_fill import any_waits, fill_tile, note_shorts
from .tile_quiet import add_cash, count_missed, pay_interest, write_off_retired
from .tile_value import value_session, value_sessions


class Book(NamedTuple):
    """What a tile trades to. sets: (S,) of SET; orders: (R,) of ORDER; bank: (K, N) weights; width: lanes in use."""

    sets: Structs
    orders: Structs
    bank: Floats
    width: int


@inlined
def run_tile(
    tile: Tile, single: Single, prices: Prices, known: Known, conditions: Conditions, book: Book, first: int, stop: int
) -> None:
    """Simulate the sets in tile.sets from session `first` to `stop` - 1; leaves NAV, cash, and what was traded."""
    one, terms, orders = book.sets[tile.sets[0]], conditions.terms[0], book.orders
    count, ragged = tile.counts, known.ragged
    at, valued, financed = one.orders_from, first, terms.cash_rate != 0.0 or terms.margin_rate != 0.0
    begin(tile, book)
    t = first
    while t < stop:
        busy = at < one.orders_to and orders[at].session == t
        if t >= valued:
            valued = t + 1 if busy else stop if at == one.orders_to else orders[at].session
            value_stretch(tile, known, t, valued)
        if count[1] == t:
            come_back(tile, t)
        if t > first and (financed or known.charged):
            pay_interest(tile, terms, known, t, prices.days[t])
        if busy:
            at = trade_session(tile, prices, known, conditions, book, t, at)
            settle(tile, single, prices, known, conditions, book, t)
        elif ragged[t] == 1 and write_off_retired(tile, known, conditions.tickers, t, terms.max_stale):
            value_stretch(tile, known, t, valued)
        if ragged[t] == 1:
            count_missed(tile, known, t)
        following = t + 1
        if not financed and not known.charged:
            while following < valued and ragged[following] == 0 and following != count[1]:
                following += 1
        add_cash(tile, t, following)
        t = following
    nav, fixes, fixes_at = tile.nav, tile.fixes, tile.fixes_at
    for n in range(tile.counts[0]):
        nav[fixes_at[n] // LANES, fixes_at[n] % LANES] = fixes[n]
    come_back(tile, stop)


@inlined
def begin(tile: Tile, book: Book) -> None:
    """Make every lane hold nothing but its capital; a lane without a set never takes part."""
    tile.shares[:] = 0.0
    tile.shorts[:] = 0.0
    tile.stale[:] = 0.0
    tile.weights[:] = math.nan
    tile.counts[0], tile.counts[1] = 0, NEVER
    lanes, back, begins, sets, numbers = tile.lanes, tile.back, tile.begins, book.sets, tile.sets
    for s in range(LANES):
        used = s < book.width
        back[s] = 0 if used else NEVER
        begins[s] = sets[numbers[s]].orders_from if used else 0
        lanes[CASH + s] = sets[numbers[s]].capital if used else 1.0
        lanes[TRADED + s], lanes[PAID + s] = 0.0, 0.0


@inlined
def value_stretch(tile: Tile, known: Known, start: int, stop: int) -> None:
    """Value and borrow fees of the shares in sessions start .. stop - 1; nothing trades but in the first."""
    value_sessions(known.levels[CLOSE], tile.shares, tile.nav, start, stop)
    if known.charged:
        value_sessions(known.fees, tile.shorts, tile.fees, start, stop)


@inlined
def clear_trouble(tile: Tile) -> None:
    """Mark every lane as free of trouble."""
    lanes = tile.lanes
    for s in range(LANES):
        lanes[TROUBLE + s] = 0.0


@inlined
def trade_session(
    tile: Tile, prices: Prices, known: Known, conditions: Conditions, book: Book, t: int, at: int
) -> int:
    """A session with orders, of which `at` is the first lane's first; returns its first one of a later session."""
    lanes, nav, terms, one = tile.lanes, tile.nav, conditions.terms[0], book.sets[tile.sets[0]]
    waiting, traded = at < one.orders_from, at < one.orders_from
    remember(tile)
    clear_trouble(tile)
    for mark in range(2):
        due = at < one.orders_to and book.orders[at].session == t and book.orders[at].mark == mark
        if mark == CLOSE and known.ragged[t] == 1:
            write_off_retired(tile, known, conditions.tickers, t, terms.max_stale)
        if due or (waiting and mark == CLOSE):
            value_session(known.levels[mark], tile.shares, nav, t)
            for s in range(LANES):
                lanes[NAV + s] = nav[t, s] + lanes[CASH + s]
            again = mark == CLOSE and traded
            if due and waiting:
                lanes[TROUBLE : TROUBLE + LANES] = 1.0
            if due:
                place_orders(tile, book, t, at - one.orders_from)
                at += 1
            fill_tile(tile, prices.marks, conditions.tickers, conditions.cells, terms, t, mark, again and due, not due)
            waiting = due and mark == OPEN and any_waits(prices.marks, t)
            traded = traded or due
    if known.charged:
        note_shorts(tile.shares, tile.shorts)
    value_session(known.levels[CLOSE], tile.shares, nav, t)
    return int(at)


@inlined
def place_orders(tile: Tile, book: Book, t: int, k: int) -> None:
    """Make order k of every lane the weights that it trades to; a lane that does not take part trades nothing."""
    weights, begins, back, bank, orders = tile.weights, tile.begins, tile.back, book.bank, book.orders
    tickers = weights.shape[0]
    for s in range(book.width):
        order = orders[begins[s] + k]
        scale, row = (order.scale if back[s] <= t else math.nan), order.row
        for i in range(tickers):
            weights[i, s] = bank[row, i] * scale


@inlined
def settle(
    tile: Tile, single: Single, prices: Prices, known: Known, conditions: Conditions, book: Book, t: int
) -> None:
    """Give lanes in trouble to the single simulation from session t."""
    lanes, back = tile.lanes, tile.back
    for s in range(book.width):
        if lanes[TROUBLE + s] != 0.0 and back[s] <= t:
            one = book.sets[tile.sets[s]]
            orders = Orders(book.orders[one.orders_from : one.orders_to], book.bank)
            run_alone(tile, single, prices, orders, conditions, known.levels, s, t, one.last + 1)
