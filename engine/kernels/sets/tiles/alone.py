"""A lane in which the plain formulas do not hold: the single simulation has it until they do again."""

from __future__ import annotations

import math

from ....arrays import Floats
from ...book.decide import resize
from ...book.episode import LONG, SHORT
from ...book.fill import any_waits
from ...book.hold import accrue
from ...book.loop import simulate
from ...book.records import CLOSE, Conditions, Orders, Prices, State, Structs
from ...jit import merged, uncounted
from ..single import Single
from .lanes import LANES, copy_rows
from .tile import (
    ACTIVE,
    BASE,
    BEFORE,
    CASH,
    ENTRY,
    LONG_EARNED,
    NEVER,
    OFF,
    PAID,
    PARKED,
    PEAK,
    ROW,
    SCALE,
    SHORT_EARNED,
    SINCE,
    STATE,
    SUNK,
    TRADED,
    Tile,
)
from .value import value_book
from .watch import Watch

NAN = math.nan


@uncounted
def run_alone(
    tile: Tile,
    single: Single,
    prices: Prices,
    orders: Orders,
    conditions: Conditions,
    watch: Watch,
    levels: Floats,
    s: int,
    span: tuple[int, int],
) -> None:
    """Simulate lane s from the open of a session to the end of a piece, or to the end.

    If it came back within a piece, that would have to end there for all lanes, and how sums of a set are added up, and
    when a rule is looked for, would depend on its neighbours.
    """
    state, record = single.state, single.record
    v, stop = span
    hand_over(tile, state, conditions, orders.bank, levels, s, v)
    account, book, k = state.account[0], state.book, _next_order(orders.rows, 0, v)
    while True:
        simulate(prices, Orders(orders.rows[k:], orders.bank), conditions, state, record, v, v + 1)
        tile.solo[v, s] = value_book(book) + account.cash
        tile.lanes[SUNK + s] = 1.0 if record.days[v].nav_open <= 0.0 else tile.lanes[SUNK + s]
        v += 1
        if v >= stop:
            break
        accrue(record.pnl, book, account, conditions.terms[0], conditions.cells, v, prices.days[v])
        k = _next_order(orders.rows, k, v)
        opens = k < orders.rows.size and orders.rows[k].session == v and watch.opens[orders.rows[k].row] == 1
        if tile.ends[v - 1] == v and not any_waits(book, account) and (opens or _plain(account, watch)):
            break
    take_back(tile, state, conditions.tickers, s, v)


@uncounted
def _next_order(rows: Structs, k: int, v: int) -> int:
    """The first order from the k-th on that is not for a session before v."""
    while k < rows.size and rows[k].session < v:
        k += 1
    return k


@uncounted
def _plain(account: Structs, watch: Watch) -> bool:
    """Whether a tile can go on with a trade: it does not know what a rule has changed."""
    if not watch.rules or account.active == 0:
        return True
    return bool(not watch.band and account.derisked + account.long_closed + account.short_closed == 0)


@uncounted
def hand_over(tile: Tile, state: State, conditions: Conditions, bank: Floats, levels: Floats, s: int, t: int) -> None:
    """Make a state of a lane as it was at the open of session t."""
    book, before, lanes, tickers = state.book, tile.before, tile.lanes, conditions.tickers
    # Rules look at the P&L of whole legs: it may stand at any ticker of the leg.
    long, short = lanes[BEFORE + LONG_EARNED + s], lanes[BEFORE + SHORT_EARNED + s]
    for i in range(book.size):
        held, leg = book[i], tickers[i].leg
        held.shares, held.pending, held.traded = before[i, s], NAN, 0.0
        held.price = levels[CLOSE, t - 1, i] if t > 0 else NAN
        held.why, held.told = 0, 0
        held.earned = long if leg == LONG else short if leg == SHORT else 0.0
        long, short = (0.0 if leg == LONG else long), (0.0 if leg == SHORT else short)
    account = state.account[0]
    account.cash, account.traded = lanes[BEFORE + CASH + s], lanes[BEFORE + TRADED + s]
    account.paid, account.active = lanes[BEFORE + PAID + s], int(lanes[BEFORE + ACTIVE + s])
    account.entry_nav, account.peak_nav = lanes[BEFORE + ENTRY + s], lanes[BEFORE + PEAK + s]
    account.peak_pnl = (account.peak_nav - account.entry_nav) / account.entry_nav if account.active == 1 else 0.0
    account.since, account.row = int(lanes[BEFORE + SINCE + s]), int(lanes[BEFORE + ROW + s])
    account.scale, account.base = lanes[BEFORE + SCALE + s], lanes[BEFORE + BASE + s]
    account.logged, account.derisked, account.long_closed, account.short_closed = 0, 0, 0, 0
    account.cuts = 0
    if account.active == 1 and conditions.rebalance[t - 1] == 1:
        # What the last close asked for. At its peak no trade is cut.
        terms, vol = conditions.terms[0], conditions.vol[account.row, t]
        resize(book, account, terms, tickers, bank[account.row], account.peak_nav, False, True, vol)


@uncounted
def take_back(tile: Tile, state: State, tickers: Structs, s: int, v: int) -> None:
    """Set a lane's shares to those of a state; the rest is parked until it takes part again at session v."""
    book, shares, shorts, lanes = state.book, tile.shares, tile.shorts, tile.lanes
    long, short = 0.0, 0.0
    for i in range(book.size):
        held, leg = book[i], tickers[i].leg
        shares[i, s], shorts[i, s] = held.shares, max(-held.shares, 0.0)
        long, short = long + (held.earned if leg == LONG else 0.0), short + (held.earned if leg == SHORT else 0.0)
    account = state.account[0]
    lanes[PARKED + CASH + s], lanes[PARKED + TRADED + s] = account.cash, account.traded
    lanes[PARKED + PAID + s], lanes[PARKED + ACTIVE + s] = account.paid, account.active
    lanes[PARKED + ENTRY + s], lanes[PARKED + PEAK + s] = account.entry_nav, account.peak_nav
    lanes[PARKED + SINCE + s], lanes[PARKED + ROW + s] = account.since, account.row
    lanes[PARKED + SCALE + s], lanes[PARKED + BASE + s] = account.scale, account.base
    lanes[PARKED + LONG_EARNED + s], lanes[PARKED + SHORT_EARNED + s] = long, short
    lanes[PARKED + OFF + s] = 0.0
    tile.back[s] = v
    tile.soonest[0] = min(tile.soonest[0], v)


@merged
def come_back(tile: Tile, t: int) -> None:
    """Let lanes take part whose session has come; their shares are there already."""
    if tile.soonest[0] != t:
        return
    lanes, back, soonest = tile.lanes, tile.back, NEVER
    for s in range(LANES):
        if back[s] == t:
            for section in range(0, STATE, LANES):
                lanes[section + s] = lanes[PARKED + section + s]
        elif t < back[s] < NEVER:
            soonest = min(soonest, back[s])
    tile.soonest[0] = soonest


@merged
def remember(tile: Tile) -> None:
    """Keep what a piece begins with."""
    copy_rows(tile.lanes[BEFORE : BEFORE + STATE], tile.lanes[:STATE])
    copy_rows(tile.before, tile.shares)


@merged
def show_solo(tile: Tile, nav: Floats, a: int) -> None:
    """Put NAV of lanes that are away into nav (T, LANES), which begins at session a."""
    back, solo = tile.back, tile.solo
    for s in range(LANES):
        if a < back[s] < NEVER:
            for t in range(nav.shape[0]):
                nav[t, s] = solo[a + t, s]
