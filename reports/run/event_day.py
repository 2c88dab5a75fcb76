"""The first tradable session: what the opening gap took away, and what was left to earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.backtest import Booked
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.trade.plan import TradePlan
from hedgebook.universes.market import Market

from ..page.numbers import percent
from ..page.table import Table, columns


@dataclass(frozen=True, eq=False)
class EventDay:
    """Returns of N tickers on the first session at which the news could be traded.

    weights: (N,) entry weights; gap: (N,) last close to open; session: (N,) open to close; whole: (N,) close to
    close; NaN where a price is missing. The news came before the open, so the gap could not be earned.
    """

    tickers: tuple[str, ...]
    weights: NDArray[np.float64]
    gap: NDArray[np.float64]
    session: NDArray[np.float64]
    whole: NDArray[np.float64]

    def of_trade(self) -> tuple[float, float, float]:
        """Gap, open to close and close to close at the entry weights, as fractions of NAV; NaN spreads."""
        # From the same shares throughout, so that gap and session add up: the session's part is on the last close.
        after_gap = (1.0 + self.gap) * self.session
        return (float(self.weights @ self.gap), float(self.weights @ after_gap), float(self.weights @ self.whole))


def event_day(market: Market, plan: TradePlan) -> EventDay:
    """The split of the first tradable session for the tickers of a trade."""
    weights = plan.weights()
    row = market.session_index(plan.first_fill.session)
    at = [market.column(ticker) for ticker in weights]
    before, opening, close = market.close[row - 1, at], market.open[row, at], market.close[row, at]
    return EventDay(
        tickers=tuple(weights),
        weights=np.array(list(weights.values())),
        gap=opening / before - 1.0,
        session=close / opening - 1.0,
        whole=close / before - 1.0,
    )


def entry_session_pnl(run: StrategyRun) -> float:
    """P&L of the entry session itself before costs, USD: fill marks to its close."""
    moves = run.backtest.record.of(Booked.GROSS)[0]
    return float(moves.sum())


def event_day_table(market: Market, plan: TradePlan) -> Table:
    """The gap, the session and both together, by ticker and at the entry weights."""
    found = event_day(market, plan)
    rows = [
        (ticker, *(percent(float(x[i])) for x in (found.weights, found.gap, found.session, found.whole)))
        for i, ticker in enumerate(found.tickers)
    ]
    total = ("Trade", "", *(percent(part) for part in found.of_trade()))
    note = "Trade: entry weights bought at the last close, in percent of NAV; its parts add up."
    if not np.isfinite(found.gap).all():
        note += " Without an open there is no split."
    return Table(
        f"First tradable session {plan.first_fill.session}",
        columns("Ticker", "Weight", "Close to open", "Open to close", "Close to close"),
        (*rows, total),
        note,
        totals=1,
    )
