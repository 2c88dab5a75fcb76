"""A window of a market run again and again, each time with one row of weights more: for who decides from the book."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from ..account import Account
from ..arrays import Floats
from ..exchanges.financing import paid_locally
from ..frictions.costs import Costs
from ..kernels.book.loop import simulate
from ..kernels.book.records import ORDER, Orders
from ..rules import Rules
from .conditions import conditions_of, no_volatility
from .holdings import Holdings
from .kept import financed
from .neutral import new_record
from .run import timed


class Rehearsal:
    """What the book is at each close under the rows so far; what the window obeys is built once.

    span: rows of the market, the last excluded; holdings: held from the close before the first; costs and account as
    in a backtest, without rules. Sessions after the last row stand as they will be without another.
    """

    def __init__(
        self, market: Market, span: tuple[int, int], holdings: Holdings, costs: Costs, account: Account
    ) -> None:
        self._market, self._span, self._holdings = market, span, holdings
        self._capital = account.capital_usd
        self._prices, self._timeline = financed(market.rows(*span), costs)
        self._hedge_frac = account.currency_hedge_frac
        one, sessions = np.zeros((1, len(market.tickers))), span[1] - span[0]
        self._sessions = sessions
        self._conditions = conditions_of(market, span, one, costs, account, Rules(), {})
        self._record = new_record(sessions, len(market.tickers), 0, with_pnl=False)
        self._vol = np.full((sessions + 1, sessions + 1), math.nan)

    def run(self, fills: Sequence[int], mark: Mark, weights: Floats) -> None:
        """Run the window under rows of weights. fills: the market's row that each is filled in; weights: (R, N)."""
        rows = np.zeros(len(fills), dtype=ORDER)
        rows["session"] = np.asarray(fills, dtype=np.int64) - self._span[0]
        rows["mark"], rows["row"], rows["scale"] = mark, np.arange(len(rows)), 1.0
        state = self._holdings.state(self._market, self._span[0], self._capital)
        asked = paid_locally(Orders(rows, weights), self._market, self._hedge_frac)
        orders = timed(asked, self._timeline)
        count = len(orders.bank)
        vol = self._vol[:count] if count <= len(self._vol) else no_volatility(count, self._sessions)
        conditions = self._conditions._replace(vol=vol)
        simulate(self._prices, orders, conditions, state, self._record, 0, self._span[1] - self._span[0])

    def nav(self, row: int) -> float:
        """NAV at the close of a row of the market, USD."""
        return float(self._record.days["nav_close"][row - self._span[0]])

    def held(self, row: int, tickers: Sequence[str]) -> dict[str, float]:
        """USD held of each ticker at the close of a row of the market."""
        t, at = row - self._span[0], [self._market.column(ticker) for ticker in tickers]
        shares, price = self._record.shares[t, at], self._record.price[t, at]
        return {ticker: float(usd) for ticker, usd in zip(tickers, shares * price, strict=True)}
