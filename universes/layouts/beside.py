"""Quoted and adjusted closes of a file that has both, as they stand there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Beside:
    """Columns of a file with both closes, as they stand there; tickers: a column, or the one ticker of all rows."""

    tickers: Any
    days: Any
    close: Any
    adjusted: Any
    dividend: Any = None
    split: Any = None
