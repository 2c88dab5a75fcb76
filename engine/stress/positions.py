"""Positions at one moment: what a scenario, a simulation and a margin requirement start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..account import Account
from ..arrays import Floats
from ..backtest.conditions import conditions_of
from ..backtest.holdings import Holdings
from ..backtest.neutral import neutral_conditions, new_state
from ..frictions.costs import Costs
from ..kernels.book.records import Structs
from ..kernels.series.stress import requirements
from ..rules import Rules


@brief
@dataclass(frozen=True, eq=False)
class Positions:
    """N holdings at a close.

    shares: (N,), negative for shorts; prices: (N,) USD; buckets: of the universe, None outside of it; nav_usd: of
    the account, holdings and cash together; session: the close they are taken at. Raises ParameterError for shapes
    that do not fit, prices not above 0, or a NAV not above 0.
    """

    tickers: tuple[str, ...]
    shares: Floats
    prices: Floats
    buckets: tuple[str | None, ...]
    nav_usd: float
    session: np.datetime64

    def __post_init__(self) -> None:
        count = len(self.tickers)
        if self.shares.shape != (count,) or self.prices.shape != (count,) or len(self.buckets) != count:
            raise ParameterError("tickers, shares, prices and buckets differ in length", where="positions")
        if not np.isfinite(self.shares).all() or not (np.isfinite(self.prices) & (self.prices > 0)).all():
            raise ParameterError("a position has no shares or no price", where="positions", bound="prices above 0")
        if not 0.0 < self.nav_usd < np.inf:
            raise ParameterError("NAV must be above zero", where="positions", value=self.nav_usd)

    @property
    def values_usd(self) -> Floats:
        """(N,): shares times prices."""
        return np.asarray(self.shares * self.prices)

    @property
    def weights(self) -> Floats:
        """(N,): values as fractions of NAV."""
        return np.asarray(self.values_usd / self.nav_usd)

    @property
    def cash_usd(self) -> float:
        """NAV less the value of the holdings; the proceeds of shorts are in it."""
        return float(self.nav_usd - self.values_usd.sum())


def positions_of_shares(market: Market, row: int, shares: Mapping[str, float], nav_usd: float) -> Positions:
    """Shares by ticker at the last closes up to row `row`. Raises ParameterError for a ticker without a price."""
    holdings = Holdings({ticker: float(count) for ticker, count in shares.items()})
    prices = holdings.prices(market, row)
    tickers = tuple(holdings.shares)
    return Positions(
        tickers=tickers,
        shares=np.array([holdings.shares[t] for t in tickers]),
        prices=np.array([prices[t] for t in tickers]),
        buckets=tuple(market.bucket_of(t) for t in tickers),
        nav_usd=nav_usd,
        session=market.sessions[row],
    )


def positions_of_weights(market: Market, row: int, weights: Mapping[str, float], nav_usd: float) -> Positions:
    """Weights, fractions of NAV, turned into shares at the last closes up to row `row`. Raises as above."""
    prices = Holdings(dict.fromkeys(weights, 1.0)).prices(market, row)
    return positions_of_shares(market, row, {t: w * nav_usd / prices[t] for t, w in weights.items()}, nav_usd)


@dataclass(frozen=True, eq=False)
class MarginTerms:
    """An account's margin rules for N tickers, as kernels take them; enforced: False where margin is off."""

    book: Structs
    terms: Structs
    tickers: Structs
    enforced: bool

    def requirement_usd(self, prices: Floats) -> Floats:
        """(S,): maintenance requirement of the shares at each row of prices (S, N)."""
        out = np.empty(len(prices))
        requirements(np.ascontiguousarray(prices, dtype=np.float64), self.book.copy(), self.terms, self.tickers, out)
        return out

    def requirements_usd(self, prices: Floats) -> Floats:
        """(S, N): the same by ticker."""
        out, one = np.empty(prices.shape), np.empty(len(prices))
        for i in range(prices.shape[1]):
            own = np.ascontiguousarray(prices[:, i : i + 1], dtype=np.float64)
            requirements(own, self.book[i : i + 1].copy(), self.terms, self.tickers[i : i + 1], one)
            out[:, i] = one
        return out

    def initial_usd(self, prices: Floats) -> float:
        """What the shares require to be opened at prices (N,): the initial fraction of each, never less than to keep it
        (Regulation T, FINRA rule 4210(b))."""
        terms, total, keep = self.terms[0], 0.0, np.zeros(1)
        for i, price in enumerate(np.asarray(prices, dtype=np.float64).tolist()):
            one, own = self.book[i : i + 1].copy(), self.tickers[i : i + 1]
            requirements(np.array([[price]]), one, self.terms, own, keep)
            frac = float(terms["initial_long"] if one["shares"][0] > 0.0 else terms["initial_short"])
            opened = abs(float(one["shares"][0])) * price * frac * float(own["house"][0])
            total += max(opened, float(keep[0]))
        return total


def margin_terms(positions: Positions, account: Account, market: Market | None) -> MarginTerms:
    """The account's rules for these positions; market: for multipliers by bucket, None where there are none."""
    count = len(positions.tickers)
    book = new_state(count, positions.nav_usd).book
    book["shares"], book["price"] = positions.shares, positions.prices
    if market is None:
        plain = neutral_conditions(1, count, 1)
        return MarginTerms(book, plain.terms, plain.tickers, False)
    row = market.session_index(positions.session)
    bank = np.zeros((1, len(market.tickers)))
    found = conditions_of(market, (row, row + 1), bank, Costs(), account, Rules(), {})
    columns = [market.column(ticker) for ticker in positions.tickers]
    return MarginTerms(book, found.terms, found.tickers[columns].copy(), bool(account.margin.on_call.action))
