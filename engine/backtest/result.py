"""The result of a backtest: numbers only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import LIST_OF_NAMES, TEXT, takes
from hedgebook.universes.market import Market

from ..account import Account
from ..actions.share_changes import before_each_session, share_changes
from ..exchanges.currencies import split_moves
from ..exchanges.money import balances_table, money_table
from ..frictions.costs import Costs
from ..kernels.book.records import Record, Status, Structs
from ..recorded import CAUSES, Recorded
from ..rules import Rules
from .participation import Participation, adv_of_fills, participation_of
from .schedule import Schedule
from .stale import StalePosition, nothing_recovered_nav, reopened_nav, silent_sessions, stale_positions, stale_warnings
from .timeline import NO_CHANGES, NO_FLOWS
from .warnings import never_filled, run_warnings, wanted_tickers, without_impact

if TYPE_CHECKING:
    import vectorbt

PnlBy = Literal["ticker", "bucket", "cause", "session"]


@brief
@dataclass(frozen=True, eq=False)
class Backtest(Recorded):
    """What a schedule would have earned on a market.

    schedule, costs, account, rules: what was simulated; market: only the simulated sessions; prices: all that there
    are, of which row `start` is the first simulated one; record: arrays of the kernel, see
    engine.kernels.book.records.Record; flows: (F,) of FLOW, cash per share beside the prices; changes: (C,) of CHANGE,
    what became of shares; start_shares, start_price: (N,) what was held before the first session and at which price,
    empty where nothing was. What follows from these is worked out when it is asked for: amounts in USD, returns and
    weights as fractions, NaN where a figure is undefined; `nav`, `returns` and `margin` have one row a session, other
    tables one an order, a position or a part of P&L. Nothing is filled at or before the moment of its decision.
    """

    market: Market
    prices: Market
    start: int
    schedule: Schedule
    costs: Costs
    account: Account
    rules: Rules
    record: Record
    flows: Structs = field(default_factory=lambda: NO_FLOWS)
    changes: Structs = field(default_factory=lambda: NO_CHANGES)
    start_shares: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    start_price: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def opening(self) -> np.datetime64:
        """The session before the first, whose close starts the NAV at the initial capital; the first of all stands
        for itself."""
        session: np.datetime64 = self.prices.sessions[max(self.start - 1, 0)]
        return session

    @cached_property
    def adv_usd(self) -> NDArray[np.float64]:
        """(F,) average daily value before each filled order, USD, NaN = unknown."""
        return adv_of_fills(self.prices, self.start, self.record, self.costs.impact.window_sessions)

    @cached_property
    def stale(self) -> tuple[StalePosition, ...]:
        """Positions that count at an old price at the end."""
        return stale_positions(self.prices, self.start, self.market, self.record, self.account.delisting)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of it."""
        return (
            *never_filled(self.schedule, self.market, self.record),
            *self.setting_notes,
            *self.costs.tier_notes(self.prices, self.start, wanted_tickers(self.schedule)),
            *without_impact(self.prices, self.start, self.market, self.record, self.costs),
            *run_warnings(self.market, self.record),
            *stale_warnings(self.prices, self.market, self.record, self.account, self.stale),
            *self.participation.warnings(),
        )

    @cached_property
    def nav(self) -> pd.DataFrame:
        """NAV after the fills of both marks, cash, interest, borrow, margin requirement and return, by session.

        With cash flows also what they brought, `cash_flow`.
        """
        return pd.DataFrame(self.nav_columns(), index=self.sessions)

    def nav_columns(self) -> dict[str, NDArray[np.float64]]:
        """The columns of `nav`, (n,) each: what needs no table is spared the making of one."""
        return self._nav_columns(flows=len(self.flows) > 0 or len(self.changes) > 0)

    @cached_property
    def share_changes(self) -> pd.DataFrame:
        """What corporate actions did to positions before the open: session, ticker, reason, ratio, shares, price.

        A position is multiplied by `ratio`, and `shares` come to it at `price` (USD), or go where negative.
        """
        record, count = self.record, len(self.market.tickers)
        start = self.start_shares if len(self.start_shares) else np.zeros(count)
        first = self.start_price if len(self.start_price) else np.full(count, np.nan)
        held, known = before_each_session(record.shares, start), before_each_session(record.price, first)
        lot = self.account.orders.whole_shares
        return share_changes(self.changes, held, known, self.market.tickers, self.sessions, lot=lot)

    @cached_property
    def traded(self) -> bool:
        """Whether any order was filled."""
        return bool((self.record.lines["status"] == Status.FILLED).any())

    @cached_property
    def no_track(self) -> str | None:
        """Why nothing can be said that is made of returns, None where it can."""
        if not self.traded:
            return f"nothing was traded: {self.unfilled}. What idle cash earns is no track record"
        if self.ruined_on is not None:
            return f"ruined: NAV was zero or below on {self.ruined_on}, and nothing after that is a return"
        return None

    @property
    def unfilled(self) -> str:
        """What kept orders from being filled, as far as it was logged."""
        parts = [str(reason).replace("_", " ") for reason in dict.fromkeys(self.rejected["reason"])]
        return f"no order was filled ({' or '.join(parts)})" if parts else "no order was filled"

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Held positions at each close: session, ticker, shares, price, value in USD, weight of NAV, stale_sessions.

        stale_sessions: how many sessions in a row, up to this one, have had no price; 0 = the price is of this session.
        """
        t, i = np.nonzero(self.record.shares)
        shares, price = self.record.shares[t, i], self.record.price[t, i]
        return pd.DataFrame(
            {
                "session": self.sessions[t],
                "ticker": np.asarray(self.market.tickers)[i],
                "shares": shares,
                "price": price,
                "value": shares * price,
                "weight": shares * price / self.record.days["nav_close"][t],
                "stale_sessions": silent_sessions(self.market)[t, i],
            }
        )

    @property
    def rejected(self) -> pd.DataFrame:
        """The orders that were rejected or deferred, with the reason."""
        kept = ["session", "mark", "ticker", "status", "reason"]
        return self.orders.loc[self.orders["status"] != "filled", kept].reset_index(drop=True)

    @cached_property
    def pnl_long(self) -> pd.DataFrame:
        """P&L by session, ticker, bucket and cause in USD, without the rows that are zero."""
        t, i, c = np.nonzero(self.record.pnl)
        tickers = np.asarray(self.market.tickers, dtype=object)
        buckets = np.asarray([self.market.bucket_of(x) or "other" for x in self.market.tickers], dtype=object)
        return pd.DataFrame(
            {
                "session": self.sessions[t],
                "ticker": tickers[i],
                "bucket": buckets[i],
                "cause": np.asarray(CAUSES, dtype=object)[c],
                "pnl": self.record.pnl[t, i, c],
            }
        )

    @takes(by=TEXT)
    def pnl(self, by: PnlBy = "ticker") -> pd.DataFrame:
        """P&L in USD: rows by ticker, bucket, session or cause, columns by cause, and their total.

        Net of each ticker's own costs; interest belongs to cash and is not in it. The totals and the interest
        add up to the change of NAV. Raises ParameterError for another `by`.
        """
        if by not in ("ticker", "bucket", "cause", "session"):
            raise ParameterError(
                "P&L is not split like this", where="by", value=by, bound="ticker, bucket, cause, session"
            )
        causes = [cause.column for cause in self.record.causes]
        if by == "cause":
            total = self.record.pnl.sum(axis=(0, 1))
            return pd.DataFrame({"total": total}, index=pd.Index(causes, name="cause"))
        if by == "session":
            table = pd.DataFrame(self.record.pnl.sum(axis=1), index=self.sessions, columns=causes)
        else:
            held = np.flatnonzero(np.abs(self.record.pnl).sum(axis=(0, 2)) > 0)
            names = [self.market.tickers[i] for i in held]
            if by == "bucket":
                names = [self.market.bucket_of(name) or "other" for name in names]
            table = pd.DataFrame(self.record.pnl.sum(axis=0)[held], index=pd.Index(names, name=by), columns=causes)
            if by == "bucket":
                table = table.groupby(level=0, sort=False).sum()
        table["total"] = table.sum(axis=1)
        return table

    def currency_pnl(self) -> pd.DataFrame:
        """P&L of prices in USD by ticker: `price`, what moved in its own currency, at the rate after the move, and
        `currency`, what its rate moved; together overnight and intraday. Without other currencies the second is 0."""
        price, currency = split_moves(self)
        held = np.flatnonzero(np.abs(price).sum(axis=0) + np.abs(currency).sum(axis=0) > 0.0)
        table = {"price": price.sum(axis=0)[held], "currency": currency.sum(axis=0)[held]}
        frame = pd.DataFrame(table, index=pd.Index([self.market.tickers[i] for i in held], name="ticker"))
        frame["total"] = frame.sum(axis=1)
        return frame

    def money(self) -> pd.DataFrame:
        """Money by currency, USD first, then what was ever held or owed: `units` and their worth in `usd` after the
        last close, `interest` net of what debt costs, `rate`, what exchange rates made of it, and `costs` of changing
        it; USD."""
        return money_table(self)

    def balances(self) -> pd.DataFrame:
        """Money in each currency after each close, in units of its own, below zero where it is owed."""
        return balances_table(self)

    @takes(tickers=LIST_OF_NAMES)
    def pnl_of(self, tickers: tuple[str, ...]) -> float:
        """Net P&L of some tickers in USD. Raises PriceDataError for a ticker without prices."""
        at = [self.market.column(ticker) for ticker in tickers]
        return float(self.record.pnl[:, at].sum())

    def to_vectorbt(self) -> vectorbt.Portfolio:
        """The same fills as a vectorbt portfolio, financing off, two bars a session."""
        from ..verify.vectorbt import to_vectorbt

        return to_vectorbt(self)

    @cached_property
    def margin(self) -> pd.DataFrame:
        """NAV, maintenance requirement, excess and whether there is a call, at each close; USD.

        The requirement is zero where the account's margin is off.
        """
        days = self.record.days
        frame = pd.DataFrame({"nav": days["nav_close"], "requirement": days["requirement"]}, index=self.sessions)
        frame["excess"] = frame["nav"] - frame["requirement"]
        frame["call"] = (frame["requirement"] > 0) & (frame["excess"] < 0)
        return frame

    @cached_property
    def participation(self) -> Participation:
        """What share of a day's volume each filled order was."""
        return participation_of(self.market, self.record, self.adv_usd)

    @property
    def nothing_recovered_nav(self) -> float:
        """final_nav if stale longs bring nothing and stale shorts cost their last price; the same without any."""
        return nothing_recovered_nav(self.final_nav, self.stale)

    @property
    def reopened_nav(self) -> float:
        """final_nav with stale positions at the prices at which they came back after the run, where they did."""
        return reopened_nav(self.final_nav, self.stale)

    def open_positions(self) -> tuple[str, ...]:
        """Tickers still held after the last close."""
        return tuple(self.market.tickers[i] for i in np.flatnonzero(self.record.shares[-1]))


def identity_gap(record: Record, capital: float) -> float:
    """The largest difference, in fractions of capital, between NAV and capital plus all P&L and interest."""
    # By way of a product, which takes half the time of a sum.
    each = record.pnl.reshape(len(record.pnl), -1)
    gains = each @ np.ones(each.shape[1]) + record.interest
    explained: NDArray[np.float64] = capital + np.cumsum(gains)
    return float(np.max(np.abs(explained - record.days["nav_close"])) / capital)
