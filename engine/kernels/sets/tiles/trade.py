"""A session with orders: what every lane trades to, and the trades that its orders open."""

from __future__ import annotations

import math

from ....arrays import Floats, Ints
from ...book.episode import volatility_scale
from ...book.hold import cell_row
from ...book.margin import allowed_frac, initial_frac
from ...book.records import CLOSE, OPEN, Conditions, Prices, Structs
from ...jit import merged, uncounted
from .fill import any_waits, fill_tile, waits_for_close
from .known import Known, retires_at
from .lanes import LANES, lane_rows, turn_eight
from .opens import sink_at_open
from .quiet import carry_legs, stand_at, write_off_gone
from .tile import (
    ACTIVE,
    ALLOWED,
    ANCHOR,
    BASE,
    ENTRY,
    FACTOR,
    FILL_HIGH,
    FILL_LOW,
    HELD,
    LONG_EARNED,
    NAV,
    OFF,
    PEAK,
    REQUIRED,
    ROW,
    SCALE,
    SHORT_EARNED,
    SINCE,
    START,
    TROUBLE,
    VOL,
    Tile,
)
from .value import value_mark
from .watch import Watch


@merged
def trade_session(
    tile: Tile,
    prices: Prices,
    known: Known,
    conditions: Conditions,
    watch: Watch,
    bank: Floats,
    orders: Structs,
    t: int,
    k: int,
    brought_back: bool,
) -> int:
    """A session with orders, of which k is the next one; returns the first one of a later session.

    brought_back: whether the close before asked for new sizes because of its date.
    """
    lanes, terms, start = tile.lanes, conditions.terms[0], tile.table[START]
    waiting, traded = False, False
    for mark in range(2):
        due = k < orders.size and orders[k].session == t and orders[k].mark == mark
        sized = brought_back and mark == OPEN
        retires = mark == CLOSE and retires_at(known, t, conditions.last)
        if retires or (mark == CLOSE and (due or waiting)):
            # What was held at the open is about to change.
            sink_at_open(tile, known.levels[OPEN, t], t)
        if retires:
            at = t, t == conditions.last
            write_off_gone(
                tile,
                known,
                conditions.tickers,
                conditions.cells[cell_row(conditions.cells, t)],
                at,
                watch.rules and due,
            )
        if due or sized or (waiting and mark == CLOSE):
            levels = known.levels[mark, t]
            value_mark(levels, tile.shares, lanes)
            if watch.legs:
                carry_legs(lanes, tile.shares, conditions.tickers, start, levels)
                stand_at(start, levels)
            if due and (waiting or sized):
                lanes[TROUBLE : TROUBLE + LANES] = 1.0
            if sized:
                place_again(tile, bank, conditions, t)
            if due:
                place_orders(tile, bank, conditions, watch, t, k)
                k += 1
            if watch.band:
                note_fill(tile, prices.marks, levels, t, due or sized)
            again = mark == CLOSE and traded and due
            cells, tickers = conditions.cells, conditions.tickers
            fill_tile(tile, prices.marks, tickers, cells, terms, watch, (t, mark), again, not (due or sized))
            waiting = (due or sized) and mark == OPEN and any_waits(prices.marks, t)
            traded = traded or due or sized
    if known.charged or watch.margin or watch.rules:
        note_shares(tile)
    return int(k)


@merged
def place_orders(tile: Tile, bank: Floats, conditions: Conditions, watch: Watch, t: int, k: int) -> None:
    """Make order k of every lane the weights that it trades to; a lane that is away trades nothing."""
    lanes, back, rows, scales, terms = tile.lanes, tile.back, tile.rows[k], tile.scales[k], conditions.terms[0]
    for s in range(LANES):
        lanes[FACTOR + s] = scales[s] if back[s] <= t else math.nan
        lanes[ALLOWED + s] = 1.0
    if not math.isnan(terms.target_vol):
        for s in range(LANES):
            lanes[VOL + s] = conditions.vol[rows[s], t]
        for s in range(LANES):
            lanes[FACTOR + s] *= volatility_scale(terms, lanes[VOL + s])
    gather(bank, rows, lanes[FACTOR : FACTOR + LANES], tile.weights)
    if watch.margin:
        keep_to_margin(tile, conditions.tickers, terms)
    if watch.rules:
        open_trades(tile, watch, rows, scales, t)


