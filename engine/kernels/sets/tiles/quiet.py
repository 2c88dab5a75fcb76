"""What happens to a tile without a trade: financing, and write-offs of what is gone."""

from __future__ import annotations

from ....arrays import Floats
from ...book.episode import LONG, SHORT
from ...book.hold import YEAR_DAYS
from ...book.records import CLOSE, Structs
from ...jit import merged, uncounted
from .known import DELISTED, NOT_GONE, Known
from .lanes import LANES, lane_rows
from .tile import CASH, FEE, LONG_EARNED, PAID, SHORT_EARNED, START, TRADED, TROUBLE, Tile


@uncounted
def pay_interest(lanes: Floats, fees: Floats, terms: Structs, days: float) -> None:
    """Charge borrow fees (LANES,) and pay interest for the nights before a session."""
    years = days / YEAR_DAYS
    credit, debit = terms.cash_rate * years, terms.margin_rate * years
    for s in range(LANES):
        cash, fee = lanes[CASH + s], fees[s]
        lanes[CASH + s] = cash + (cash * (credit if cash > 0.0 else debit) - fee)
        lanes[PAID + s] += fee


@merged
def add_cash(tile: Tile, given: Floats, terms: Structs, financed: bool, days: Floats) -> None:
    """Turn the value of shares (T, LANES) into NAV; cash earns and pays over the nights between."""
    lanes, fees, nav = tile.lanes, lane_rows(tile.fees), lane_rows(given)
    for t in range(nav.shape[0]):
        if financed and t > 0:
            pay_interest(lanes, fees[t], terms, days[t])
        for s in range(LANES):
            nav[t, s] += lanes[CASH + s]


@merged
def keep_fees(tile: Tile, sessions: int) -> None:
    """Keep the borrow fees of the night after a piece, which the next one pays."""
    lanes, fees = tile.lanes, tile.fees
    for s in range(LANES):
        lanes[FEE + s] = fees[sessions, s]


@merged
def write_off_gone(
    tile: Tile, known: Known, tickers: Structs, cells: Structs, at: tuple[int, bool], opening: bool
) -> None:
    """Book what a close finds gone at what it recovers of its last price.

    at: the session, and whether everything ends with it; cells: (N,) of CELL then; opening: whether a trade may open
    at this close; its entry is that before the loss, which is for single runs.
    """
    lanes, shares, back, (t, ends) = tile.lanes, tile.shares, tile.back, at
    for i in range(shares.shape[0]):
        gone = cells[i].gone
        if gone == NOT_GONE or (gone != DELISTED and not ends):
            continue
        price, leg = known.levels[CLOSE, t, i] * tickers[i].recovery, tickers[i].leg
        step = price - tile.table[START, i]
        for s in range(LANES):
            if shares[i, s] != 0.0 and back[s] <= t:
                lanes[CASH + s] += shares[i, s] * price
                lanes[TRADED + s] += abs(shares[i, s]) * price
                lanes[LONG_EARNED + s] += shares[i, s] * step if leg == LONG else 0.0
                lanes[SHORT_EARNED + s] += shares[i, s] * step if leg == SHORT else 0.0
                shares[i, s], tile.shorts[i, s] = 0.0, 0.0
                lanes[TROUBLE + s] = 1.0 if opening else lanes[TROUBLE + s]


@uncounted
def carry_legs(lanes: Floats, held: Floats, tickers: Structs, start: Floats, stop: Floats) -> None:
    """Add to the P&L of both legs what prices (N,) moved from `start` to `stop`."""
    shares = lane_rows(held)
    for i in range(shares.shape[0]):
        leg, step = tickers[i].leg, stop[i] - start[i]
        if leg >= 0 and step != 0.0:
            earned = LONG_EARNED if leg == LONG else SHORT_EARNED
            for s in range(LANES):
                lanes[earned + s] += shares[i, s] * step


@uncounted
def stand_at(start: Floats, prices: Floats) -> None:
    """Note at which prices (N,) the P&L of legs stands."""
    for i in range(start.size):
        start[i] = prices[i]


@uncounted
def close_legs(
    lanes: Floats, given: Floats, tickers: Structs, start: Floats, stop: Floats, nights: Floats, last: Floats
) -> None:
    """carry_legs, and take borrow fees (N,) off, USD a share sold short: of the nights before, and of the last one."""
    shares = lane_rows(given)
    for i in range(shares.shape[0]):
        leg, step, fee = tickers[i].leg, stop[i] - start[i], nights[i] + last[i]
        if leg == LONG:
            for s in range(LANES):
                held = shares[i, s]
                lanes[LONG_EARNED + s] += held * step - max(-held, 0.0) * fee
        elif leg == SHORT:
            for s in range(LANES):
                held = shares[i, s]
                lanes[SHORT_EARNED + s] += held * step - max(-held, 0.0) * fee
