"""Orders of a tile at one mark, by the plain formulas; lanes for which they do not hold are marked."""

from __future__ import annotations

import math

import numpy as np

from .fill import DUST_FRAC, commission_on, price_paid, target_shares
from .jit import inlined
from .records import CLOSE, OPEN, Floats, Ints, Reason, Structs
from .tile import CASH, CHANGE, LANES, NAV, NOTIONAL, PAID, TRADED, TROUBLE, Tile

RULE_201 = int(Reason.RULE_201)
# What a ticker takes at a mark: nothing, a trade that nothing limits, one that something may, or it has no price.
NOTHING, FREE, LIMITED, UNPRICED = 0, 1, 2, 3


@inlined
def fill_tile(
    tile: Tile,
    marks: Floats,
    tickers: Structs,
    cells: Structs,
    terms: Structs,
    t: int,
    mark: int,
    again: bool,
    late: bool,
) -> None:
    """Trade every lane to its weights at a mark, all tickers sized on Tile.lanes[NAV].

    again: it has traded in this session already; what is left of a cap only the single simulation knows then.
    late: only what waits since the open, which orders that came at the open do where only the close has a price.
    """
    limited, unpriced = sort_tickers(tile.kinds, marks, tickers, cells, terms, t, mark, late)
    prices, kinds = marks[mark, t], tile.kinds
    fill_free(tile.lanes, tile.shares, tile.weights, kinds, prices, tickers, terms)
    if limited:
        fill_limited(tile.lanes, tile.shares, tile.weights, kinds, prices, tickers, cells[t], terms, (mark, again))
    if unpriced:
        refuse(tile.lanes, tile.shares, tile.weights, kinds)


@inlined
def waits_for_close(marks: Floats, t: int, i: int) -> bool:
    """Whether a ticker has no price at the open of a session but one at its close."""
    return math.isfinite(marks[CLOSE, t, i]) and not math.isfinite(marks[OPEN, t, i])


@inlined
def any_waits(marks: Floats, t: int) -> bool:
    """Whether any ticker waits for the close of a session."""
    waiting = 0
    for i in range(marks.shape[2]):
        waiting += waits_for_close(marks, t, i)
    return waiting > 0


@inlined
def sort_tickers(
    kinds: Ints, marks: Floats, tickers: Structs, cells: Structs, terms: Structs, t: int, mark: int, late: bool
) -> tuple[bool, bool]:
    """Fill kinds (N,); returns whether any ticker is limited, and whether any has no price."""
    limited, unpriced = False, False
    for i in range(kinds.size):
        cell, give = cells[t, i], tickers[i].half_spread + tickers[i].slippage
        bar, waits = cell.barred_open if mark == OPEN else cell.barred_close, waits_for_close(marks, t, i)
        kinds[i] = NOTHING
        if (mark == OPEN and waits) or (late and not waits):
            continue
        if not math.isfinite(marks[mark, t, i]):
            kinds[i], unpriced = UNPRICED, True
        elif bar == 0 and cell.impact == 0.0 and cell.cap == math.inf and give < 1.0 and terms.lot == 0:
            kinds[i] = FREE
        else:
            kinds[i], limited = LIMITED, True
    return limited, unpriced


@inlined
def asks(weight: float, notional: float, nav: float, min_order: float) -> bool:
    """Whether a weight asks for a trade: an exit always, anything else unless it is dust or too small, NaN never."""
    return weight == 0.0 or (weight == weight and notional > DUST_FRAC * nav and notional >= min_order)


