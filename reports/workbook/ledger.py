"""P&L as one long table, and every sum over it as a formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hedgebook.strategies.run.run import StrategyRun

from .book import Book, Kind
from .grid import Column, Grid
from .text import all_plain

NAMES = ("Session", "Ticker", "Leg", "Bucket", "Cause", "Amount")
CASH, INTEREST, NO_LEG, NO_LEGS = "(cash)", "interest", "other", "none"
# Comparisons of sums by session above which each looks at the rows of its own session alone.
MOST_COMPARISONS = 16_000_000
KEEP_ORDER = " There are so many that each session sums its own block of rows: filter them, but keep their order."
TITLE = "P&L by session, ticker, leg, bucket and cause, USD"
NOTE = "One row for each amount that is not zero; interest belongs to cash. All totals of this workbook are sums of it."


def long_pnl(run: StrategyRun) -> pd.DataFrame:
    """session, ticker, leg, bucket, cause and amount in USD of everything that moved NAV, in order of time."""
    rows = run.pnl_long
    known = rows["leg"].notna()
    legs = rows["leg"].where(known, NO_LEG if known.any() else NO_LEGS)
    own = pd.DataFrame(
        {
            "Session": rows["session"],
            "Ticker": rows["ticker"].astype(str),
            "Leg": legs.astype(str),
            "Bucket": rows["bucket"].where(rows["bucket"].notna(), "other").astype(str),
            "Cause": rows["cause"].astype(str),
            "Amount": rows["pnl"].astype(np.float64),
        }
    )
    interest = run.nav["interest"]
    earned = interest[interest != 0.0]
    cash = pd.DataFrame({"Session": pd.DatetimeIndex(earned.index), "Amount": earned.to_numpy(dtype=np.float64)})
    cash = cash.assign(Ticker=CASH, Leg=CASH, Bucket=CASH, Cause=INTEREST)[list(NAMES)]
    if not len(cash):
        return own.reset_index(drop=True)
    if not len(own):
        return cash
    return pd.concat([own, cash]).sort_values("Session", kind="stable", ignore_index=True)


class Ledger:
    """The sheet of P&L, and formulas that sum its amounts."""

    def __init__(self, book: Book, run: StrategyRun, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.grid = Grid(book, "P&L", NAMES, len(self.rows))
        self._days = self.rows["Session"].to_numpy()
        self._plain = {name: all_plain(sorted(set(self.rows[name]))) for name in NAMES[1:5]}
        self.by_blocks = len(self.rows) * len(run.sessions) > MOST_COMPARISONS

    def write(self) -> None:
        """Write the sheet."""
        kinds = dict.fromkeys(NAMES, Kind.TEXT) | {"Session": Kind.DAY, "Amount": Kind.USD}
        columns = [Column(name, kinds[name], self.rows[name], total=name == "Amount") for name in NAMES]
        self.grid.write(TITLE, NOTE + (KEEP_ORDER if self.by_blocks else ""), columns, table="pnl")

    def total(self, *tests: tuple[str, str], signed: str = "") -> str:
        """The sum of all amounts whose columns are equal to cells: (column, cell) each."""
        return signed + self._sum(tests, 0, None)

    def of_session(self, day: np.datetime64, cell: str, *tests: tuple[str, str], signed: str = "") -> str:
        """The same of one session, whose day stands in a cell."""
        if not self.by_blocks:
            return signed + self._sum((("Session", cell), *tests), 0, None)
        first, stop = (int(np.searchsorted(self._days, np.datetime64(day), side)) for side in ("left", "right"))
        if first == stop:
            return "0"
        return signed + self._sum(tests, first, stop)

    def _sum(self, tests: Sequence[tuple[str, str]], first: int, stop: int | None) -> str:
        amounts = self.grid.span("Amount", first, stop)
        if not tests:
            return f"SUM({amounts})"
        pairs = [(name, self.grid.span(name, first, stop), cell) for name, cell in tests]
        if all(self._plain.get(name, True) for name, _, _ in pairs):
            return f"SUMIFS({amounts},{','.join(f'{span},{cell}' for _, span, cell in pairs)})"
        # SUMIFS would read these names as comparisons or numbers, or not tell their cases apart.
        equal = "*".join(
            f"({span}={cell})" if name == "Session" else f"EXACT({span},{cell})" for name, span, cell in pairs
        )
        return f"SUMPRODUCT({equal}*1,{amounts})"
