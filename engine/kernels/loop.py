"""The simulation loop: the only one, whatever is simulated."""

from __future__ import annotations

from .fill import fill, net_asset_value, place
from .hold import accrue, retire_stale, revalue
from .jit import kernel
from .records import CLOSE, OPEN, Cause, Orders, Prices, Record, State, Terms

OVERNIGHT, INTRADAY = int(Cause.OVERNIGHT), int(Cause.INTRADAY)


@kernel
def simulate(prices: Prices, orders: Orders, terms: Terms, state: State, record: Record) -> int:
    """Run a portfolio through every session; returns how many orders there were to log.

    prices: T sessions of N tickers; orders: what to trade to and when; state: where the portfolio starts, changed
    in place; record: filled in place, its arrays empty for what need not be kept. A log that is too short keeps
    its first entries and the count says how long it should have been.
    """
    sessions = prices.days.size
    k = 0
    for t in range(sessions):
        if t > 0:
            accrue(record, state, prices, terms, t)
        for mark in range(2):
            revalue(record, state, t, OVERNIGHT if mark == OPEN else INTRADAY, prices.marks[mark, t])
            while k < orders.session.size and orders.session[k] == t and orders.mark[k] == mark:
                place(orders, k, state)
                k += 1
            if mark == CLOSE:
                retire_stale(state, prices.marks[mark, t], terms.max_stale)
            fill(record, state, terms, t, mark, prices.marks)
            if record.nav.shape[0] > 0:
                record.nav[t, mark] = net_asset_value(state)
        if record.cash.shape[0] > 0:
            record.cash[t] = state.cash[0]
        if record.shares.shape[0] > 0:
            record.shares[t] = state.shares
            record.price[t] = state.price
    return int(state.logged[0])
