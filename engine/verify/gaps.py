"""Where two readings of one figure in a saved run differ, said with file, place and both values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..arrays import Floats

# What is left of a sum of float64 amounts after it was added up in another order, as a fraction of the largest.
ROUNDING_FRAC = 1e-11


def gap(
    what: str,
    found: ArrayLike,
    expected: ArrayLike,
    basis: str,
    *,
    scale: ArrayLike,
    place: Callable[[int], str] | None = None,
) -> tuple[str, ...]:
    """One sentence on the worst of some readings, none where all agree.

    what: file and figure, as in "fills.parquet: cost"; found: readings; expected: (same shape) what `basis` gives;
    scale: the size of the amounts behind them, of which ROUNDING_FRAC is allowed; place: words for reading k. Two
    NaN agree, one does not.
    """
    mine = np.atleast_1d(np.asarray(found, dtype=np.float64))
    theirs = np.broadcast_to(np.asarray(expected, dtype=np.float64), mine.shape)
    allowed = ROUNDING_FRAC * np.maximum(np.abs(np.asarray(scale, dtype=np.float64)), 1e-300)
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(mine - theirs) / allowed
    size = np.where((mine == theirs) | (np.isnan(mine) & np.isnan(theirs)), 0.0, size)
    size = np.where(np.isnan(size), np.inf, size)
    bad = np.flatnonzero(size > 1.0)
    if not bad.size:
        return ()
    worst = int(bad[np.argmax(size[bad])])
    where = f" {place(worst)}" if place else ""
    more = f" (and {bad.size - 1} more)" if bad.size > 1 else ""
    mine_text, their_text = distinct(float(mine[worst]), float(theirs[worst]))
    return (f"{what}{where} is {mine_text}, {basis} {their_text}{more}",)


def distinct(mine: float, theirs: float) -> tuple[str, str]:
    """Two unequal numbers in as few digits as tell them apart, at least ten."""
    for digits in (10, 13, 17):
        texts = number(mine, digits), number(theirs, digits)
        if texts[0] != texts[1]:
            break
    return texts


def number(value: float, digits: int = 10) -> str:
    """A number in words."""
    return "undefined" if np.isnan(value) else f"{value:.{digits}g}"


def of_rows(frame: pd.DataFrame, *keys: str) -> Callable[[int], str]:
    """Words for row k of a frame: "of META on 2026-07-01 at the open"."""

    def place(k: int) -> str:
        row = frame.iloc[k]
        parts = {
            "ticker": lambda: f"of {row['ticker']}",
            "session": lambda: f"on {row['session']:%Y-%m-%d}",
            "mark": lambda: f"at the {row['mark']}",
        }
        return " ".join(parts[key]() for key in keys)

    return place


def of_sessions(sessions: pd.DatetimeIndex) -> Callable[[int], str]:
    """Words for session k."""
    return lambda k: f"on {sessions[k]:%Y-%m-%d}"


def of_cells(sessions: pd.DatetimeIndex, tickers: tuple[str, ...]) -> Callable[[int], str]:
    """Words for cell k of a raveled (T, N) table."""
    return lambda k: f"of {tickers[k % len(tickers)]} on {sessions[k // len(tickers)]:%Y-%m-%d}"


def cumulative_size(amounts: Floats) -> Floats:
    """(T,) the largest that running sums of amounts can have been."""
    return np.asarray(np.cumsum(np.abs(amounts)), dtype=np.float64)
