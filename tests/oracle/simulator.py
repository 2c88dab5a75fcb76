"""The slow, obvious simulator: one function for each paragraph of the accounting contract, in plain Python.

Nothing here is fast and nothing is shared with the engine but the names of causes, statuses and reasons.
Prices are nested lists indexed [session][ticker]; NaN = no price (or, in an order row, leave it alone).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from hedgebook.engine.kernels.records import CLOSE, OPEN, Cause, Reason, Status

NAN = math.nan
DAYS_IN_A_YEAR = 360  # the money-market convention for borrow and interest
DUST_FRAC = 1e-12  # of NAV: a smaller trade than this is rounding, not an order

Vector = Sequence[float]
Table = Sequence[Sequence[float]]


@dataclass(frozen=True)
class OracleRow:
    """Orders that stand at one mark: the target of ticker i is weights[i] * scale, a fraction of NAV."""

    session: int
    mark: int
    weights: Vector
    scale: float = 1.0


@dataclass(frozen=True)
class OracleInput:
    """What a simulation takes.

    opens, closes, impact_coef, borrow: [session][ticker]; half_spread, slippage: [ticker], fractions of the
    reference price; impact_coef: per square root of USD traded; borrow, cash_rate, margin_rate: annual
    fractions; commission: fraction of the traded value; max_stale: closes missed in a row; capital: USD.
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
    """What a simulation leaves, by session; shares and price as at the close; pnl[t][ticker][cause]."""

    nav_open: list[float]
    nav_close: list[float]
    cash: list[float]
    interest: list[float]
    shares: list[list[float]]
    price: list[list[float]]
    pnl: list[list[list[float]]]
    orders: list[OracleOrder]


@dataclass
class _Book:
    """What is held, owed and pending while the sessions pass."""

    cash: float
    shares: list[float]
    last_price: list[float]
    pending_weight: list[float]
    stale_closes: list[int]
    deferred_for: list[Reason | None]  # why the pending order was last logged as deferred
    orders: list[OracleOrder] = field(default_factory=list)

    def nav(self) -> float:
        held = [q * v for q, v in zip(self.shares, self.last_price, strict=True) if q != 0.0]
        return math.fsum([self.cash, *held])

    def drop_order(self, i: int) -> None:
        self.pending_weight[i] = NAN
        self.deferred_for[i] = None


def simulate(inputs: OracleInput) -> OracleResult:
    """Walk through the sessions: accrue the night, pass the open, pass the close, write everything down."""
    tickers = len(inputs.half_spread)
    book = _empty_book(inputs.capital, tickers)
    result = OracleResult([], [], [], [], [], [], [], book.orders)
    for t in range(len(inputs.dates)):
        pnl = [[0.0 for _ in Cause] for _ in range(tickers)]
        interest = _accrue_the_night(inputs, book, t, pnl) if t > 0 else 0.0
        result.nav_open.append(_pass_the_mark(inputs, book, t, OPEN, pnl))
        result.nav_close.append(_pass_the_mark(inputs, book, t, CLOSE, pnl))
        result.cash.append(book.cash)
        result.interest.append(interest)
        result.shares.append(list(book.shares))
        result.price.append(list(book.last_price))
        result.pnl.append(pnl)
    return result


def _empty_book(capital: float, tickers: int) -> _Book:
    return _Book(
        cash=capital,
        shares=[0.0] * tickers,
        last_price=[NAN] * tickers,
        pending_weight=[NAN] * tickers,
        stale_closes=[0] * tickers,
        deferred_for=[None] * tickers,
    )


def _accrue_the_night(inputs: OracleInput, book: _Book, t: int, pnl: list[list[float]]) -> float:
    """Charge borrow on the shorts and interest on the cash for the calendar days since the last session."""
    years = (inputs.dates[t] - inputs.dates[t - 1]).days / DAYS_IN_A_YEAR
    rate = inputs.cash_rate if book.cash > 0.0 else inputs.margin_rate
    interest = book.cash * rate * years
    fees = 0.0
    for i, q in enumerate(book.shares):
        if q < 0.0:
            fee = -q * book.last_price[i] * inputs.borrow[t - 1][i] * years
            pnl[i][Cause.BORROW] = -fee
            fees += fee
    book.cash += interest - fees
    return interest


def _pass_the_mark(inputs: OracleInput, book: _Book, t: int, mark: int, pnl: list[list[float]]) -> float:
    """Revalue, take new orders, find stale positions (at the close), fill; returns the NAV after that."""
    reference = list(inputs.opens[t] if mark == OPEN else inputs.closes[t])
    _revalue(book, reference, Cause.OVERNIGHT if mark == OPEN else Cause.INTRADAY, pnl)
    _take_orders(inputs.rows, book, t, mark)
    stale = _find_stale(book, reference, inputs.max_stale) if mark == CLOSE else set()
    _fill_pending(inputs, book, t, mark, reference, stale, pnl)
    return book.nav()


