"""The simulation loop: the only one, whatever is simulated."""

from __future__ import annotations

from ..jit import kernel
from .change import change_shares
from .decide import decide
from .episode import end_if_flat, place
from .fill import fill, net_asset_value
from .hold import accrue, note_live, note_prices, pay, retire, revalue, start_session
from .listed import AfterExercise, Listed
from .quantity import ORDER, end_options, fill_quantities, take_over, wait_for
from .records import CLOSE, OPEN, Cause, Conditions, Orders, Prices, Record, State

OVERNIGHT, INTRADAY = int(Cause.OVERNIGHT), int(Cause.INTRADAY)
SAME_CLOSE = int(AfterExercise.SAME_CLOSE)


@kernel
def simulate(
    prices: Prices,
    orders: Orders,
    conditions: Conditions,
    state: State,
    record: Record,
    start: int,
    stop: int,
    given: Listed | None = None,
) -> int:
    """Run a portfolio through sessions start .. stop - 1; returns how many orders there were to log.

    prices: T sessions of N tickers, their marks, cash flows and changes of shares; orders: what to trade to and when,
    none before `start`; conditions: costs, limits and rules; state: where the portfolio is at the first mark of
    `start`, changed in place; record: filled in place, its arrays empty for what need not be kept. Nothing accrues over
    the night before `start`. given: what a run with options has beside these; without it the machine code is that of a
    loop that knows of none.
    A log that is too short keeps its first entries and the count says how long it should have been.
    """
    book, account = state.book, state.account[0]
    terms, tickers, cells = conditions.terms[0], conditions.tickers, conditions.cells
    flows, f, k, keep, filled = prices.flows, 0, 0, record.days.size > 0, False
    changes, c = prices.changes, 0
    q, e = 0, 0
    # Of a ticker that is neither held nor waits the last price is nothing but a record.
    keep_price = record.price.shape[0] > 0
    start_session(book, account)
    while f < flows.size and flows[f].session < start:
        f += 1
    while c < changes.size and changes[c].session < start:
        c += 1
    for t in range(start, stop):
        interest, nav, cause = 0.0, 0.0, OVERNIGHT
        if t > start:
            interest = accrue(record.pnl, book, account, terms, cells, t, prices.days[t])
        if filled:
            note_live(book, account)
            filled = False
        for mark in prices.order:
            levels, placed, changed = prices.marks[mark, t], k, c
            while c < changes.size and changes[c].session == t and changes[c].mark == mark:
                change_shares(record.pnl, book, account, terms, changes[c], t)
                c += 1
            if c > changed:
                note_live(book, account)
            nav, waits = revalue(record.pnl, book, account, t, cause, levels)
            paid = f
            while f < flows.size and flows[f].session == t and flows[f].mark == mark:
                pay(record.pnl, book, account, flows[f])
                f += 1
            while k < orders.rows.size and orders.rows[k].session == t and orders.rows[k].mark == mark:
                place(orders.rows[k], orders.bank, book, account, terms, tickers, conditions.vol, t)
                k += 1
            if k > placed:
                note_live(book, account)
                nav, waits = revalue(record.pnl, book, account, t, cause, levels)
            if given is not None:
                while q < given.trades.size and given.trades[q].session == t and given.trades[q].mark == mark:
                    wait_for(given, given.trades[q].ticker, given.trades[q].shares, ORDER, 0)
                    q += 1
                take_over(book, given, t)
            retires = mark == CLOSE and retire(record.pnl, book, account, tickers, cells, t, conditions.last)
            if waits or retires:
                fill(record, state, conditions, t, mark, levels)
                filled = True
            if given is not None:
                traded = fill_quantities(record, state, conditions, given, t, mark, levels)
                if mark == CLOSE and e < given.exercises.size and given.exercises[e].session == t:
                    e, traded = end_options(record, state, given, t, e), True
                    if given.after == SAME_CLOSE:
                        fill_quantities(record, state, conditions, given, t, mark, levels)
                if traded:
                    note_live(book, account)
                    nav, filled = net_asset_value(book, account), True
            if waits or retires or f > paid:
                nav = net_asset_value(book, account)
            end_if_flat(book, account)
            if keep_price:
                note_prices(book, levels)
            if mark == OPEN:
                cause = INTRADAY
                if keep:
                    record.days[t].nav_open = nav
        required = decide(state, conditions, orders.bank, t, nav)
        if keep:
            day = record.days[t]
            day.nav_close, day.cash, day.interest, day.requirement = nav, account.cash, interest, required
        if keep_price:
            for i in range(book.size):
                record.shares[t, i] = book[i].shares
                record.price[t, i] = book[i].price
    return int(account.logged)
