"""Moves from one close to the next that are large enough to ask where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..market import Market

# Smaller moves than this are not looked at: a split of 5:4 against an ordinary session of the other sign.
LOOKED_AT_LOG = 0.12
# A close may be this many sessions old and still be the close before; longer halts are not one move.
OLDEST_CLOSE_SESSIONS = 5
SCALE_SESSIONS = 60
VOLUME_SESSIONS, VOLUME_SESSIONS_LEAST = 20, 10
NEIGHBOURS_LEAST = 3
# The median absolute deviation of a normal variable times this is its standard deviation.
NORMAL_CONSISTENCY = 1.4826


@dataclass(frozen=True, eq=False)
class Moves:
    """C moves from the last close known to the next, all (C,), in the order of the sessions.

    row, column: of the later close; age: sessions between the closes; close, open: log moves from the close
    before to the close and to the open; neighbours_close, neighbours_open: the same of the other tickers of
    the bucket, their median. NaN where unknown.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    age: NDArray[np.int64]
    close: Floats
    open: Floats
    neighbours_close: Floats
    neighbours_open: Floats


def moves_of(market: Market) -> Moves:
    """The moves beyond about an eighth of each ticker's price."""
    close = np.log(market.close)
    before, age = _close_before(close)
    with np.errstate(invalid="ignore"):
        row, column = np.nonzero(np.abs(close - before) > LOOKED_AT_LOG)
    ages = age[row, column]
    start = row - ages
    others = close[row] - close[start]
    overnight = np.log(market.open[row]) - close[start]
    at = np.arange(len(row))
    groups = _buckets(market)
    return Moves(
        row=row,
        column=column,
        age=ages,
        close=others[at, column],
        open=overnight[at, column],
        neighbours_close=_neighbours(others, column, groups),
        neighbours_open=_neighbours(overnight, column, groups),
    )


def ordinary_move(market: Market, moves: Moves) -> Floats:
    """(C,) an ordinary log move of the ticker around each move, the move itself left out.

    NaN without prices around it, and for a ticker so thinly traded that most of its closes repeat.
    """
    close = np.log(market.close)
    daily = np.full_like(close, np.nan)
    daily[1:] = np.abs(np.diff(close, axis=0))
    reach = np.concatenate([np.arange(-SCALE_SESSIONS, 0), np.arange(1, SCALE_SESSIONS + 1)])
    at = moves.row[:, None] + reach
    inside = (at >= 0) & (at < len(close))
    around = np.where(inside, daily[np.where(inside, at, 0), moves.column[:, None]], np.nan)
    scale = NORMAL_CONSISTENCY * median(around)
    return np.where(scale > 0, scale, np.nan)


def turnover(market: Market, moves: Moves) -> tuple[Floats, Floats]:
    """(C,) shares and dollars traded over their medians of the 20 sessions before.

    NaN where fewer than ten of those have a volume. A volume of nothing counts as none given.
    """
    at = moves.row[:, None] - np.arange(VOLUME_SESSIONS + 1)
    inside = np.maximum(at, 0)
    column = moves.column[:, None]
    shares = np.where(at >= 0, market.volume[inside, column], np.nan)
    shares = np.where(shares > 0, shares, np.nan)
    shares[np.isfinite(shares[:, 1:]).sum(axis=1) < VOLUME_SESSIONS_LEAST] = np.nan
    dollars = shares * market.close[inside, column]
    return shares[:, 0] / median(shares[:, 1:]), dollars[:, 0] / median(dollars[:, 1:])


def median(values: Floats) -> Floats:
    """(C,) medians of the rows of (C, M) values without their NaN; NaN for a row of nothing else."""
    # Four times as fast as numpy's nanmedian on two thousand short rows. NaN sort to the end.
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    at = np.arange(len(values))
    middle = (ordered[at, np.maximum(count - 1, 0) // 2] + ordered[at, count // 2]) / 2.0
    return np.where(count > 0, middle, np.nan)


def _close_before(close: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """(T, N) the last close known before each session, at most five sessions old, and its age in sessions."""
    before = np.full_like(close, np.nan)
    before[1:] = close[:-1]
    age = np.ones(close.shape, dtype=np.int64)
    for sessions in range(2, OLDEST_CLOSE_SESSIONS + 1):
        row, column = np.nonzero(np.isnan(before[sessions:]))
        older = close[row, column]
        known = np.isfinite(older)
        at = (row[known] + sessions, column[known])
        before[at] = older[known]
        age[at] = sessions
    return before, age


def _buckets(market: Market) -> NDArray[np.int64]:
    names = [market.bucket_of(ticker) or "" for ticker in market.tickers]
    return np.asarray(np.unique(names, return_inverse=True)[1], dtype=np.int64)


def _neighbours(moves: Floats, column: NDArray[np.int64], groups: NDArray[np.int64]) -> Floats:
    """(C,) median of each row of `moves` over the bucket's others, or over all others where they are few."""
    others = moves.copy()
    others[np.arange(len(column)), column] = np.nan
    near = np.where(groups == groups[column][:, None], others, np.nan)
    few = np.isfinite(near).sum(axis=1) < NEIGHBOURS_LEAST
    near[few] = others[few]
    return median(near)
