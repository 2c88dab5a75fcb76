"""A book hedged with a bought option and shares, session by session in plain Python: decided at closes, filled next.

Options are European under one volatility, without interest or carry, so that nothing is exercised early.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import NormalDist

from .option_book import CLOSE, OPEN, Contract, OptionBook, OptionInput, Trade

N = NormalDist().cdf
STEPS = ((25.0, 0.5), (100.0, 1.0), (200.0, 2.5), (1000.0, 5.0), (math.inf, 10.0))


@dataclass
class HedgeCase:
    """What is hedged.

    today: the session before the first; opens, closes: [session][stock] of the window, as quoted; before: last closes
    before it; method: USD to hold of each stock, from a number of sessions into the window (-1 before it) and the
    book's values then; option: the stock that an option takes the place of, None = all in shares; left_days: days
    before expiry of a roll; at: sessions at whose close the hedge is set anew; own: contracts of
    the book by number; bought: what was chosen.
    """

    dates: list[date]
    today: date
    holidays: list[date]
    opens: list[list[float]]
    closes: list[list[float]]
    before: list[float]
    held: list[float]
    cash: float
    method: Callable[[int, list[float]], dict[int, float]]
    option: int | None
    call: bool
    delta: float
    days: int
    left_days: int
    at: list[int]
    splits: list[tuple[int, int, float]]
    vol: float
    half: float
    half_spread: float
    fee: float
    borrow: float
    cash_rate: float
    own: list[tuple[Contract, float]] = field(default_factory=list)
    bought: list[tuple[int, date, float, float]] = field(default_factory=list)


class Hedged(OptionBook):
    """The walk of a book that decides after each close; navs, held and earned as in OptionBook."""

    def __init__(self, case: HedgeCase) -> None:
        stocks, sessions = len(case.held), len(case.dates)
        given = OptionInput(
            case.dates, stocks, [], [[list(row) for row in x] for x in (case.opens, case.closes)],
            [[[] for _ in range(sessions)] for _ in range(2)], [[] for _ in range(sessions)], [], case.splits, [],
            case.half_spread, case.fee, case.borrow, case.cash_rate, case.cash_rate, 0.0425, "same_close", 0.0,
        )  # fmt: skip
        self.case, self.own = case, list(case.held)
        self.given, self.cash = given, case.cash
        self.shares, self.last, self.known = list(case.held), list(case.before), list(case.before)
        self.strike, self.size, self.gone, self.queue = [], [], [], []
        self.navs, self.cashes, self.held, self.earned, self.interest, self.events = [], [], [], [], [], []
        self.begins = 0
        self.live: int | None = None
        self.moves_with: list[float] = []
        for k, (contract, count) in enumerate(case.own):
            self.write(-1, contract)
            # Before the first session, so that it is held and no order.
            given.trades.append(Trade(-1, OPEN, stocks + k, count))
            years, spot = (contract.expiry - case.today).days / 365, case.before[contract.stock]
            self.shares[stocks + k] = 100.0 * count
            self.last[stocks + k] = price_of(contract.call, spot, contract.strike, years, case.vol)
            delta = delta_of(contract.call, spot, contract.strike, years, case.vol)
            self.moves_with.append(100.0 * count * delta * spot)
        self.decide(-1)
        for t in range(sessions):
            for day, stock, ratio in case.splits:
                if day == t:
                    self.own[stock] *= ratio
            self.session(t)
            self.look(t)
            if t < sessions - 1 and self.due(t):
                self.decide(t)

    def look(self, t: int) -> None:
        """Deltas of the book's own contracts at this close; without a price those of the close before stand."""
        for k, (contract, _) in enumerate(self.case.own):
            spot = self.case.closes[t][contract.stock]
            if self.gone[k]:
                self.moves_with[k] = 0.0
            elif not math.isnan(spot):
                years = (contract.expiry - self.case.dates[t]).days / 365
                delta = delta_of(contract.call, spot, self.strike[k], years, self.case.vol)
                self.moves_with[k] = self.shares[self.given.stocks + k] * delta * spot

    def due(self, t: int) -> bool:
        if t in self.case.at:
            return True
        if self.live is None:
            return False
        expiry = self.given.contracts[self.live].expiry
        left = (expiry - self.case.dates[t]).days
        return left <= self.case.left_days or self.case.dates[t + 1] > expiry

    def decide(self, t: int) -> None:
        case, stocks = self.case, self.given.stocks
        if t >= 0 and case.option is not None and math.isnan(case.closes[t][case.option]):
            return
        values = [self.own[i] * self.known[i] for i in range(stocks)]
        for k, (contract, _) in enumerate(case.own):
            values[contract.stock] += self.moves_with[k]
        for stock, usd in case.method(t, values).items():
            ratio = math.prod(r for day, s, r in case.splits if (day, s) == (t + 1, stock))
            wanted = usd / self.known[stock] * ratio
            if stock == case.option:
                self.buy(t, wanted, ratio)
                continue
            more = wanted - (self.shares[stock] - self.own[stock]) * ratio
            if abs(more) > 1e-9:
                self.given.trades.append(Trade(t + 1, OPEN, stock, more))

    def buy(self, t: int, wanted: float, ratio: float) -> None:
        """Close what is held, and buy the nearest contract; of the same one only the difference is traded."""
        case, stock = self.case, self.case.option
        assert stock is not None
        today = case.dates[t] if t >= 0 else case.today
        spot = self.known[stock]
        expiry = nearest_expiry(today, case.days, case.holidays)
        years = (expiry - today).days / 365
        step = next(step for below, step in STEPS if spot < below)
        grid = [step * k for k in range(1, int(2.5 * spot / step) + 1) if step * k >= 0.3 * spot - 1e-12]
        gaps = [abs(abs(delta_of(case.call, spot, k, years, case.vol)) - case.delta) for k in grid]
        strike = grid[gaps.index(min(gaps))]
        delta = delta_of(case.call, spot, strike, years, case.vol)
        count = float(round(abs(wanted) / (100 * abs(delta))))
        case.bought.append((t, expiry, strike / ratio, count))
        wish = Contract(stock, case.call, strike / ratio, expiry)
        held = {k: self.shares[self.given.stocks + k] for k in range(len(case.own), len(self.given.contracts))}
        same = None
        for k, shares in held.items():
            if shares != 0.0 and self.given.contracts[k] == wish:
                same = k
            elif shares != 0.0:
                self.given.trades.append(Trade(t + 1, OPEN, self.given.stocks + k, None))
        if same is None:
            same = self.write(t + 1, wish)
        more = count - self.shares[self.given.stocks + same] / 100
        if more:
            self.given.trades.append(Trade(t + 1, OPEN, self.given.stocks + same, more))
        self.live = same

    def write(self, first: int, wish: Contract) -> int:
        """A new column: marks from session `first` to expiry."""
        case, k = self.case, len(self.given.contracts)
        self.given.contracts.append(wish)
        strike = wish.strike
        for t, day in enumerate(case.dates):
            for when, stock, ratio in case.splits:
                if when == t and stock == wish.stock and first < t:
                    strike /= ratio
            for mark, prices in ((OPEN, case.opens), (CLOSE, case.closes)):
                left, spot = (wish.expiry - day).days, prices[t][wish.stock]
                alive = t >= first and left >= 0 and not math.isnan(spot)
                worth = price_of(wish.call, spot, strike, left / 365, case.vol) if alive else math.nan
                self.given.prices[mark][t].append(worth)
                self.given.halves[mark][t].append(case.half if left > 0 else 0.0)
            self.given.put_worth[t].append(math.nan)
        for row, value in ((self.shares, 0.0), (self.last, math.nan), (self.strike, wish.strike), (self.size, 100.0)):
            row.append(value)
        self.gone.append(False)
        return k


def price_of(call: bool, spot: float, strike: float, years: float, vol: float) -> float:
    sign = 1.0 if call else -1.0
    if years <= 0.0:
        return max(sign * (spot - strike), 0.0)
    root = vol * math.sqrt(years)
    up = math.log(spot / strike) / root + root / 2
    return sign * (spot * N(sign * up) - strike * N(sign * (up - root)))


def delta_of(call: bool, spot: float, strike: float, years: float, vol: float) -> float:
    root = vol * math.sqrt(years)
    up = math.log(spot / strike) / root + root / 2
    return N(up) if call else N(up) - 1.0


def nearest_expiry(today: date, days: int, holidays: list[date]) -> date:
    """Fridays of 45 days and third Fridays, a holiday giving way to the day before; the later of two as near."""
    found = []
    for ahead in range(1, 400):
        day = today + timedelta(days=ahead)
        if day.weekday() == 4 and (ahead <= 45 or 15 <= day.day <= 21):
            found.append(day - timedelta(days=1) if day in holidays else day)
    return min(reversed(found), key=lambda day: abs((day - today).days - days))
