"""What is held, owed, ordered and remembered while the sessions of a plain simulation pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hedgebook.engine.kernels.book.records import Cause, Status

from .inputs import OracleOrder, Reason, Vector


@dataclass(frozen=True)
class Mark:
    """A mark of a session, its reference prices by ticker, and the one NAV on which its orders are sized."""

    session: int
    mark: int
    reference: Vector
    nav: float


@dataclass
class Waiting:
    """An order that waits for a fill: a target weight, why it was given, what it was deferred for so far.

    is_cut: it has no weight (NaN): how much of the position is kept is worked out where it fills.
    """

    weight: float
    why: Reason
    is_cut: bool = False
    told: set[Reason] = field(default_factory=set)


@dataclass
class Episode:
    """One trade from its order row to the last exit; row = which order row, NAVs in USD."""

    row: int
    scale: float
    base: float  # the scale without the volatility factor
    entry_nav: float
    entry_session: int
    peak_nav: float
    peak_pnl: float = 0.0
    derisked: bool = False
    closed: set[int] = field(default_factory=set)  # legs
    weights: Vector = ()  # of all that the trade is to hold
    inside: set[int] | None = None  # tickers whose part is in, None = all
    days: int = 0  # sessions since the entry


@dataclass
class Book:
    """The state; earned: P&L by ticker since the episode began; pnl: [ticker][cause] of this session."""

    cash: float
    shares: list[float]
    last_price: list[float]
    waiting: list[Waiting | None]
    quiet_sessions: list[int]  # in a row without a price at any mark, held or not
    traded_usd: list[float]
    earned: list[float]
    episode: Episode | None = None
    ended_by_rule: bool = False  # the last episode
    pnl: list[list[float]] = field(default_factory=list)
    causes: int = int(Cause.CASH_FLOW)  # a book to which no cash flows has no column for it
    orders: list[OracleOrder] = field(default_factory=list)

    def nav(self) -> float:
        return math.fsum([self.cash, *(q * self.last_price[i] for i, q in self.held())])

    def held(self) -> list[tuple[int, float]]:
        """Ticker and shares of every position."""
        return [(i, q) for i, q in enumerate(self.shares) if q != 0.0]

    def start_session(self) -> None:
        self.traded_usd = [0.0] * len(self.shares)
        self.pnl = [[0.0] * self.causes for _ in self.shares]

    def earn(self, i: int, cause: Cause, usd: float) -> None:
        """P&L goes to the session's table and to what the ticker earned in this episode."""
        self.pnl[i][cause] += usd
        self.earned[i] += usd

    def order(self, i: int, weight: float, why: Reason) -> None:
        self.waiting[i] = Waiting(weight, why)

    def order_cut(self, i: int, why: Reason) -> None:
        self.waiting[i] = Waiting(math.nan, why, is_cut=True)

    def waits_to_be_cut(self, i: int) -> bool:
        order = self.waiting[i]
        return order is not None and order.is_cut

    def waits_to_exit(self, i: int) -> bool:
        order = self.waiting[i]
        return order is not None and order.weight == 0.0

    def order_exit(self, i: int, why: Reason) -> None:
        """A position that waits for its exit already keeps the order it has, with its reason."""
        if not self.waits_to_exit(i):
            self.order(i, 0.0, why)

    def drop_entry(self, i: int) -> None:
        """Forget a waiting order, unless it is an exit."""
        if not self.waits_to_exit(i):
            self.waiting[i] = None

    def exit_all(self, why: Reason) -> None:
        """Every position goes, every order that is not an exit is forgotten, and the episode is over."""
        for i, q in enumerate(self.shares):
            if q != 0.0:
                self.order_exit(i, why)
            else:
                self.drop_entry(i)
        self.episode = None
        self.ended_by_rule = True

    def defer(self, at: Mark, i: int, reason: Reason) -> None:
        """The order of i goes on waiting; that is written down once for each reason."""
        order = self.waiting[i]
        assert order is not None
        if reason not in order.told:
            order.told.add(reason)
            self.log(at, i, Status.DEFERRED, reason)

    def reject(self, at: Mark, i: int, reason: Reason) -> None:
        self.waiting[i] = None
        self.log(at, i, Status.REJECTED, reason)

    def log(self, at: Mark, i: int, status: Status, reason: Reason) -> None:
        self.orders.append(OracleOrder(at.session, at.mark, i, status, reason))


def empty_book(capital: float, tickers: int) -> Book:
    """Cash alone."""
    return Book(
        cash=capital,
        shares=[0.0] * tickers,
        last_price=[math.nan] * tickers,
        waiting=[None] * tickers,
        quiet_sessions=[0] * tickers,
        traded_usd=[0.0] * tickers,
        earned=[0.0] * tickers,
    )
