"""A small universe and small tables of prices with the dirt of real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from hedgebook.universes.universe import Universe
from tests.markets import universe_of

# The sessions of the New York Stock Exchange around Independence Day 2025 (a Friday), written down by hand.
SESSIONS = ("2025-06-30", "2025-07-01", "2025-07-02", "2025-07-03", "2025-07-07", "2025-07-08")
FIELDS = ("open", "high", "low", "close", "volume")


def small_universe() -> Universe:
    """META and NVDA as old names, CRWV listed on 2025-07-02 (an invented day), and MARA."""
    buckets = {"long": ("META",), "short": ("NVDA", "CRWV", "MARA")}
    return universe_of(buckets, "NVDA", name="small", listed={"CRWV": date(2025, 7, 2)})


def long_frame() -> pd.DataFrame:
    """A long table: META and NVDA throughout, CRWV from its listing, and AAPL, which is not a member.

    META lacks the open of 07-01; NVDA lacks its row of 07-03 and has one without a close on 07-07.
    """
    rows: list[tuple[str, str, float | None, float | None, float | None, float | None, float | None]] = []
    for i, day in enumerate(SESSIONS):
        close = 700.0 + i / 3
        rows.append((day, "META", None if i == 1 else close - 1, close + 2, close - 3, close, 1e6 + i))
        if i != 3:
            close = 150.0 - i / 7
            rows.append((day, "NVDA", close + 0.5, close + 1, close - 1, None if i == 4 else close, 2e6))
        if i >= 2:
            close = 160.0 * (1 - 0.07 * i)
            rows.append((day, "CRWV", close, close, close, close, None))
        rows.append((day, "AAPL", 200.0, 201.0, 199.0, 200.0, 3e6))
    return pd.DataFrame(rows, columns=["date", "ticker", *FIELDS])


def wide_frame() -> pd.DataFrame:
    """The closes of `long_frame` with a column per ticker, built row by row."""
    cells: dict[tuple[str, str], float] = {}
    long = long_frame()
    for day, ticker, close in zip(long["date"], long["ticker"], long["close"], strict=True):
        cells[day, ticker] = close
    names = ["AAPL", "CRWV", "META", "NVDA"]
    rows = [[day, *(cells.get((day, name), float("nan")) for name in names)] for day in SESSIONS]
    return pd.DataFrame(rows, columns=["date", *names])


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Writes a frame in the format that the name of the file says."""
    if path.suffix in (".parquet", ".pq"):
        frame.to_parquet(path, index=not isinstance(frame.index, pd.RangeIndex))
    else:
        frame.to_csv(path, index=not isinstance(frame.index, pd.RangeIndex))
    return path


def put(folder: Path, text: str, name: str = "p.csv") -> Path:
    """A file with the given text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
