"""What happens to positions without a trade: revaluation, financing, stale prices."""

from __future__ import annotations

import math

from .jit import uncounted
from .log import ask
from .records import Cause, Floats, Reason, Structs

INTRADAY, BORROW = int(Cause.INTRADAY), int(Cause.BORROW)
STALE = int(Reason.STALE)
# Borrow fees and cash interest accrue by calendar day over a 360-day year: the stock-loan and money-market rule.
YEAR_DAYS = 360.0


@uncounted
def move(pnl: Floats, held: Structs, t: int, i: int, cause: int, price: float) -> None:
    """Value a position at `price`; its gain goes to `cause`."""
    if held.shares != 0.0:
        gain = held.shares * (price - held.price)
        held.earned += gain
        if pnl.shape[0] > 0:
            pnl[t, i, cause] += gain
    held.price = price


@uncounted
def revalue(pnl: Floats, book: Structs, t: int, cause: int, prices: Floats) -> None:
    """Value every ticker that has a price at it."""
    for i in range(book.size):
        if math.isfinite(prices[i]):
            move(pnl, book[i], t, i, cause, prices[i])


@uncounted
def accrue(
    pnl: Floats, book: Structs, account: Structs, terms: Structs, cells: Structs, t: int, days: float
) -> float:
    """Charge borrow and pay interest for the nights between session `t - 1` and session `t`; returns the interest."""
    years = days / YEAR_DAYS
    rate = terms.cash_rate if account.cash > 0.0 else terms.margin_rate
    interest: float = account.cash * rate * years
    fees = 0.0
    for i in range(book.size):
        held = book[i]
        if held.shares < 0.0:
            fee = -held.shares * held.price * cells[t - 1, i].borrow * years
            fees += fee
            held.earned -= fee
            if pnl.shape[0] > 0:
                pnl[t, i, BORROW] -= fee
    account.cash += interest - fees
    account.paid += fees
    return interest


@uncounted
def retire_stale(pnl: Floats, book: Structs, tickers: Structs, t: int, closes: Floats, max_stale: int) -> None:
    """Order the write-off, at what it recovers of the last price, of a position that has stopped printing."""
    for i in range(book.size):
        held = book[i]
        if held.shares == 0.0:
            continue
        held.stale = 0 if math.isfinite(closes[i]) else held.stale + 1
        if held.stale >= max_stale:
            if tickers[i].recovery != 1.0:
                move(pnl, held, t, i, INTRADAY, held.price * tickers[i].recovery)
            ask(held, 0.0, STALE)
