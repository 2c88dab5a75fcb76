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


@uncounted
def place(
    order: Structs, bank: Floats, book: Structs, account: Structs, terms: Structs, tickers: Structs, vol: Floats, t: int
) -> None:
    """Make an order row the waiting order of every ticker that it names; any weight but zero opens a trade."""
    weights, scale, opens = bank[order.row], order.scale, False
    for i in range(book.size):
        opens = opens or (not math.isnan(weights[i]) and weights[i] != 0.0)
    if opens:
        by_vol = volatility_scale(terms, vol[order.row, t])
        by_margin = margin_scale(weights, scale * by_vol, terms, tickers)
        open_episode(book, account, order.row, t)
        account.base = scale * by_margin
        scale = scale * by_vol * by_margin
        account.scale = scale
    for i in range(book.size):
        # To sell what is not held would end as it began: most tickers of a wide row are left out of all that follows.
        idle = weights[i] == 0.0 and book[i].shares == 0.0 and math.isnan(book[i].pending)
        if not (math.isnan(weights[i]) or idle):
            ask(book[i], weights[i] * scale, ORDER)


@uncounted
def open_episode(book: Structs, account: Structs, row: int, t: int) -> None:
    """Begin a trade at the present NAV."""
    nav = net_asset_value(book, account)
    account.active, account.derisked = 1, 0
    account.long_closed, account.short_closed = 0, 0
    account.row, account.since = row, t
    account.entry_nav, account.peak_nav, account.peak_pnl = nav, nav, 0.0
    for i in range(book.size):
        book[i].earned = 0.0


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