@uncounted
def place_again(tile: Tile, bank: Floats, conditions: Conditions, t: int) -> None:
    """Make the weights of the trade that is on those that a lane trades to; what has none is left alone."""
    lanes, back, present, terms = tile.lanes, tile.back, tile.present, conditions.terms[0]
    for s in range(LANES):
        active = lanes[ACTIVE + s] == 1.0 and back[s] <= t
        present[s] = int(lanes[ROW + s]) if active else 0
        if active and not math.isnan(terms.target_vol) and conditions.vol[present[s], t] > 0.0:
            lanes[SCALE + s] = lanes[BASE + s] * volatility_scale(terms, conditions.vol[present[s], t])
        lanes[FACTOR + s] = lanes[SCALE + s] if active else math.nan
        lanes[OFF + s] = 0.0 if active else lanes[OFF + s]
        # Nothing to hold, but the trade is on: it holds what another order left.
        lanes[TROUBLE + s] = 1.0 if active and lanes[SCALE + s] == 0.0 else lanes[TROUBLE + s]
    gather(bank, present, lanes[FACTOR : FACTOR + LANES], tile.weights)
    weights = lane_rows(tile.weights)
    for i in range(weights.shape[0]):
        for s in range(LANES):
            weights[i, s] = weights[i, s] if weights[i, s] != 0.0 else math.nan


@uncounted
def gather(bank: Floats, rows: Ints, scales: Floats, weights: Floats) -> None:
    """Fill weights (N, LANES) with bank[rows] times scales, eight tickers of eight lanes at once."""
    tickers = weights.shape[0]
    for s in range(0, LANES, 8):
        for i in range(0, tickers - 7, 8):
            turn_eight(weights, i, bank, i, rows, scales, s)
        if tickers >= 8:
            turn_eight(weights, tickers - 8, bank, tickers - 8, rows, scales, s)
    if tickers < 8:
        for s in range(LANES):
            for i in range(tickers):
                weights[i, s] = bank[rows[s], i] * scales[s]


@uncounted
def keep_to_margin(tile: Tile, tickers: Structs, terms: Structs) -> None:
    """Cut weights to what the initial requirement allows; the factor of each lane is left in the section ALLOWED."""
    lanes, weights, cut = tile.lanes, lane_rows(tile.weights), 0
    for s in range(LANES):
        lanes[REQUIRED + s] = 0.0
    for i in range(weights.shape[0]):
        long, short = initial_frac(terms, 1.0) * tickers[i].house, initial_frac(terms, -1.0) * tickers[i].house
        for s in range(LANES):
            weight = weights[i, s]
            lanes[REQUIRED + s] += abs(weight) * (long if weight > 0.0 else short) if weight == weight else 0.0
    for s in range(LANES):
        required = lanes[REQUIRED + s]
        lanes[ALLOWED + s] = allowed_frac(required)
        # A factor below zero turns long into short, which single runs do not expect either.
        lanes[TROUBLE + s] = 1.0 if lanes[FACTOR + s] < 0.0 else lanes[TROUBLE + s]
        cut |= required > 1.0
    if cut > 0:
        for i in range(weights.shape[0]):
            for s in range(LANES):
                weights[i, s] *= lanes[ALLOWED + s]


@merged
def open_trades(tile: Tile, watch: Watch, rows: Ints, scales: Floats, t: int) -> None:
    """Begin the trade of each lane whose order opens one, at the NAV of this mark."""
    lanes, back = tile.lanes, tile.back
    for s in range(LANES):
        if back[s] > t:
            continue
        if watch.opens[rows[s]] == 1:
            nav = lanes[NAV + s]
            lanes[ACTIVE + s], lanes[ENTRY + s], lanes[PEAK + s], lanes[SINCE + s] = 1.0, nav, nav, t
            lanes[ROW + s], lanes[BASE + s] = rows[s], scales[s] * lanes[ALLOWED + s]
            lanes[SCALE + s] = lanes[FACTOR + s] * lanes[ALLOWED + s]
            lanes[LONG_EARNED + s], lanes[SHORT_EARNED + s], lanes[OFF + s] = 0.0, 0.0, 0.0
        elif watch.band:
            # Its weights are no longer those of the trade.
            lanes[OFF + s] = 2.0


@merged
def note_fill(tile: Tile, marks: Floats, levels: Floats, t: int, due: bool) -> None:
    """Keep prices and NAV on which a trade is sized; what waits for the close is sized there."""
    anchor, lanes = tile.table[ANCHOR], tile.lanes
    for i in range(anchor.size):
        if due or waits_for_close(marks, t, i):
            anchor[i] = levels[i]
    for s in range(LANES):
        nav = lanes[NAV + s]
        lanes[FILL_HIGH + s] = nav if due else max(lanes[FILL_HIGH + s], nav)
        lanes[FILL_LOW + s] = nav if due else min(lanes[FILL_LOW + s], nav)


@merged
def note_shares(tile: Tile) -> None:
    """Bring Tile.shorts up to date, and end the trade of lanes that hold nothing any more."""
    lanes, shares, shorts = tile.lanes, lane_rows(tile.shares), lane_rows(tile.shorts)
    for s in range(LANES):
        lanes[HELD + s] = 0.0
    for i in range(shares.shape[0]):
        for s in range(LANES):
            held = shares[i, s]
            shorts[i, s] = max(-held, 0.0)
            lanes[HELD + s] += abs(held)
    for s in range(LANES):
        lanes[ACTIVE + s] = lanes[ACTIVE + s] if lanes[HELD + s] > 0.0 else 0.0
