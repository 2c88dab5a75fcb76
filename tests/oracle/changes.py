"""Corporate actions in plain Python: a share becomes other shares and cash before a mark is priced."""

from __future__ import annotations

import math

from hedgebook.engine.kernels.book.records import Cause

from .book import Book
from .inputs import OracleChange, OracleInput

WHOLE_SLACK = 1e-9  # a count of shares this near to a whole number is one, relative to itself above one share


def change_shares(inputs: OracleInput, book: Book, t: int, mark: int) -> None:
    """Every action of this mark, in the order of the list."""
    for change in inputs.changes:
        if (change.session, change.mark) == (t, mark):
            _hand_on_the_order(book, change)
            if book.shares[change.ticker] != 0.0:
                _change(inputs, book, change)


def _hand_on_the_order(book: Book, change: OracleChange) -> None:
    """What waits for a ticker that becomes another one waits for that one, unless it has an order of its own."""
    if change.keep == 0.0 and change.into is not None and book.waiting[change.ticker] is not None:
        if book.waiting[change.into] is None:
            book.waiting[change.into] = book.waiting[change.ticker]
        book.waiting[change.ticker] = None


def _change(inputs: OracleInput, book: Book, change: OracleChange) -> None:
    i, into = change.ticker, change.into
    q, price = book.shares[i], book.last_price[i]
    worth = 0.0
    if into is not None:
        worth = change.worth
        if book.shares[into] != 0.0:
            worth = book.last_price[into]
        elif math.isnan(worth):
            worth = (price - change.cash) / change.given
    if change.keep == 0.0:
        # The price moves to what is given for the share; that it is swapped then earns nothing.
        book.earn(i, Cause.OVERNIGHT, q * (change.given * worth + change.cash - price))
    elif into is not None or change.cash != 0.0:
        book.earn(i, Cause.CASH_FLOW, q * (change.given * worth + change.cash))
    book.cash += q * change.cash
    kept_price = price / change.keep if change.keep != 0.0 else price
    book.shares[i] = _whole(inputs, book, q * change.keep, kept_price)
    book.last_price[i] = kept_price
    if into is not None:
        book.shares[into] += _whole(inputs, book, q * change.given, worth)
        book.last_price[into] = worth


def _whole(inputs: OracleInput, book: Book, shares: float, price: float) -> float:
    """The whole shares, where only those can be held; the rest becomes cash at the price."""
    if inputs.limits.lot == 0:
        return shares
    nearest = float(round(shares))
    if abs(shares - nearest) <= WHOLE_SLACK * max(1.0, abs(shares)):
        # The count is whole but for rounding; what it differs by is worth nothing that could be paid.
        book.cash += (shares - nearest) * price
        return nearest
    kept = float(math.trunc(shares))
    book.cash += (shares - kept) * price
    return kept
