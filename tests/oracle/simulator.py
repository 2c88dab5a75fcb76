"""The slow, obvious simulator: one function for each paragraph of the accounting contract, in plain Python.

Nothing here is fast and nothing is shared with the engine but the names of causes and statuses. This file
walks through the sessions; orders.py fills, rules.py decides, margin.py knows what positions need, book.py
remembers.
"""

from __future__ import annotations

import math

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause

from .book import Book, Mark, empty_book
from .changes import change_shares
from .inputs import (
    NAN,
    Action,
    OracleFlow,
    OracleInput,
    OracleLimits,
    OracleMargin,
    OracleOrder,
    OracleResult,
    OracleRow,
    OracleRules,
    OracleShorting,
    Reason,
    Vector,
)
from .orders import fill_orders, place_orders
from .rules import decide

__all__ = [
    "NAN", "Action", "OracleFlow", "OracleInput", "OracleLimits", "OracleMargin", "OracleOrder", "OracleResult",
    "OracleRow", "OracleRules", "OracleShorting", "Reason", "simulate",
]  # fmt: skip

DAYS_IN_A_YEAR = 360  # the money-market convention for borrow and interest


def simulate(inputs: OracleInput) -> OracleResult:
    """Walk through the sessions: accrue the night, pass its marks, decide, write it down."""
    book = empty_book(inputs.capital, len(inputs.half_spread))
    if inputs.flows or inputs.changes:
        book.causes = len(Cause)
    result = OracleResult([], [], [], [], [], [], [], book.orders, [])
    for t in range(len(inputs.dates)):
        book.start_session()
        interest = _accrue_the_night(inputs, book, t) if t > 0 else 0.0
        navs = {mark: _pass_the_mark(inputs, book, t, mark) for mark in inputs.order}
        nav_close = navs[CLOSE]
        result.nav_open.append(navs[OPEN])
        result.nav_close.append(nav_close)
        result.cash.append(book.cash)
        result.interest.append(interest)
        result.shares.append(list(book.shares))
        result.price.append(list(book.last_price))
        result.pnl.append(book.pnl)
        result.requirement.append(decide(inputs, book, t, nav_close))
    return result


def _accrue_the_night(inputs: OracleInput, book: Book, t: int) -> float:
    """Charge borrow on the shorts and interest on the cash for the calendar days since the last session."""
    years = (inputs.dates[t] - inputs.dates[t - 1]).days / DAYS_IN_A_YEAR
    rate = inputs.cash_rate if book.cash > 0.0 else inputs.margin_rate
    interest = book.cash * rate * years
    fees = 0.0
    for i, q in book.held():
        if q < 0.0:
            fee = -q * book.last_price[i] * inputs.borrow[t - 1][i] * years
            book.earn(i, Cause.BORROW, -fee)
            fees += fee
    book.cash += interest - fees
    return interest


def _pass_the_mark(inputs: OracleInput, book: Book, t: int, mark: int) -> float:
    """Change shares, revalue, pay what flows, place orders, write off what is gone (at the close), fill; the NAV."""
    change_shares(inputs, book, t, mark)
    reference = inputs.marks[mark][t]
    night = inputs.order.index(mark) <= inputs.order.index(OPEN)
    worth = reference if inputs.worth is None else _first_known(reference, inputs.worth[mark][t])
    _revalue(book, worth, Cause.OVERNIGHT if night else Cause.INTRADAY)
    _pay_flows(inputs, book, t, mark)
    place_orders(inputs, book, t, mark)
    if mark == CLOSE:
        _count_quiet_sessions(inputs, book, t)
        _write_down_gone(inputs, book, t)
    fill_orders(inputs, book, Mark(t, mark, reference, book.nav()))
    return book.nav()


def _first_known(prints: Vector, worth: Vector) -> Vector:
    """What prints, and what the rest is worth."""
    return [p if math.isfinite(p) else w for p, w in zip(prints, worth, strict=True)]


def _revalue(book: Book, reference: Vector, cause: Cause) -> None:
    """Where there is a price, what is held moves to it and the move is P&L."""
    for i, r in enumerate(reference):
        if math.isfinite(r):
            if book.shares[i] != 0.0:
                book.earn(i, cause, book.shares[i] * (r - book.last_price[i]))
            book.last_price[i] = r


def _pay_flows(inputs: OracleInput, book: Book, t: int, mark: int) -> None:
    """Cash per share times the shares that came into this mark: a short pays it."""
    for flow in inputs.flows:
        if (flow.session, flow.mark) == (t, mark) and book.shares[flow.ticker] != 0.0:
            usd = book.shares[flow.ticker] * flow.usd_per_share
            book.cash += usd
            book.earn(flow.ticker, Cause.CASH_FLOW, usd)


def _count_quiet_sessions(inputs: OracleInput, book: Book, t: int) -> None:
    """How many sessions in a row have had no price of a ticker, up to this close."""
    for i, prices in enumerate(zip(*(mark[t] for mark in inputs.marks), strict=True)):
        book.quiet_sessions[i] = 0 if any(math.isfinite(price) for price in prices) else book.quiet_sessions[i] + 1


def _write_down_gone(inputs: OracleInput, book: Book, t: int) -> None:
    """A delisted position without a close goes; so does, at the end, one that has been quiet for long.

    Only at a recovery that somebody has stated: without one it stays where it is.
    """
    limits = inputs.limits
    for i, q in book.held():
        recovery = NAN if limits.recovery is None else limits.recovery[i]
        if math.isnan(recovery) or math.isfinite(inputs.closes[t][i]):
            continue
        day = None if limits.delisted is None else limits.delisted[i]
        ends = t == len(inputs.dates) - 1 and book.quiet_sessions[i] >= inputs.max_stale
        if (day is not None and t >= day) or ends:
            book.earn(i, Cause.INTRADAY, q * book.last_price[i] * (recovery - 1.0))
            book.last_price[i] *= recovery
            book.order(i, 0.0, Reason.DELISTED if day is not None and t >= day else Reason.STALE)
