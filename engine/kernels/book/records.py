"""What kernels take and give: named tuples of arrays, and the codes that stand in them."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...arrays import Codes, Floats
from ...causes import TRADING_COLUMNS

# An array of one of the records below, or one record of it: numba reads their fields as attributes.
Structs: TypeAlias = Any

OPEN, CLOSE = 0, 1


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
    NO_LOCATE = 5
    RULE_201 = 6
    CAP = 7
    TOO_SMALL = 8
    NO_BID = 9
    STOP_LOSS = 10
    TAKE_PROFIT = 11
    TRAILING_STOP = 12
    MAX_HOLD = 13
    LEG_STOP = 14
    REBALANCE = 15
    BAND = 16
    DERISK = 17
    MARGIN_CALL = 18
    RECALL = 19
    DELISTED = 20
    LESS_THAN_ONE_SHARE = 21


class Gone(IntEnum):
    """Whether a close writes off who holds a ticker: at once, or if the simulation ends with it."""

    NO = 0
    DELISTED = 1
    QUIET = 2


class MarginAction(IntEnum):
    """What happens when NAV falls below the maintenance requirement."""

    OFF = 0
    REPORT = 1
    REDUCE = 2
    LIQUIDATE = 3


# Kernels take arrays of records and not named tuples of arrays: the same code then compiles four times faster,
# because a call passes one pointer and not every array that it might need.

# What costs and limits say of a ticker. half_spread, slippage: fractions of the reference price; house: multiplier of
# each margin requirement; recovery: fraction of its last price at which a position is written off, unused where
# nothing is gone; leg: 0 long, 1 short, -1 neither.
TICKER = np.dtype(
    [("half_spread", "f8"), ("slippage", "f8"), ("house", "f8"), ("recovery", "f8"), ("leg", "i8")], align=True
)

# What holds for a ticker in a session. borrow: annual rate over the night that follows; impact: coefficient per square
# root of USD traded; cap: USD that may be traded, inf = no cap; barred_open, barred_close: the Reason why nothing new
# can be sold short, 0 = it can; recall: 1 where lent shares are called back at the close; gone: of Gone.
CELL = np.dtype(
    [
        ("borrow", "f8"),
        ("impact", "f8"),
        ("cap", "f8"),
        ("barred_open", "i1"),
        ("barred_close", "i1"),
        ("recall", "i1"),
        ("gone", "i1"),
    ],
    align=True,
)

# The rules of a trade, under the names that `Rules` has: type, and the value that stands where a rule is off. Stops and
# targets are fractions of the entry NAV; max_hold: sessions; band: drift of a position relative to its target;
# target_vol: annual; derisk_drawdown: from the highest NAV since entry; derisk_to: factor on all weights.
RULE_TERMS: dict[str, tuple[str, float]] = {
    "stop_loss": ("f8", math.nan),
    "take_profit": ("f8", math.nan),
    "trailing_stop": ("f8", math.nan),
    "long_stop": ("f8", math.nan),
    "short_stop": ("f8", math.nan),
    "max_hold": ("i8", 0),
    "band": ("f8", math.nan),
    "target_vol": ("f8", math.nan),
    "max_scale": ("f8", 1.0),
    "derisk_drawdown": ("f8", math.nan),
    "derisk_to": ("f8", 1.0),
}

# Numbers that hold throughout. Costs: commission (fraction of traded value), min_commission (USD), cash_rate,
# margin_rate (annual). Orders: lot (1 = whole shares), min_order (USD), defer_201 (1 = an order that rule 201
# bars waits). Margin: action (MarginAction), initial and maintenance fractions of market value,
# for shorts beyond their proceeds, short_floor (USD a share), and what holds for shorts below low_price (USD).
TERMS = np.dtype(
    [
        ("commission", "f8"),
        ("min_commission", "f8"),
        ("cash_rate", "f8"),
        ("margin_rate", "f8"),
        ("lot", "i8"),
        ("min_order", "f8"),
        ("defer_201", "i8"),
        ("margin_action", "i8"),
        ("initial_long", "f8"),
        ("initial_short", "f8"),
        ("maint_long", "f8"),
        ("maint_short", "f8"),
        ("short_floor", "f8"),
        ("low_price", "f8"),
        ("low_frac", "f8"),
        ("low_floor", "f8"),
        *((name, kind) for name, (kind, _) in RULE_TERMS.items()),
    ],
    align=True,
)

# When to trade and to what: the weights of an order are scale * bank[row]. Ascending by session and mark.
ORDER = np.dtype([("session", "i8"), ("mark", "i8"), ("row", "i8"), ("scale", "f8")], align=True)

# A ticker in the middle of a simulation. price: last known; pending: target weight that waits for a fill, NaN = none,
# or CUT; why: the Reason of that order; told: bits of the reasons under which it was logged as deferred; traded: USD
# this session; earned: P&L since the trade began.
POSITION = np.dtype(
    [
        ("shares", "f8"),
        ("price", "f8"),
        ("pending", "f8"),
        ("traded", "f8"),
        ("earned", "f8"),
        ("why", "i8"),
        ("told", "i8"),
    ],
    align=True,
)

# POSITION.pending of an order whose size is worked out where it fills: what a margin call leaves of the position.
CUT = 1.0

# The account in the middle of a simulation, and the trade that is on. logged: orders so far; active, derisked,
# long_closed, short_closed: 0 or 1; cuts: 1 where orders of a margin call may wait; row: of the bank;
# since: session of the entry; scale: on the row's weights now; base: the same without the volatility target;
# entry_nav, peak_nav: USD; peak_pnl: fraction of the entry NAV.
# traded: USD so far, at reference prices; paid: commission, spread, slippage, impact and borrow fees so far, USD.
ACCOUNT = np.dtype(
    [
        ("cash", "f8"),
        ("logged", "i8"),
        ("active", "i8"),
        ("derisked", "i8"),
        ("long_closed", "i8"),
        ("short_closed", "i8"),
        ("cuts", "i8"),
        ("row", "i8"),
        ("since", "i8"),
        ("scale", "f8"),
        ("base", "f8"),
        ("entry_nav", "f8"),
        ("peak_nav", "f8"),
        ("peak_pnl", "f8"),
        ("traded", "f8"),
        ("paid", "f8"),
    ],
    align=True,
)

# What became of an order; the amounts are NaN where nothing was filled. Costs in USD, positive.
LINE = np.dtype(
    [
        ("session", "i8"),
        ("mark", "i8"),
        ("ticker", "i8"),
        ("status", "i8"),
        ("reason", "i8"),
        ("shares", "f8"),
        ("reference", "f8"),
        ("price", "f8"),
        *((name, "f8") for name in TRADING_COLUMNS),
    ],
    align=True,
)

# What a session leaves: NAV after the fills of each mark, cash and maintenance requirement at the close, USD.
DAY = np.dtype(
    [("nav_open", "f8"), ("nav_close", "f8"), ("cash", "f8"), ("interest", "f8"), ("requirement", "f8")], align=True
)


class Prices(NamedTuple):
    """Reference prices of the simulated sessions.

    marks: (2, T, N), opens then closes, USD, NaN where there is no price; days: (T,) calendar days since the
    session before, 0 for the first.
    """

    marks: Floats
    days: Floats


class Orders(NamedTuple):
    """Target weights and when to trade to them.

    rows: (R,) of ORDER; bank: (K, N) target weights as fractions of NAV, NaN = leave the ticker alone.
    """

    rows: Structs
    bank: Floats


class Conditions(NamedTuple):
    """What a simulation obeys besides prices and orders.

    terms: (1,) of TERMS; tickers: (N,) of TICKER; cells: (T, N) of CELL; rebalance: (T,) 1 where the close
    decides to rebalance; vol: (K, T + 1) annual volatility of each row of weights as known before a session,
    NaN = unknown; last: the session with whose close everything ends, -1 = it goes on after what is simulated here.
    """

    terms: Structs
    tickers: Structs
    cells: Structs
    rebalance: Codes
    vol: Floats
    last: int = -1


class State(NamedTuple):
    """A portfolio in the middle of a simulation, changed in place. book: (N,) of POSITION; account: (1,)."""

    book: Structs
    account: Structs


class Record(NamedTuple):
    """What a simulation leaves behind; an array without rows is not kept.

    days: (T,) of DAY; shares, price: (T, N) at the close; pnl: (T, N, C) by Cause, USD; lines: (L,) of LINE.
    """

    days: Structs
    shares: Floats
    price: Floats
    pnl: Floats
    lines: Structs

    @property
    def nav(self) -> Floats:
        """(T, 2): NAV after the fills of the open and of the close."""
        return np.column_stack([self.days["nav_open"], self.days["nav_close"]])

    @property
    def cash(self) -> Floats:
        """(T,): cash at the close."""
        return np.asarray(self.days["cash"])

    @property
    def interest(self) -> Floats:
        """(T,): interest of the nights before each session, negative when paid."""
        return np.asarray(self.days["interest"])

    @property
    def filled(self) -> Structs:
        """The lines of orders that were filled."""
        return self.lines[self.lines["status"] == Status.FILLED]
