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
def start_session(book: Structs, account: Structs) -> None:
    """Nothing has been traded yet, and the tickers that are held or wait are listed."""
    for i in range(book.size):
        book[i].traded = 0.0
    note_live(book, account)


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
def cell_row(cells: Structs, t: int) -> int:
    """The row of CELL that holds in session t."""
    return int(min(t, cells.shape[0] - 1))


@uncounted
def note_live(book: Structs, account: Structs) -> None:
    """List the tickers that are held, wait or have traded in this session."""
    live = 0
    for i in range(book.size):
        if book[i].shares != 0.0 or not math.isnan(book[i].pending) or book[i].traded != 0.0:
            book[live].live = i
            live += 1
    account.live = live


@uncounted
def revalue(pnl: Floats, book: Structs, account: Structs, t: int, cause: int, prices: Floats) -> tuple[float, bool]:
    """Value what is held or waits at its price, where it has one; returns NAV and whether an order waits."""
    nav, waits = account.cash, False
    for n in range(account.live):
        i = book[n].live
        held, price = book[i], prices[i]
        if math.isfinite(price):
            move(pnl, held, t, i, cause, abs(price))
        if held.shares != 0.0:
            nav += held.shares * held.price
        waits = waits or not math.isnan(held.pending)
    return nav, waits


@uncounted
def note_prices(book: Structs, prices: Floats) -> None:
    """Note the last price of what is neither held nor waits, and so has nothing to gain from it."""
    for i in range(book.size):
        if book[i].shares == 0.0 and math.isfinite(prices[i]):
            book[i].price = abs(prices[i])


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
    """Charge borrow and pay interest for the nights between session `t - 1` and session `t`; returns the interest.

    Nothing has been traded in session `t` yet.
    """
    years = days / YEAR_DAYS
    rate = terms.cash_rate if account.cash > 0.0 else terms.margin_rate
    interest: float = account.cash * rate * years
    fees = 0.0
    row = cell_row(cells, t - 1)
    for n in range(account.live):
        i = book[n].live
        held = book[i]
        held.traded = 0.0
        if held.shares < 0.0:
            fee = -held.shares * held.price * cells[row, i].borrow * years
            fees += fee
            held.earned -= fee
            if pnl.shape[0] > 0:
                pnl[t, i, BORROW] -= fee
    account.cash += interest - fees
    account.paid += fees
    return interest


@uncounted
def retire(pnl: Floats, book: Structs, account: Structs, tickers: Structs, cells: Structs, t: int, last: int) -> bool:
    """Order the write-off, at what it recovers of its last price, of a position that a close finds gone.

    Whether a price comes later is not known here: what does not print is held until its delisting, or to the end.
    Returns whether there is any.
    """
    row, found = cell_row(cells, t), False
    for n in range(account.live):
        i = book[n].live
        gone = cells[row, i].gone
        if gone != NOT_GONE and book[i].shares != 0.0 and (gone == AT_ONCE or t == last):
            move(pnl, book[i], t, i, INTRADAY, book[i].price * tickers[i].recovery)
            ask(book[i], 0.0, DELISTED if gone == AT_ONCE else STALE)
            found = True
    return found
