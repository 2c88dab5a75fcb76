"""A lane for which the plain formulas do not hold: the single simulation has it until nothing waits any more."""

from __future__ import annotations

import math

from .hold import accrue
from .jit import inlined
from .loop import simulate
from .records import Conditions, Floats, Orders, Prices, State
from .single import Single
from .tile import CASH, CASH_BEFORE, LANES, NEVER, PAID, PAID_BEFORE, TRADED, TRADED_BEFORE, Tile
from .tile_value import value_book

NAN = math.nan


@inlined
def run_alone(
    tile: Tile,
    single: Single,
    prices: Prices,
    orders: Orders,
    conditions: Conditions,
    levels: Floats,
    s: int,
    t: int,
    stop: int,
) -> int:
    """Simulate lane s from the open of session t on its own; returns the session at which it comes back."""
    state, record = single.state, single.record
    _hand_over(tile, state, levels, s, t)
    account, book = state.account[0], state.book
    v, k = t, 0
    while True:
        while k < orders.rows.size and orders.rows[k].session < v:
            k += 1
        simulate(prices, Orders(orders.rows[k:], orders.bank), conditions, state, record, v, v + 1)
        tile.fixes[tile.counts[0]] = value_book(book) + account.cash
        tile.fixes_at[tile.counts[0]] = v * LANES + s
        tile.counts[0] += 1
        v += 1
        if v >= stop or not _waits(state):
            break
        accrue(record.pnl, book, account, conditions.terms[0], conditions.cells, v, prices.days[v])
    _take_back(tile, state, s, v)
    return v


@inlined
def _waits(state: State) -> bool:
    """Whether an order waits."""
    book = state.book
    waiting = 0
    for i in range(book.size):
        waiting += not math.isnan(book[i].pending)
    return waiting > 0


@inlined
def _hand_over(tile: Tile, state: State, levels: Floats, s: int, t: int) -> None:
    """Make a state of a lane as it was at the open of session t."""
    book, before, stale = state.book, tile.before, tile.stale
    for i in range(book.size):
        held = book[i]
        held.shares, held.pending, held.traded, held.earned = before[i, s], NAN, 0.0, 0.0
        held.price = levels[1, t - 1, i] if t > 0 else NAN
        held.why, held.told, held.stale = 0, 0, int(stale[i, s])
    account, lanes = state.account[0], tile.lanes
    account.cash = lanes[CASH_BEFORE + s]
    account.traded, account.paid = lanes[TRADED_BEFORE + s], lanes[PAID_BEFORE + s]
    account.logged, account.active, account.derisked = 0, 0, 0


@inlined
def _take_back(tile: Tile, state: State, s: int, v: int) -> None:
    """Set a lane to a state; its account follows when it takes part again."""
    book, shares, shorts, stale = state.book, tile.shares, tile.shorts, tile.stale
    for i in range(book.size):
        held = book[i]
        shares[i, s] = held.shares
        shorts[i, s] = max(-held.shares, 0.0)
        stale[i, s] = held.stale if held.shares != 0.0 else 0.0
    tile.parked[s] = state.account[0]
    tile.back[s] = v
    tile.counts[1] = min(tile.counts[1], v)


@inlined
def come_back(tile: Tile, t: int) -> None:
    """Let lanes take part whose session has come."""
    lanes, back, parked, soonest = tile.lanes, tile.back, tile.parked, NEVER
    for s in range(LANES):
        if back[s] == t:
            account = parked[s]
            lanes[CASH + s], lanes[TRADED + s], lanes[PAID + s] = account.cash, account.traded, account.paid
        elif t < back[s] < NEVER:
            soonest = min(soonest, back[s])
    tile.counts[1] = soonest


@inlined
def remember(tile: Tile) -> None:
    """Keep what a session begins with."""
    lanes, shares, before = tile.lanes, tile.shares, tile.before
    for i in range(shares.shape[0]):
        for s in range(LANES):
            before[i, s] = shares[i, s]
    for s in range(LANES):
        lanes[CASH_BEFORE + s] = lanes[CASH + s]
        lanes[TRADED_BEFORE + s] = lanes[TRADED + s]
        lanes[PAID_BEFORE + s] = lanes[PAID + s]
