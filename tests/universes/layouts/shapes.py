"""One small table of prices in the shapes in which vendors hand out prices, written here and nowhere copied."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pandas as pd

from hedgebook.universes.universe import Universe
from tests.markets import universe_of

TICKERS = ("ALFA", "BETA", "GAMA")
FIELDS = ("open", "high", "low", "close", "volume")
# Sessions around Independence Day 2025, a Friday.
DAYS = pd.DatetimeIndex(
    ["2025-06-30", "2025-07-01", "2025-07-02", "2025-07-03", "2025-07-07", "2025-07-08", "2025-07-09", "2025-07-14"]
)


def universe() -> Universe:
    """The three tickers, all old."""
    return universe_of({"all": TICKERS}, listed=dict.fromkeys(TICKERS, date(2015, 1, 2)))


def prices() -> dict[str, pd.DataFrame]:
    """Days by field for each ticker, in cents and whole shares, so that text loses nothing; GAMA lists late, and ALFA
    has no open on one day."""
    draw = np.random.default_rng(11)
    tables = {}
    for k, ticker in enumerate(TICKERS):
        close = (40.0 * (k + 1) * np.exp(np.cumsum(draw.normal(0, 0.02, len(DAYS))))).round(2)
        open_ = (close * np.exp(draw.normal(0, 0.01, len(DAYS)))).round(2)
        table = pd.DataFrame(
            {
                "open": open_,
                "high": np.maximum(open_, close) + 0.25,
                "low": np.minimum(open_, close) - 0.25,
                "close": close,
                "volume": draw.integers(1, 9, len(DAYS)) * 100_000.0,
            },
            index=DAYS,
        ).round(2)
        tables[ticker] = table
    tables["GAMA"] = tables["GAMA"].iloc[3:]
    tables["ALFA"].loc[DAYS[4], "open"] = np.nan
    return tables


def long_frame() -> pd.DataFrame:
    """The same as this project's own long table."""
    parts = [table.assign(ticker=ticker).rename_axis("date").reset_index() for ticker, table in prices().items()]
    return pd.concat(parts)[["date", "ticker", *FIELDS]]


def yfinance_frame(*, by: str = "field", adjusted: float | None = None, zone: str | None = None) -> pd.DataFrame:
    """What yf.download gives for several tickers: two levels of names, the field first or the ticker.

    adjusted: the factor of an adjusted close beside the quoted one (auto_adjust=False), in which case prices are
    quoted at 1 / factor of the true ones.
    """
    parts = {}
    for ticker, table in prices().items():
        frame = table.rename(columns=str.capitalize)
        if adjusted is not None:
            frame[["Open", "High", "Low", "Close"]] /= adjusted
            frame["Adj Close"] = frame["Close"] * adjusted
        parts[ticker] = frame
    whole = pd.concat(parts, axis=1, names=["Ticker", "Price"])
    if by == "field":
        whole = whole.swaplevel(axis=1)
    whole.index.name = "Date"
    return whole if zone is None else whole.tz_localize(zone)


def text(frame: pd.DataFrame, **more: object) -> str:
    """A frame as CSV."""
    held = io.StringIO()
    frame.to_csv(held, **more)
    return held.getvalue()


def one(ticker: str, names: dict[str, str], *, dates: str = "%Y-%m-%d", newest_first: bool = False) -> pd.DataFrame:
    """One ticker's table with the columns of a vendor; `names` from field to column, "date" among them."""
    table = prices()[ticker].reset_index(names="date")
    table["date"] = table["date"].dt.strftime(dates)
    table = table.rename(columns=names)[list(names.values())]
    return table.iloc[::-1] if newest_first else table
