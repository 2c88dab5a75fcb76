"""What kernels take and give: named tuples of arrays, and the codes that stand in them."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OPEN, CLOSE = 0, 1


class Cause(IntEnum):
    """Where a ticker's P&L came from; the last axis of the P&L array."""

    OVERNIGHT = 0
    INTRADAY = 1
    COMMISSION = 2
    SPREAD = 3
    SLIPPAGE = 4
    IMPACT = 5
    BORROW = 6


class Status(IntEnum):
    """What became of an order."""

    FILLED = 0
    DEFERRED = 1
    REJECTED = 2


class Reason(IntEnum):
    """Why an order was filled, deferred or rejected."""

    ORDER = 0
    NO_OPEN = 1
    NO_PRICE = 2
    NO_NAV = 3
    STALE = 4


class Prices(NamedTuple):
    """Reference prices of the simulated sessions.

    marks: (2, T, N), opens then closes, USD, NaN where there is no price; days: (T,) calendar days since the
    session before, 0 for the first.
    """

    marks: Floats
    days: Floats


class Orders(NamedTuple):
    """Target weights and when to trade to them.

    session, mark, row: (R,) ascending by session and mark; scale: (R,); bank: (K, N) rows of target weights as
    fractions of NAV, NaN = leave the ticker alone. The weights of order k are bank[row[k]] * scale[k].
    """

    session: Ints
    mark: Ints
    row: Ints
    scale: Floats
    bank: Floats


class Terms(NamedTuple):
    """What trading and holding cost.

    half_spread, slippage: (N,) fractions of the reference price; impact: (T, N) coefficients, per square root
    of USD traded; borrow: (T, N) annual rates charged over the night that follows a session; commission:
    fraction of the traded value; cash_rate, margin_rate: annual; max_stale: sessions without a close after
    which a position is closed at its last price.
    """

    half_spread: Floats
    slippage: Floats
    impact: Floats
    borrow: Floats
    commission: float
    cash_rate: float
    margin_rate: float
    max_stale: int


class Record(NamedTuple):
    """What a simulation leaves behind, when it is asked to.

    nav: (T, 2) after the fills of each mark; cash, interest: (T,); shares, price: (T, N) at the close;
    pnl: (T, N, 7) by cause; order_codes: (L, 5) session, mark, ticker, status, reason; order_values: (L, 7)
    shares, reference, price, commission, spread, slippage, impact, NaN where nothing was filled.
    """

    nav: Floats
    cash: Floats
    interest: Floats
    shares: Floats
    price: Floats
    pnl: Floats
    order_codes: Ints
    order_values: Floats


class State(NamedTuple):
    """A portfolio in the middle of a simulation; every array is changed in place.

    shares: (N,); price: (N,) last known price; pending: (N,) target weight that waits for a fill, NaN = none;
    told: (N,) the reason under which the waiting order was last logged as deferred, 0 = not logged;
    stale: (N,) sessions without a close while held; cash: (1,); logged: (1,) orders logged so far.
    """

    shares: Floats
    price: Floats
    pending: Floats
    told: Ints
    stale: Ints
    cash: Floats
    logged: Ints
