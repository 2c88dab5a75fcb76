"""What can be known of prices before anything is simulated."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..borrow import borrowed
from ..hold import YEAR_DAYS
from ..jit import inlined
from ..records import CLOSE, Floats, Ints, Prices, Structs


class Known(NamedTuple):
    """What marks and stock loan rates say.

    levels: (2, T, N) last known price once a mark is over, 0 while there was none; fees: (T, N) USD that a share sold
    short costs over the night before a session; streak: (T, N) closes missed in a row; ragged: (T,) 1 where a ticker
    misses its close or has it again, unless it has been gone for so long that nobody can hold it; recalled: (T,) 1
    where lent shares of any ticker are called back; charged, recalls: whether there are any fees or recalls.
    """

    levels: Floats
    fees: Floats
    streak: Ints
    ragged: Ints
    recalled: Ints
    charged: bool
    recalls: bool


@inlined
def borrow_known(given: Known) -> Known:
    """What is known, without owners."""
    return Known(
        borrowed(given.levels),
        borrowed(given.fees),
        borrowed(given.streak),
        borrowed(given.ragged),
        borrowed(given.recalled),
        given.charged,
        given.recalls,
    )


@inlined
def know(prices: Prices, cells: Structs, max_stale: int) -> Known:
    """Everything in Known, from marks and stock loan rates."""
    sessions, tickers = cells.shape
    levels, fees = np.zeros((2, sessions, tickers)), np.zeros((sessions, tickers))
    streak, ragged, charged = np.zeros((sessions, tickers), np.int64), np.zeros(sessions, np.int64), False
    for i in range(tickers):
        level, missed, gone = 0.0, 0, 0
        for t in range(sessions):
            fees[t, i] = level * cells[t - 1, i].borrow * (prices.days[t] / YEAR_DAYS) if t > 0 else 0.0
            charged = charged or fees[t, i] != 0.0
            gone += 1
            for mark in range(2):
                price = prices.marks[mark, t, i]
                if math.isfinite(price):
                    level, gone = price, 0
                levels[mark, t, i] = level
            had, missed = missed, 0 if math.isfinite(prices.marks[CLOSE, t, i]) else missed + 1
            streak[t, i] = missed
            if (missed > 0 and gone <= max_stale) or (missed == 0 and had > 0):
                ragged[t] = 1
    recalled, recalls = np.zeros(sessions, np.int64), False
    for t in range(sessions):
        for i in range(tickers):
            recalled[t] |= cells[t, i].recall
        recalls = recalls or recalled[t] == 1
    return Known(levels, fees, streak, ragged, recalled, charged, recalls)
