"""The measures of a tile, over its NAV while that is in cache."""

from __future__ import annotations

import math

from ....arrays import Floats
from ....equal import STILL
from ...book.records import Structs
from ...jit import uncounted
from ..tally import is_ruined
from .lanes import LANES, lane_rows

# Sections of MeasureRoom.sums, LANES numbers each.
LAST = 0 * LANES  # NAV of the session before
CREST_SO_FAR = 1 * LANES  # highest NAV so far
TROUGH = 2 * LANES  # NAV at the bottom of the deepest drawdown so far; the highest before it stands in CREST
TOTAL = 3 * LANES
SQUARES = 4 * LANES
DOWNS = 5 * LANES
UP = 6 * LANES
DOWN = 7 * LANES
BEST = 8 * LANES
WORST = 9 * LANES
LOWEST = 10 * LANES  # NAV
OWN = 11 * LANES
CROSS = 12 * LANES
CREST = 13 * LANES
TALLY_SECTIONS = 14


@uncounted
def begin_tally(sums: Floats) -> None:
    """Empty the tally of every lane; its capital still has to be put into LAST and CREST_SO_FAR."""
    sums[:] = 0.0
    for s in range(LANES):
        sums[TROUGH + s], sums[CREST + s] = 1.0, 1.0
        sums[BEST + s], sums[WORST + s], sums[LOWEST + s] = -math.inf, math.inf, math.inf


@uncounted
def add_sessions(a: Floats, given: Floats) -> None:
    """Count the sessions of NAV (T, LANES).

    Four sessions at once: every sum is then loaded and stored once for four returns.
    """
    nav = lane_rows(given)
    whole = nav.shape[0] // 4 * 4
    for t in range(0, whole, 4):
        for s in range(LANES):
            p, v0, v1, v2, v3 = a[LAST + s], nav[t, s], nav[t + 1, s], nav[t + 2, s], nav[t + 3, s]
            # The difference comes first, so that a NAV that stands still has a return of exactly zero. One division
            # for the product of four, and products for the rest, took half as long again.
            r0, r1, r2, r3 = (v0 - p) / p, (v1 - v0) / v0, (v2 - v1) / v1, (v3 - v2) / v2
            h0 = max(a[CREST_SO_FAR + s], v0)
            h1 = max(h0, v1)
            h2 = max(h1, v2)
            h3 = max(h2, v3)
            # v / h < low / peak without a division: products of positive numbers.
            low, peak = a[TROUGH + s], a[CREST + s]
            deeper = v0 * peak < low * h0
            low, peak = (v0 if deeper else low), (h0 if deeper else peak)
            deeper = v1 * peak < low * h1
            low, peak = (v1 if deeper else low), (h1 if deeper else peak)
            deeper = v2 * peak < low * h2
            low, peak = (v2 if deeper else low), (h2 if deeper else peak)
            deeper = v3 * peak < low * h3
            a[TROUGH + s], a[CREST + s] = (v3 if deeper else low), (h3 if deeper else peak)
            a[CREST_SO_FAR + s], a[LAST + s] = h3, v3
            a[TOTAL + s] += (r0 + r1) + (r2 + r3)
            a[SQUARES + s] += (r0 * r0 + r1 * r1) + (r2 * r2 + r3 * r3)
            l0, l1, l2, l3 = min(r0, 0.0), min(r1, 0.0), min(r2, 0.0), min(r3, 0.0)
            a[DOWNS + s] += (l0 * l0 + l1 * l1) + (l2 * l2 + l3 * l3)
            a[BEST + s] = max(a[BEST + s], max(max(r0, r1), max(r2, r3)))
            a[WORST + s] = min(a[WORST + s], min(min(r0, r1), min(r2, r3)))
            a[LOWEST + s] = min(a[LOWEST + s], min(min(v0, v1), min(v2, v3)))
            a[UP + s] += (_one(r0 > STILL) + _one(r1 > STILL)) + (_one(r2 > STILL) + _one(r3 > STILL))
            a[DOWN + s] += (_one(r0 < -STILL) + _one(r1 < -STILL)) + (_one(r2 < -STILL) + _one(r3 < -STILL))
    for t in range(whole, nav.shape[0]):
        _add_one(a, nav[t])


@uncounted
def _one(yes: bool) -> float:
    return 1.0 if yes else 0.0


@uncounted
def _add_one(a: Floats, nav: Floats) -> None:
    for s in range(LANES):
        p, v0 = a[LAST + s], nav[s]
        r0, h0 = (v0 - p) / p, max(a[CREST_SO_FAR + s], v0)
        deeper = v0 * a[CREST + s] < a[TROUGH + s] * h0
        a[TROUGH + s], a[CREST + s] = (v0 if deeper else a[TROUGH + s]), (h0 if deeper else a[CREST + s])
        a[CREST_SO_FAR + s], a[LAST + s] = h0, v0
        a[TOTAL + s] += r0
        a[SQUARES + s] += r0 * r0
        loss = min(r0, 0.0)
        a[DOWNS + s] += loss * loss
        a[BEST + s] = max(a[BEST + s], r0)
        a[WORST + s] = min(a[WORST + s], r0)
        a[LOWEST + s] = min(a[LOWEST + s], v0)
        a[UP + s] += _one(r0 > STILL)
        a[DOWN + s] += _one(r0 < -STILL)


@uncounted
def end_tally(sums: Floats, s: int, sessions: int, tally: Structs) -> bool:
    """Put a lane's sums into a tally; False where its NAV was not above zero throughout, which these sums need."""
    tally.sessions, tally.nav = sessions, sums[LAST + s]
    tally.depth = 1.0 - sums[TROUGH + s] / sums[CREST + s]
    tally.total, tally.squares, tally.downs = sums[TOTAL + s], sums[SQUARES + s], sums[DOWNS + s]
    tally.up, tally.down = sums[UP + s], sums[DOWN + s]
    tally.best, tally.worst = sums[BEST + s], sums[WORST + s]
    total = sums[TOTAL + s]
    return bool(sums[LOWEST + s] > 0.0 and not is_ruined(tally) and total - total == 0.0)
