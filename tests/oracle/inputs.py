"""What the plain simulator takes and gives; every option that is left at its default is off.

Prices are nested lists indexed [session][ticker]; NaN = no price, in an order row "leave the ticker alone",
as a threshold "this rule is off".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Status

NAN = math.nan
LONG_LEG, SHORT_LEG, NO_LEG = 0, 1, -1

Vector = Sequence[float]
Table = Sequence[Sequence[float]]


class Reason(IntEnum):
    """Why an order was placed, deferred or rejected; written down again so that the codes are held too."""

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
    EXERCISED = 22
    ASSIGNED = 23
    EXPIRED = 24
    COVER = 25


class Action(IntEnum):
    """What is done about a margin call."""

    OFF = 0
    REPORT = 1
    REDUCE = 2
    LIQUIDATE = 3


@dataclass(frozen=True)
class OracleRow:
    """Orders that stand at one mark: the target of ticker i is weights[i] * scale, a fraction of NAV.

    whole: where a trade is asked for in parts, all that it is to hold once the last of them is in; joins: a part of
    the trade that is on, whose size it takes; it opens one only if none is on and no rule has ended the last.
    """

    session: int
    mark: int
    weights: Vector
    scale: float = 1.0
    whole: Vector | None = None
    joins: bool = False


@dataclass(frozen=True)
class OracleFlow:
    """Cash a share at one mark: received by who held it when the mark began, paid by who was short of it."""

    session: int
    mark: int
    ticker: int
    usd_per_share: float


@dataclass(frozen=True)
class OracleChange:
    """What becomes of a share before a mark: `keep` shares of its own, `given` of ticker `into`, and `cash` USD.

    worth: USD at which a delivered share is booked, NaN = what is given up for it.
    """

    session: int
    mark: int
    ticker: int
    keep: float = 1.0
    into: int | None = None
    given: float = 0.0
    worth: float = NAN
    cash: float = 0.0


@dataclass(frozen=True)
class OracleLimits:
    """How much may be traded.

    lot: 0 = fractions of a share, 1 = whole shares; min_order_usd: per order, exits excepted;
    min_commission_usd: per fill; commission_per_share_usd: beside the fraction of the value; cap: [session][ticker] USD
    that may be traded in a session, None = no cap; recovery: [ticker] fraction of the last price that a position brings
    which stopped printing, NaN = nobody knows, None = of any; delisted: [ticker] its session, None = never.
    """

    lot: int = 0
    min_order_usd: float = 0.0
    min_commission_usd: float = 0.0
    cap: Table | None = None
    recovery: Vector | None = None
    delisted: Sequence[int | None] | None = None
    commission_per_share_usd: float = 0.0


@dataclass(frozen=True)
class OracleShorting:
    """What may be sold short.

    barred: [mark][session][ticker] 0, NO_LOCATE or RULE_201, None = nothing; defer_201: an order that rule
    201 bars waits, else it is rejected; recall: [session][ticker], known at the close, None = never.
    """

    barred: Sequence[Sequence[Sequence[int]]] | None = None
    defer_201: bool = False
    recall: Sequence[Sequence[bool]] | None = None


@dataclass(frozen=True)
class OracleMargin:
    """Margin rules: fractions of market value; floors and low_price in USD per share.

    house: [ticker] multiplier of both requirements, None = 1.
    """

    action: Action = Action.OFF
    house: Vector | None = None
    initial_long: float = 0.5
    initial_short: float = 0.5
    maint_long: float = 0.25
    maint_short: float = 0.30
    short_floor: float = 5.0
    low_price: float = 5.0
    low_frac: float = 1.0
    low_floor: float = 2.5


@dataclass(frozen=True)
class OracleRules:
    """Rules decided at a close and filled from the next open on; thresholds are fractions.

    leg: [ticker] LONG_LEG, SHORT_LEG or NO_LEG, None = no legs; rebalance: [session], None = never;
    uncounted: [session], days that are no sessions of a trade, None = none;
    vol: [order row][0..T] annual volatility of the row's weights known before that session, None = unknown.
    """

    stop_loss: float = NAN
    take_profit: float = NAN
    trailing_stop: float = NAN
    leg_stop: tuple[float, float] = (NAN, NAN)
    max_hold: int = 0
    band: float = NAN
    target_vol: float = NAN
    max_scale: float = 1.0
    derisk_drawdown: float = NAN
    derisk_to: float = 1.0
    rebalance: Sequence[bool] | None = None
    uncounted: Sequence[bool] | None = None
    leg: Sequence[int] | None = None
    vol: Table | None = None


@dataclass(frozen=True)
class OracleInput:
    """What a simulation takes.

    opens, closes, impact_coef, borrow: [session][ticker]; half_spread, slippage: [ticker], fractions of the
    reference price; impact_coef: per square root of USD traded; borrow, cash_rate, margin_rate: annual
    fractions; commission: fraction of the traded value; max_stale: sessions in a row without a price after which the
    end of the simulation writes a position off; capital: USD;
    others: further marks, each [session][ticker], numbered from 2 on; order: the marks of a session in time order.
    away: [mark][session][ticker] whether a ticker's exchange is elsewhere: nothing of it fills, and what waits waits in
    silence; worth: [mark][session][ticker] USD of a share then, NaN = as much as before.
    """

    opens: Table
    closes: Table
    dates: Sequence[date]
    rows: Sequence[OracleRow]
    half_spread: Vector
    slippage: Vector
    impact_coef: Table
    borrow: Table
    commission: float
    cash_rate: float
    margin_rate: float
    max_stale: int
    capital: float
    limits: OracleLimits = field(default_factory=OracleLimits)
    shorting: OracleShorting = field(default_factory=OracleShorting)
    margin: OracleMargin = field(default_factory=OracleMargin)
    rules: OracleRules = field(default_factory=OracleRules)
    others: Sequence[Table] = ()
    order: Sequence[int] = (OPEN, CLOSE)
    flows: Sequence[OracleFlow] = ()
    changes: Sequence[OracleChange] = ()
    away: Sequence[Sequence[Sequence[bool]]] | None = None
    worth: Sequence[Table] | None = None

    @property
    def marks(self) -> list[Table]:
        """Opens, closes and the others, by number."""
        return [self.opens, self.closes, *self.others]


@dataclass(frozen=True)
class OracleOrder:
    """One line of the order log; an order that was not filled has NaN prices and zero shares and amounts."""

    session: int
    mark: int
    ticker: int
    status: Status
    reason: Reason
    shares: float = 0.0
    reference: float = NAN
    price: float = NAN
    commission: float = 0.0
    spread: float = 0.0
    slippage: float = 0.0
    impact: float = 0.0


@dataclass(frozen=True)
class OracleResult:
    """What a simulation leaves, by session; shares and price as at the close; pnl[t][ticker][cause].

    requirement: maintenance margin at the close, USD, 0 where margin is off.
    """

    nav_open: list[float]
    nav_close: list[float]
    cash: list[float]
    interest: list[float]
    shares: list[list[float]]
    price: list[list[float]]
    pnl: list[list[list[float]]]
    orders: list[OracleOrder]
    requirement: list[float]
