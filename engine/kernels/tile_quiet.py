"""Sessions of a tile in which nothing trades."""

from __future__ import annotations

from .hold import YEAR_DAYS
from .jit import inlined
from .known import Known
from .records import CLOSE, Structs
from .tile import CASH, LANES, PAID, TRADED, Tile


@inlined
def pay_interest(tile: Tile, terms: Structs, known: Known, t: int, days: float) -> None:
    """Charge borrow, which stands in tile.fees, and pay interest for the nights before session t."""
    lanes, fees, years = tile.lanes, tile.fees, days / YEAR_DAYS
    credit, debit = terms.cash_rate * years, terms.margin_rate * years
    if known.charged:
        for s in range(LANES):
            cash, fee = lanes[CASH + s], fees[t, s]
            lanes[CASH + s] = cash + (cash * (credit if cash > 0.0 else debit) - fee)
            lanes[PAID + s] += fee
    elif credit != 0.0 or debit != 0.0:
        for s in range(LANES):
            cash = lanes[CASH + s]
            lanes[CASH + s] = cash + cash * (credit if cash > 0.0 else debit)


@inlined
def write_off_retired(tile: Tile, known: Known, tickers: Structs, t: int, max_stale: int) -> bool:
    """Book what has missed too many closes at what it recovers of its last price; whether there was any."""
    lanes, shares, stale, back, found = tile.lanes, tile.shares, tile.stale, tile.back, False
    for i in range(shares.shape[0]):
        if known.streak[t, i] < max_stale:
            continue
        price = known.levels[CLOSE, t, i] * tickers[i].recovery
        for s in range(LANES):
            if shares[i, s] != 0.0 and stale[i, s] + 1.0 >= max_stale and back[s] <= t:
                lanes[CASH + s] += shares[i, s] * price
                lanes[TRADED + s] += abs(shares[i, s]) * price
                shares[i, s], tile.shorts[i, s] = 0.0, 0.0
                found = True
    return found


@inlined
def count_missed(tile: Tile, known: Known, t: int) -> None:
    """Count the closes that held tickers have missed, in lanes that take part."""
    shares, stale, back = tile.shares, tile.stale, tile.back
    for i in range(shares.shape[0]):
        if known.streak[t, i] > 0:
            for s in range(LANES):
                missed = stale[i, s] + 1.0 if shares[i, s] != 0.0 else 0.0
                stale[i, s] = missed if back[s] <= t else stale[i, s]
        elif t > 0 and known.streak[t - 1, i] > 0:
            for s in range(LANES):
                stale[i, s] = 0.0 if back[s] <= t else stale[i, s]


@inlined
def add_cash(tile: Tile, start: int, stop: int) -> None:
    """NAV of sessions start .. stop - 1, where the value of the shares stands."""
    lanes, nav = tile.lanes, tile.nav
    for t in range(start, stop):
        for s in range(LANES):
            nav[t, s] += lanes[CASH + s]
