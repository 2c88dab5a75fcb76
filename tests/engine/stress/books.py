"""Positions, responses and margin rules that tests work out by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.backtest.neutral import neutral_conditions, new_state
from hedgebook.engine.stress.positions import MarginTerms, Positions
from hedgebook.engine.stress.responses import Responses

DAY = np.datetime64("2026-06-30")


def held(values: list[float], prices: list[float] | None = None, nav: float = 1000.0) -> Positions:
    """Positions A, B, C ... of given values in USD."""
    p = np.array(prices if prices is not None else [50.0 + 10 * i for i in range(len(values))])
    names = tuple("ABCDEFGH"[: len(values)])
    return Positions(names, np.array(values) / p, p, ("left",) * len(values), nav, DAY)


def terms_of(positions: Positions, *, enforced: bool = True) -> MarginTerms:
    """FINRA's maintenance margin for these positions."""
    plain = neutral_conditions(1, len(positions.tickers), 1)
    book = new_state(len(positions.tickers), positions.nav_usd).book
    book["shares"], book["price"] = positions.shares, positions.prices
    return MarginTerms(book, plain.terms, plain.tickers, enforced)


def answers(
    positions: Positions, betas: NDArray[np.float64], covariance: NDArray[np.float64], own_sd: float = 0.02
) -> Responses:
    """Responses with given betas, and factors f0, f1, ..."""
    count, size = betas.shape
    rng = np.random.default_rng(0)
    names = tuple(f"f{k}" for k in range(size))
    return Responses(
        positions.tickers, names, names, betas, betas * 1.5, covariance, rng.normal(size=(100, size)),
        rng.normal(size=(100, count)) * own_sd, np.full(count, own_sd), np.full(count, 100),
    )  # fmt: skip
