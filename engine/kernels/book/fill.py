"""Orders at one mark: sizing, bars and limits, deferral, rejection, prices and costs."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .hold import cell_row
from .log import defer, log
from .margin import is_cut, kept_frac
from .records import CLOSE, NAN, Cause, Conditions, Reason, Record, State, Status, Structs

COMMISSION, SPREAD = int(Cause.COMMISSION), int(Cause.SPREAD)
SLIPPAGE, IMPACT = int(Cause.SLIPPAGE), int(Cause.IMPACT)
FILLED, REJECTED = int(Status.FILLED), int(Status.REJECTED)
NO_OPEN, NO_PRICE, NO_NAV = int(Reason.NO_OPEN), int(Reason.NO_PRICE), int(Reason.NO_NAV)
STALE, DELISTED = int(Reason.STALE), int(Reason.DELISTED)
RULE_201, CAP = int(Reason.RULE_201), int(Reason.CAP)
TOO_SMALL, NO_BID = int(Reason.TOO_SMALL), int(Reason.NO_BID)
LESS_THAN_ONE_SHARE = int(Reason.LESS_THAN_ONE_SHARE)
# Trades below this fraction of NAV come from rounding in the target, not from a decision.
DUST_FRAC = 1e-12


@uncounted
def net_asset_value(book: Structs, account: Structs) -> float:
    """Cash plus every position at its last known price."""
    nav: float = account.cash
    for n in range(account.live):
        i = book[n].live
        if book[i].shares != 0.0:
            nav += book[i].shares * book[i].price
    return nav


@uncounted
def target_shares(weight: float, nav: float, price: float) -> float:
    """Shares that make up a fraction of NAV."""
    return weight * nav / price


@uncounted
def price_paid(reference: float, concession: float, change: float) -> float:
    """USD a share: buyers pay the concession on top of the reference price, sellers give it up."""
    return reference * (1.0 + math.copysign(concession, change))


@uncounted
def commission_on(change: float, price: float, frac: float, per_share: float, minimum: float) -> float:
    """USD of commission on a trade of `change` shares at the price paid."""
    return max(abs(change) * price * frac + abs(change) * per_share, minimum)


@uncounted
def fill(record: Record, state: State, conditions: Conditions, t: int, mark: int, prices: Floats) -> None:
    """Fill what waits at a mark: all orders together, sized on NAV before any of them costs anything."""
    book, account, lines, pnl = state.book, state.account[0], record.lines, record.pnl
    terms, tickers, cells = conditions.terms[0], conditions.tickers, conditions.cells
    nav = net_asset_value(book, account)
    # Before the first fill: one factor for all.
    kept = kept_frac(book, terms, tickers, prices, nav) if account.cuts == 1 else 1.0
    row = cell_row(cells, t)
    for n in range(account.live):
        i = book[n].live
        held = book[i]
        if math.isnan(held.pending):
            continue
        if held.pending == 0.0 and held.shares == 0.0:
            held.pending = NAN
        elif not prices[i] >= 0.0:
            if held.why == STALE or held.why == DELISTED:
                write_off(lines, account, held, t, mark, i, held.why)
            elif math.isnan(prices[i]):  # where its exchange is not at this mark it waits in silence
                defer_or_drop(lines, account, held, t, mark, i, NO_PRICE if mark == CLOSE else NO_OPEN)
        elif held.pending != 0.0 and nav <= 0.0 and not is_cut(held):
            reject(lines, account, held, t, mark, i, NO_NAV)
        else:
            trade_towards(lines, pnl, account, held, terms, tickers[i], cells[row, i], t, mark, i, nav, kept)


@uncounted
def any_waits(book: Structs, account: Structs) -> bool:
    """Whether an order waits."""
    waiting = False
    for n in range(account.live):
        waiting = waiting or not math.isnan(book[book[n].live].pending)
    return waiting


@uncounted
def reject(lines: Structs, account: Structs, held: Structs, t: int, mark: int, i: int, reason: int) -> None:
    """End an order that cannot be filled."""
    log(lines, account, t, mark, i, REJECTED, reason)
    held.pending = NAN


@uncounted
def defer_or_drop(lines: Structs, account: Structs, held: Structs, t: int, mark: int, i: int, reason: int) -> None:
    """Handle an order without a price: an exit waits for one, an entry waits from an open to its close."""
    if held.pending == 0.0 or mark != CLOSE:
        defer(lines, account, held, t, mark, i, reason)
    else:
        reject(lines, account, held, t, mark, i, reason)


@uncounted
def write_off(lines: Structs, account: Structs, held: Structs, t: int, mark: int, i: int, reason: int) -> None:
    """Turn a position that is gone into cash at the price it stands at; nothing is traded, so nothing is paid."""
    line = log(lines, account, t, mark, i, FILLED, reason)
    if line >= 0:
        note = lines[line]
        note.shares, note.reference, note.price = -held.shares, held.price, held.price
        note.commission, note.spread, note.slippage, note.impact = 0.0, 0.0, 0.0, 0.0
    account.cash += held.shares * held.price
    account.traded += abs(held.shares) * held.price
    held.shares = 0.0
    held.pending = NAN


@uncounted
def trade_towards(
    lines: Structs,
    pnl: Floats,
    account: Structs,
    held: Structs,
    terms: Structs,
    ticker: Structs,
    cell: Structs,
    t: int,
    mark: int,
    i: int,
    nav: float,
    kept: float,
) -> None:
    """Trade a ticker as far towards its waiting target as bars and limits allow.

    kept: what a margin call leaves of a position, a factor on its shares, so that it never grows or changes sides.
    """
    weight, before, waits = held.pending, held.shares, False
    if is_cut(held):
        weight, target = (held.pending if kept > 0.0 else 0.0), before * kept
    else:
        target = 0.0 if weight == 0.0 else target_shares(weight, nav, held.price)
    bar = cell.barred_close if mark == CLOSE else cell.barred_open
    if bar != 0 and target < min(before, 0.0):
        waits = bar == RULE_201 and terms.defer_201 == 1
        if waits:
            defer(lines, account, held, t, mark, i, bar)
        else:
            log(lines, account, t, mark, i, REJECTED, bar)
        target = min(before, 0.0)
    asked = target
    if terms.lot == 1:
        target = float(math.trunc(target)) if target != before else target
    change = target - before
    notional = abs(change) * held.price
    if weight != 0.0:
        if notional <= DUST_FRAC * nav:
            if abs(asked - before) * held.price > DUST_FRAC * nav:
                log(lines, account, t, mark, i, REJECTED, LESS_THAN_ONE_SHARE)
            held.pending = held.pending if waits else NAN
            return
        if notional < terms.min_order:
            reject(lines, account, held, t, mark, i, TOO_SMALL)
            return
    room = max(cell.cap - held.traded, 0.0)
    if notional > room * (1.0 + 1e-12):
        waits = True
        defer(lines, account, held, t, mark, i, CAP)
        change = math.copysign(room / held.price, change)
        if terms.lot == 1:
            change = float(math.trunc(change))
        # Rounding may leave a dust of room under a cap that is used up; it would pay the minimum commission.
        if abs(change) * held.price <= DUST_FRAC * max(nav, 0.0):
            change = 0.0
        target = before + change
    if change != 0.0 and not buy_or_sell(
        lines, pnl, account, held, terms, ticker, cell.impact, t, mark, i, change, target
    ):
        return
    held.pending = held.pending if waits else NAN


@uncounted
def buy_or_sell(
    lines: Structs,
    pnl: Floats,
    account: Structs,
    held: Structs,
    terms: Structs,
    ticker: Structs,
    impact_coefficient: float,
    t: int,
    mark: int,
    i: int,
    change: float,
    target: float,
) -> bool:
    """Trade `change` shares at the last known price and pay for it; False where nobody would buy them."""
    reference = held.price
    notional = abs(change) * reference
    impact = impact_coefficient * math.sqrt(notional)
    concession = ticker.half_spread + ticker.slippage + impact
    if change < 0.0 and concession >= 1.0:
        if held.pending == 0.0:
            defer(lines, account, held, t, mark, i, NO_BID)
        else:
            reject(lines, account, held, t, mark, i, NO_BID)
        return False
    price = price_paid(reference, concession, change)
    commission = commission_on(
        change, price, terms.commission, terms.per_share * ticker.share_fee, terms.min_commission
    )
    spread, slippage, impact = notional * ticker.half_spread, notional * ticker.slippage, notional * impact
    account.cash -= change * price + commission
    held.shares = target
    held.traded += notional
    account.traded += notional
    account.paid += commission + spread + slippage + impact
    held.earned -= commission + spread + slippage + impact
    line = log(lines, account, t, mark, i, FILLED, held.why)
    if line >= 0:
        note = lines[line]
        note.shares, note.reference, note.price, note.commission = change, reference, price, commission
        note.spread, note.slippage, note.impact = spread, slippage, impact
    if pnl.shape[0] > 0:
        pnl[t, i, COMMISSION] -= commission
        pnl[t, i, SPREAD] -= spread
        pnl[t, i, SLIPPAGE] -= slippage
        pnl[t, i, IMPACT] -= impact
    return True
