"""Orders of a tile at one mark, by the plain formulas; lanes for which they do not hold are marked."""

from __future__ import annotations

import math

import numpy as np

from ....arrays import Floats, Ints
from ...book.episode import LONG, SHORT
from ...book.fill import DUST_FRAC, commission_on, price_paid, target_shares
from ...book.hold import cell_row
from ...book.records import CLOSE, OPEN, Reason, Structs
from ...jit import merged, uncounted
from .lanes import LANES, lane_rows
from .tile import (
    BOUGHT,
    CASH,
    COST,
    LEAST,
    LONG_EARNED,
    NAV,
    NOTIONAL,
    OFF,
    PAID,
    SHORT_EARNED,
    SIGNED,
    SUNK,
    TRADED,
    TROUBLE,
    WANTED,
    Tile,
)
from .watch import Watch

# Terms of costs and orders that a tile knows; a set that asks for others goes one by one.
KNOWN_COSTS = frozenset({"commission", "min_commission", "cash_rate", "margin_rate", "lot", "min_order", "defer_201"})
RULE_201 = int(Reason.RULE_201)
# What a ticker takes at a mark: nothing, a trade that nothing limits, one that something may, or it has no price.
NOTHING, FREE, LIMITED, UNPRICED = 0, 1, 2, 3


@merged
def fill_tile(
    tile: Tile,
    marks: Floats,
    tickers: Structs,
    cells: Structs,
    terms: Structs,
    watch: Watch,
    at: tuple[int, int],
    again: bool,
    late: bool,
) -> None:
    """Trade every lane to its weights at a session and mark, all tickers sized on the section NAV.

    again: it has traded in this session already; what is left of a cap only the single simulation knows then.
    late: only what waits since the open, which orders that came at the open do where only the close has a price.
    """
    t, mark = at
    limited, unpriced = sort_tickers(tile.kinds, marks, tickers, cells, watch.plain, at, late)
    prices, kinds, lanes = marks[mark, t], tile.kinds, tile.lanes
    least_trades(lanes, terms.min_order)
    fill_free(lanes, tile.shares, tile.weights, kinds, prices, tickers, terms.commission)
    if limited:
        fill_limited(
            lanes,
            tile.shares,
            tile.weights,
            kinds,
            prices,
            tickers,
            cells[cell_row(cells, t)],
            terms,
            watch,
            (mark, again),
        )
    if unpriced:
        refuse(lanes, tile.shares, tile.weights, kinds)


@uncounted
def waits_for_close(marks: Floats, t: int, i: int) -> bool:
    """Whether a ticker has no price at the open of a session but one at its close."""
    return math.isfinite(marks[CLOSE, t, i]) and not math.isfinite(marks[OPEN, t, i])


@uncounted
def any_waits(marks: Floats, t: int) -> bool:
    """Whether any ticker waits for the close of a session."""
    waiting = 0
    for i in range(marks.shape[2]):
        waiting += waits_for_close(marks, t, i)
    return waiting > 0


@uncounted
def sort_tickers(
    kinds: Ints, marks: Floats, tickers: Structs, cells: Structs, plain: bool, at: tuple[int, int], late: bool
) -> tuple[bool, bool]:
    """Fill kinds (N,); returns whether any ticker is limited, and whether any has no price.

    plain: whether costs are proportional and no rule looks at fills.
    """
    limited, unpriced, (t, mark) = False, False, at
    row = cell_row(cells, t)
    for i in range(kinds.size):
        cell = cells[row, i]
        bar, waits = cell.barred_open if mark == OPEN else cell.barred_close, waits_for_close(marks, t, i)
        kinds[i] = NOTHING
        if (mark == OPEN and waits) or (late and not waits):
            continue
        if not math.isfinite(marks[mark, t, i]):
            kinds[i], unpriced = UNPRICED, True
        elif plain and bar == 0 and is_free(tickers[i], cell):
            kinds[i] = FREE
        else:
            kinds[i], limited = LIMITED, True
    return limited, unpriced


@uncounted
def is_free(ticker: Structs, cell: Structs) -> bool:
    """Whether nothing but a bar on shorts limits a trade, if costs are proportional."""
    return bool(cell.impact == 0.0 and cell.cap == math.inf and ticker.half_spread + ticker.slippage < 1.0)


@uncounted
def least_trades(lanes: Floats, min_order: float) -> None:
    """Fill the section LEAST: less is dust, or too small an order; note lanes with nothing left to trade with."""
    for s in range(LANES):
        lanes[LEAST + s] = max(DUST_FRAC * lanes[NAV + s], min_order)
        lanes[SUNK + s] = 1.0 if lanes[NAV + s] <= 0.0 else lanes[SUNK + s]


