"""Scores that tickers are ranked by: from their own prices, or a user's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.errors import HedgebookError, LookAheadError, ParameterError, StrategyError
from hedgebook.universes.market import Market

from ..strategy.members import Members
from ..strategy.weights import checked_frame, checked_tickers

# Part of the returns of a look-back that a ticker needs for a deviation or a beta of its own.
ENOUGH_FRAC = 0.8


def enough_returns(lookback_sessions: int) -> int:
    """Returns of a look-back that a ticker needs; never fewer than two."""
    return max(2, math.ceil(ENOUGH_FRAC * lookback_sessions))


def close_returns(closes: Floats) -> Floats:
    """(T, N): simple returns from close to close, NaN where one of the two is missing; row 0 is NaN."""
    out = np.full(closes.shape, np.nan)
    out[1:] = closes[1:] / closes[:-1] - 1.0
    return out


def momentum(closes: Floats, rows: Ints, lookback_sessions: int, skip_sessions: int) -> Floats:
    """(R, N): return over the look-back that ended `skip_sessions` before each row, NaN where a close is missing."""
    last = rows - skip_sessions
    return np.asarray(closes[last] / closes[last - lookback_sessions] - 1.0)


def deviations(closes: Floats, rows: Ints, lookback_sessions: int, skip_sessions: int) -> Floats:
    """(R, N): standard deviation (ddof 1) of daily returns over the look-back; NaN with too few of them."""
    returns = close_returns(closes)
    known = np.isfinite(returns)
    returns[~known] = 0.0
    out = np.full((len(rows), closes.shape[1]), np.nan)
    for k, row in enumerate((rows - skip_sessions).tolist()):
        part = slice(row - lookback_sessions + 1, row + 1)
        count = known[part].sum(axis=0)
        enough = count >= enough_returns(lookback_sessions)
        mean = returns[part].sum(axis=0) / np.maximum(count, 1)
        squares = ((returns[part] - mean) ** 2 * known[part]).sum(axis=0)
        out[k, enough] = np.sqrt(squares[enough] / (count[enough] - 1))
    return out


def betas(closes: Floats, against: Floats, rows: Ints, lookback_sessions: int, skip_sessions: int) -> Floats:
    """(R, N): slope of daily returns on those of a benchmark (T,) over the sessions that have both.

    NaN with too few of them, and where the benchmark did not move.
    """
    returns, market = close_returns(closes), close_returns(against[:, None])
    known = np.isfinite(returns) & np.isfinite(market)
    both = np.where(known, returns, 0.0)
    moves = np.where(known, market, 0.0)
    out = np.full((len(rows), closes.shape[1]), np.nan)
    for k, row in enumerate((rows - skip_sessions).tolist()):
        part = slice(row - lookback_sessions + 1, row + 1)
        count = known[part].sum(axis=0)
        x = (moves[part] - moves[part].sum(axis=0) / np.maximum(count, 1)) * known[part]
        variance = (x**2).sum(axis=0)
        good = (count >= enough_returns(lookback_sessions)) & (variance > 0.0)
        out[k, good] = (x * both[part]).sum(axis=0)[good] / variance[good]
    return out


def given_scores(score: Any, market: Market, members: Members, rows: Ints) -> Floats:
    """(R, N): a user's scores as known at each row's close. Raises ParameterError, StrategyError, LookAheadError."""
    if isinstance(score, pd.DataFrame):
        return _of_table(score, market, members, rows)
    found = _called(score, market, members, rows)
    # Asked once more without the prices after one of the closes, which must not be missed.
    middle = rows[len(rows) // 2 : len(rows) // 2 + 1]
    cut = _called(score, market.rows(0, int(middle[0]) + 1), members, middle)[0]
    whole = found[len(rows) // 2]
    same = np.isclose(cut, whole, rtol=1e-9, atol=1e-12, equal_nan=True)
    if not same.all():
        i = int(np.argmin(same))
        raise LookAheadError(
            f"the score of {members.tickers[i]} on {market.sessions[middle[0]]} is another one when later prices are "
            "not known",
            where="score",
            value=f"{whole[i]:g} with them, {cut[i]:g} without",
            remedy="Use prices up to each row's own session only.",
        )
    return found


def _of_table(score: pd.DataFrame, market: Market, members: Members, rows: Ints) -> Floats:
    """The last row of a table that was known by each close; a date without a time of day is known at its close."""
    frame = checked_frame(score, "score")
    given = checked_tickers(frame, market)
    index = pd.DatetimeIndex(frame.index)
    if index.tz is not None:
        moments = index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ns]")
        at = np.searchsorted(moments, market.close_at[rows], side="right") - 1
    elif (index == index.normalize()).all():
        days = index.to_numpy().astype("datetime64[D]")
        at = np.searchsorted(days, market.sessions[rows], side="right") - 1
    else:
        odd = index[index != index.normalize()][0]
        raise ParameterError(
            "a time of day without a time zone", where="score", value=odd, remedy="Use dates, or tz_localize the index."
        )
    try:
        values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise ParameterError("a column has no numbers", where="score") from None
    column = {ticker: i for i, ticker in enumerate(given)}
    out = np.full((len(rows), len(members.tickers)), np.nan)
    for i, ticker in enumerate(members.tickers):
        if ticker in column:
            out[:, i] = np.where(at >= 0, values[at, column[ticker]], np.nan)
    return out


def _called(score: Callable[[Market], Any], market: Market, members: Members, rows: Ints) -> Floats:
    """What a function says of a market at some of its rows: an array (T, N) of its tickers, or a DataFrame."""
    name = str(getattr(score, "__name__", type(score).__name__))
    try:
        found = score(market)
    except HedgebookError:
        raise
    except Exception as problem:
        raise StrategyError(f"{type(problem).__name__}: {problem}", where=f"score {name}") from problem
    if isinstance(found, pd.DataFrame):
        return _of_table(found, market, members, rows)
    try:
        values = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != market.close.shape:
        raise ParameterError(
            "a score is one number a session and ticker",
            where=f"score {name}",
            value=f"{type(found).__name__} of shape {getattr(found, 'shape', None)}",
            bound=f"an array of shape {market.close.shape}, or a DataFrame of dates by tickers",
        )
    return np.asarray(values[np.ix_(rows, members.columns)])
