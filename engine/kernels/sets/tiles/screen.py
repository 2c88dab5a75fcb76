"""In which lanes of a tile a rule may act during a piece.

A rule that acts is left to the single simulation. Here is decided, for a whole piece at once, in which lanes none
can act: by bounds that are a little too wide, so that rounding never hides an act, and where those are much too wide,
session by session.
"""

from __future__ import annotations

import math

from ....arrays import Floats
from ...book.episode import LONG, SHORT
from ...book.hold import cell_row
from ...book.records import CLOSE, Conditions, Structs
from ...jit import merged, uncounted
from .known import Known
from .lanes import LANES, lane_rows
from .tile import (
    ACTIVE,
    ANCHOR,
    BOTTOM,
    ENTRY,
    FILL_HIGH,
    FILL_LOW,
    LONG_EARNED,
    LONG_RISK,
    NEAR,
    NEED,
    NEED_SHORT,
    NIGHTS,
    OFF,
    PEAK,
    PIECE_HIGH,
    PIECE_LOW,
    REQUIRED,
    SHORT_EARNED,
    SHORT_RISK,
    SINCE,
    START,
    TOP,
    TROUBLE,
    Tile,
)
from .value import value_sessions
from .watch import Watch

# How much nearer than allowed counts as too near, relative: rounding is a million times smaller.
EDGE = 1e-9


@merged
def screen(
    tile: Tile, nav: Floats, known: Known, conditions: Conditions, watch: Watch, a: int, b: int, width: int
) -> bool:
    """Set TROUBLE to 1 where a rule may act at a close of sessions a .. b - 1, else to 0; whether it may anywhere.

    nav: (b - a, LANES) at those closes. Tile.room and Tile.more are overwritten.
    """
    lanes, terms, back, found = tile.lanes, conditions.terms[0], tile.back, 0
    extremes(lanes, nav)
    for s in range(LANES):
        lanes[TROUBLE + s] = 0.0
    if watch.rules:
        screen_navs(lanes, terms, b - 1)
    if tile.outlook_to[a] != b:
        look_out(tile, known, watch, a, b)
    if watch.legs or watch.margin:
        sum_risks(lanes, tile.shares, conditions.tickers, tile.table[START], tile.outlook[a])
    if watch.legs:
        for leg in range(2):
            stop = terms.long_stop if leg == 0 else terms.short_stop
            # A stop that is off is NaN, and never near.
            if near_leg(lanes, leg, stop):
                screen_leg(tile, known, conditions.tickers, leg, stop, a, b)
    if watch.band and near_band(lanes, tile.table[ANCHOR], tile.outlook[a], terms.band, watch.slack):
        screen_band(tile, nav, known.levels[CLOSE, a:b], tile.outlook[a], terms.band, watch.slack)
    if watch.margin and near_call(lanes):
        screen_margin(tile, nav, watch, a, b)
    for t in range(a, b if known.recalls else a):
        if known.recalled[t] == 1:
            screen_recall(tile, conditions.cells[cell_row(conditions.cells, t)])
    for s in range(width):
        found |= lanes[TROUBLE + s] > 0.0 and back[s] <= a
    return found > 0


@uncounted
def extremes(lanes: Floats, given: Floats) -> None:
    """Fill PIECE_LOW and PIECE_HIGH from NAV (T, LANES)."""
    nav = lane_rows(given)
    for s in range(LANES):
        lanes[PIECE_LOW + s], lanes[PIECE_HIGH + s] = nav[0, s], nav[0, s]
    for t in range(1, nav.shape[0]):
        for s in range(LANES):
            value, low, high = nav[t, s], lanes[PIECE_LOW + s], lanes[PIECE_HIGH + s]
            lanes[PIECE_LOW + s] = value if value < low else low
            lanes[PIECE_HIGH + s] = value if value > high else high


@uncounted
def screen_navs(lanes: Floats, terms: Structs, last: int) -> None:
    """Stops, targets and the holding period of a whole trade; a rule that is off compares with NaN and never acts."""
    stop, target, trail, cut = terms.stop_loss, terms.take_profit, terms.trailing_stop, terms.derisk_drawdown
    hold = float(terms.max_hold) if terms.max_hold > 0 else math.inf
    for s in range(LANES):
        entry, low, high = lanes[ENTRY + s], lanes[PIECE_LOW + s], lanes[PIECE_HIGH + s]
        peak, edge = max(lanes[PEAK + s], high), EDGE * entry
        acts = 1.0 if low - entry <= edge - stop * entry else 0.0
        acts = 1.0 if high - entry >= target * entry - edge else acts
        acts = 1.0 if peak - low >= trail * entry - edge else acts
        acts = 1.0 if low <= peak * (1.0 - cut) + edge else acts
        acts = 1.0 if last - lanes[SINCE + s] >= hold else acts
        # Without capital fractions of it mean nothing.
        acts = 1.0 if entry <= 0.0 or low <= 0.0 else acts
        lanes[TROUBLE + s] = acts if lanes[ACTIVE + s] == 1.0 else lanes[TROUBLE + s]


