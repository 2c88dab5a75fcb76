"""A module with the one function of yfinance that is used, and frames of its documented shape.

`yfinance.download(tickers, start=, end=, auto_adjust=False, actions=True, group_by="column", multi_level_index=True)`
gives columns of (Price, Ticker) pairs, an index of midnights named Date, `end` not included, NaN where a ticker has no
price, and for a ticker without any prices columns of NaN.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

FIELDS = ("Adj Close", "Close", "Dividends", "High", "Low", "Open", "Stock Splits", "Volume")


def made(prices: dict[str, pd.DataFrame]) -> Any:
    """The module; prices: by Yahoo's name of a ticker a frame with the FIELDS by day; calls: what was asked."""
    module: Any = ModuleType("yfinance")
    module.calls = []

    def download(
        tickers: list[str], start: str | None = None, end: str | None = None, period: str | None = None, **options: Any
    ) -> pd.DataFrame:
        module.calls.append({"tickers": list(tickers), "start": start, "end": end, "period": period, **options})
        print("[*******100%*******]  1 of 1 completed")
        known = {ticker: prices[ticker] for ticker in tickers if ticker in prices}
        index = sorted(set().union(*(frame.index for frame in known.values()))) if known else []
        days = pd.DatetimeIndex(index, name="Date")
        if start is not None:
            days = days[days >= start]
        if end is not None:
            days = days[days < end]
        columns = {}
        for field in FIELDS:
            for ticker in tickers:
                held = known[ticker][field] if ticker in known else pd.Series(np.nan, index=days)
                columns[(field, ticker)] = held.reindex(days)
        frame = pd.DataFrame(columns, index=days)
        frame.columns = pd.MultiIndex.from_tuples(list(columns), names=["Price", "Ticker"])
        return frame

    module.download = download
    return module


def adjusted(frame: pd.DataFrame) -> pd.DataFrame:
    """Quoted prices with the adjusted close: a dividend D scales all before it by 1 - D / close before."""
    close, dividends = frame["Close"].to_numpy(), frame["Dividends"].to_numpy()
    factor = np.ones(len(frame))
    for day in np.flatnonzero(dividends):
        factor[:day] *= 1.0 - dividends[day] / close[day - 1]
    return frame.assign(**{"Adj Close": close * factor})
