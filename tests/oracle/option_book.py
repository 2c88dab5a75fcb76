"""Stock and options in one book, slow and obvious: plain Python, nothing shared with the engine.

Positions and prices are per share; a contract is `size` shares. NaN = no price. Nothing here knows of weights or rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date

OPEN, CLOSE = 0, 1


@dataclass(frozen=True)
class Contract:
    stock: int
    call: bool
    strike: float  # as quoted when it is first traded
    expiry: date


@dataclass(frozen=True)
class Trade:
    """column: of a stock, or of stocks + k of contract k; quantity: contracts or shares, None = close what is held."""

    session: int
    mark: int
    column: int
    quantity: float | None


@dataclass(frozen=True)
class OptionInput:
    """prices: [mark][session][column]; halves: the same for contracts, USD a share; put_worth: [session][contract] the
    put of the same strike and expiry; splits: (session, stock, ratio), dividends: (session, stock, USD a share), both
    before the open; after: next_open, same_close or keep."""

    dates: list[date]
    stocks: int
    contracts: list[Contract]
    prices: list[list[list[float]]]
    halves: list[list[list[float]]]
    put_worth: list[list[float]]
    trades: list[Trade]
    splits: list[tuple[int, int, float]]
    dividends: list[tuple[int, int, float]]
    half_spread: float
    fee: float
    borrow: float
    cash_rate: float
    margin_rate: float
    interest: float
    after: str
    capital: float


@dataclass
class Waiting:
    column: int
    quantity: float | None
    stays: bool
    why: str = "order"
    told: set[str] = field(default_factory=set)


class OptionBook:
    """Walks through the sessions; navs: [session] (open, close); events: what happened, in order."""

    def __init__(self, given: OptionInput) -> None:
        columns = given.stocks + len(given.contracts)
        self.given, self.cash = given, given.capital
        self.shares, self.last = [0.0] * columns, [math.nan] * columns
        self.strike = [one.strike for one in given.contracts]
        self.size = [100.0] * len(given.contracts)
        self.gone = [False] * len(given.contracts)
        self.queue: list[Waiting] = []
        self.known = [math.nan] * given.stocks
        self.navs: list[list[float]] = []
        self.cashes: list[float] = []
        self.held: list[list[float]] = []
        self.earned: list[list[float]] = []
        self.interest: list[float] = []
        self.events: list[tuple[int, int, int, str, str, float]] = []
        self.begins = min(trade.session for trade in given.trades)
        for t in range(len(given.dates)):
            self.session(t)

    def session(self, t: int) -> None:
        self.earned.append([0.0] * len(self.shares))
        self.interest.append(self.night(t) if t > self.begins else 0.0)
        navs = []
        for mark in (OPEN, CLOSE):
            if mark == OPEN:
                self.split(t)
            self.revalue(t, mark)
            if mark == OPEN:
                self.pay(t)
            for trade in self.given.trades:
                if (trade.session, trade.mark) == (t, mark):
                    self.queue.append(Waiting(trade.column, trade.quantity, stays=trade.quantity is None))
            self.fill(t, mark)
            if mark == CLOSE:
                self.end(t)
                if self.given.after == "same_close":
                    self.fill(t, mark)
            navs.append(self.nav())
        self.navs.append(navs)
        self.cashes.append(self.cash)
        self.held.append(list(self.shares))

    def nav(self) -> float:
        return math.fsum([self.cash, *(q * p for q, p in zip(self.shares, self.last, strict=True) if q != 0.0)])

    def night(self, t: int) -> float:
        years = (self.given.dates[t] - self.given.dates[t - 1]).days / 360
        rate = self.given.cash_rate if self.cash > 0.0 else self.given.margin_rate
        interest = self.cash * rate * years
        for i in range(self.given.stocks):
            if self.shares[i] < 0.0:
                fee = -self.shares[i] * self.last[i] * self.given.borrow * years
                self.cash -= fee
                self.earned[-1][i] -= fee
        self.cash += interest
        return interest

    def split(self, t: int) -> None:
        for day, stock, ratio in self.given.splits:
            if day != t:
                continue
            self.shares[stock] *= ratio
            self.last[stock] /= ratio
            self.known[stock] /= ratio
            for k, one in enumerate(self.given.contracts):
                first = min(trade.session for trade in self.given.trades if trade.column == self.given.stocks + k)
                if one.stock == stock and first < t and not self.gone[k]:
                    self.strike[k] /= ratio
                    self.shares[self.given.stocks + k] *= ratio
                    self.last[self.given.stocks + k] /= ratio
                    if ratio != round(ratio):
                        self.size[k] *= ratio

    def revalue(self, t: int, mark: int) -> None:
        for i, price in enumerate(self.given.prices[mark][t]):
            if math.isfinite(price):
                if self.shares[i] != 0.0:
                    self.earned[t][i] += self.shares[i] * (price - self.last[i])
                self.last[i] = price
                if i < self.given.stocks:
                    self.known[i] = price

    def pay(self, t: int) -> None:
        for day, stock, usd in self.given.dividends:
            if day == t:
                self.cash += self.shares[stock] * usd
                self.earned[t][stock] += self.shares[stock] * usd

    def fill(self, t: int, mark: int) -> None:
        waiting, self.queue = self.queue, []
        for order in waiting:
            if self.tried(t, mark, order):
                self.queue.append(order)

    def tried(self, t: int, mark: int, order: Waiting) -> bool:
        """Fill an order; whether it goes on waiting."""
        i, stocks = order.column, self.given.stocks
        size = 1.0 if i < stocks else self.size[i - stocks]
        quantity = -self.shares[i] if order.quantity is None else order.quantity * size
        price = self.given.prices[mark][t][i]
        if quantity == 0.0:
            return False
        if not math.isfinite(price):
            closes = order.stays or abs(self.shares[i] + quantity) < abs(self.shares[i])
            reason = "no_open" if mark == OPEN else "no_price"
            if closes or mark == OPEN:
                if reason not in order.told:
                    self.events.append((t, mark, i, "deferred", reason, 0.0))
                order.told |= {"no_open", "no_price"} if mark == CLOSE else {"no_open"}
                return True
            self.events.append((t, mark, i, "rejected", reason, 0.0))
            return False
        half = price * self.given.half_spread if i < stocks else self.given.halves[mark][t][i - stocks]
        if quantity < 0.0:
            half = min(half, price)
        paid = price + half if quantity > 0.0 else price - half
        fee = 0.0 if i < stocks else abs(quantity) / size * self.given.fee
        self.cash -= quantity * paid + fee
        self.shares[i] += quantity
        self.earned[t][i] -= abs(quantity) * half + fee
        self.events.append((t, mark, i, "filled", order.why, quantity))
        return False

    def ends_at(self, k: int) -> int:
        """The last session not after the expiry; one past the end where that is still to come."""
        before = [t for t, day in enumerate(self.given.dates) if day <= self.given.contracts[k].expiry]
        beyond = self.given.contracts[k].expiry > self.given.dates[-1]
        return len(self.given.dates) if beyond else before[-1]

    def end(self, t: int) -> None:
        for stock in range(self.given.stocks):
            before = self.shares[stock]
            for k, one in enumerate(self.given.contracts):
                if one.stock == stock and not self.gone[k]:
                    if self.ends_at(k) == t:
                        self.finish(t, k)
                        self.gone[k] = True
                    elif self.exercised_early(t, k):
                        self.finish(t, k)
            now = self.shares[stock]
            opened = now if before * now < 0.0 else now - before if abs(now) > abs(before) else 0.0
            if opened != 0.0 and self.given.after != "keep":
                self.queue.append(Waiting(stock, -opened, stays=True, why="cover"))

    def exercised_early(self, t: int, k: int) -> bool:
        one = self.given.contracts[k]
        dividend = sum(usd for day, stock, usd in self.given.dividends if (day, stock) == (t + 1, one.stock))
        started = min(trade.session for trade in self.given.trades if trade.column == self.given.stocks + k) <= t
        if not (one.call and started and dividend > 0.0 and self.known[one.stock] > self.strike[k]):
            return False
        days = (one.expiry - self.given.dates[t]).days
        return dividend > self.given.put_worth[t][k] + self.strike[k] * self.given.interest * days / 365

    def finish(self, t: int, k: int) -> None:
        """Exercise, assign or let expire, at the last price of the stock."""
        one, i = self.given.contracts[k], self.given.stocks + k
        self.queue = [order for order in self.queue if order.column != i]
        q, spot = self.shares[i], self.known[one.stock]
        if q == 0.0:
            return
        inside = spot - self.strike[k] if one.call else self.strike[k] - spot
        pays = round(inside, 9) >= 0.01
        self.earned[t][i] += q * ((inside if pays else 0.0) - self.last[i])
        self.shares[i] = 0.0
        if not pays:
            self.events.append((t, CLOSE, i, "filled", "expired", -q))
            return
        why = "exercised" if q > 0.0 else "assigned"
        moved = q if one.call else -q
        self.events.append((t, CLOSE, i, "filled", why, -q))
        self.events.append((t, CLOSE, one.stock, "filled", why, moved))
        self.cash -= moved * self.strike[k]
        self.shares[one.stock] += moved
        self.last[one.stock] = spot
