"""Views of a record's log for tests, and copies of a record with something changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.kernels.book.records import ORDER_AMOUNTS, Record

CODES = ("session", "mark", "ticker", "status", "reason")


def codes(record: Record) -> NDArray[np.int64]:
    """(L, 5): session, mark, ticker, status and reason of each line."""
    return np.column_stack([record.lines[name] for name in CODES])


def amounts(record: Record) -> NDArray[np.float64]:
    """(L, 7): shares, reference, price, commission, spread, slippage and impact of each line."""
    return np.column_stack([record.lines[name] for name in ORDER_AMOUNTS])


def with_amounts(record: Record, values: NDArray[np.float64]) -> Record:
    """The record with other amounts in its log."""
    lines = record.lines.copy()
    for j, name in enumerate(ORDER_AMOUNTS):
        lines[name] = values[:, j]
    return record._replace(lines=lines)


def with_nav(record: Record, nav: NDArray[np.float64]) -> Record:
    """The record with other NAVs, (T, 2)."""
    days = record.days.copy()
    days["nav_open"], days["nav_close"] = nav.T
    return record._replace(days=days)
