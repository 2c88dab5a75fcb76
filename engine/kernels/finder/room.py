"""What one basket is solved in: its own matrices, the states of its variables, and space to work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined

# Variables of a basket, and equations that it can be held to.
MOST_NAMES = 5
MOST_RULES = 3
# States of a variable: at its lower bound, free below zero, zero, free above zero, at its upper bound.
AT_LOW, BELOW, ZERO, ABOVE, AT_HIGH = -2, -1, 0, 1, 2
# What rounding may leave of a condition, in units of the largest slope or bound.
SLACK = 1e-12
# Weight of broken equations, in units of the largest curvature, that finds the states; the answer keeps them exactly.
STIFFNESS = 1e6
AT_ONCE, ONE_BY_ONE = 12, 60
BUDGET_ROUNDS = 200
LARGEST_PRICE = 1e9


class Room(NamedTuple):
    """One basket's own matrices, and space to work in. Of 5 names n are used, of 3 equations m."""

    curve: Floats  # (5, 5) A
    stiff: Floats  # (5, 5) A with the equations as a penalty
    slope: Floats  # (5,) b
    pull: Floats  # (5,) b with the equations as a penalty
    rules: Floats  # (3, 5) B
    target: Floats  # (3,) d
    low: Floats
    high: Floats
    plus: Floats
    minus: Floats
    state: Ints
    best: Ints
    free: Ints
    w: Floats
    kept: Floats
    factor: Floats  # (5, 5)
    columns: Floats  # (4, 5) answers of the free variables to the slopes and to each equation
    schur: Floats  # (3, 4)
    price: Floats  # (3,) multipliers of the equations
    told: Ints  # (1,) baskets of which every state was tried


@inlined
def room() -> Room:
    """Space for one thread."""
    n, m = MOST_NAMES, MOST_RULES
    return Room(
        np.zeros((n, n)), np.zeros((n, n)), np.zeros(n), np.zeros(n), np.zeros((m, n)), np.zeros(m), np.zeros(n),
        np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros(n), np.zeros(n), np.zeros((n, n)), np.zeros((m + 1, n)), np.zeros((m, m + 1)), np.zeros(m),
        np.zeros(1, np.int64),
    )  # fmt: skip
