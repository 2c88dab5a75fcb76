"""What a hedge method asks for a book: the one place that calls the engine's estimators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.exposure.factor_sets import FactorSet, etf_factors
from hedgebook.engine.hedging.estimate import estimate_hedge
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.request import DOLLARS, HedgeRequest, Method
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

BOOK = "the book"


@dataclass(frozen=True)
class AskedHedge:
    """What a method asks for: USD to be sold short of each instrument, negative is bought.

    effectiveness: 1 - var(hedged)/var(book) over the lookback, in sample; sessions: that both have in it.
    """

    short_usd: dict[str, float]
    effectiveness: float
    sessions: int


def ask_hedge(
    market: Market, row: int, values_usd: Mapping[str, float], instruments: tuple[str, ...], request: HedgeRequest
) -> AskedHedge:
    """The hedge of holdings worth `values_usd` (negative for shorts), from closes up to session number `row`.

    The book is one series: the daily returns of its present values held constant, a session without a return of
    any of them left out. So longs and shorts may cancel, which weights inside a leg could not express. Raises
    ParameterError where the method finds no hedge.
    """
    net, gross = math.fsum(values_usd.values()), math.fsum(map(abs, values_usd.values()))
    # The estimators hedge a long leg; a book that is short on balance is hedged as its mirror image.
    side = math.copysign(1.0, net) if net else 1.0
    benchmark = request.benchmark or market.universe.benchmark
    others = tuple(dict.fromkeys((*instruments, *((benchmark,) if request.method is Method.BETA else ()))))
    if market.venues is not None:
        day = market.sessions[row]
        neutral = (market.universe.benchmark,) if request.neutral_to else ()
        market = at_common(market, (*values_usd, *others, *neutral))
        row = row_up_to(market.sessions, day)
    seen = _market_with_book(market, row, request.lookback, values_usd, others)
    decided_at = seen.close_at[-1] + np.timedelta64(1, "s")
    factors = _factors(market, row, request, seen)
    found = estimate_hedge(seen, HedgeLegs((BOOK,), instruments), request, decided_at, factors)
    size = net if request.method is Method.DOLLAR else side * gross
    return AskedHedge(
        {ticker: weight * size for ticker, weight in found.weights.items()}, found.effectiveness, found.shared
    )


def book_returns(closes: NDArray[np.float64], values_usd: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,): daily return of values (N,) held constant, as a fraction of their gross; NaN where any close is missing."""
    returns = np.vstack([np.full((1, closes.shape[1]), np.nan), closes[1:] / closes[:-1] - 1.0])
    return np.asarray(returns @ values_usd / np.abs(values_usd).sum())


def _market_with_book(
    market: Market, row: int, lookback: int, values_usd: Mapping[str, float], others: tuple[str, ...]
) -> Market:
    """The last sessions up to `row`, with a ticker whose closes are the book's; only closes are kept."""
    first = max(0, row - lookback - 1)
    window = market.rows(first, row + 1)
    held = window.close[:, [market.column(ticker) for ticker in values_usd]]
    values = np.array(list(values_usd.values()))
    side = -1.0 if values.sum() < 0 else 1.0
    level = np.cumprod(1.0 + np.nan_to_num(side * book_returns(held, values)))
    level[np.isnan(held).any(axis=1)] = np.nan
    closes = np.column_stack([level, window.close[:, [market.column(ticker) for ticker in others]]])
    nothing = np.full_like(closes, np.nan)
    return replace(
        window, tickers=(BOOK, *others), open=nothing, high=nothing, low=nothing, close=closes, volume=nothing,
        quotes=None, venues=None, rates=None,
    )  # fmt: skip


def _factors(market: Market, row: int, request: HedgeRequest, seen: Market) -> FactorSet | None:
    """The exchange-traded factors that the request names, their slopes from sessions up to `row` alone."""
    names = tuple(name for name in request.neutral_to if name != DOLLARS)
    return etf_factors(market.rows(0, row + 1), names).on(seen.sessions) if names else None
