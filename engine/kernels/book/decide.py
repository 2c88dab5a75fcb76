"""What the rules decide at a close, to be filled from the next open on; later decisions overrule earlier ones."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .episode import LONG, SHORT, present_scale, sized, volatility_scale
from .hold import cell_row, note_live
from .log import ask, ask_exit
from .margin import is_cut, maintenance_of_live
from .records import CUT, Conditions, MarginAction, Reason, State, Structs

BAND, DERISK, REBALANCE = int(Reason.BAND), int(Reason.DERISK), int(Reason.REBALANCE)
STOP_LOSS, TAKE_PROFIT = int(Reason.STOP_LOSS), int(Reason.TAKE_PROFIT)
TRAILING_STOP, MAX_HOLD = int(Reason.TRAILING_STOP), int(Reason.MAX_HOLD)
LEG_STOP, MARGIN_CALL, RECALL = int(Reason.LEG_STOP), int(Reason.MARGIN_CALL), int(Reason.RECALL)
OFF, REDUCE, LIQUIDATE = int(MarginAction.OFF), int(MarginAction.REDUCE), int(MarginAction.LIQUIDATE)
# Of Conditions.rebalance: a day that is no session of a trade.
UNCOUNTED = 2


@uncounted
def decide(state: State, conditions: Conditions, bank: Floats, t: int, nav: float) -> float:
    """Let every rule look at the close of session `t`; returns the maintenance requirement."""
    book, account = state.book, state.account[0]
    terms, tickers = conditions.terms[0], conditions.tickers
    required = maintenance_of_live(book, account, terms, tickers) if terms.margin_action != OFF else 0.0
    called = required > 0.0 and nav < required
    active = account.active == 1
    if active:
        pnl = (nav - account.entry_nav) / account.entry_nav
        high = note_peaks(account, pnl, nav)
        weights, vol = bank[account.row], conditions.vol[account.row, t + 1]
        if conditions.rebalance[t] == UNCOUNTED and t > account.since:
            account.uncounted += 1
        resize(book, account, terms, tickers, weights, nav, high, conditions.rebalance[t] == 1, vol)
    if called and terms.margin_action == REDUCE:
        ask_for_cuts(book)
        account.cuts = 1
    elif account.cuts == 1:
        account.cuts = any_cut(book)
    if active:
        account.long_closed |= stop_leg(book, account, tickers, LONG, account.long_closed, terms.long_stop)
        account.short_closed |= stop_leg(book, account, tickers, SHORT, account.short_closed, terms.short_stop)
    recall(book, account, conditions.cells, t)
    if active:
        leave(book, account, terms, t, pnl)
    if called and terms.margin_action == LIQUIDATE:
        exit_all(book, account, MARGIN_CALL)
    return required


@uncounted
def note_peaks(account: Structs, pnl: float, nav: float) -> bool:
    """Raise the peaks of P&L and NAV since entry; True where NAV is at or above its peak."""
    account.peak_pnl = max(account.peak_pnl, pnl)
    high = nav >= account.peak_nav
    account.peak_nav = max(account.peak_nav, nav)
    return bool(high)


@uncounted
def resize(
    book: Structs,
    account: Structs,
    terms: Structs,
    tickers: Structs,
    weights: Floats,
    nav: float,
    high: bool,
    due: bool,
    vol: float,
) -> None:
    """Ask for new sizes after a drawdown, a drift beyond the band, or on a date; the date's reason stands."""
    reason = derisk(account, terms, nav, high)
    if reason == 0 and nav > 0.0 and drifted(book, account, terms, tickers, weights, nav):
        reason = BAND
    if due:
        reason = REBALANCE
        if not math.isnan(terms.target_vol) and vol > 0.0:
            account.scale = account.base * volatility_scale(terms, vol)
    if reason == 0:
        return
    for i in range(book.size):
        if sized(account, book[i], tickers[i].leg, weights[i]) and book[i].pending != 0.0:
            ask(book[i], weights[i] * present_scale(account, terms), reason)
    note_live(book, account)


@uncounted
def derisk(account: Structs, terms: Structs, nav: float, high: bool) -> int:
    """Cut the trade after a drawdown and restore it at a new high; the reason for new sizes, or 0."""
    if math.isnan(terms.derisk_drawdown):
        return 0
    if account.derisked == 0 and nav / account.peak_nav - 1.0 <= -terms.derisk_drawdown:
        account.derisked = 1
        return DERISK
    if account.derisked == 1 and high:
        account.derisked = 0
        return DERISK
    return 0


@uncounted
def drifted(book: Structs, account: Structs, terms: Structs, tickers: Structs, weights: Floats, nav: float) -> bool:
    """Whether a position of the trade is further from its target than the band allows."""
    if math.isnan(terms.band):
        return False
    for i in range(book.size):
        if book[i].shares != 0.0 and sized(account, book[i], tickers[i].leg, weights[i]):
            target = weights[i] * present_scale(account, terms)
            actual = book[i].shares * book[i].price / nav
            if abs(actual - target) > terms.band * abs(target):
                return True
    return False


@uncounted
def ask_for_cuts(book: Structs) -> None:
    """Ask for every position to be cut to what margin allows, by the prices at which the order fills."""
    for i in range(book.size):
        if book[i].shares != 0.0 and book[i].pending != 0.0:
            ask(book[i], CUT, MARGIN_CALL)


@uncounted
def any_cut(book: Structs) -> int:
    """1 where an order of an earlier margin call still waits."""
    found = 0
    for i in range(book.size):
        found |= is_cut(book[i])
    return found


@uncounted
def stop_leg(book: Structs, account: Structs, tickers: Structs, leg: int, closed: int, stop: float) -> int:
    """Close a leg that has lost more than its stop allows, the other stays; 1 where it was closed."""
    if math.isnan(stop) or closed == 1:
        return 0
    earned = 0.0
    for i in range(book.size):
        if tickers[i].leg == leg:
            earned += book[i].earned
    if not earned <= -stop * account.entry_nav:
        return 0
    for i in range(book.size):
        if tickers[i].leg == leg:
            ask_exit(book[i], LEG_STOP)
    return 1


@uncounted
def recall(book: Structs, account: Structs, cells: Structs, t: int) -> None:
    """Cover every short whose shares are called back."""
    row = cell_row(cells, t)
    for n in range(account.live):
        i = book[n].live
        if book[i].shares < 0.0 and cells[row, i].recall == 1:
            ask_exit(book[i], RECALL)


@uncounted
def leave(book: Structs, account: Structs, terms: Structs, t: int, pnl: float) -> None:
    """End the trade by the first exit rule that applies; a rule that is off compares with NaN and never does."""
    if pnl <= -terms.stop_loss:
        exit_all(book, account, STOP_LOSS)
    elif pnl >= terms.take_profit:
        exit_all(book, account, TAKE_PROFIT)
    elif account.peak_pnl - pnl >= terms.trailing_stop:
        exit_all(book, account, TRAILING_STOP)
    elif terms.max_hold > 0 and t - account.since - account.uncounted >= terms.max_hold:
        exit_all(book, account, MAX_HOLD)


@uncounted
def exit_all(book: Structs, account: Structs, reason: int) -> None:
    """Ask for the end of every position, drop every entry that waits, and end the trade."""
    for i in range(book.size):
        ask_exit(book[i], reason)
    account.active, account.over = 0, 1
