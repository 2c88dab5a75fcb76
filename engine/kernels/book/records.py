"""What kernels take and give: named tuples of arrays, and the codes that stand in them."""

from __future__ import annotations

from enum import Flag, IntEnum, auto
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from ...arrays import Codes, Floats, Ints

# An array of one of the records below, or one record of it: numba reads their fields as attributes.
Structs: TypeAlias = Any

OPEN, CLOSE = 0, 1
NAN = float("nan")


class Booked(Flag):
    """How a cause of P&L comes about; whatever treats several causes alike asks for one of these."""

    MOVE = auto()
    # What a fill costs: paid beside its price, or given away in it. Each has a column of its own in the order log.
    FEE = auto()
    CONCESSION = auto()
    # What holding costs, night by night.
    CARRY = auto()
    # What a position is paid beside its price, or pays.
    INCOME = auto()
    TRADING = FEE | CONCESSION
    COST = TRADING | CARRY
    GROSS = MOVE | INCOME


class Cause(IntEnum):
    """Where a ticker's P&L came from; the last axis of the P&L array. Code, how it is booked, what readers call it.

    A cause of TRADING has the name of the table of Costs that sets it, SPREAD excepted: that is half_spread.
    """

    booked: Booked
    label: str

    def __new__(cls, code: int, booked: Booked, label: str) -> Self:
        member = int.__new__(cls, code)
        member._value_, member.booked, member.label = code, booked, label
        return member

    OVERNIGHT = 0, Booked.MOVE, "Overnight"
    INTRADAY = 1, Booked.MOVE, "Intraday"
    COMMISSION = 2, Booked.FEE, "Commission"
    SPREAD = 3, Booked.CONCESSION, "Half-spread"
    SLIPPAGE = 4, Booked.CONCESSION, "Slippage"
    IMPACT = 5, Booked.CONCESSION, "Impact"
    BORROW = 6, Booked.CARRY, "Borrow"
    # Last, because the P&L of a run without cash flows ends before it.
    CASH_FLOW = 7, Booked.INCOME, "Cash flow"

    @property
    def column(self) -> str:
        """Its name in tables and files."""
        return self.name.lower()


def causes(booked: Booked) -> list[Cause]:
    """The causes that are booked in one of these ways, by code."""
    return [cause for cause in Cause if cause.booked in booked]


def columns(booked: Booked) -> list[str]:
    """Their names in tables and files."""
    return [cause.column for cause in causes(booked)]


class Status(IntEnum):
    """What became of an order."""

    FILLED = 0
    DEFERRED = 1
    REJECTED = 2


