"""Returns by calendar month, quarter and year, and over the periods up to the last date."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ..risk.frequency import Frequency

# Returns of one period: the longest that one return may be of, in days.
LONGEST_STEP_DAYS = {"W": 7, "M": 31, "Q": 92, "Y": 366}
MONTHS_BACK = {"3m": 3, "6m": 6, "1y": 12, "3y": 36, "5y": 60, "10y": 120}


def by_calendar(returns: pd.Series[float], period: str) -> pd.Series[float]:
    """Returns compounded by calendar "W", "M", "Q" or "Y", partial ones as they are; a return belongs to its own date.

    Empty where one return is of longer than the period: then there is nothing to compound.
    """
    dates = pd.DatetimeIndex(returns.index)
    if not len(dates) or _step_days(dates) > LONGEST_STEP_DAYS[period]:
        return pd.Series(dtype=np.float64, index=pd.PeriodIndex([], freq=period))
    return (1.0 + returns).groupby(dates.to_period(period)).prod() - 1.0


def _step_days(dates: pd.DatetimeIndex) -> float:
    """The middle distance of two dates in days; 0 for one date."""
    days = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    return float(np.median(np.diff(days))) if len(days) > 1 else 0.0


def period_returns(returns: pd.Series[float], frequency: Frequency) -> dict[str, tuple[float, str]]:
    """Each period up to the last date: its return, and why it has none; of three years and more a year's rate.

    Month and year to date: returns dated within the month or the year of the last date. The others: returns dated after
    the day that lies so many months before it; undefined where the first return begins later than that day.
    """
    dates = pd.DatetimeIndex(returns.index)
    last, begins = dates[-1], frequency.before(dates[0])
    months, years = dates.to_period("M"), dates.to_period("Y")
    found = {"mtd": (_grown(returns[months == months[-1]]), "")}
    for name, back in MONTHS_BACK.items():
        start = last - pd.DateOffset(months=back)
        # The last session of a month stands for its end, and a weekend or holiday may lie at the start.
        if _month_end(last):
            start = start + pd.offsets.MonthEnd(0)
        if begins > start + pd.Timedelta(days=4):
            found[name] = (math.nan, f"the returns begin on {begins:%Y-%m-%d}")
            continue
        kept = returns[dates > start]
        found[name] = _rate(kept, back / 12.0) if back > 12 else (_grown(kept), "")
    found["ytd"] = (_grown(returns[years == years[-1]]), "")
    if frequency.regular:
        found["all"] = _rate(returns, len(returns) / frequency.per_year)
    else:
        found["all"] = (math.nan, frequency.reason)
    order = ("mtd", "3m", "6m", "ytd", "1y", "3y", "5y", "10y", "all")
    return {name: found[name] for name in order}


def _month_end(day: pd.Timestamp) -> bool:
    return bool((day + pd.offsets.BDay(1)).month != day.month)


def _grown(returns: pd.Series[float]) -> float:
    return float(np.prod(1.0 + returns.to_numpy()) - 1.0)


def _rate(returns: pd.Series[float], years: float) -> tuple[float, str]:
    growth = 1.0 + _grown(returns)
    if growth < 0.0:
        return math.nan, "more than everything was lost"
    rate = growth ** (1.0 / years) - 1.0
    return (rate, "") if math.isfinite(rate) else (math.nan, "the rate is beyond all numbers")
