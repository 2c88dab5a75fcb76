"""What can be known of prices before anything is simulated."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ....arrays import Floats, Ints
from ...book.hold import YEAR_DAYS, cell_row
from ...book.records import Gone, Prices, Structs
from ...jit import inlined, uncounted
from ...unowned import borrowed

DELISTED, NOT_GONE = int(Gone.DELISTED), int(Gone.NO)


class Known(NamedTuple):
    """What marks and stock loan rates say.

    levels: (2, T, N) last known price once a mark is over, 0 while there was none; fees: (T, N) USD that a share sold
    short costs over the night before a session; retires: (T,) 1 where the close writes off who
    holds some ticker, unless the close before did so already and it has not printed since; ends: (T,) 1 where it does
    so if the simulation ends with it; recalled: (T,) 1 where lent shares of any ticker are called back; charged,
    recalls: whether there are any fees or recalls.
    """

    levels: Floats
    fees: Floats
    retires: Ints
    ends: Ints
    recalled: Ints
    charged: bool
    recalls: bool


@inlined
def borrow_known(given: Known) -> Known:
    """What is known, without owners."""
    return Known(
        borrowed(given.levels),
        borrowed(given.fees),
        borrowed(given.retires),
        borrowed(given.ends),
        borrowed(given.recalled),
        given.charged,
        given.recalls,
    )


@inlined
def know(prices: Prices, cells: Structs) -> Known:
    """Everything in Known, from marks and stock loan rates."""
    sessions, tickers = prices.days.size, cells.shape[1]
    levels, fees = np.zeros((2, sessions, tickers)), np.zeros((sessions, tickers))
    retires, ends, charged = np.zeros(sessions, np.int64), np.zeros(sessions, np.int64), False
    for i in range(tickers):
        level = 0.0
        for t in range(sessions):
            now, before = cell_row(cells, t), cell_row(cells, max(t - 1, 0))
            fees[t, i] = level * cells[before, i].borrow * (prices.days[t] / YEAR_DAYS) if t > 0 else 0.0
            charged = charged or fees[t, i] != 0.0
            printed = False
            for mark in range(2):
                price = prices.marks[mark, t, i]
                if math.isfinite(price):
                    level, printed = price, True
                levels[mark, t, i] = level
            if cells[now, i].gone != NOT_GONE and level > 0.0:
                ends[t] = 1
                if cells[now, i].gone == DELISTED and (printed or t == 0 or cells[before, i].gone != DELISTED):
                    retires[t] = 1
    recalled, recalls = np.zeros(sessions, np.int64), False
    for t in range(sessions):
        now = cell_row(cells, t)
        for i in range(tickers):
            recalled[t] |= cells[now, i].recall
        recalls = recalls or recalled[t] == 1
    return Known(levels, fees, retires, ends, recalled, charged, recalls)


@uncounted
def retires_at(known: Known, t: int, last: int) -> bool:
    """Whether the close of a session writes anything off; last: the session with which everything ends."""
    return bool(known.retires[t] == 1 or (t == last and known.ends[t] == 1))
