"""Tiles: sets that trade at the same marks, simulated side by side, one lane of every vector each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ....arrays import Floats, Ints
from ...jit import inlined
from ...unowned import borrowed
from .lanes import LANES

# Sessions at most that are valued, judged and measured together.
PIECE = 32

# Sections of Tile.lanes, LANES numbers each: a constant distance apart, so that the compiler sees that loops over
# several of them may run in vectors. USD if nothing else is said.
# First what a lane is, besides its positions, in the middle of a simulation.
CASH = 0 * LANES
TRADED = 1 * LANES  # since the start
PAID = 2 * LANES  # costs since the start
ACTIVE = 3 * LANES  # 1 while a trade is on that rules look at; what follows is of that trade
ENTRY = 4 * LANES  # NAV at its entry
PEAK = 5 * LANES  # highest NAV at a close since then
SINCE = 6 * LANES  # session of the entry
ROW = 7 * LANES  # of the bank
SCALE = 8 * LANES  # on the row's weights
BASE = 9 * LANES  # the same without the volatility target
LONG_EARNED = 10 * LANES  # P&L of its legs
SHORT_EARNED = 11 * LANES
FILL_HIGH = 12 * LANES  # highest and lowest NAV on which its orders were sized
FILL_LOW = 13 * LANES
OFF = 14 * LANES  # 1 where a position may stand further from its target than prices and NAV explain
STATE = 15 * LANES
# The same as it was at the open of the piece, and of lanes that are away as they will be when they come back.
BEFORE = STATE
PARKED = 2 * STATE
# What else more than one step of a piece reads.
FEE = 3 * STATE  # borrow fees of the night before the piece
SUNK = FEE + 1 * LANES  # 1 once NAV at an open, or when orders came, may have been zero or below: no plain formulas
TROUBLE = FEE + 2 * LANES  # above 0 where the plain formulas do not hold
# Scratch, which lives within one step of a piece; one place has a name for each step that uses it.
SCRATCH = FEE + 3 * LANES
# Orders at a mark.
NAV = SCRATCH  # at the mark
FACTOR = SCRATCH + 1 * LANES  # of a row's weights, before margin
ALLOWED = SCRATCH + 2 * LANES  # the part of them that margin allows
VOL = SCRATCH + 9 * LANES  # annual volatility of the row
REQUIRED = SCRATCH + 9 * LANES  # margin: of weights here, and the most that positions can have required below
HELD = SCRATCH + 9 * LANES  # shares, long and short added up
# Fills at a mark.
NOTIONAL = SCRATCH + 2 * LANES  # of all trades
LEAST = SCRATCH + 3 * LANES  # the smallest trade that is not left alone
BOUGHT = SCRATCH + 4 * LANES  # at reference prices, less what was sold
WANTED = SCRATCH + 4 * LANES  # shares of one ticker
COST = SCRATCH + 5 * LANES  # of spread and slippage, of one ticker where something limits it
SIGNED = SCRATCH + 6 * LANES  # the same, below zero for what was sold
# Rules at the closes of a piece.
NEAR = SCRATCH + 1 * LANES  # 1 where a rule has to be looked at session by session
PIECE_LOW = SCRATCH + 7 * LANES  # lowest and highest NAV
PIECE_HIGH = SCRATCH + 8 * LANES
LONG_RISK = SCRATCH + 10 * LANES  # the most that the piece can have cost a leg
SHORT_RISK = SCRATCH + 11 * LANES
# Opens of a piece.
SWING = SCRATCH + 9 * LANES  # the most that prices can take away between an open and its close
# Measures of a piece: sums before a stretch of it.
OLD_TOTAL = SCRATCH + 1 * LANES
OLD_SQUARES = SCRATCH + 2 * LANES
FLOATS = SCRATCH + 12 * LANES

# Rows of Tile.table.
ANCHOR = 0  # prices at which the positions of the present trade were sized
START = 1  # prices at which LONG_EARNED and SHORT_EARNED stand
TABLE_ROWS = 2

# Rows of Tile.outlook: what a piece brings, whoever holds it.
BOTTOM = 0  # lowest and highest close
TOP = 1
NIGHTS = 2  # borrow fees of the nights within it, USD a share sold short
NEED = 3  # the most that margin requires of a share held long
NEED_SHORT = 4
OUTLOOK_ROWS = 5

NEVER = 1 << 60


class Tile(NamedTuple):
    """Sets in the middle of a simulation, lane by lane.

    lanes: sections of LANES floats; shares, before: (N, LANES) now and as the piece began; shorts: (N, LANES) shares
    short; weights: (N, LANES) that are traded to, NaN = leave alone; nav: (rows, LANES) NAV at closes, of the whole
    simulation or of a piece; fees: (PIECE + 1, LANES) borrow fees of the night before each session of a piece; swings:
    (T, N) the most that a price differs between the open and the close of a session, of the piece that begins at a
    session; room, more: (PIECE, LANES), longs: (N, LANES), steps: (PIECE, N) scratch; sets: (LANES,) which set; back:
    (LANES,) the session from which a lane takes part: before it the single simulation has it; present: (LANES,) row of
    the trade that is on; rows, scales: (R, LANES) of the bank and their factors, order by order; solo: (T, LANES) NAV
    that the single simulation found; soonest: (1,) the first session at which a lane comes back; kinds: (N,) what
    tickers take at a mark; table: (TABLE_ROWS, N); ends: (T,) where the piece ends that a session belongs to; outlook:
    (T, OUTLOOK_ROWS, N) of the piece that begins at a session, outlook_to: (T,) where that piece ends, and tame: (T,) 1
    where the plain formulas hold for any order of a session, -1 = not known yet: the same for all tiles that trade at
    the same marks.
    """

    lanes: Floats
    shares: Floats
    before: Floats
    shorts: Floats
    weights: Floats
    nav: Floats
    fees: Floats
    room: Floats
    more: Floats
    longs: Floats
    steps: Floats
    sets: Ints
    back: Ints
    present: Ints
    rows: Ints
    scales: Floats
    solo: Floats
    soonest: Ints
    kinds: Ints
    table: Floats
    ends: Ints
    outlook: Floats
    outlook_to: Ints
    tame: Ints
    swings: Floats


@inlined
def aligned(rows: int) -> Floats:
    """(rows, LANES) zeros that begin at a cache line: a vector that crosses one takes twice as long to load."""
    room = np.zeros(rows * LANES + 8)
    skip = (-(room.ctypes.data // 8)) % 8
    return room[skip : skip + rows * LANES].reshape(rows, LANES)


@inlined
def new_tile(sessions: int, tickers: int, orders: int, whole: bool) -> Tile:
    """Room for a tile. orders: the most that a set has; whole: whether NAV of all sessions is kept."""
    return Tile(
        aligned(FLOATS // LANES).reshape(FLOATS),
        aligned(tickers),
        aligned(tickers),
        aligned(tickers),
        aligned(tickers),
        aligned(sessions if whole else PIECE),
        aligned(PIECE + 1),
        aligned(PIECE),
        aligned(PIECE),
        aligned(tickers),
        np.zeros((PIECE, tickers)),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=np.int64),
        np.zeros((orders, LANES), dtype=np.int64),
        aligned(orders),
        np.empty((sessions, LANES)),
        np.zeros(1, dtype=np.int64),
        np.zeros(tickers, dtype=np.int64),
        np.zeros((TABLE_ROWS, tickers)),
        np.zeros(sessions, dtype=np.int64),
        np.empty((sessions, OUTLOOK_ROWS, tickers)),
        np.zeros(sessions, dtype=np.int64),
        np.zeros(sessions, dtype=np.int64),
        np.zeros((sessions, tickers)),
    )


@inlined
def borrow_tile(given: Tile) -> Tile:
    """A tile without owners."""
    return Tile(
        borrowed(given.lanes),
        borrowed(given.shares),
        borrowed(given.before),
        borrowed(given.shorts),
        borrowed(given.weights),
        borrowed(given.nav),
        borrowed(given.fees),
        borrowed(given.room),
        borrowed(given.more),
        borrowed(given.longs),
        borrowed(given.steps),
        borrowed(given.sets),
        borrowed(given.back),
        borrowed(given.present),
        borrowed(given.rows),
        borrowed(given.scales),
        borrowed(given.solo),
        borrowed(given.soonest),
        borrowed(given.kinds),
        borrowed(given.table),
        borrowed(given.ends),
        borrowed(given.outlook),
        borrowed(given.outlook_to),
        borrowed(given.tame),
        borrowed(given.swings),
    )
