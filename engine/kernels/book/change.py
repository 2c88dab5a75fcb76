"""Corporate actions: a share becomes other shares and cash before a mark is priced."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .records import NAN, Cause, Structs

OVERNIGHT, CASH_FLOW = int(Cause.OVERNIGHT), int(Cause.CASH_FLOW)
# A count of shares this near to a whole number is one, relative to itself above one share.
WHOLE_SLACK = 1e-9


@uncounted
def change_shares(pnl: Floats, book: Structs, account: Structs, terms: Structs, change: Structs, t: int) -> None:
    """Let an action change what is held and what waits, at last known prices: its effect on them comes with the mark.

    A share that ends moves to what is given for it; what a share brings that goes on is income. Where only whole
    shares can be held a fraction becomes cash at the price at which it is booked.
    """
    i, into = change.ticker, change.into
    held, ends = book[i], change.keep == 0.0
    if ends and into >= 0 and not math.isnan(held.pending):
        hand_on(held, book[into])
    before = held.shares
    if before == 0.0:
        return
    worth, per_share = 0.0, change.usd
    if into >= 0:
        worth = worth_of(book[into], held, change)
        per_share += change.given * worth
    gain, cause = before * per_share, CASH_FLOW
    if ends:
        gain, cause = before * (per_share - held.price), OVERNIGHT
    if gain != 0.0:
        held.earned += gain
        if pnl.shape[0] > 0:
            pnl[t, i, cause] += gain
    account.cash += before * change.usd
    if not ends:
        held.price /= change.keep
    held.shares = whole(account, terms, before * change.keep, held.price)
    if into >= 0:
        book[into].shares += whole(account, terms, before * change.given, worth)
        book[into].price = worth


@uncounted
def hand_on(held: Structs, heir: Structs) -> None:
    """An order that waits for a ticker that ends waits for its heir, unless that has one of its own."""
    if math.isnan(heir.pending):
        heir.pending, heir.why, heir.told = held.pending, held.why, held.told
    held.pending = NAN


@uncounted
def worth_of(heir: Structs, held: Structs, change: Structs) -> float:
    """USD at which a delivered share is booked: as those that are held already, as stated, or as it was paid for."""
    if heir.shares != 0.0:
        return float(heir.price)
    if math.isnan(change.worth):
        return float((held.price - change.usd) / change.given)
    return float(change.worth)


@uncounted
def whole(account: Structs, terms: Structs, shares: float, price: float) -> float:
    """The shares that can be held; the fraction that cannot becomes cash at the price."""
    if terms.lot == 0:
        return shares
    kept = float(round(shares))
    if abs(shares - kept) > WHOLE_SLACK * max(1.0, abs(shares)):
        kept = float(math.trunc(shares))
    account.cash += (shares - kept) * price
    return kept