class Reason(IntEnum):
    """Why an order was filled, deferred or rejected: code, and what readers are told."""

    label: str

    def __new__(cls, code: int, label: str = "") -> Self:
        member = int.__new__(cls, code)
        member._value_, member.label = code, label
        return member

    ORDER = 0
    NO_OPEN = 1, "no price at the open"
    NO_PRICE = 2, "no price at the close"
    NO_NAV = 3, "no capital left"
    STALE = 4, "written off at the end, no longer printing"
    NO_LOCATE = 5, "no shares to borrow"
    RULE_201 = 6, "rule 201: short sale barred"
    CAP = 7, "share of volume reached"
    TOO_SMALL = 8, "below the minimum order"
    NO_BID = 9, "too large for any bid"
    STOP_LOSS = 10, "stop loss"
    TAKE_PROFIT = 11, "profit target"
    TRAILING_STOP = 12, "trailing stop"
    MAX_HOLD = 13, "longest holding time"
    LEG_STOP = 14, "stop of the leg"
    REBALANCE = 15, "rebalance"
    BAND = 16, "drift beyond the band"
    DERISK = 17, "drawdown rule"
    MARGIN_CALL = 18, "margin call"
    RECALL = 19, "shares recalled"
    DELISTED = 20, "written off, delisted"
    LESS_THAN_ONE_SHARE = 21, "less than one share"
    EXERCISED = 22, "exercised"
    ASSIGNED = 23, "assigned"
    EXPIRED = 24, "expired worthless"
    COVER = 25, "what exercise opened is closed"


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
# nothing is gone; leg: 0 long, 1 short, -1 neither; share_fee: 1, 0 for money, which pays no commission by the share.
TICKER = np.dtype(
    [
        ("half_spread", "f8"),
        ("slippage", "f8"),
        ("house", "f8"),
        ("recovery", "f8"),
        ("leg", "i8"),
        ("share_fee", "f8"),
    ],
    align=True,
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


class Term(NamedTuple):
    """A number that holds throughout: its name, "f8" or "i8", and the value under which it asks for nothing."""

    name: str
    kind: str
    neutral: float


# Of costs: commission (fraction of traded value), min_commission, per_share (USD), cash_rate, margin_rate (annual); of
# orders: lot (1 = whole shares), min_order (USD), defer_201 (1 = an order that rule 201 bars waits).
COST_TERMS = (
    Term("commission", "f8", 0.0),
    Term("min_commission", "f8", 0.0),
    Term("per_share", "f8", 0.0),
    Term("cash_rate", "f8", 0.0),
    Term("margin_rate", "f8", 0.0),
    Term("lot", "i8", 0),
    Term("min_order", "f8", 0.0),
    Term("defer_201", "i8", 0),
)

# Of margin: action (MarginAction), initial and maintenance fractions of market value, for shorts beyond their
# proceeds, short_floor (USD a share), and what holds for shorts below low_price (USD). engine.account.margin has
# their values, which are without effect while the action is off.
MARGIN_TERMS = (
    *("margin_action", "initial_long", "initial_short", "maint_long", "maint_short"),
    *("short_floor", "low_price", "low_frac", "low_floor"),
)

# Of rules, each with the name of the field of Rules that sets it: stops and targets as fractions of the entry NAV,
# max_hold (sessions), band (drift of a position relative to its target), target_vol (annual), max_scale,
# derisk_drawdown (from the highest NAV since entry), derisk_to (factor on all weights).
RULE_TERMS = (
    Term("stop_loss", "f8", NAN),
    Term("take_profit", "f8", NAN),
    Term("trailing_stop", "f8", NAN),
    Term("long_stop", "f8", NAN),
    Term("short_stop", "f8", NAN),
    Term("max_hold", "i8", 0),
    Term("band", "f8", NAN),
    Term("target_vol", "f8", NAN),
    Term("max_scale", "f8", 1.0),
    Term("derisk_drawdown", "f8", NAN),
    Term("derisk_to", "f8", 1.0),
)

TERMS = np.dtype(
    [
        *((term.name, term.kind) for term in COST_TERMS),
        *((name, "i8" if name == "margin_action" else "f8") for name in MARGIN_TERMS),
        *((term.name, term.kind) for term in RULE_TERMS),
    ],
    align=True,
)

# Cash that a share brings whoever holds it long when a mark begins, and costs whoever is short of it; before the orders
# of that mark. In the order in which they come.
FLOW = np.dtype([("session", "i8"), ("mark", "i8"), ("ticker", "i8"), ("usd_per_share", "f8")], align=True)

# What becomes of each share of a ticker before a mark is priced: `keep` shares of its own, `given` of ticker `into`
# (-1 = none), and `usd` in cash. worth: USD at which a delivered share is booked, NaN = what is given up for it. Before
# revaluation and cash flows, in the order in which they come.
CHANGE = np.dtype(
    [
        ("session", "i8"),
        ("mark", "i8"),
        ("ticker", "i8"),
        ("into", "i8"),
        ("keep", "f8"),
        ("given", "f8"),
        ("worth", "f8"),
        ("usd", "f8"),
    ],
    align=True,
)

# When to trade and to what: the weights of an order are scale * bank[row]. In the order in which they come. joins: 1
# for a part of the trade that is on, which opens none of its own; whole: 1 + the row of all that the trade is to hold
# once its last part is in, 0 = that is the row itself.
ORDER = np.dtype(
    [("session", "i8"), ("mark", "i8"), ("row", "i8"), ("scale", "f8"), ("joins", "i8"), ("whole", "i8")], align=True
)

# A ticker in the middle of a simulation. price: last known; pending: target weight that waits for a fill, NaN = none,
# or CUT; why: the Reason of that order; told: bits of the reasons under which it was logged as deferred; traded: USD
# this session; earned: P&L since the trade began; apart: 1 where the trade has a weight for the ticker but has not
# asked for it yet, or no longer does. live: not of this ticker: of the n-th record, the n-th ticker of
# those that are held or wait, see ACCOUNT.live.
POSITION = np.dtype(
    [
        ("shares", "f8"),
        ("price", "f8"),
        ("pending", "f8"),
        ("traded", "f8"),
        ("earned", "f8"),
        ("why", "i8"),
        ("told", "i8"),
        ("apart", "i8"),
        ("live", "i8"),
    ],
    align=True,
)

# POSITION.pending of an order whose size is worked out where it fills: what a margin call leaves of the position.
CUT = 1.0

# The account in the middle of a simulation, and the trade that is on. logged: orders so far; active, derisked,
# long_closed, short_closed: 0 or 1; cuts: 1 where orders of a margin call may wait; row: of the bank;
# since: session of the entry; uncounted: days since then that are no sessions of the trade; over: 1 where a rule has
# ended the trade; scale: on the row's weights now; base: the same without the volatility target;
# entry_nav, peak_nav: USD; peak_pnl: fraction of the entry NAV.
# traded: USD so far, at reference prices; paid: costs so far, USD; live: how many tickers are listed in POSITION.live,
# ascending: no other is held, waits or has traded in this session, so that loops need not look at every ticker.
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
        ("uncounted", "i8"),
        ("over", "i8"),
        ("scale", "f8"),
        ("base", "f8"),
        ("entry_nav", "f8"),
        ("peak_nav", "f8"),
        ("peak_pnl", "f8"),
        ("traded", "f8"),
        ("paid", "f8"),
        ("live", "i8"),
    ],
    align=True,
)

