"""An event trade bought once and held, without costs, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Series = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class HeldTrade:
    """Equal weights inside each leg: gross / (1 + hedge_ratio) long, hedge_ratio times that short."""

    long_tickers: Sequence[str]
    short_tickers: Sequence[str]
    gross: float
    hedge_ratio: float
    entry: tuple[date, Literal["open", "close"]]
    exit: date

    def weights(self) -> dict[str, float]:
        """Target weight of every ticker at the entry, a fraction of NAV, negative = short."""
        long_frac = self.gross / (1.0 + self.hedge_ratio)
        short_frac = long_frac * self.hedge_ratio
        bought = {ticker: long_frac / len(self.long_tickers) for ticker in self.long_tickers}
        sold = {ticker: -short_frac / len(self.short_tickers) for ticker in self.short_tickers}
        return bought | sold


def total_return(trade: HeldTrade, dates: Sequence[date], opens: Series, closes: Series, capital: float) -> float:
    """Profit from the entry price to the close of the exit date, a fraction of capital.

    opens, closes: one price for each date by ticker, USD. A missing entry or exit price gives NaN.
    """
    entry_date, mark = trade.entry
    entry_at, exit_at = dates.index(entry_date), dates.index(trade.exit)
    entry_prices = opens if mark == "open" else closes
    profits = []
    for ticker, weight in trade.weights().items():
        bought_at = entry_prices[ticker][entry_at]
        shares = weight * capital / bought_at
        profits.append(shares * (closes[ticker][exit_at] - bought_at))
    return math.fsum(profits) / capital
