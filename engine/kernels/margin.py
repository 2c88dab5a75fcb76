"""What positions require in equity. FINRA rule 4210(c) for maintenance, Regulation T for the initial margin."""

from __future__ import annotations

from .jit import inlined
from .records import Structs


@inlined
def maintenance(book: Structs, terms: Structs, tickers: Structs) -> float:
    """USD of equity that the positions require to be kept."""
    total = 0.0
    for i in range(book.size):
        held = book[i]
        if held.shares != 0.0:
            shares = abs(held.shares)
            value = shares * held.price
            if held.shares > 0.0:
                required = terms.maint_long * value
            elif held.price >= terms.low_price:
                required = max(terms.maint_short * value, terms.short_floor * shares)
            else:
                required = max(terms.low_frac * value, terms.low_floor * shares)
            total += required * tickers[i].house
    return total


@inlined
def initial(book: Structs, terms: Structs, tickers: Structs) -> float:
    """USD of equity that the positions would require to be opened now."""
    total = 0.0
    for i in range(book.size):
        held = book[i]
        if held.shares != 0.0:
            frac = terms.initial_long if held.shares > 0.0 else terms.initial_short
            total += abs(held.shares) * held.price * frac * tickers[i].house
    return total
