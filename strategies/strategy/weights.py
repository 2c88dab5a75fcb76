"""Strategies that are a table: target weights by date, or entries and exits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from pydantic import Field

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.market import Market

from .decisions import fill_mark, scheduled
from .plan import Plan
from .strategy import Strategy

Fill = Literal["next open", "next close"]


class TargetWeights(Strategy):
    """Target weights from a table, decided at the close of each date and filled at the next mark.

    frame: dates by tickers, fractions of NAV, NaN = leave the ticker alone; fill: "next open" or "next close". A date
    that is no session counts as the last close before it. Prices without opens are filled at the next close.
    """

    _noun: ClassVar[str] = "a table of weights"

    name: str = "weights"
    title: str = "Target weights from a table"
    fill: Fill = "next open"
    frame: Any = Field(repr=False)

    def plan(self, market: Market) -> Plan:
        """The rows of the table that the market has a fill for.

        Raises ParameterError for dates or weights that cannot be used, PriceDataError for a ticker without prices.
        """
        frame = checked_frame(self.frame, "weights")
        tickers = checked_tickers(frame, market)
        weights = _numbers(frame, "weights")
        gross = np.nansum(np.abs(weights), axis=1).max(initial=0.0)
        if LARGEST_WEIGHT < (largest := float(np.nanmax(np.abs(weights), initial=0.0))) < np.inf:
            raise ParameterError(
                "a weight is a fraction of NAV",
                where="weights",
                value=largest,
                bound=f"up to {LARGEST_WEIGHT:g}",
                remedy="Prices, percentages or shares are no weights: 5% is 0.05.",
            )
        if LARGEST_WEIGHT < gross < np.inf:
            raise ParameterError(
                "the weights of a row are fractions of NAV, long and short together",
                where="weights",
                value=float(gross),
                bound=f"up to {LARGEST_WEIGHT:g}",
                remedy="Percentages are no weights: 5% is 0.05. A Schedule takes more.",
            )
        decided = last_closes(frame.index, market)
        kept, notes = decided + 1 < len(market.sessions), []
        if not kept.any():
            raise ParameterError(
                "no row of it can be filled: every one was decided at the last close of the prices or later",
                where="weights",
                value=f"first date {frame.index[0]}",
                bound=f"before {market.sessions[-1]}",
            )
        if not kept.all():
            late = int((~kept).sum())
            notes.append(f"rows decided at the last close or later, which no session can fill: {late}")
        mark, closes_only = fill_mark(market, self.fill)
        if closes_only:
            notes.append("these prices have closes only, so weights are filled at the next close")
        return Plan(schedule=scheduled(market, decided[kept], mark, tickers, weights[kept]), notes=tuple(notes))


class Signals(Strategy):
    """Positions from entries and exits, decided at the close of each date and filled at the next mark.

    entries, exits: dates by tickers, true where a long position begins or ends; short_entries, short_exits: the same
    of short ones; size: fraction of NAV that a new position takes, a number or one by ticker. A position that is on is
    not entered again; an exit goes before an entry of the same close; a long entry ends a short position and the other
    way round.
    """

    _noun: ClassVar[str] = "signals"

    name: str = "signals"
    title: str = "Entries and exits from a table"
    fill: Fill = "next open"
    size: Any = 0.1
    entries: Any = Field(repr=False)
    exits: Any = Field(repr=False)
    short_entries: Any = Field(default=None, repr=False)
    short_exits: Any = Field(default=None, repr=False)

    def weights(self) -> pd.DataFrame:
        """Dates by tickers: a weight where a position begins, 0 where it ends, NaN where nothing changes."""
        first = checked_frame(self.entries, "entries")
        if not first.columns.is_unique:
            twice = str(first.columns[first.columns.duplicated()][0])
            raise ParameterError("a ticker stands twice", where="entries", value=twice)
        tables = [_flags(getattr(self, name), first, name) for name in SIGNAL_TABLES]
        size = _sizes(self.size, list(first.columns))
        weights = np.full(first.shape, np.nan)
        side = np.zeros(first.shape[1], dtype=np.int64)
        for row, (enter, leave, sell, cover) in zip(weights, zip(*tables, strict=True), strict=True):
            after = np.where((side > 0) & leave | (side < 0) & cover, 0, side)
            entering, selling = enter & ~leave & ~sell, sell & ~cover & ~enter
            after = np.where(entering, 1, np.where(selling, -1, after))
            changed = after != side
            row[changed] = (after * size)[changed]
            side = after
        return pd.DataFrame(weights, index=first.index, columns=first.columns)

    def plan(self, market: Market) -> Plan:
        """The closes at which anything begins or ends. Raises ParameterError where nothing ever does."""
        found = self.weights()
        changes = found[found.notna().any(axis=1)]
        if changes.empty:
            raise ParameterError("no position is ever entered", where="entries", remedy="Give a table with a true.")
        return TargetWeights(frame=changes, fill=self.fill).plan(market)


# A table of prices would pass for one of weights; a schedule may have more.
LARGEST_WEIGHT = 20.0
SIGNAL_TABLES = ("entries", "exits", "short_entries", "short_exits")


def checked_frame(frame: Any, where: str) -> pd.DataFrame:
    """A table of dates by tickers with ascending dates of which none stands twice. Raises ParameterError."""
    if not isinstance(frame, pd.DataFrame):
        raise ParameterError("this is not a DataFrame of dates by tickers", where=where, value=type(frame).__name__)
    try:
        if is_numeric_dtype(frame.index.dtype):
            raise TypeError  # pandas would take them for nanoseconds since 1970
        index = pd.DatetimeIndex(frame.index)
    except (TypeError, ValueError):
        how = "frame.index.to_timestamp(how='end').normalize()" if isinstance(frame.index, pd.PeriodIndex) else ""
        remedy = f"Make it one of dates: {how or 'pd.to_datetime(..., format=...)'}."
        shown = str(frame.index[:1].tolist())
        raise ParameterError("its index has no dates", where=where, value=shown, remedy=remedy) from None
    if isinstance(frame.columns, pd.MultiIndex):
        raise ParameterError(
            "its columns have several levels",
            where=where,
            value=str(frame.columns[0] if len(frame.columns) else ""),
            bound="one column a ticker",
            remedy="Take one level: frame.droplevel(0, axis=1).",
        )
    if frame.empty:
        raise ParameterError("it is empty", where=where, value=frame.shape)
    if index.hasnans or frame.columns.hasnans:
        raise ParameterError("a date or a ticker is missing in it", where=where)
    if not index.is_monotonic_increasing or not index.is_unique:
        row = int(np.argmax(np.diff(index.asi8) <= 0)) + 1
        raise ParameterError(
            "dates must ascend, each once", where=f"{where}, row {row}", value=index[row], remedy="Sort the index."
        )
    return frame.set_axis(index, axis=0)


def checked_tickers(frame: pd.DataFrame, market: Market) -> tuple[str, ...]:
    """The columns as tickers of a market. Raises ParameterError or PriceDataError."""
    tickers = tuple(str(name) for name in frame.columns)
    if len(set(tickers)) < len(tickers):
        twice = next(ticker for ticker in tickers if tickers.count(ticker) > 1)
        raise ParameterError("a ticker stands twice", where="columns", value=twice)
    for ticker in tickers:
        if ticker not in market.columns:
            what, remedy = market.why_unpriced(ticker)
            raise PriceDataError(what, remedy=remedy)
    return tickers


def last_closes(dates: pd.Index[Any], market: Market) -> Ints:
    """(R,) rows of the market's last close at or before each date, of which each row has one.

    A date without a time of day means the close of that day; a moment needs a time zone. Raises ParameterError.
    """
    index = pd.DatetimeIndex(dates)
    days = index.tz_localize(None) if index.tz is not None else index
    last_day = np.datetime64(market.sessions[-1], "ns")
    if bool((days == days.normalize()).all()):
        row = np.searchsorted(market.sessions, days.to_numpy().astype("datetime64[D]"), side="right") - 1
    elif index.tz is None:
        odd = index[days != days.normalize()][0]
        raise ParameterError(
            "a time of day without a time zone", where="index", value=odd, remedy="Use dates, or tz_localize the index."
        )
    else:
        row = np.searchsorted(market.close_at, index.tz_convert("UTC").tz_localize(None).to_numpy(), side="right") - 1
    if (row < 0).any():
        raise ParameterError(
            "a date is before the first close of the prices",
            where="index",
            value=index[int(np.argmax(row < 0))],
            bound=f"from {market.sessions[0]}",
        )
    # What comes after the last close has no fill, however often it does.
    if (same := np.flatnonzero((np.diff(row) == 0) & (days[1:] <= last_day))).size:
        k = int(same[0])
        raise ParameterError(
            "two dates come to one close",
            where="index",
            value=f"{index[k]} and {index[k + 1]}",
            bound=f"one row for the close of {market.sessions[row[k]]}",
        )
    return row.astype(np.int64)


def _numbers(frame: pd.DataFrame, where: str) -> Floats:
    kinds = [str(kind) for kind in frame.dtypes]
    if odd := next((str(c) for c, k in zip(frame.columns, kinds, strict=True) if not _numeric(frame, c, k)), None):
        kind = str(frame[odd].dtype) if odd in frame else None
        remedy = (
            "Tables of true and false are given with hb.signals(entries, exits)."
            if kind == "bool"
            else "Make it numbers: frame.astype(float)"
        )
        raise ParameterError("a column has no numbers", where=f"{where}, column {odd}", value=kind, remedy=remedy)
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def _numeric(frame: pd.DataFrame, column: Any, kind: str) -> bool:
    return kind not in ("bool", "boolean") and not kind.startswith("complex") and is_numeric_dtype(frame[column])


def _flags(table: Any, like: pd.DataFrame, where: str) -> Any:
    """(R, N) of bool: a table of signals on the dates and tickers of the first one."""
    if table is None:
        return np.zeros(like.shape, dtype=np.bool_)
    frame = checked_frame(table, where)
    if not frame.index.equals(like.index) or set(frame.columns) != set(like.columns):
        raise ParameterError(
            "its dates and tickers are not those of entries",
            where=where,
            value=frame.shape,
            bound=str(like.shape),
            remedy="Reindex it: exits.reindex_like(entries).",
        )
    frame = frame[like.columns]
    if not all(pd.api.types.is_bool_dtype(kind) for kind in frame.dtypes):
        odd = next(str(kind) for kind in frame.dtypes if not pd.api.types.is_bool_dtype(kind))
        raise ParameterError(
            "signals are true or false", where=where, value=odd, remedy="Make it so: frame.fillna(0).astype(bool)."
        )
    if frame.isna().any(axis=None):
        raise ParameterError("a signal is missing", where=where, remedy="Fill it: fillna(False).")
    return frame.to_numpy(dtype=np.bool_)


def _sizes(size: Any, tickers: Sequence[Any]) -> Floats:
    """(N,) fractions of NAV that a new position takes. Raises ParameterError."""
    each = [size.get(t) if hasattr(size, "get") else size for t in tickers]
    wrong = next(
        (s for s in each if isinstance(s, bool) or not isinstance(s, int | float | np.number) or not s > 0), None
    )
    if wrong is not None or None in each or not np.isfinite(np.asarray(each, dtype=np.float64)).all():
        raise ParameterError(
            "a size is a fraction of NAV", where="size", value=str(size), bound="above 0, one number or one by ticker"
        )
    return np.asarray(each, dtype=np.float64)