@inlined
def fill_free(
    lanes: Floats, shares: Floats, weights: Floats, kinds: Ints, prices: Floats, tickers: Structs, terms: Structs
) -> None:
    """Trade the tickers whose trades nothing limits and whose prices no trade moves."""
    frac, minimum, min_order = terms.commission, terms.min_commission, terms.min_order
    for i in range(kinds.size):
        if kinds[i] != FREE:
            continue
        price, give = prices[i], tickers[i].half_spread + tickers[i].slippage
        # One division a ticker and not one a lane took a sixth off a fill; what it rounds away is dust and not traded.
        share = target_shares(1.0, 1.0, price)
        for s in range(LANES):
            weight, before, nav = weights[i, s], shares[i, s], lanes[NAV + s]
            change = weight * nav * share - before
            notional = abs(change) * price
            trades = asks(weight, notional, nav, min_order)
            change, notional = (change if trades else 0.0), (notional if trades else 0.0)
            paid = price_paid(price, give, change)
            commission = commission_on(change, paid, frac, minimum) if change != 0.0 else 0.0
            lanes[CASH + s] -= change * paid + commission
            lanes[TRADED + s] += notional
            lanes[PAID + s] += commission + notional * give
            shares[i, s] = before + change


@inlined
def fill_limited(
    lanes: Floats,
    shares: Floats,
    weights: Floats,
    kinds: Ints,
    prices: Floats,
    tickers: Structs,
    cells: Structs,
    terms: Structs,
    at: tuple[int, bool],
) -> None:
    """Trade the tickers with a cap, a bar on shorts, whole shares or impact; mark lanes whose order would go on.

    at: the mark, and whether the session has traded before it.
    """
    frac, minimum, min_order, lot = terms.commission, terms.min_commission, terms.min_order, terms.lot
    for i in range(kinds.size):
        if kinds[i] != LIMITED:
            continue
        price, give, cell = prices[i], tickers[i].half_spread + tickers[i].slippage, cells[i]
        room, impact = -1.0 if at[1] and math.isfinite(cell.cap) else cell.cap * (1.0 + 1e-12), cell.impact
        bar = cell.barred_open if at[0] == OPEN else cell.barred_close
        # What a bar on new shorts leaves: anything down to the lower of zero and the shares held.
        below, patience = 0.0 if bar != 0 else math.inf, 1.0 if bar == RULE_201 and terms.defer_201 == 1 else 0.0
        for s in range(LANES):
            weight, before, nav = weights[i, s], shares[i, s], lanes[NAV + s]
            wanted, floor = target_shares(weight, nav, price), min(before, 0.0) - below
            change = max(wanted, floor) - before
            whole = np.trunc(max(wanted, floor)) - before if change != 0.0 else 0.0
            change = whole if lot == 1 else change
            notional = abs(change) * price
            trades = asks(weight, notional, nav, min_order)
            change, notional = (change if trades else 0.0), (notional if trades else 0.0)
            lanes[CHANGE + s], lanes[NOTIONAL + s] = change, notional
            trouble = lanes[TROUBLE + s] if notional <= room else 1.0
            lanes[TROUBLE + s] = max(trouble, patience if wanted < floor else 0.0)
        for s in range(LANES):
            change, notional = lanes[CHANGE + s], lanes[NOTIONAL + s]
            concession = give + impact * math.sqrt(notional)
            paid = price_paid(price, concession, change)
            commission = commission_on(change, paid, frac, minimum) if change != 0.0 else 0.0
            lanes[CASH + s] -= change * paid + commission
            lanes[TRADED + s] += notional
            lanes[PAID + s] += commission + notional * concession
            shares[i, s] += change
            lanes[TROUBLE + s] = 1.0 if concession >= 1.0 and change < 0.0 else lanes[TROUBLE + s]


@inlined
def refuse(lanes: Floats, shares: Floats, weights: Floats, kinds: Ints) -> None:
    """No price in the whole session: an entry ends, an exit waits, which the single simulation knows to do."""
    for i in range(kinds.size):
        if kinds[i] == UNPRICED:
            for s in range(LANES):
                waits = weights[i, s] == 0.0 and shares[i, s] != 0.0
                lanes[TROUBLE + s] = 1.0 if waits else lanes[TROUBLE + s]


@inlined
def note_shorts(shares: Floats, shorts: Floats) -> None:
    """Bring Tile.shorts up to date."""
    for i in range(shares.shape[0]):
        for s in range(LANES):
            shorts[i, s] = max(-shares[i, s], 0.0)
