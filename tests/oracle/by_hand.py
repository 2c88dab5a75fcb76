"""Small simulations for tests whose numbers a reader can work out, and short views of their logs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from .simulator import OracleInput, OracleResult, OracleRow

Prices = Sequence[Sequence[float]]


def by_hand(closes: Prices, rows: Sequence[OracleRow], *, opens: Prices | None = None, **terms: Any) -> OracleInput:
    """Sessions on consecutive days, a capital of 1000 and no frictions, but for the terms given.

    closes, opens: [session][ticker]; without opens every session opens at its own close.
    """
    sessions, tickers = len(closes), len(closes[0])
    free: dict[str, Any] = {
        "dates": [date(2026, 6, 1) + timedelta(days=t) for t in range(sessions)],
        "half_spread": [0.0] * tickers,
        "slippage": [0.0] * tickers,
        "impact_coef": [[0.0] * tickers] * sessions,
        "borrow": [[0.0] * tickers] * sessions,
        "commission": 0.0,
        "cash_rate": 0.0,
        "margin_rate": 0.0,
        "max_stale": 5,
        "capital": 1000.0,
    }
    return OracleInput(opens=closes if opens is None else opens, closes=closes, rows=rows, **(free | terms))


def one(*prices: float) -> list[list[float]]:
    """The prices of a single ticker, session by session."""
    return [[price] for price in prices]


def lines(result: OracleResult) -> list[tuple[int, int, int, str, str]]:
    """Session, mark, ticker, status and reason of every line of the log."""
    return [(o.session, o.mark, o.ticker, o.status.name, o.reason.name) for o in result.orders]


def fills(result: OracleResult) -> list[tuple[int, int, int, str]]:
    """Session, mark, ticker and reason of every fill."""
    return [line[:3] + line[4:] for line in lines(result) if line[3] == "FILLED"]


def column(result: OracleResult, i: int = 0) -> list[float]:
    """Shares of one ticker at every close."""
    return [line[i] for line in result.shares]


def check_parts(case: OracleInput, result: OracleResult) -> None:
    """The parts of P&L and interest, and what is held, add up to NAV at every close."""
    parts = [case.capital]
    for t, nav in enumerate(result.nav_close):
        parts += [value for line in result.pnl[t] for value in line] + [result.interest[t]]
        assert math.fsum(parts) == pytest.approx(nav, abs=1e-9 * case.capital)
        held = [q * v for q, v in zip(result.shares[t], result.price[t], strict=True) if q != 0.0]
        assert math.fsum([result.cash[t], *held]) == pytest.approx(nav, abs=1e-9 * case.capital)
