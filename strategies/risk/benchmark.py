"""A benchmark put on the dates of the returns that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.exposure.factors import compounded_between
from hedgebook.engine.risk.frequency import Frequency

from .return_series import checked_returns

# Returns that come this much more often than others are compounded between the dates of the others.
FINER = 1.5
# A period may end on days without a session: a benchmark's last close so many days before its end is its end.
CLOSED_DAYS = 5
# Months and longer are one period whatever day stands for them.
PERIODS = {"monthly": "M", "quarterly": "Q", "yearly": "Y"}


@dataclass(frozen=True, eq=False)
class OnDates:
    """Returns of a benchmark at (T,) dates, NaN where it has none; common: how many it has; notes: what a reader must
    know; usable: whether figures against it can be given, as of the last date."""

    returns: pd.Series[float]
    common: int
    usable: bool
    notes: tuple[str, ...]


def on_dates(
    benchmark: pd.Series[float],
    dates: pd.DatetimeIndex,
    frequency: Frequency,
    starts: NDArray[np.datetime64] | None = None,
) -> OnDates:
    """The benchmark's returns at the dates of other returns.

    starts: (T,) days at which those begin, over which a benchmark by session is compounded, NaN where it has no return
    at one of the two days; None where they go from one date to the next.
    The same day is the same day; months, quarters and years are the same where most days differ. A benchmark that
    comes more often is compounded from each date to the next; one that comes less often, has no date in common, or
    ends before the last date is not used. Nothing is filled.
    """
    name = str(benchmark.name or "the benchmark")
    given = benchmark.dropna()
    read = checked_returns(given, name, "fraction") if len(given) else None
    own = Frequency("daily", "session", np.nan) if read is None else read.frequency
    given = given if read is None else read.returns
    notes: list[str] = []
    if starts is None and own.regular and frequency.regular and own.per_year > FINER * frequency.per_year:
        found = _compounded(given, dates)
        notes.append(f"{name}: {own.name} returns compounded between the dates of the {frequency.name} returns")
    elif own.regular and frequency.regular and frequency.per_year > FINER * own.per_year:
        why = f"{name} has {own.name} returns, these are {frequency.name}: no beta and correlation"
        return OnDates(pd.Series(np.nan, index=dates, name=name), 0, False, (why,))
    elif starts is not None:
        days = pd.DatetimeIndex(benchmark.index).to_numpy().astype("datetime64[D]")
        values = np.asarray(benchmark, dtype=np.float64)[:, None]
        grown = compounded_between(days, values, starts, dates.to_numpy().astype("datetime64[D]"))
        found = pd.Series(grown[:, 0], index=dates)
    else:
        found = given.reindex(dates)
        period = PERIODS.get(frequency.name)
        if period is not None and found.notna().sum() < 0.5 * min(len(given), len(dates)):
            by_period = given.groupby(pd.DatetimeIndex(given.index).to_period(period)).last()
            found = pd.Series(by_period.reindex(dates.to_period(period)).to_numpy(), index=dates)
            notes.append(f"{name} is matched by {frequency.unit}, since its days differ")
    found = found.rename(name)
    common = int(found.notna().sum())
    if not common:
        notes.append(f"{name} has no date in common with the returns: no beta and correlation")
    elif np.isnan(found.iloc[-1]):
        last = dates[int(np.flatnonzero(found.notna())[-1])]
        notes.append(
            f"{name} ends on {last:%Y-%m-%d}, before the last return of {dates[-1]:%Y-%m-%d}: no beta and correlation"
        )
    elif common < len(dates):
        notes.append(f"beta and correlation to {name} rest on the {common} of {len(dates)} dates that both have")
    usable = bool(common) and not np.isnan(found.iloc[-1])
    return OnDates(found, common, usable, tuple(notes))


def _compounded(given: pd.Series[float], dates: pd.DatetimeIndex) -> pd.Series[float]:
    """Growth from each date to the next, NaN where the benchmark does not reach from one to the other."""
    level = (1.0 + given).cumprod()
    start = pd.Series([1.0], index=[given.index[0] - pd.Timedelta(days=1)])
    level = pd.concat([start, level])
    at = level.index.searchsorted(dates, side="right") - 1
    days = level.index[np.maximum(at, 0)]
    known = (at >= 0) & ((dates - days) <= pd.Timedelta(days=CLOSED_DAYS))
    values = np.where(known, level.to_numpy()[np.maximum(at, 0)], np.nan)
    growth = np.full(len(dates), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth[1:] = values[1:] / values[:-1] - 1.0
    return pd.Series(np.where(np.isfinite(growth), growth, np.nan), index=dates)


__all__ = ["OnDates", "on_dates"]
