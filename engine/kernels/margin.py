"""What positions require in equity. FINRA rule 4210(c) for maintenance, Regulation T for the initial margin."""

from __future__ import annotations

from .jit import uncounted
from .records import Structs


@uncounted
def required_of_share(terms: Structs, price: float, held: float) -> float:
    """USD of equity that one share at a price requires to be kept, held > 0 long or below zero short."""
    if held > 0.0:
        return float(terms.maint_long * price)
    if price >= terms.low_price:
        return float(max(terms.maint_short * price, terms.short_floor))
    return float(max(terms.low_frac * price, terms.low_floor))


@uncounted
def maintenance(book: Structs, terms: Structs, tickers: Structs) -> float:
    """USD of equity that the positions require to be kept."""
    total = 0.0
    for i in range(book.size):
        held = book[i]
        if held.shares != 0.0:
            total += abs(held.shares) * required_of_share(terms, held.price, held.shares) * tickers[i].house
    return total


@uncounted
def initial(book: Structs, terms: Structs, tickers: Structs) -> float:
    """USD of equity that the positions would require to be opened now."""
    total = 0.0
    for i in range(book.size):
        held = book[i]
        if held.shares != 0.0:
            total += abs(held.shares) * held.price * initial_frac(terms, held.shares) * tickers[i].house
    return total


@uncounted
def initial_frac(terms: Structs, held: float) -> float:
    """The fraction of its value that a position requires to be opened, held > 0 long, else short."""
    return float(terms.initial_long if held > 0.0 else terms.initial_short)


@uncounted
def allowed_frac(required: float) -> float:
    """The part of wanted weights that an initial requirement allows, itself a fraction of NAV."""
    return min(1.0, 1.0 / required) if required > 0.0 else 1.0
