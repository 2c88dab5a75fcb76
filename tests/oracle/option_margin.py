"""FINRA rule 4210 on a book of stock and options by a linear programme: which structures hold how many shares.

The rule lets each share stand in one structure; the programme finds the shares in each that require least.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog


class OracleLeg(NamedTuple):
    """strike and mark a share, shares above zero long, day of expiry."""

    call: bool
    strike: float
    shares: float
    mark: float
    day: int


def least_equity(spot: float, shares: float, legs: list[OracleLeg]) -> float:
    """USD: the maintenance requirement and what stock is worth above the exercise prices of calls written on it."""
    structures = [*_stock(spot, shares, legs), *_alone(spot, legs), *_together(legs)]
    short = [i for i, leg in enumerate(legs) if leg.shares < 0.0]
    long = [i for i, leg in enumerate(legs) if leg.shares > 0.0]
    paid = sum(legs[i].shares * legs[i].mark for i in long)
    if not structures:
        return paid
    held = {i: abs(leg.shares) for i, leg in enumerate(legs)} | {-1: abs(shares)}
    whole = [*short, -1] if shares else short
    found = linprog(
        [usd for usd, _ in structures],
        A_ub=np.array([[float(i in own) for _, own in structures] for i in long]).reshape(len(long), len(structures)),
        b_ub=[held[i] for i in long],
        A_eq=np.array([[float(i in own) for _, own in structures] for i in whole]).reshape(len(whole), len(structures)),
        b_eq=[held[i] for i in whole],
    )
    return float(found.fun) + paid


def _inside(spot: float, leg: OracleLeg) -> float:
    return spot - leg.strike if leg.call else leg.strike - spot


def _naked(spot: float, leg: OracleLeg) -> float:
    out = max(-_inside(spot, leg), 0.0)
    return leg.mark + max(0.20 * spot - out, 0.10 * (spot if leg.call else leg.strike))


def _stock(spot: float, shares: float, legs: list[OracleLeg]) -> list[tuple[float, set[int]]]:
    if not shares:
        return []
    long = shares > 0.0
    bare = 0.25 * spot if long else max(0.30 * spot, 5.0) if spot >= 5.0 else max(spot, 2.5)
    found = [(bare, {-1})]
    for w, one in enumerate(legs):
        if one.shares < 0.0 and one.call == long:
            over = max(_inside(spot, one), 0.0)
            found.append(((0.25 * min(spot, one.strike) if long else bare) + over, {-1, w}))
    for b, two in enumerate(legs):
        if two.shares > 0.0 and two.call != long:
            protected = 0.10 * two.strike + max(-_inside(spot, two), 0.0)
            found.append((min(bare, protected), {-1, b}))
            for w, one in enumerate(legs):
                if one.shares < 0.0 and one.call == long and one.day == two.day:
                    over = max(_inside(spot, one), 0.0)
                    if one.strike == two.strike:
                        found.append((0.10 * two.strike + over, {-1, w, b}))
                    elif long and two.strike < one.strike:
                        found.append((min(protected, 0.25 * one.strike) + over, {-1, w, b}))
    return found


def _alone(spot: float, legs: list[OracleLeg]) -> list[tuple[float, set[int]]]:
    short = [i for i, leg in enumerate(legs) if leg.shares < 0.0]
    found = [(_naked(spot, legs[i]), {i}) for i in short]
    for a, b in combinations(short, 2):
        if legs[a].call != legs[b].call:
            greater = max((a, b), key=lambda i: _naked(spot, legs[i]))
            found.append((_naked(spot, legs[greater]) + legs[a + b - greater].mark, {a, b}))
    return found


def _together(legs: list[OracleLeg]) -> list[tuple[float, set[int]]]:
    """As many of each: the largest loss at expiry, where no long option ends before a short one."""
    found = []
    for count in range(2, len(legs) + 1):
        for own in combinations(range(len(legs)), count):
            some = [legs[i] for i in own]
            short, long = [x for x in some if x.shares < 0.0], [x for x in some if x.shares > 0.0]
            if not short or not long or min(x.day for x in long) < max(x.day for x in short):
                continue
            if sum(np.sign(x.shares) for x in some if x.call) < 0.0 or (count == 2 and short[0].call != long[0].call):
                continue
            corners = [0.0, *(x.strike for x in some)]
            worth = [sum(np.sign(x.shares) * max(_inside(at, x), 0.0) for x in some) for at in corners]
            found.append((max(0.0, -min(worth)), set(own)))
    return found