ORDER_AMOUNTS = ("shares", "reference", "price", *columns(Booked.TRADING))

# What became of an order; the amounts are NaN where nothing was filled. Costs in USD, positive.
LINE = np.dtype(
    [
        ("session", "i8"),
        ("mark", "i8"),
        ("ticker", "i8"),
        ("status", "i8"),
        ("reason", "i8"),
        *((name, "f8") for name in ORDER_AMOUNTS),
    ],
    align=True,
)

# A line whose amounts are not known yet.
UNFILLED = np.zeros(1, dtype=LINE)
for _name in ORDER_AMOUNTS:
    UNFILLED[_name] = NAN

# What a session leaves: NAV after the fills of each mark, cash and maintenance requirement at the close, USD.
DAY = np.dtype(
    [("nav_open", "f8"), ("nav_close", "f8"), ("cash", "f8"), ("interest", "f8"), ("requirement", "f8")], align=True
)


class Prices(NamedTuple):
    """Reference prices of the simulated sessions, the order in which they come, and the cash that comes with them.

    marks: (M, T, N), opens, closes, then any other marks, USD, NaN where there is no price; below zero where the
    ticker's exchange is not at the mark: nothing fills there, and it is worth the number without its sign, -inf = as
    much as before; days: (T,) calendar days
    since the session before, 0 for the first; order: (M,) rows of `marks` as a session passes through them, CLOSE at
    the end; flows: (F,) of FLOW; changes: (C,) of CHANGE. A mark other than the close is treated as the open is: orders
    wait for what follows.
    """

    marks: Floats
    days: Floats
    order: Ints
    flows: Structs
    changes: Structs


class Orders(NamedTuple):
    """Target weights and when to trade to them.

    rows: (R,) of ORDER; bank: (K, N) target weights as fractions of NAV, NaN = leave the ticker alone.
    """

    rows: Structs
    bank: Floats


class Conditions(NamedTuple):
    """What a simulation obeys besides prices and orders.

    terms: (1,) of TERMS; tickers: (N,) of TICKER; cells: (T, N) of CELL, or (1, N) where every session has the same;
    rebalance: (T,) 1 where the close decides to rebalance, 2 on a day that is no session of a trade; vol: (K, T + 1)
    annual volatility of each row of weights as known before a session, NaN = unknown; last: the session with whose
    close everything ends, -1 = it goes on after what is simulated here.
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

    days: (T,) of DAY; shares, price: (T, N) at the close; pnl: (T, N, C) by Cause, USD, without CASH_FLOW in a run that
    has none; lines: (L,) of LINE.
    """

    days: Structs
    shares: Floats
    price: Floats
    pnl: Floats
    lines: Structs

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes that its P&L is split by, by code."""
        return tuple(Cause)[: self.pnl.shape[2]]

    def of(self, booked: Booked) -> Floats:
        """(T, N, C): the P&L of the causes that are booked in one of these ways."""
        return self.pnl[:, :, [cause for cause in self.causes if cause.booked in booked]]

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
