"""A scenario's moves of prices, volatilities and borrow on a book with options, every option revalued."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...arrays import Floats
from ..scenario import Scenario, narrowest
from .margin import HeldMargin


class Revalued(NamedTuple):
    """gains_usd: (S, U) by ticker, shares and options together; requirement_usd: (S,) of NAV, NaN where it is off."""

    gains_usd: Floats
    requirement_usd: Floats


def revalued(book: HeldMargin, scenario: Scenario, moves: Floats) -> Revalued:
    """P&L and requirement after moves (S, U) of prices, fractions of -1 at least, at each step of a scenario.

    Volatilities move in equal steps to what the scenario states by its end; its fee of lent shares is in the carry of
    options on the name, till they expire, from the first step on. No time passes.
    """
    held = book.held
    vols = np.array([_points(scenario, t, b) for t, b in zip(held.tickers, held.buckets, strict=True)])
    fees = np.array([_fee(scenario, t, b) for t, b in zip(held.tickers, held.buckets, strict=True)])
    steps = np.arange(1, len(moves) + 1) / len(moves)
    units = held.unit_values(moves, steps[:, None] * vols if vols.any() else 0.0, fees if fees.any() else 0.0)
    gains = held.by_ticker((units - held.units) * held.lines.quantity)
    return Revalued(gains, book.requirement_usd(moves, units))


def _points(scenario: Scenario, ticker: str, bucket: str | None) -> float:
    """What the scenario adds to the volatility of a ticker's options."""
    found = narrowest(scenario.volatility, ticker, bucket)
    return 0.0 if found is None else found.points


def _fee(scenario: Scenario, ticker: str, bucket: str | None) -> float:
    """What it adds to the borrow fee of a ticker, a year, whoever holds it."""
    found = narrowest(scenario.shorts, ticker, bucket)
    return 0.0 if found is None else found.borrow_annual