@uncounted
def look_out(tile: Tile, known: Known, watch: Watch, a: int, b: int) -> None:
    """Fill Tile.outlook of the piece a .. b - 1."""
    outlook, closes = tile.outlook[a], known.levels[CLOSE]
    tile.outlook_to[a] = b
    for i in range(closes.shape[1]):
        outlook[BOTTOM, i], outlook[TOP, i] = closes[a, i], closes[a, i]
        outlook[NIGHTS, i], outlook[NEED, i], outlook[NEED_SHORT, i] = 0.0, 0.0, 0.0
    for t in range(a, b):
        for i in range(closes.shape[1]):
            outlook[BOTTOM, i] = min(outlook[BOTTOM, i], closes[t, i])
            outlook[TOP, i] = max(outlook[TOP, i], closes[t, i])
            outlook[NIGHTS, i] += known.fees[t, i] if t > a else 0.0
            if watch.margin:
                outlook[NEED, i] = max(outlook[NEED, i], watch.need[t, i])
                outlook[NEED_SHORT, i] = max(outlook[NEED_SHORT, i], watch.need_short[t, i])


@uncounted
def sum_risks(lanes: Floats, held: Floats, tickers: Structs, start: Floats, outlook: Floats) -> None:
    """Fill REQUIRED, LONG_RISK and SHORT_RISK: the most that margin can require, and that prices and fees can cost."""
    shares = lane_rows(held)
    for s in range(LANES):
        lanes[REQUIRED + s], lanes[LONG_RISK + s], lanes[SHORT_RISK + s] = 0.0, 0.0, 0.0
    for i in range(start.size):
        leg, fee, long, short = tickers[i].leg, outlook[NIGHTS, i], outlook[NEED, i], outlook[NEED_SHORT, i]
        reach = max(outlook[TOP, i] - start[i], start[i] - outlook[BOTTOM, i])
        if leg == LONG:
            for s in range(LANES):
                size, up = abs(shares[i, s]), max(shares[i, s], 0.0)
                lanes[REQUIRED + s] += up * long + (size - up) * short
                lanes[LONG_RISK + s] += size * reach + (size - up) * fee
        elif leg == SHORT:
            for s in range(LANES):
                size, up = abs(shares[i, s]), max(shares[i, s], 0.0)
                lanes[REQUIRED + s] += up * long + (size - up) * short
                lanes[SHORT_RISK + s] += size * reach + (size - up) * fee
        else:
            for s in range(LANES):
                size, up = abs(shares[i, s]), max(shares[i, s], 0.0)
                lanes[REQUIRED + s] += up * long + (size - up) * short


@uncounted
def near_leg(lanes: Floats, leg: int, stop: float) -> bool:
    """Fill NEAR with 1 where the most that prices can have cost a leg may have stopped it; whether in any lane."""
    near, earned, risk = 0, LONG_EARNED if leg == LONG else SHORT_EARNED, LONG_RISK if leg == LONG else SHORT_RISK
    for s in range(LANES):
        least = (EDGE - stop) * lanes[ENTRY + s]
        close = lanes[ACTIVE + s] == 1.0 and lanes[earned + s] - lanes[risk + s] <= least
        lanes[NEAR + s] = 1.0 if close else 0.0
        near |= close
    return near > 0


@uncounted
def screen_leg(tile: Tile, known: Known, tickers: Structs, leg: int, stop: float, a: int, b: int) -> None:
    """The stop of a leg, session by session."""
    lanes, room, more, earned = tile.lanes, tile.room, tile.more, LONG_EARNED if leg == LONG else SHORT_EARNED
    _walk_leg(tile, known, tickers, leg, a, b)
    for t in range(b - a):
        for s in range(LANES):
            gain, least = lanes[earned + s] + (room[t, s] - more[t, s]), (EDGE - stop) * lanes[ENTRY + s]
            acts = lanes[NEAR + s] > 0.0 and gain <= least
            lanes[TROUBLE + s] = 1.0 if acts else lanes[TROUBLE + s]


@uncounted
def _walk_leg(tile: Tile, known: Known, tickers: Structs, leg: int, a: int, b: int) -> None:
    """Fill Tile.room with what a leg gained from START to each close of a piece, Tile.more with its borrow fees."""
    closes, start, steps = known.levels[CLOSE], tile.table[START], tile.steps
    for t in range(a, b):
        for i in range(start.size):
            steps[t - a, i] = closes[t, i] - start[i] if tickers[i].leg == leg else 0.0
    value_sessions(steps[: b - a], tile.shares, tile.room)
    for i in range(start.size):
        total = 0.0
        for t in range(a, b):
            total += known.fees[t, i] if t > a and tickers[i].leg == leg else 0.0
            steps[t - a, i] = total
    value_sessions(steps[: b - a], tile.shorts, tile.more)


