"""Orders in a quantity and the exercise of options, beside orders in weights: records, and what a run is given."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from ...arrays import Ints
from .records import Structs


class AfterExercise(IntEnum):
    """What becomes of shares that an exercise opens."""

    NEXT_OPEN = 0
    SAME_CLOSE = 1
    KEEP = 2


# What a fill of a column costs in a session. half_open, half_close: USD a share between the mark and what a fill brings
# or costs; size: shares of a contract, 0 = a share itself, with the costs of shares.
QUOTE = np.dtype([("half_open", "f8"), ("half_close", "f8"), ("size", "f8")], align=True)

# An order in shares, signed; NaN = close what is held. In the order in which they come.
TRADE = np.dtype([("session", "i8"), ("mark", "i8"), ("ticker", "i8"), ("shares", "f8")], align=True)

# What becomes of an option at the close of a session. under: column of its stock; into: shares of it for each share of
# the option, 1 of a call, -1 of a put, 0 = none; usd: cash for each share of the option, spot: price of the stock,
# worth: of the option, both as booked. By session, then by stock.
EXERCISE = np.dtype(
    [
        ("session", "i8"),
        ("ticker", "i8"),
        ("under", "i8"),
        ("into", "f8"),
        ("usd", "f8"),
        ("spot", "f8"),
        ("worth", "f8"),
    ],
    align=True,
)

# An order in shares that waits. shares: NaN = what is held; why: Reason; told: bits of reasons logged already; stays: 1
# where it waits until there is a price, whatever it does.
WAIT = np.dtype([("ticker", "i8"), ("shares", "f8"), ("why", "i8"), ("told", "i8"), ("stays", "i8")], align=True)


class Listed(NamedTuple):
    """What a run with options is given beside prices and orders in weights.

    quotes: (T, N) of QUOTE; trades: (R,) of TRADE; exercises: (E,) of EXERCISE; fee_usd: commission of a contract and
    side; after: of AfterExercise; waiting: (W,) of WAIT with room for all, counts: (1,) how many wait, both changed in
    place.
    """

    quotes: Structs
    trades: Structs
    exercises: Structs
    fee_usd: float
    after: int
    waiting: Structs
    counts: Ints


def listed(quotes: Structs, trades: Structs, exercises: Structs, fee_usd: float, after: AfterExercise) -> Listed:
    """The same, nothing waiting yet, with room for every order, cover and exit by a rule."""
    room = 2 * len(trades) + 2 * len(exercises) + 2 * quotes.shape[1]
    waiting, counts = np.zeros(room, dtype=WAIT), np.zeros(1, dtype=np.int64)
    return Listed(quotes, trades, exercises, float(fee_usd), int(after), waiting, counts)
