"""Orders in shares and contracts at one mark, and what a close makes of options that end."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .fill import REJECTED, buy_or_sell
from .hold import INTRADAY, cell_row, move
from .listed import AfterExercise, Listed
from .log import DEFERRED, log
from .records import CLOSE, NAN, Cause, Conditions, Reason, Record, State, Status, Structs

COMMISSION, SPREAD = int(Cause.COMMISSION), int(Cause.SPREAD)
FILLED = int(Status.FILLED)
ORDER, NO_OPEN, NO_PRICE = int(Reason.ORDER), int(Reason.NO_OPEN), int(Reason.NO_PRICE)
RULE_201, CAP = int(Reason.RULE_201), int(Reason.CAP)
EXERCISED, ASSIGNED, EXPIRED = int(Reason.EXERCISED), int(Reason.ASSIGNED), int(Reason.EXPIRED)
COVER = int(Reason.COVER)
SAME_CLOSE, KEEP = int(AfterExercise.SAME_CLOSE), int(AfterExercise.KEEP)


@uncounted
def wait_for(given: Listed, ticker: int, shares: float, why: int, stays: int) -> None:
    """Let an order in shares wait; one too many for the room there is would be a fault of who made the room."""
    n = given.counts[0]
    if n >= given.waiting.size:
        return
    order = given.waiting[n]
    order.ticker, order.shares, order.why, order.told, order.stays = ticker, shares, why, 0, stays
    given.counts[0] = n + 1


@uncounted
def take_over(book: Structs, given: Listed, t: int) -> None:
    """Make exits that rules ask of contracts orders in contracts: the whole of what is held."""
    for i in range(book.size):
        if given.quotes[t, i].size != 0.0 and not math.isnan(book[i].pending):
            if book[i].shares != 0.0 and not closes_already(given, i):
                wait_for(given, i, NAN, book[i].why, 1)
            book[i].pending = NAN


@uncounted
def closes_already(given: Listed, i: int) -> bool:
    """Whether an order that closes the whole of a position waits."""
    found = False
    for n in range(given.counts[0]):
        found = found or (given.waiting[n].ticker == i and math.isnan(given.waiting[n].shares))
    return found


@uncounted
def fill_quantities(
    record: Record, state: State, conditions: Conditions, given: Listed, t: int, mark: int, prices: Floats
) -> bool:
    """Try every order in shares that waits, in the order in which they came; returns whether any was there."""
    count, left = given.counts[0], 0
    for n in range(count):
        waits = try_quantity(record, state, conditions, given, given.waiting[n], t, mark, prices)
        if waits:
            given.waiting[left] = given.waiting[n]
            left += 1
    given.counts[0] = left
    return bool(count > 0)


@uncounted
def try_quantity(
    record: Record,
    state: State,
    conditions: Conditions,
    given: Listed,
    order: Structs,
    t: int,
    mark: int,
    prices: Floats,
) -> bool:
    """Fill one of them where it has a price; returns whether it goes on waiting."""
    book, account, i = state.book, state.account[0], order.ticker
    held = book[i]
    shares = -held.shares if math.isnan(order.shares) else order.shares
    if shares == 0.0:
        return False
    if not (math.isfinite(prices[i]) and prices[i] >= 0.0):
        reduces = abs(held.shares + shares) < abs(held.shares)
        if order.stays == 1 or reduces or mark != CLOSE:
            tell(record.lines, account, order, t, mark, NO_PRICE if mark == CLOSE else NO_OPEN)
            return True
        log(record.lines, account, t, mark, i, REJECTED, NO_PRICE)
        return False
    if held.shares == 0.0:
        held.price = prices[i]
    if given.quotes[t, i].size != 0.0:
        trade_contracts(record, account, held, given, order, t, mark, shares)
        return False
    return trade_shares(record, account, held, conditions, order, t, mark, shares)


@uncounted
def tell(lines: Structs, account: Structs, order: Structs, t: int, mark: int, reason: int) -> None:
    """Note that an order in shares waits, once for each reason; a missing close says no less than a missing open."""
    bit = 1 << reason
    if order.told & bit == 0:
        log(lines, account, t, mark, order.ticker, DEFERRED, reason)
    order.told |= bit
    if reason == NO_PRICE:
        order.told |= 1 << NO_OPEN


@uncounted
def trade_contracts(
    record: Record, account: Structs, held: Structs, given: Listed, order: Structs, t: int, mark: int, shares: float
) -> None:
    """Buy at the mark and half the width, sell at the mark less it but not below zero; commission by the contract."""
    quote, reference, i = given.quotes[t, order.ticker], held.price, order.ticker
    half = quote.half_close if mark == CLOSE else quote.half_open
    half = 0.0 if math.isnan(half) else half
    if shares < 0.0:
        half = min(half, reference)
    price = reference + math.copysign(half, shares)
    commission, spread = abs(shares) / quote.size * given.fee_usd, abs(shares) * half
    notional = abs(shares) * reference
    account.cash -= shares * price + commission
    held.shares += shares
    held.traded += notional
    account.traded += notional
    account.paid += commission + spread
    held.earned -= commission + spread
    line = log(record.lines, account, t, mark, i, FILLED, order.why)
    if line >= 0:
        note = record.lines[line]
        note.shares, note.reference, note.price, note.commission = shares, reference, price, commission
        note.spread, note.slippage, note.impact = spread, 0.0, 0.0
    if record.pnl.shape[0] > 0:
        record.pnl[t, i, COMMISSION] -= commission
        record.pnl[t, i, SPREAD] -= spread


@uncounted
def trade_shares(
    record: Record,
    account: Structs,
    held: Structs,
    conditions: Conditions,
    order: Structs,
    t: int,
    mark: int,
    shares: float,
) -> bool:
    """Trade shares as far as bars and the cap allow; returns whether the rest goes on waiting."""
    i, terms = order.ticker, conditions.terms[0]
    cell = conditions.cells[cell_row(conditions.cells, t), i]
    before, waits = held.shares, False
    target = before + shares
    bar = cell.barred_close if mark == CLOSE else cell.barred_open
    if bar != 0 and target < min(before, 0.0):
        waits = bar == RULE_201 and terms.defer_201 == 1
        if waits:
            tell(record.lines, account, order, t, mark, bar)
        else:
            log(record.lines, account, t, mark, i, REJECTED, bar)
        target = min(before, 0.0)
    change = target - before
    room = max(cell.cap - held.traded, 0.0)
    if abs(change) * held.price > room * (1.0 + 1e-12):
        waits = True
        tell(record.lines, account, order, t, mark, CAP)
        change = math.copysign(room / held.price, change)
        if terms.lot == 1:
            change = float(math.trunc(change))
        target = before + change
    if change == 0.0:
        return waits
    # Its own order in weight, if it has one, goes on waiting.
    pending, why = held.pending, held.why
    held.pending, held.why = NAN, order.why
    buy_or_sell(
        record.lines, record.pnl, account, held, terms, conditions.tickers[i], cell.impact, t, mark, i, change, target
    )
    held.pending, held.why = pending, why
    if waits and not math.isnan(order.shares):
        order.shares -= change
    return waits


@uncounted
def end_options(record: Record, state: State, given: Listed, t: int, e: int) -> int:
    """Exercise, assign or let expire what ends at the close of session `t`, from row `e` of the exercises on; returns
    the row after. Shares that this opens are to be closed, unless they are kept."""
    book = state.book
    while e < given.exercises.size and given.exercises[e].session == t:
        under, first = given.exercises[e].under, e
        before = book[under].shares
        while e < given.exercises.size and given.exercises[e].session == t and given.exercises[e].under == under:
            end_option(record, state, given, given.exercises[e], t)
            e += 1
        opened = opened_by(before, book[under].shares)
        if opened != 0.0 and given.after != KEEP and e > first:
            wait_for(given, under, -opened, COVER, 1)
    return e


@uncounted
def opened_by(before: float, now: float) -> float:
    """The part of a position that is further from zero, or beyond it, than it was."""
    if before * now < 0.0:
        return now
    return now - before if abs(now) > abs(before) else 0.0


@uncounted
def end_option(record: Record, state: State, given: Listed, ended: Structs, t: int) -> None:
    """Book the end of a contract at what it is worth then, and the shares that it moves at the price of the stock."""
    book, account, i = state.book, state.account[0], ended.ticker
    held, stock = book[i], book[ended.under]
    drop_orders(given, i)
    if held.shares == 0.0:
        return
    move(record.pnl, held, t, i, INTRADAY, ended.worth)
    why = EXPIRED if ended.worth == 0.0 else (EXERCISED if held.shares > 0.0 else ASSIGNED)
    moved = held.shares * ended.into
    if moved != 0.0:
        move(record.pnl, stock, t, ended.under, INTRADAY, ended.spot)
        stock.shares += moved
    account.cash += held.shares * ended.usd
    note_end(record.lines, account, t, i, -held.shares, ended.worth, why)
    if moved != 0.0:
        note_end(record.lines, account, t, ended.under, moved, ended.spot, why)
    held.shares, held.pending = 0.0, NAN


@uncounted
def note_end(lines: Structs, account: Structs, t: int, i: int, shares: float, price: float, why: int) -> None:
    """A line of what an exercise moves: nothing is traded, so nothing is paid."""
    line = log(lines, account, t, CLOSE, i, FILLED, why)
    if line >= 0:
        note = lines[line]
        note.shares, note.reference, note.price = shares, price, price
        note.commission, note.spread, note.slippage, note.impact = 0.0, 0.0, 0.0, 0.0


@uncounted
def drop_orders(given: Listed, i: int) -> None:
    """Forget the orders of a contract that is no more."""
    left = 0
    for n in range(given.counts[0]):
        if given.waiting[n].ticker != i:
            given.waiting[left] = given.waiting[n]
            left += 1
    given.counts[0] = left
