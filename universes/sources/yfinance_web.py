"""Prices from Yahoo through the package yfinance: yfinance:, yfinance:?start=2015-01-01."""

from __future__ import annotations

import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import PriceDataError

from ..layouts.adjusted import on_adjusted_scale
from ..prices.read import RawTable, table_of_columns
from .package import package
from .source import Needed
from .url import SourceURL

# What yfinance calls the columns, and their names here; raw prices are as quoted, but for splits.
COLUMNS = {
    "Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume",
    "Dividends": "dividends", "Stock Splits": "splits",
}  # fmt: skip
PRICES = ("open", "high", "low", "close", "volume")
# Classes of shares have a point in most files and a dash at Yahoo, where a point begins the name of an exchange.
SHARE_CLASS = re.compile(r"([A-Z]{1,5})\.([AB])")


@dataclass(frozen=True)
class YFinanceSource:
    """Daily prices of any tickers."""

    name: str = "yfinance"
    label: str = "yfinance"

    @classmethod
    def of(cls, url: SourceURL) -> YFinanceSource:
        """The source that a URL names. Raises PriceDataError."""
        url.only()
        if url.rest.strip("/"):
            raise PriceDataError("tickers are those of the universe", where="yfinance:", bound="yfinance:")
        return cls()

    def read(self, needed: Needed) -> RawTable:
        """Total-return prices: open, high and low on the scale of the adjusted close."""
        return whole_in_parts(self.read_whole(needed))[0]

    def read_whole(self, needed: Needed) -> RawTable:
        """All columns as they come: prices as quoted but for splits, adjusted close, dividends, splits."""
        import pyarrow as pa

        if not needed.tickers:
            raise PriceDataError("tickers are needed", where=self.label, remedy="Name a universe.")
        asked = {SHARE_CLASS.sub(r"\1-\2", ticker): ticker for ticker in needed.tickers}
        long = _long(_download(list(asked), needed.first, needed.last), asked)
        if not len(long):
            more = f" and {len(asked) - 8} more" if len(asked) > 8 else ""
            raise PriceDataError(
                "Yahoo gave no prices of these tickers",
                where=self.label,
                value=", ".join(list(needed.tickers)[:8]) + more,
                remedy="Check the spelling and the days, or try again later.",
            )
        return table_of_columns(
            self.label, list(map(str, long.columns)), [pa.array(long[n], from_pandas=True) for n in long]
        )


def whole_in_parts(table: RawTable) -> tuple[RawTable, RawTable, list[tuple[str, date, str, float]]]:
    """Of all columns the total-return prices, the prices as quoted, and corporate actions.

    An action is ticker, first day without it, "dividend" (USD a share) or "split" (new shares for an old one), value.
    """
    held = dict(zip(table.names, table.columns, strict=True))
    fields = {name: held[name] for name in PRICES if name in held}
    adjusted, _ = on_adjusted_scale(fields, held["adj_close"])
    tables = [
        table_of_columns(table.source, ["date", "ticker", *part], [held["date"], held["ticker"], *part.values()])
        for part in (adjusted, fields)
    ]
    actions = []
    for name, kind in (("dividends", "dividend"), ("splits", "split")):
        if name not in held:
            continue
        values = np.asarray(held[name].to_numpy(zero_copy_only=False), dtype=np.float64)
        for row in np.flatnonzero(np.isfinite(values) & (values != 0.0)).tolist():
            actions.append((str(held["ticker"][row]), held["date"][row].as_py(), kind, float(values[row])))
    return tables[0], tables[1], actions


def _download(tickers: list[str], first: date | None, last: date | None) -> pd.DataFrame:
    """What yfinance gives for tickers and days, both included; what it prints is not shown."""
    yfinance = package("yfinance", extra="yfinance", purpose="a download from Yahoo")
    span: dict[str, Any] = {"period": "max"} if first is None and last is None else {}
    if first is not None or last is not None:
        span["start"] = (first or date(1970, 1, 1)).isoformat()
    if last is not None:
        span["end"] = (last + timedelta(days=1)).isoformat()  # its end is not included
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            found = yfinance.download(
                tickers, **span, interval="1d", auto_adjust=False, actions=True, progress=False, group_by="column",
                multi_level_index=True,
            )  # fmt: skip
    except Exception as problem:  # whatever its layers raise: no network, a refusal, another shape of an answer
        raise PriceDataError(
            f"the download from Yahoo failed ({type(problem).__name__})", where="yfinance", remedy="Try again later."
        ) from None
    if found is None or not isinstance(found, pd.DataFrame):
        return pd.DataFrame()
    return found


def _long(frame: pd.DataFrame, asked: dict[str, str]) -> pd.DataFrame:
    """One row a ticker and day on which there is a close, in our names; columns of (field, ticker) pairs come in."""
    if not len(frame):
        return pd.DataFrame()
    if frame.columns.nlevels != 2:
        raise PriceDataError("yfinance gave another shape of columns", where="yfinance", value=frame.columns.nlevels)
    days = pd.DatetimeIndex(frame.index)
    # Midnights of the exchange's own zone are its days.
    days = (days.tz_localize(None) if days.tz is not None else days).normalize()
    parts = []
    for theirs, ours in asked.items():
        fields = {name: frame[(field, theirs)] for field, name in COLUMNS.items() if (field, theirs) in frame}
        if "close" not in fields or "adj_close" not in fields:
            continue
        values = {name: np.asarray(column, dtype=np.float64) for name, column in fields.items()}
        part = pd.DataFrame({"date": days.to_numpy().astype("datetime64[D]"), "ticker": ours, **values})
        parts.append(part[np.isfinite(values["close"])])
    if not parts:
        return pd.DataFrame()
    whole = pd.concat(parts, ignore_index=True)
    return whole[["date", "ticker", *(name for name in COLUMNS.values() if name in whole)]]
