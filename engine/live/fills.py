"""A book of own fills: shares and prices as they were; borrow, interest and margin as the engine has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hedgebook.errors import AccountingError
from hedgebook.universes.market import Market

from ..account.margin import OnMarginCall
from ..arrays import Floats
from ..backtest.conditions import conditions_of
from ..backtest.run import SimulationTerms
from ..kernels.book.records import Cause, Conditions, Orders, Record
from ..rules import Rules
from .book import LiveBook, brings_cash, followed_on, nav_before
from .fill_marks import OwnFill, Placed, fills_at_marks, order_rows

__all__ = ["ModelledFill", "OwnFill", "filled_book", "modelled_fills"]

PLAIN: tuple[Literal["open"], Literal["close"]] = ("open", "close")
# A target is worked out of a weight, which is looked for among so many neighbours until the target is met to the bit.
NEIGHBOURS = 64
SHARES_TOLERANCE_FRAC = 1e-9


def filled_book(market: Market, fills: Sequence[OwnFill], terms: SimulationTerms) -> LiveBook:
    """The book of own fills at every close from the first fill to the market's last session.

    Each fill is a mark of its own between the open and the close of its session, in the order given, at its own price;
    its commission is paid then. Nothing else trades: no rules, caps, bars or margin calls, which are told alone. Fees
    of shorts, interest and requirements are those of `terms`; actions beside raw prices change what is held as in a
    run. Raises ParameterError for a session that the market, or the ticker's exchange, does not have, PriceDataError
    for a ticker without prices, AccountingError where NAV is used up so that a position cannot be told as a part of it.
    """
    book, placed = _filled(market, fills, terms, modelled=False)
    others = brings_cash(book.window)
    return replace(book, record=_with_commissions(book.record, placed, others=others))


@dataclass(frozen=True)
class ModelledFill:
    """What the model would have paid for a fill: the open of its session, or its close where there is none, as its
    reference price, and USD of each cost."""

    fill: OwnFill
    reference_usd: float
    spread_usd: float
    slippage_usd: float
    impact_usd: float
    commission_usd: float

    @property
    def paid_usd(self) -> float:
        """What the own price gave away against the reference, all causes together; negative where it was better."""
        return self.fill.shares * (self.fill.price_usd - self.reference_usd)

    @property
    def beyond_usd(self) -> float:
        """What it gave away beyond what the model expects of spread, slippage and impact."""
        return self.paid_usd - self.spread_usd - self.slippage_usd - self.impact_usd


def modelled_fills(market: Market, fills: Sequence[OwnFill], terms: SimulationTerms) -> tuple[ModelledFill, ...]:
    """Own fills, in the order of their sessions, beside what the costs of `terms` say of the same shares.

    Fills of sessions without any price are left out. Raises as `filled_book`.
    """
    row = {one.session: market.session_index(one.session) for one in fills}
    priced = []
    for one in sorted(fills, key=lambda one: one.session):
        opened, closed = (market.quoted(name)[row[one.session], market.column(one.ticker)] for name in PLAIN)
        reference = opened if np.isfinite(opened) else closed
        if np.isfinite(reference):
            priced.append((one, float(reference)))
    if not priced:
        return ()
    book, placed = _filled(market, [replace(one, price_usd=at) for one, at in priced], terms, modelled=True)
    lines = {(int(x["session"]), int(x["mark"]), int(x["ticker"])): x for x in book.record.filled}
    found = []
    for (one, at), where in zip(priced, placed, strict=True):
        line = lines[where.session, where.mark, where.ticker]
        found.append(
            ModelledFill(one, at, *(float(line[name]) for name in ("spread", "slippage", "impact", "commission")))
        )
    return tuple(found)


def _filled(
    market: Market, fills: Sequence[OwnFill], terms: SimulationTerms, *, modelled: bool
) -> tuple[LiveBook, list[Placed]]:
    """The book of fills; modelled: at what the costs of `terms` make of their prices, without their commissions."""
    ordered = sorted(fills, key=lambda one: one.session)
    if modelled:
        ordered = [replace(one, commission_usd=0.0) for one in ordered]
    start = market.session_index(ordered[0].session)
    window = market.rows(start, len(market.sessions))
    prices, placed = fills_at_marks(window, ordered, terms.costs)
    rows, bank = order_rows(placed, prices)
    conditions = _conditions(market, start, bank, terms, free=not modelled)
    capital = terms.account.capital_usd
    for k in range(len(rows)):
        session, mark = int(rows[k]["session"]), int(rows[k]["mark"])
        nav = nav_before(prices, Orders(rows[:k], bank), conditions, capital, session, mark)
        for one in placed:
            if (one.session, one.mark) == (session, mark):
                bank[k, one.ticker] = _weight(one.after, one.fill.price_usd, nav)
    book = followed_on(window, prices, Orders(rows, bank), conditions, capital)
    _check(book.record, placed)
    return book, placed


def _weight(shares: float, price: float, nav: float) -> float:
    """The part of NAV whose target at a price is so many shares, to the last bit where there is such a number."""
    if shares == 0.0:
        return 0.0
    if not nav > 0.0:
        return np.nan
    weight = shares * price / nav
    for _ in range(NEIGHBOURS):
        target = weight * nav / price
        if target == shares:
            return weight
        weight = float(np.nextafter(weight, np.inf if target < shares else -np.inf))
    return shares * price / nav


def _conditions(market: Market, start: int, bank: Floats, terms: SimulationTerms, *, free: bool) -> Conditions:
    """What `terms` say of holding, and nothing of what they bar; free: nor of what they charge for it."""
    account = terms.account
    if account.margin.on_call is not OnMarginCall.OFF:
        account = account.model_copy(
            update={"margin": account.margin.model_copy(update={"on_call": OnMarginCall.REPORT})}
        )
    span = (start, len(market.sessions))
    made = conditions_of(market, span, bank, terms.costs, account, Rules(), {})
    ticker, cells, overall = made.tickers.copy(), made.cells.copy(), made.terms.copy()
    cells["cap"] = np.inf
    for name in ("barred_open", "barred_close", "recall"):
        cells[name] = 0
    overall["min_order"], overall["lot"] = 0.0, 0
    if free:
        ticker["half_spread"] = ticker["slippage"] = 0.0
        cells["impact"] = 0.0
        for name in ("commission", "min_commission", "per_share"):
            overall[name] = 0.0
    return made._replace(terms=overall, tickers=ticker, cells=cells, last=-1)


def _check(record: Record, placed: Sequence[Placed]) -> None:
    """Raise AccountingError unless the book holds what the fills add up to."""
    last: dict[tuple[int, int], float] = {(one.session, one.ticker): one.after for one in placed}
    for (session, ticker), shares in last.items():
        found = float(record.shares[session, ticker])
        if abs(found - shares) > SHARES_TOLERANCE_FRAC * max(abs(shares), 1.0):
            raise AccountingError(f"fills add up to {shares:g} shares and the book holds {found:g}: is NAV above zero?")


def _with_commissions(record: Record, placed: Sequence[Placed], *, others: bool) -> Record:
    """A record whose commissions, which were cash that shares cost, are what they are, in P&L and lines of orders;
    others: whether other cash may have come of shares too."""
    pnl, lines = record.pnl.copy(), record.lines.copy()
    paid = {(one.session, one.mark, one.ticker): one.fill.commission_usd for one in placed}
    for line in lines:
        line["commission"] = paid.get((int(line["session"]), int(line["mark"]), int(line["ticker"])), 0.0)
    if not others:
        pnl[:, :, Cause.COMMISSION] += pnl[:, :, Cause.CASH_FLOW]
        return record._replace(pnl=pnl[:, :, : Cause.CASH_FLOW], lines=lines)
    spent = np.zeros(pnl.shape[:2])
    for one in placed:
        spent[one.session, one.ticker] += one.fill.commission_usd
    pnl[:, :, Cause.COMMISSION] -= spent
    pnl[:, :, Cause.CASH_FLOW] += spent
    return record._replace(pnl=pnl, lines=lines)
