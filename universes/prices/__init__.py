"""Prices from files: reading, judging and aligning them to the sessions of an exchange."""

from __future__ import annotations

from .check import Coverage, LargeMove, PriceCheck, check_prices
from .load import load_market
from .splits import SplitSuspect, find_splits
from .stale import StaleRun, stale_runs

__all__ = [
    "Coverage", "LargeMove", "PriceCheck", "SplitSuspect", "StaleRun", "check_prices", "find_splits", "load_market",
    "stale_runs",
]  # fmt: skip
