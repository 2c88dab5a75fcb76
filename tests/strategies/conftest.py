"""Real prices, once as a market and once as plain lists that oracles take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from hedgebook.universes.market import Market
from hedgebook.universes.prices import load_market


@dataclass(frozen=True)
class PlainPrices:
    """Sessions and, by ticker, one price for each; NaN where the file has none."""

    dates: list[date]
    open: dict[str, list[float]]
    close: dict[str, list[float]]
    volume: dict[str, list[float]]

    def betas(self, tickers: list[str], last: int, lookback: int) -> list[float]:
        """Slopes on SPY over the `lookback` sessions that end with session number `last`."""
        from tests.oracle.ols import simple_ols

        slopes = []
        for ticker in tickers:
            pairs = []
            for t in range(last - lookback + 1, last + 1):
                y = self.close[ticker][t] / self.close[ticker][t - 1] - 1.0
                if math.isfinite(y):
                    pairs.append((y, self.close["SPY"][t] / self.close["SPY"][t - 1] - 1.0))
            slopes.append(simple_ols([y for y, _ in pairs], [x for _, x in pairs]).slope)
        return slopes


@pytest.fixture(scope="session")
def plain_prices(real_prices: Path) -> PlainPrices:
    """The file of real prices without anything of hedgebook in between."""
    rows = pd.read_parquet(real_prices)
    tables = {field: rows.pivot(index="date", columns="ticker", values=field) for field in ("open", "close", "volume")}
    dates = [day.date() for day in tables["close"].index[tables["close"]["SPY"].notna()]]
    plain = {
        field: {str(ticker): table[ticker].loc[pd.DatetimeIndex(dates)].tolist() for ticker in table}
        for field, table in tables.items()
    }
    return PlainPrices(dates, plain["open"], plain["close"], plain["volume"])


@pytest.fixture(scope="session")
def real_market(real_prices: Path) -> Market:
    """The file of real prices as a market of the shipped universe."""
    return load_market(real_prices)
