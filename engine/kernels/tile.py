"""Tiles: sets that trade at the same marks, simulated side by side, one lane of every vector each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .borrow import borrowed
from .jit import inlined
from .records import ACCOUNT, Floats, Ints, Structs

# Sets in a tile. Shares of 30 tickers then fit the first cache and NAV of 1,000 sessions the second.
LANES = 64

# Sections of Tile.lanes, LANES numbers each: a constant distance apart, so that the compiler sees that loops over
# several of them may run in vectors. USD if nothing else is said.
CASH = 0 * LANES
NAV = 1 * LANES  # at the mark that is being filled
TRADED = 2 * LANES  # since the start
PAID = 3 * LANES  # costs since the start
TROUBLE = 4 * LANES  # above 0 where the plain formulas do not hold
CHANGE = 5 * LANES  # shares of one ticker to trade
NOTIONAL = 6 * LANES  # of one trade
CASH_BEFORE = 7 * LANES  # as the session began
TRADED_BEFORE = 8 * LANES
PAID_BEFORE = 9 * LANES
SECTIONS = 10

NEVER = 1 << 60


class Tile(NamedTuple):
    """Sets in the middle of a simulation, lane by lane.

    lanes: sections of LANES floats; shares, before: (N, LANES) now and as the session began; shorts: (N, LANES) shares
    short; weights: (N, LANES) that are traded to, NaN = leave alone; stale: (N, LANES) closes missed in a row while
    held; nav, fees: (T, LANES) NAV at closes, borrow fees of the night before; sets, begins: (LANES,) which set, and
    its first order; back: (LANES,) the session from which a lane takes part: before it the single simulation has it;
    parked: (LANES,) of ACCOUNT, what a lane comes back with; fixes, fixes_at: NAV that the single simulation found and
    where it belongs, session * LANES + lane; counts: (2,) fixes so far, and the first session at which a lane comes
    back; kinds: (N,) what tickers take at a mark.
    """

    lanes: Floats
    shares: Floats
    before: Floats
    shorts: Floats
    weights: Floats
    stale: Floats
    nav: Floats
    fees: Floats
    sets: Ints
    begins: Ints
    back: Ints
    parked: Structs
    fixes: Floats
    fixes_at: Ints
    counts: Ints
    kinds: Ints


@inlined
def aligned(rows: int) -> Floats:
    """(rows, LANES) zeros that begin at a cache line: a vector that crosses one takes twice as long to load."""
    room = np.zeros(rows * LANES + 8)
    skip = (-(room.ctypes.data // 8)) % 8
    return room[skip : skip + rows * LANES].reshape(rows, LANES)


@inlined
def new_tile(sessions: int, tickers: int) -> Tile:
    """Room for a tile."""
    return Tile(
        aligned(SECTIONS).reshape(SECTIONS * LANES),
        aligned(tickers),
        aligned(tickers),
        aligned(tickers),
        aligned(tickers),
        aligned(tickers),
        aligned(sessions),
        aligned(sessions),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=ACCOUNT),
        np.empty(sessions * LANES),
        np.empty(sessions * LANES, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
        np.zeros(tickers, dtype=np.int64),
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
        borrowed(given.stale),
        borrowed(given.nav),
        borrowed(given.fees),
        borrowed(given.sets),
        borrowed(given.begins),
        borrowed(given.back),
        borrowed(given.parked),
        borrowed(given.fixes),
        borrowed(given.fixes_at),
        borrowed(given.counts),
        borrowed(given.kinds),
    )
