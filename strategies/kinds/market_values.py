"""Market values from a file, as they were known at each close."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market
from hedgebook.universes.raw_file import csv_frame, is_file, read_bytes

COLUMNS = ("date", "ticker", "market_value_usd")


def read_market_values(path: str | Path) -> pd.DataFrame:
    """A CSV file with the columns date, ticker and market_value_usd as a table of dates by tickers, NaN = not said.

    Raises ParameterError with file, row, value and bound for what cannot be used.
    """
    where = str(path)
    if not is_file(Path(path)):
        raise ParameterError("there is no such file", where="market_values", value=where)
    data = read_bytes(Path(path), error=ParameterError)
    rows = csv_frame(data, source=where, error=ParameterError, form=f"Write a header {','.join(COLUMNS)}.")
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        bound = ", ".join(COLUMNS)
        raise ParameterError(f"there is no column {missing[0]}", where=where, value=list(rows.columns), bound=bound)
    if rows.empty:
        raise ParameterError("there is no row in it", where=where)
    dates = pd.to_datetime(rows["date"], format="%Y-%m-%d", errors="coerce")
    _refuse(rows, dates.isna(), where, "date", "a day, as in 2026-07-01")
    values = pd.to_numeric(rows["market_value_usd"], errors="coerce")
    _refuse(rows, ~(np.isfinite(values) & (values > 0.0)), where, "market_value_usd", "a number of USD above 0")
    tickers = rows["ticker"].str.strip()
    _refuse(rows, tickers == "", where, "ticker", "a ticker")
    twice = pd.DataFrame({"date": dates, "ticker": tickers}).duplicated()
    _refuse(rows, twice, where, "ticker", "one row for each date and ticker")
    long = pd.DataFrame({"date": dates, "ticker": tickers, "value": values.astype(np.float64)})
    return long.pivot(index="date", columns="ticker", values="value").sort_index()


def _refuse(rows: pd.DataFrame, wrong: Any, where: str, column: str, bound: str) -> None:
    bad = np.flatnonzero(np.asarray(wrong, dtype=np.bool_))
    if len(bad):
        row = int(bad[0])
        raise ParameterError(
            f"this {column} cannot be used", where=f"{where}, line {rows.index[row]}",
            value=rows[column].iloc[row], bound=bound,
        )  # fmt: skip


def known_values(table: pd.DataFrame, market: Market, tickers: tuple[str, ...], rows: Ints) -> Floats:
    """(R, N) USD: the last value of each ticker dated at or before the session of each row; NaN before the first."""
    days = pd.DatetimeIndex(table.index).to_numpy().astype("datetime64[D]")
    filled = table.reindex(columns=list(tickers)).ffill().to_numpy(dtype=np.float64)
    at = np.searchsorted(days, market.sessions[rows], side="right") - 1
    return np.where((at >= 0)[:, None], filled[at], np.nan)
