"""The result of a run with options: numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import TEXT, takes
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

from ..account import Account
from ..arrays import Floats
from ..frictions.costs import Costs
from ..kernels.book.records import Prices, Record, Status
from ..recorded import Recorded
from .book_margin import book_requirements
from .columns import Columns
from .explain import explained
from .ledger import ledger_of
from .trades import OptionTerms

PnlBy = Literal["ticker", "session", "cause"]


@brief
@dataclass(frozen=True, eq=False)
class OptionRun(Recorded):
    """What trades in options and shares would have earned.

    market: the simulated sessions; costs, account, terms: what it was simulated under;
    columns: the contracts and their marks; record: arrays of the loop with the columns
    of the market's tickers and then of the contracts, positions in shares, 100 a contract; prices: the marks, cash
    flows and changes of shares that the loop passed; start_shares, start_price: what was held before the first session;
    marks_label: where the marks come from. What follows from these is worked out when it is asked for: tables in USD
    and shares, one row a session, an order or a holding, NaN where nothing is known.
    """

    market: Market
    columns: Columns
    costs: Costs
    account: Account
    terms: OptionTerms
    record: Record
    prices: Prices
    start_shares: Floats
    start_price: Floats
    marks_label: str

    @property
    def contracts(self) -> tuple[Any, ...]:
        """The contracts, in the order of their columns."""
        return self.columns.contracts

    @property
    def names(self) -> tuple[str, ...]:
        """Tickers of the market, then names of contracts: the columns of the record."""
        return (*self.market.tickers, *self.columns.names)

    @cached_property
    def nav(self) -> pd.DataFrame:
        """NAV after the fills of both marks, cash, interest, borrow, requirement of the shares and return, by session.

        With cash flows also what they brought, `cash_flow`.
        """
        flows = len(self.prices.flows) > 0 or len(self.prices.changes) > 0
        return pd.DataFrame(self._nav_columns(flows=flows), index=self.sessions)

    @cached_property
    def daily_pnl(self) -> pd.Series[float]:
        """The change of NAV from close to close in USD, the first from the initial capital."""
        closes = np.concatenate([[self.capital], self.record.days["nav_close"]])
        return pd.Series(np.diff(closes), index=self.sessions, name="pnl")

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Every order that was filled, deferred or rejected, and every exercise, in the order in which it happened.

        contracts: signed, NaN for shares; what exercise moves is booked at the worth of the option and the price of
        the stock, which together are the strike in cash.
        """
        lines, frame = self.record.lines, self._orders(self.names)
        frame["contracts"] = lines["shares"] / self.sizes[lines["session"], lines["ticker"]]
        return frame

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Entry by entry what moved cash, and cash, value and NAV after it: see `ledger_of`."""
        return ledger_of(self)

    def explain(self) -> pd.DataFrame:
        """P&L by session in USD, by what moved it: see `explained`."""
        return explained(self)

    @cached_property
    def margin(self) -> pd.DataFrame:
        """NAV, the account's requirement of the shares alone, what the whole book requires, the equity that counts
        for it and its excess, at each close; USD.

        book_requirement: FINRA rule 4210, structures of stock and options found by themselves; equity: NAV before short
        options, which the requirement has in it, with shares under written calls at no more than the exercise price.
        """
        days = self.record.days
        frame = pd.DataFrame({"nav": days["nav_close"], "requirement": days["requirement"]}, index=self.sessions)
        required, more = book_requirements(self)
        frame["book_requirement"], frame["equity"] = required, frame["nav"] + more
        frame["excess"] = frame["equity"] - frame["book_requirement"]
        return frame

    @cached_property
    def sizes(self) -> Floats:
        """(T, N + K): shares of a contract, NaN for shares themselves."""
        stocks = np.full((len(self.sessions), len(self.market.tickers)), np.nan)
        return np.concatenate([stocks, self.columns.size], axis=1)

    @cached_property
    def holdings(self) -> pd.DataFrame:
        """Held positions at each close: session, ticker, shares, contracts, price and value in USD."""
        t, i = np.nonzero(self.record.shares)
        shares, price = self.record.shares[t, i], self.record.price[t, i]
        return pd.DataFrame(
            {
                "session": self.sessions[t],
                "ticker": np.asarray(self.names, dtype=object)[i],
                "shares": shares,
                "contracts": shares / self.sizes[t, i],
                "price": price,
                "value": shares * price,
            }
        )

    @takes(by=TEXT)
    def pnl(self, by: PnlBy = "ticker") -> pd.DataFrame:
        """P&L in USD: rows by ticker (contracts are tickers), session or cause, columns by cause, and their total.

        Interest belongs to cash and is not in it. Raises ParameterError for another `by`.
        """
        names = [cause.column for cause in self.record.causes]
        if by == "cause":
            return pd.DataFrame({"total": self.record.pnl.sum(axis=(0, 1))}, index=pd.Index(names, name="cause"))
        if by == "session":
            table = pd.DataFrame(self.record.pnl.sum(axis=1), index=self.sessions, columns=names)
        elif by == "ticker":
            held = np.flatnonzero(np.abs(self.record.pnl).sum(axis=(0, 2)) > 0)
            index = pd.Index([self.names[i] for i in held], name="ticker")
            table = pd.DataFrame(self.record.pnl.sum(axis=0)[held], index=index, columns=names)
        else:
            raise ParameterError("P&L is not split like this", where="by", value=by, bound="ticker, session, cause")
        table["total"] = table.sum(axis=1)
        return table

    @property
    def modelled(self) -> Any:
        """(T, K): where the mark of a close comes from a model and not from a quote."""
        return self.columns.close.modelled

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of it."""
        return (*self._option_notes(), *self.setting_notes)

    def _option_notes(self) -> list[str]:
        said = [f"options: {self.marks_label}"] if self.columns.contracts else []
        if self.columns.contracts and self.market.quotes is None:
            said.append("options: prices are adjusted, so strikes are in adjusted prices and no dividend is paid")
        held = self.record.shares[:, len(self.market.tickers) :] != 0.0
        silent = int((held & np.isnan(self.columns.close.mid)).sum())
        if silent:
            said.append(
                f"options: {counted(silent, 'close')} without a mark of a held contract, which counts at its last"
            )
        lines = self.record.lines
        never = lines[(lines["status"] == Status.REJECTED) & (lines["ticker"] >= len(self.market.tickers))]
        if len(never):
            count = counted(len(never), "order in contracts was", "orders in contracts were")
            said.append(f"options: {count} not filled for want of a mark")
        return said

    @property
    def strikes(self) -> Floats:
        """(T, K): strikes as they stand after splits, USD per share of the stock."""
        return self.columns.strike

    @property
    def whole_contracts(self) -> Floats:
        """(T, K): contracts held at each close, of 100 shares or what a split made of that."""
        return self.record.shares[:, len(self.market.tickers) :] / self.columns.size
