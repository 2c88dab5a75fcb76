"""What happens to positions without a trade: revaluation, financing, write-offs."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .log import ask
from .records import Cause, Gone, Reason, Structs

INTRADAY, BORROW, CASH_FLOW = int(Cause.INTRADAY), int(Cause.BORROW), int(Cause.CASH_FLOW)
STALE, DELISTED = int(Reason.STALE), int(Reason.DELISTED)
AT_ONCE, NOT_GONE = int(Gone.DELISTED), int(Gone.NO)
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
def pay(pnl: Floats, book: Structs, account: Structs, flow: Structs) -> None:
    """Pay what a share brings to who holds it, and charge it to who is short of it."""
    held = book[flow.ticker]
    if held.shares == 0.0:
        return
    usd = held.shares * flow.usd_per_share
    account.cash += usd
    held.earned += usd
    if pnl.shape[0] > 0 and pnl.shape[2] > CASH_FLOW:
        pnl[flow.session, flow.ticker, CASH_FLOW] += usd


@uncounted
def accrue(pnl: Floats, book: Structs, account: Structs, terms: Structs, cells: Structs, t: int, days: float) -> float:
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
def retire(pnl: Floats, book: Structs, tickers: Structs, cells: Structs, t: int, last: int) -> None:
    """Order the write-off, at what it recovers of its last price, of a position that a close finds gone.

    Whether a price comes later is not known here: what does not print is held until its delisting, or to the end.
    """
    for i in range(book.size):
        gone = cells[t, i].gone
        if gone != NOT_GONE and book[i].shares != 0.0 and (gone == AT_ONCE or t == last):
            move(pnl, book[i], t, i, INTRADAY, book[i].price * tickers[i].recovery)
            ask(book[i], 0.0, DELISTED if gone == AT_ONCE else STALE)
