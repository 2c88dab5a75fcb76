"""Sessions of exchanges as exchange_calendars publishes them, which nothing of this project has made."""

from __future__ import annotations

import warnings
from datetime import date
from functools import cache

import exchange_calendars
import pandas as pd


@cache
def published(code: str, first: str, last: str) -> pd.DataFrame:
    """Open and close, UTC, of every session from one day to another of 2024 to 2026."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = exchange_calendars.get_calendar(code, start="2024-01-01", end="2026-12-31").schedule
    return pd.DataFrame(table.loc[first:last, ["open", "close"]])


@cache
def published_days(code: str, first: str, last: str) -> tuple[date, ...]:
    """The days of these sessions."""
    return tuple(day.date() for day in published(code, first, last).index)