@uncounted
def fill_free(
    lanes: Floats, held: Floats, asked: Floats, kinds: Ints, prices: Floats, tickers: Structs, frac: float
) -> None:
    """Trade the tickers whose trades nothing limits, at proportional costs.

    Those add up over tickers, so that commission_on and price_paid, with the same result, are taken once for all of
    them: half the time of doing so for every ticker. held, asked: (N, LANES) shares and weights.
    """
    shares, weights = lane_rows(held), lane_rows(asked)
    for s in range(LANES):
        lanes[BOUGHT + s], lanes[NOTIONAL + s], lanes[COST + s], lanes[SIGNED + s] = 0.0, 0.0, 0.0, 0.0
    for i in range(kinds.size):
        if kinds[i] != FREE:
            continue
        price, give = prices[i], tickers[i].half_spread + tickers[i].slippage
        # One division a ticker and not one a lane took a sixth off a fill; what it rounds away is dust and not traded.
        share = target_shares(1.0, 1.0, price)
        for s in range(LANES):
            weight, before = weights[i, s], shares[i, s]
            change = weight * lanes[NAV + s] * share - before
            notional = abs(change) * price
            # An exit always trades, and NaN, which leaves a ticker alone, is no number of USD.
            trades = weight == 0.0 or notional >= lanes[LEAST + s]
            change, notional = (change if trades else 0.0), (notional if trades else 0.0)
            cost = notional * give
            lanes[BOUGHT + s] += change * price
            lanes[NOTIONAL + s] += notional
            lanes[COST + s] += cost
            lanes[SIGNED + s] += math.copysign(cost, change)
            shares[i, s] = before + change
    for s in range(LANES):
        notional, cost = lanes[NOTIONAL + s], lanes[COST + s]
        paid = cost + (notional + lanes[SIGNED + s]) * frac
        lanes[CASH + s] -= lanes[BOUGHT + s] + paid
        lanes[TRADED + s] += notional
        lanes[PAID + s] += paid


@uncounted
def fill_limited(
    lanes: Floats,
    held: Floats,
    asked: Floats,
    kinds: Ints,
    prices: Floats,
    tickers: Structs,
    cells: Structs,
    terms: Structs,
    watch: Watch,
    at: tuple[int, bool],
) -> None:
    """Trade the tickers with a cap, a bar on shorts, whole shares or impact; mark lanes whose order would go on.

    held, asked: (N, LANES) shares and weights; at: the mark, and whether the session has traded before it.
    """
    shares, weights = lane_rows(held), lane_rows(asked)
    frac, minimum, lot, slack = terms.commission, terms.min_commission, terms.lot, watch.slack
    for i in range(kinds.size):
        if kinds[i] != LIMITED:
            continue
        price, give, cell = prices[i], tickers[i].half_spread + tickers[i].slippage, cells[i]
        room, impact = -1.0 if at[1] and math.isfinite(cell.cap) else cell.cap * (1.0 + 1e-12), cell.impact
        bar = cell.barred_open if at[0] == OPEN else cell.barred_close
        # What a bar on new shorts leaves: anything down to the lower of zero and the shares held.
        below, patience = 0.0 if bar != 0 else math.inf, 1.0 if bar == RULE_201 and terms.defer_201 == 1 else 0.0
        # Whole shares need the very quotient; else one division a ticker serves, as in fill_free.
        if lot == 1:
            for s in range(LANES):
                lanes[WANTED + s] = target_shares(weights[i, s], lanes[NAV + s], price)
        else:
            share = target_shares(1.0, 1.0, price)
            for s in range(LANES):
                lanes[WANTED + s] = weights[i, s] * lanes[NAV + s] * share
        for s in range(LANES):
            weight, before, wanted = weights[i, s], shares[i, s], lanes[WANTED + s]
            floor = min(before, 0.0) - below
            change = max(wanted, floor) - before
            whole = np.trunc(max(wanted, floor)) - before if change != 0.0 else 0.0
            change = whole if lot == 1 else change
            notional = abs(change) * price
            trades = weight == 0.0 or (weight == weight and notional >= lanes[LEAST + s])
            change, notional = (change if trades else 0.0), (notional if trades else 0.0)
            after = before + change
            shares[i, s] = after
            trouble = lanes[TROUBLE + s] if notional <= room else 1.0
            trouble = max(trouble, patience if wanted < floor else 0.0)
            off = after != 0.0 and abs(wanted - after) > slack * abs(wanted)
            lanes[OFF + s] = max(lanes[OFF + s], 1.0 if off else 0.0)
            concession = give + impact * math.sqrt(notional)
            paid = price_paid(price, concession, change)
            commission = commission_on(change, paid, frac, 0.0, minimum) if change != 0.0 else 0.0
            lanes[CASH + s] -= change * paid + commission
            lanes[TRADED + s] += notional
            lanes[COST + s] = commission + notional * concession
            lanes[PAID + s] += commission + notional * concession
            lanes[TROUBLE + s] = 1.0 if concession >= 1.0 and change < 0.0 else trouble

        # With the section as a variable in the loop above, that would not run in vectors.
        if watch.legs and tickers[i].leg == LONG:
            for s in range(LANES):
                lanes[LONG_EARNED + s] -= lanes[COST + s]
        elif watch.legs and tickers[i].leg == SHORT:
            for s in range(LANES):
                lanes[SHORT_EARNED + s] -= lanes[COST + s]


@uncounted
def refuse(lanes: Floats, shares: Floats, weights: Floats, kinds: Ints) -> None:
    """No price in the whole session: an entry ends, an exit waits, which the single simulation knows to do."""
    for i in range(kinds.size):
        if kinds[i] == UNPRICED:
            for s in range(LANES):
                weight, held = weights[i, s], shares[i, s] != 0.0
                lanes[TROUBLE + s] = 1.0 if held and weight == 0.0 else lanes[TROUBLE + s]
                # What an earlier order left stays where it is.
                lanes[OFF + s] = max(lanes[OFF + s], 1.0 if held and weight == weight else 0.0)
