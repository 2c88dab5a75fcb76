"""Shares that are held already when a simulation begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from ..kernels.book.records import State
from .neutral import new_state


@dataclass(frozen=True)
class Holdings:
    """Shares by ticker, negative for shorts, as held at a close."""

    shares: dict[str, float]

    def prices(self, market: Market, row: int) -> dict[str, float]:
        """The last close of each ticker up to row `row`. Raises ParameterError where there is none."""
        found = {}
        for ticker in self.shares:
            closes = market.quoted("close")[: row + 1, market.column(ticker)]
            known = np.flatnonzero(np.isfinite(closes))
            if not len(known):
                raise ParameterError(
                    f"{ticker} has no price on or before {market.sessions[max(row, 0)]}",
                    where="holdings",
                    remedy="Begin later, or leave it out.",
                )
            found[ticker] = float(closes[known[-1]])
        return found

    def value_usd(self, market: Market, row: int) -> float:
        """What the shares are worth at the last closes up to row `row`; shorts count negative."""
        prices = self.prices(market, row)
        return sum(shares * prices[ticker] for ticker, shares in self.shares.items())

    def state(self, market: Market, start: int, capital_usd: float) -> State:
        """The portfolio before row `start`: the shares at their last closes, the rest of the capital in cash."""
        prices = self.prices(market, start - 1)
        state = new_state(len(market.tickers), capital_usd)
        for ticker, shares in self.shares.items():
            i = market.column(ticker)
            state.book["shares"][i] = shares
            state.book["price"][i] = prices[ticker]
        state.account["cash"] -= sum(shares * prices[ticker] for ticker, shares in self.shares.items())
        return state
