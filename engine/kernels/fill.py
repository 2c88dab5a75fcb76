"""Orders at one mark: sizing, deferral, rejection, prices and costs."""

from __future__ import annotations

import math

import numpy as np

from .jit import inlined
from .records import CLOSE, OPEN, Cause, Floats, Orders, Reason, Record, State, Status, Terms

COMMISSION, SPREAD, SLIPPAGE, IMPACT = (
    int(Cause.COMMISSION),
    int(Cause.SPREAD),
    int(Cause.SLIPPAGE),
    int(Cause.IMPACT),
)
FILLED, DEFERRED, REJECTED = int(Status.FILLED), int(Status.DEFERRED), int(Status.REJECTED)
ORDER, NO_OPEN, NO_PRICE, NO_NAV, STALE = (
    int(Reason.ORDER),
    int(Reason.NO_OPEN),
    int(Reason.NO_PRICE),
    int(Reason.NO_NAV),
    int(Reason.STALE),
)
# Trades below this fraction of NAV come from rounding in the target, not from a decision.
DUST_FRAC = 1e-12


@inlined
def place(orders: Orders, k: int, state: State) -> None:
    """Make order row `k` the waiting order of every ticker that it names."""
    row, scale = orders.row[k], orders.scale[k]
    for i in range(state.shares.size):
        weight = orders.bank[row, i]
        if not math.isnan(weight):
            state.pending[i] = weight * scale
            state.told[i] = 0


@inlined
def log(record: Record, state: State, t: int, mark: int, i: int, status: int, reason: int) -> int:
    """Note what became of an order; returns its line, or -1 where the log is full and only the count goes on."""
    n = state.logged[0]
    state.logged[0] = n + 1
    if n >= record.order_codes.shape[0]:
        return -1
    record.order_codes[n, 0] = t
    record.order_codes[n, 1] = mark
    record.order_codes[n, 2] = i
    record.order_codes[n, 3] = status
    record.order_codes[n, 4] = reason
    return int(n)


@inlined
def defer_or_drop(record: Record, state: State, t: int, mark: int, i: int) -> None:
    """Handle an order without a price: wait for the close, keep an exit waiting, drop anything else."""
    reason = NO_OPEN if mark == OPEN else NO_PRICE
    if mark == CLOSE and state.pending[i] != 0.0:
        log(record, state, t, mark, i, REJECTED, reason)
        state.pending[i] = np.nan
    elif state.told[i] < reason:
        log(record, state, t, mark, i, DEFERRED, reason)
        state.told[i] = reason


@inlined
def trade(
    record: Record, state: State, terms: Terms, t: int, mark: int, i: int, target: float, reason: int
) -> None:
    """Bring ticker `i` to `target` shares at its last known price, and pay for it."""
    reference = state.price[i]
    change = target - state.shares[i]
    notional = abs(change) * reference
    impact = terms.impact[t, i] * math.sqrt(notional)
    side = 1.0 if change > 0.0 else -1.0
    price = reference * (1.0 + side * (terms.half_spread[i] + terms.slippage[i] + impact))
    commission = abs(change) * price * terms.commission
    state.cash[0] -= change * price + commission
    state.shares[i] = target
    if target == 0.0:
        state.stale[i] = 0
    spread = notional * terms.half_spread[i]
    slippage = notional * terms.slippage[i]
    impact *= notional
    line = log(record, state, t, mark, i, FILLED, reason)
    if line >= 0:
        values = record.order_values[line]
        values[0], values[1], values[2], values[3] = change, reference, price, commission
        values[4], values[5], values[6] = spread, slippage, impact
    if record.pnl.shape[0] > 0:
        record.pnl[t, i, COMMISSION] -= commission
        record.pnl[t, i, SPREAD] -= spread
        record.pnl[t, i, SLIPPAGE] -= slippage
        record.pnl[t, i, IMPACT] -= impact


@inlined
def fill(record: Record, state: State, terms: Terms, t: int, mark: int, marks: Floats) -> None:
    """Fill what waits at a mark: all orders together, sized on NAV before any of them costs anything."""
    nav = net_asset_value(state)
    for i in range(state.shares.size):
        weight = state.pending[i]
        if math.isnan(weight):
            continue
        if weight == 0.0 and state.shares[i] == 0.0:
            state.pending[i] = np.nan
            continue
        if not math.isfinite(marks[mark, t, i]):
            if state.told[i] == STALE:
                state.pending[i] = np.nan
                trade(record, state, terms, t, mark, i, 0.0, STALE)
            else:
                defer_or_drop(record, state, t, mark, i)
            continue
        state.pending[i] = np.nan
        if weight == 0.0:
            trade(record, state, terms, t, mark, i, 0.0, ORDER)
        elif nav <= 0.0:
            log(record, state, t, mark, i, REJECTED, NO_NAV)
        else:
            target = weight * nav / state.price[i]
            if abs(target - state.shares[i]) * state.price[i] > DUST_FRAC * nav:
                trade(record, state, terms, t, mark, i, target, ORDER)


@inlined
def net_asset_value(state: State) -> float:
    """Cash plus every position at its last known price."""
    nav: float = state.cash[0]
    for i in range(state.shares.size):
        if state.shares[i] != 0.0:
            nav += state.shares[i] * state.price[i]
    return nav
