"""Lanes whose NAV may have been zero or below at an open: those are run set after set."""

from __future__ import annotations

from ....arrays import Floats
from ...book.records import CLOSE, OPEN
from ...jit import merged, uncounted
from .lanes import LANES, lane_rows
from .tally import LOWEST
from .tile import CASH, NAV, SUNK, SWING, Tile
from .value import value_mark, value_sessions

# A NAV nearer to zero than this, of what it is made of, counts as none: rounding is a million times smaller.
NEAR = 1e-9


@uncounted
def note_swings(swings: Floats, levels: Floats, a: int, b: int) -> None:
    """Fill (N,) with the most that a price differs between open and close of a session from a to b - 1."""
    for i in range(swings.size):
        swings[i] = 0.0
        for t in range(a, b):
            swings[i] = max(swings[i], abs(levels[CLOSE, t, i] - levels[OPEN, t, i]))


@merged
def sink_at_open(tile: Tile, prices: Floats, t: int) -> None:
    """Note lanes whose NAV at the open of session t is zero or below, before its close changes what they hold.

    prices: (N,) at that open.
    """
    lanes, back = tile.lanes, tile.back
    value_mark(prices, tile.shares, lanes)
    for s in range(LANES):
        sinks = lanes[NAV + s] <= NEAR * abs(lanes[CASH + s]) and back[s] <= t
        lanes[SUNK + s] = 1.0 if sinks else lanes[SUNK + s]


@merged
def note_opens(tile: Tile, given: Floats, sums: Floats, levels: Floats, a: int, b: int, width: int) -> None:
    """Note lanes whose NAV at an open of sessions a .. b - 1 may be zero or below.

    given: (b - a, LANES) NAV at closes, counted in sums already; Tile.room and Tile.steps are overwritten. Within a
    piece cash does not change between an open and its close, so that only moves of prices stand between the two. Most
    lanes are far enough from zero for the largest of those; for the others every open is looked at.
    """
    lanes, shares, near = tile.lanes, lane_rows(tile.shares), 0
    for s in range(LANES):
        lanes[SWING + s] = 0.0
    for i in range(shares.shape[0]):
        swing = tile.swings[a, i]
        for s in range(LANES):
            lanes[SWING + s] += abs(shares[i, s]) * swing
    for s in range(width):
        near |= sums[LOWEST + s] <= lanes[SWING + s] * (1.0 + NEAR) and tile.back[s] <= a
    if near > 0:
        _look_at_opens(tile, lane_rows(given), levels, a, b)


@uncounted
def _look_at_opens(tile: Tile, nav: Floats, levels: Floats, a: int, b: int) -> None:
    """Note lanes in which NAV at a close less the moves of that session is zero or below."""
    lanes, moves, back = tile.lanes, lane_rows(tile.room), tile.back
    for t in range(a, b):
        for i in range(levels.shape[2]):
            tile.steps[t - a, i] = levels[CLOSE, t, i] - levels[OPEN, t, i]
    value_sessions(tile.steps[: b - a], tile.shares, tile.room)
    for t in range(b - a):
        for s in range(LANES):
            value, move = nav[t, s], moves[t, s]
            sinks = value - move <= NEAR * (abs(value) + abs(move)) and back[s] <= a
            lanes[SUNK + s] = 1.0 if sinks else lanes[SUNK + s]
