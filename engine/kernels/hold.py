"""What happens to positions without a trade: revaluation, financing, stale prices."""

from __future__ import annotations

import math

from .fill import STALE
from .jit import inlined
from .records import Cause, Floats, Prices, Record, State, Terms

BORROW = int(Cause.BORROW)
# Borrow fees and cash interest accrue by calendar day over a 360-day year: the stock-loan and money-market rule.
YEAR_DAYS = 360.0


@inlined
def revalue(record: Record, state: State, t: int, cause: int, prices: Floats) -> None:
    """Move every ticker that has a price to it; the gain of a position goes to `cause`."""
    for i in range(state.shares.size):
        price = prices[i]
        if math.isfinite(price):
            if state.shares[i] != 0.0 and record.pnl.shape[0] > 0:
                record.pnl[t, i, cause] += state.shares[i] * (price - state.price[i])
            state.price[i] = price


@inlined
def accrue(record: Record, state: State, prices: Prices, terms: Terms, t: int) -> None:
    """Charge borrow and pay interest for the nights between session `t - 1` and session `t`."""
    years = prices.days[t] / YEAR_DAYS
    rate = terms.cash_rate if state.cash[0] > 0.0 else terms.margin_rate
    interest = state.cash[0] * rate * years
    fees = 0.0
    for i in range(state.shares.size):
        if state.shares[i] < 0.0:
            fee = -state.shares[i] * state.price[i] * terms.borrow[t - 1, i] * years
            fees += fee
            if record.pnl.shape[0] > 0:
                record.pnl[t, i, BORROW] -= fee
    state.cash[0] += interest - fees
    if record.interest.shape[0] > 0:
        record.interest[t] = interest


@inlined
def retire_stale(state: State, closes: Floats, max_stale: int) -> None:
    """Order the close, at the last known price, of positions that have stopped printing."""
    for i in range(state.shares.size):
        if state.shares[i] == 0.0:
            continue
        state.stale[i] = 0 if math.isfinite(closes[i]) else state.stale[i] + 1
        if state.stale[i] >= max_stale:
            state.pending[i] = 0.0
            state.told[i] = STALE
