"""The trade that is on: when an order row opens one, and when it is over."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .fill import net_asset_value
from .log import ask
from .margin import allowed_frac, initial_frac
from .records import MarginAction, Reason, Structs

ORDER = int(Reason.ORDER)
REDUCE = int(MarginAction.REDUCE)
LONG, SHORT = 0, 1


@uncounted
def place(
    order: Structs, bank: Floats, book: Structs, account: Structs, terms: Structs, tickers: Structs, vol: Floats, t: int
) -> None:
    """Make an order row the waiting order of every ticker that it names; any weight but zero opens a trade."""
    weights, scale, opens = bank[order.row], order.scale, False
    for i in range(book.size):
        opens = opens or (not math.isnan(weights[i]) and weights[i] != 0.0)
    if opens and order.joins == 1 and (account.active == 1 or account.over == 1):
        join(weights, book, account, terms, tickers)
        return
    if opens:
        whole = order.row if order.whole == 0 else order.whole - 1
        by_vol = volatility_scale(terms, vol[whole, t])
        by_margin = margin_scale(bank[whole], scale * by_vol, terms, tickers)
        open_episode(book, account, whole, t, order.whole)
        account.base = scale * by_margin
        scale = scale * by_vol * by_margin
        account.scale = scale
    for i in range(book.size):
        # To sell what is not held would end as it began: most tickers of a wide row are left out of all that follows.
        idle = weights[i] == 0.0 and book[i].shares == 0.0 and math.isnan(book[i].pending)
        if order.whole > 0 and not math.isnan(weights[i]):
            book[i].apart = int(weights[i] == 0.0)
        if not (math.isnan(weights[i]) or idle):
            ask(book[i], weights[i] * scale, ORDER)


@uncounted
def join(weights: Floats, book: Structs, account: Structs, terms: Structs, tickers: Structs) -> None:
    """Make a later part of a trade the waiting order of its tickers, in the size of the trade; nothing is entered of a
    leg that is closed, or once a rule has ended the trade."""
    for i in range(book.size):
        if math.isnan(weights[i]):
            continue
        book[i].apart = int(weights[i] == 0.0)
        if weights[i] == 0.0:
            if book[i].shares != 0.0 or not math.isnan(book[i].pending):
                ask(book[i], 0.0, ORDER)
        elif account.active == 1 and sized(account, book[i], tickers[i].leg, weights[i]):
            ask(book[i], weights[i] * present_scale(account, terms), ORDER)


@uncounted
def sized(account: Structs, held: Structs, leg: int, weight: float) -> bool:
    """Whether the trade that is on gives a ticker a size: it has a weight, its part is in and its leg is not closed."""
    closed = (leg == LONG and account.long_closed == 1) or (leg == SHORT and account.short_closed == 1)
    return not (math.isnan(weight) or weight == 0.0 or closed or held.apart == 1)


@uncounted
def present_scale(account: Structs, terms: Structs) -> float:
    """The factor on the row's weights now."""
    scale: float = account.scale
    return scale * terms.derisk_to if account.derisked == 1 else scale


@uncounted
def open_episode(book: Structs, account: Structs, row: int, t: int, part: int) -> None:
    """Begin a trade at the present NAV; part: above zero where it is asked for in parts."""
    nav = net_asset_value(book, account)
    account.active, account.derisked = 1, 0
    account.long_closed, account.short_closed = 0, 0
    account.row, account.since = row, t
    account.uncounted, account.over = 0, 0
    account.entry_nav, account.peak_nav, account.peak_pnl = nav, nav, 0.0
    for i in range(book.size):
        book[i].earned, book[i].apart = 0.0, int(part > 0)


@uncounted
def volatility_scale(terms: Structs, vol: float) -> float:
    """Target over ex-ante volatility, at most max_scale; 1 where the target is off or the volatility unknown."""
    if math.isnan(terms.target_vol) or not vol > 0.0:
        return 1.0
    scale: float = min(terms.target_vol / vol, terms.max_scale)
    return scale


@uncounted
def margin_scale(weights: Floats, scale: float, terms: Structs, tickers: Structs) -> float:
    """The fraction of the wanted weights that the initial requirement allows, where it is enforced."""
    if terms.margin_action < REDUCE:
        return 1.0
    required = 0.0
    for i in range(weights.size):
        if not math.isnan(weights[i]):
            required += abs(weights[i]) * scale * initial_frac(terms, weights[i]) * tickers[i].house
    return float(allowed_frac(required))


@uncounted
def end_if_flat(book: Structs, account: Structs) -> None:
    """End the trade when nothing of it is held or waits to be entered."""
    if account.active == 0:
        return
    for n in range(account.live):
        i = book[n].live
        if book[i].shares != 0.0 or (not math.isnan(book[i].pending) and book[i].pending != 0.0):
            return
    account.active = 0