def _revalue(book: _Book, reference: Vector, cause: Cause, pnl: list[list[float]]) -> None:
    """Where there is a price, what is held moves to it and the move is P&L."""
    for i, r in enumerate(reference):
        if math.isfinite(r):
            if book.shares[i] != 0.0:
                pnl[i][cause] += book.shares[i] * (r - book.last_price[i])
            book.last_price[i] = r


def _take_orders(rows: Sequence[OracleRow], book: _Book, t: int, mark: int) -> None:
    """An order row that stands at this mark replaces what was pending, ticker by ticker."""
    for row in rows:
        if row.session == t and row.mark == mark:
            for i, weight in enumerate(row.weights):
                if not math.isnan(weight):
                    book.pending_weight[i] = weight * row.scale
                    book.deferred_for[i] = None


def _find_stale(book: _Book, closes: Vector, max_stale: int) -> set[int]:
    """Count the closes that each position has missed; one that missed too many must go at its last price."""
    stale = set()
    for i, q in enumerate(book.shares):
        if q == 0.0:
            continue
        book.stale_closes[i] = 0 if math.isfinite(closes[i]) else book.stale_closes[i] + 1
        if book.stale_closes[i] >= max_stale:
            book.pending_weight[i] = 0.0
            stale.add(i)
    return stale


def _fill_pending(
    inputs: OracleInput,
    book: _Book,
    t: int,
    mark: int,
    reference: Vector,
    stale: set[int],
    pnl: list[list[float]],
) -> None:
    """Fill, defer or reject every pending order; all are sized on the one NAV from before the first fill."""
    nav = book.nav()
    for i, weight in enumerate(list(book.pending_weight)):
        r = book.last_price[i] if i in stale else reference[i]
        if math.isnan(weight):
            continue
        if weight == 0.0 and book.shares[i] == 0.0:
            book.drop_order(i)
        elif not math.isfinite(r):
            _handle_missing_price(book, t, mark, i)
        elif nav <= 0.0 and weight != 0.0:
            _reject(book, t, mark, i, Reason.NO_NAV)
        else:
            book.drop_order(i)
            target = weight * nav / r if weight != 0.0 else 0.0
            traded = target - book.shares[i]
            if weight != 0.0 and abs(traded) * r <= DUST_FRAC * nav:
                continue
            reason = Reason.STALE if i in stale else Reason.ORDER
            fill = _price_the_trade(inputs, t, mark, i, traded, r, reason)
            _settle(book, fill, target, pnl[i])


def _handle_missing_price(book: _Book, t: int, mark: int, i: int) -> None:
    """No open: wait for the close. No close: an exit waits for a price, anything else is rejected.

    An order is logged as deferred once, except that one deferred for its open is logged again for its close.
    """
    if mark == OPEN:
        if book.deferred_for[i] is None:
            _defer(book, t, mark, i, Reason.NO_OPEN)
    elif book.pending_weight[i] == 0.0:
        if book.deferred_for[i] is not Reason.NO_PRICE:
            _defer(book, t, mark, i, Reason.NO_PRICE)
    else:
        _reject(book, t, mark, i, Reason.NO_PRICE)


def _defer(book: _Book, t: int, mark: int, i: int, reason: Reason) -> None:
    book.deferred_for[i] = reason
    book.orders.append(OracleOrder(t, mark, i, Status.DEFERRED, reason))


def _reject(book: _Book, t: int, mark: int, i: int, reason: Reason) -> None:
    book.drop_order(i)
    book.orders.append(OracleOrder(t, mark, i, Status.REJECTED, reason))


def _price_the_trade(
    inputs: OracleInput, t: int, mark: int, i: int, traded: float, r: float, reason: Reason
) -> OracleOrder:
    """A buyer pays half the spread, slippage and square-root impact above the reference, a seller below."""
    notional = abs(traded) * r
    impact = inputs.impact_coef[t][i] * math.sqrt(notional)
    friction = inputs.half_spread[i] + inputs.slippage[i] + impact
    price = r * (1.0 + math.copysign(1.0, traded) * friction)
    return OracleOrder(
        session=t,
        mark=mark,
        ticker=i,
        status=Status.FILLED,
        reason=reason,
        shares=traded,
        reference=r,
        price=price,
        commission=abs(traded) * price * inputs.commission,
        spread=notional * inputs.half_spread[i],
        slippage=notional * inputs.slippage[i],
        impact=notional * impact,
    )


def _settle(book: _Book, fill: OracleOrder, target: float, pnl: list[float]) -> None:
    """Cash pays for the shares and the commission; every friction is a loss of its own cause."""
    book.cash -= fill.shares * fill.price + fill.commission
    book.shares[fill.ticker] = target
    if target == 0.0:
        book.stale_closes[fill.ticker] = 0
    pnl[Cause.COMMISSION] -= fill.commission
    pnl[Cause.SPREAD] -= fill.spread
    pnl[Cause.SLIPPAGE] -= fill.slippage
    pnl[Cause.IMPACT] -= fill.impact
    book.orders.append(fill)
