"""Whether a ticker's prices reach the close that an estimate is made at."""

from __future__ import annotations

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

FRESH_SESSIONS = 5  # a ticker without a close for longer says nothing of today


def is_fresh(market: Market, ticker: str, row: int) -> bool:
    """Whether a ticker has a close in the last 5 sessions of its exchange up to row `row`.

    Raises PriceDataError for one unknown.
    """
    at = market.column(ticker)
    if market.venues is not None:
        own = np.flatnonzero(market.venues.trades[: row + 1, market.venues.of[at]])[-FRESH_SESSIONS:]
        return bool(np.isfinite(market.close[own, at]).any())
    return bool(np.isfinite(market.close[max(0, row + 1 - FRESH_SESSIONS) : row + 1, at]).any())


def stale_reason(market: Market, ticker: str, row: int) -> str | None:
    """Why a ticker's prices are too old for an estimate at the close of row `row`, None where they are not.

    Also None for a ticker without any price up to there: that is too short a history, not an old one.
    """
    if is_fresh(market, ticker, row):
        return None
    known = np.flatnonzero(np.isfinite(market.close[: row + 1, market.column(ticker)]))
    if not len(known):
        return None
    return (
        f"the prices of {ticker} end on {market.sessions[known[-1]]}, "
        f"{counted(row - int(known[-1]), 'session')} before {market.sessions[row]}"
    )


def check_fresh(market: Market, ticker: str, row: int, where: str) -> None:
    """Raises ParameterError where a ticker has prices, but none in the last 5 sessions up to row `row`."""
    reason = stale_reason(market, ticker, row)
    if reason is not None:
        raise ParameterError(
            f"{reason}: too old for an estimate at that close",
            where=where,
            bound=f"a close in the last {FRESH_SESSIONS} sessions",
            remedy="Use another benchmark or instrument, prices that go on, or hedge=dollar.",
        )
