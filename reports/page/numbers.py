"""Numbers as a reader sees them: a real minus sign, thousands separators, a dash where nothing is defined."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd

MINUS = "\u2212"
UNDEFINED = "\u2013"
# Above this capital cents say nothing about a P&L.
CENTS_BELOW_USD = 100_000.0


def number(value: float, decimals: int = 2) -> str:
    """A number with thousands separators, as in 1,234.50; NaN and infinities become a dash."""
    if not math.isfinite(value):
        return UNDEFINED
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in text for digit in "123456789")
    return MINUS + text if negative else text


def percent(fraction: float, decimals: int = 2) -> str:
    """A fraction as a percentage, as in 4.29%."""
    return f"{number(100 * fraction, decimals)}%" if math.isfinite(fraction) else UNDEFINED


def setting(fraction: float) -> str:
    """A fraction that somebody has set, as a percentage with the digits that it was given: 150%, 12.5%."""
    return f"{MINUS if fraction < 0 else ''}{abs(100 * fraction):.10g}%" if math.isfinite(fraction) else UNDEFINED


def day(value: object) -> str:
    """A date as 2026-07-01; NaT and None become a dash."""
    if value is None or value is pd.NaT or (isinstance(value, np.datetime64) and np.isnat(value)):
        return UNDEFINED
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[D]"))
    if isinstance(value, date):  # pandas' Timestamp and datetime are dates too
        return value.strftime("%Y-%m-%d")
    raise TypeError(f"{type(value).__name__} is not a day")


def count(value: float) -> str:
    """A whole number, or a dash for NaN."""
    return number(value, 0)


def pnl_decimals(capital_usd: float) -> int:
    """How many decimals an amount of P&L needs beside a capital."""
    return 0 if capital_usd >= CENTS_BELOW_USD else 2