@uncounted
def near_band(lanes: Floats, anchor: Floats, outlook: Floats, band: float, slack: float) -> bool:
    """Fill NEAR with 1 where the highest or lowest of all prices may leave a band; whether that is so anywhere."""
    lows, highs, top, bottom, near = outlook[BOTTOM], outlook[TOP], 0.0, math.inf, 0
    for i in range(anchor.size):
        if anchor[i] > 0.0:
            top, bottom = max(top, highs[i] / anchor[i]), min(bottom, lows[i] / anchor[i])
    for s in range(LANES):
        close = _near_band(lanes, s, top, bottom, band, slack) and lanes[ACTIVE + s] == 1.0
        lanes[NEAR + s] = 1.0 if close else 0.0
        near |= close
    return near > 0


@uncounted
def screen_band(tile: Tile, nav: Floats, closes: Floats, outlook: Floats, band: float, slack: float) -> None:
    """The band of each position: by the highest and lowest price of its ticker, then session by session."""
    lanes, anchor, lows, highs = tile.lanes, tile.table[ANCHOR], outlook[BOTTOM], outlook[TOP]
    for s in range(LANES):
        # Where weights are not those of the trade, nothing is known of it here.
        lost = lanes[OFF + s] == 2.0 and lanes[ACTIVE + s] == 1.0
        lanes[TROUBLE + s] = 1.0 if lost else lanes[TROUBLE + s]
    for i in range(anchor.size):
        price, hot = anchor[i] if anchor[i] > 0.0 else 1.0, 0
        for s in range(LANES):
            both = _near_band(lanes, s, highs[i] / price, lows[i] / price, band, slack) and lanes[NEAR + s] > 0.0
            hot |= both and tile.shares[i, s] != 0.0
        if hot > 0:
            _walk_band(lanes, tile.shares[i], tile.weights[i], nav, closes, i, band)


@uncounted
def _near_band(lanes: Floats, s: int, top: float, bottom: float, band: float, slack: float) -> bool:
    """Whether a position may be near the edge of its band, prices between bottom and top times those of its fill."""
    above = top * (1.0 + slack) * lanes[FILL_HIGH + s] >= (1.0 + band - EDGE) * lanes[PIECE_LOW + s]
    below = bottom * (1.0 - slack) * lanes[FILL_LOW + s] <= (1.0 - band + EDGE) * lanes[PIECE_HIGH + s]
    return bool(above or below or lanes[OFF + s] != 0.0)


@uncounted
def _walk_band(
    lanes: Floats, shares: Floats, weights: Floats, nav: Floats, closes: Floats, i: int, band: float
) -> None:
    """Session by session, whether a ticker leaves its band."""
    for t in range(nav.shape[0]):
        price = closes[t, i]
        for s in range(LANES):
            target, held = weights[s] * nav[t, s], shares[s] * price
            wide = abs(held - target) >= band * abs(target) * (1.0 - EDGE)
            acts = wide and held != 0.0 and target != 0.0 and lanes[ACTIVE + s] == 1.0
            lanes[TROUBLE + s] = 1.0 if acts else lanes[TROUBLE + s]


@uncounted
def near_call(lanes: Floats) -> bool:
    """Fill NEAR with 1 where the most that margin can have required may be more than the lowest NAV; whether in any
    lane."""
    near = 0
    for s in range(LANES):
        close = lanes[PIECE_LOW + s] <= lanes[REQUIRED + s] * (1.0 + EDGE)
        lanes[NEAR + s] = 1.0 if close else 0.0
        near |= close
    return near > 0


@uncounted
def screen_margin(tile: Tile, nav: Floats, watch: Watch, a: int, b: int) -> None:
    """Margin calls, session by session."""
    lanes, shares, longs, room, more = tile.lanes, tile.shares, tile.longs, tile.room, tile.more
    for i in range(longs.shape[0]):
        for s in range(LANES):
            longs[i, s] = max(shares[i, s], 0.0)
    value_sessions(watch.need[a:b], longs, room)
    value_sessions(watch.need_short[a:b], tile.shorts, more)
    for t in range(b - a):
        for s in range(LANES):
            required = (room[t, s] + more[t, s]) * (1.0 + EDGE)
            called = required > 0.0 and nav[t, s] <= required and lanes[NEAR + s] > 0.0
            lanes[TROUBLE + s] = 1.0 if called else lanes[TROUBLE + s]


@uncounted
def screen_recall(tile: Tile, cells: Structs) -> None:
    """Shorts that are called back."""
    lanes, shares = tile.lanes, tile.shares
    for i in range(cells.size):
        if cells[i].recall == 1:
            for s in range(LANES):
                lanes[TROUBLE + s] = 1.0 if shares[i, s] < 0.0 else lanes[TROUBLE + s]
