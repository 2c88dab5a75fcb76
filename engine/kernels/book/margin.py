"""What positions require in equity. FINRA rule 4210(c) for maintenance, Regulation T for the initial margin."""

from __future__ import annotations

from ...arrays import Floats
from ..jit import uncounted
from .records import CUT, Reason, Structs

MARGIN_CALL = int(Reason.MARGIN_CALL)


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
        total += required_of_position(book[i], terms, tickers[i])
    return total


@uncounted
def maintenance_of_live(book: Structs, account: Structs, terms: Structs, tickers: Structs) -> float:
    """The same of a book whose held tickers are listed."""
    total = 0.0
    for n in range(account.live):
        i = book[n].live
        total += required_of_position(book[i], terms, tickers[i])
    return total


@uncounted
def required_of_position(held: Structs, terms: Structs, ticker: Structs) -> float:
    """USD of equity that a position requires to be kept."""
    if held.shares == 0.0:
        return 0.0
    return float(abs(held.shares) * required_of_share(terms, held.price, held.shares) * ticker.house)


@uncounted
def is_cut(held: Structs) -> bool:
    """Whether a margin call waits to cut a position."""
    return bool(held.pending == CUT and held.why == MARGIN_CALL)


@uncounted
def kept_frac(book: Structs, terms: Structs, tickers: Structs, prices: Floats, nav: float) -> float:
    """The one factor, 0 to 1, on all positions that a margin call cuts, with which NAV meets what they require to be
    opened, and never less than to be kept (FINRA rule 4210(b)).

    prices: of the mark at which they fill. What the other positions require is set aside for them first; a position
    whose exit fills at this mark requires nothing. 1 where nothing has to be cut any more.
    """
    cut, others = 0.0, 0.0
    for i in range(book.size):
        held = book[i]
        if held.shares == 0.0:
            continue
        each = max(initial_frac(terms, held.shares) * held.price, required_of_share(terms, held.price, held.shares))
        required = abs(held.shares) * each * tickers[i].house
        if is_cut(held):
            cut += required
        elif not (held.pending == 0.0 and prices[i] >= 0.0):
            others += required
    left = nav - others
    return 1.0 if cut == 0.0 or left >= cut else max(left, 0.0) / cut


@uncounted
def initial_frac(terms: Structs, held: float) -> float:
    """The fraction of its value that a position requires to be opened, held > 0 long, else short."""
    return float(terms.initial_long if held > 0.0 else terms.initial_short)


@uncounted
def allowed_frac(required: float) -> float:
    """The part of wanted weights that an initial requirement allows, itself a fraction of NAV."""
    return min(1.0, 1.0 / required) if required > 0.0 else 1.0
