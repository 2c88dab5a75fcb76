"""Prices from files: reading, judging and aligning them to the sessions of an exchange."""

from __future__ import annotations

from .check import Coverage, LargeMove, PriceCheck, StaleRun, check_prices
from .load import load_market

__all__ = ["Coverage", "LargeMove", "PriceCheck", "StaleRun", "check_prices", "load_market"]
