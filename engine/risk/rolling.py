"""Risk figures over a moving window, with bootstrap bands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import DRAWS, REAL, SEED, SERIES_OF_NUMBERS, SESSIONS, THREADS, maybe, takes

from ..arrays import Floats
from ..kernels.series.bootstrap import ROLLING, rolling_bands, rolling_figures
from .bootstrap import chosen_block_length, in_threads
from .frequency import year_of
from .series import check_confidence, check_whole, reject_infinities, values_on


@takes(
    returns=SERIES_OF_NUMBERS,
    other=maybe(SERIES_OF_NUMBERS),
    window_sessions=SESSIONS,
    least_sessions=maybe(SESSIONS),
    sessions_per_year=maybe(REAL),
)
def rolling_risk(
    returns: pd.Series[float],
    other: pd.Series[float] | None = None,
    *,
    window_sessions: int = 63,
    least_sessions: int | None = None,
    sessions_per_year: float | None = None,
) -> pd.DataFrame:
    """Volatility, Sharpe, drawdown and, with a second series, beta and correlation over the last sessions.

    returns, other: (T,) simple returns; `other` (a benchmark, or the other leg of a trade) is aligned to `returns`.
    Row t uses sessions t - window + 1 .. t; a session where one of them is NaN is left out, and the row is NaN when
    fewer than least_sessions (default: the whole window) are left. Columns: volatility_annual, sharpe, max_drawdown
    (within the window, from its start), beta, correlation. sessions_per_year: returns in a year; None reads it off the
    dates and takes 252 where there are none; NaN where they have no regular step. window_sessions: of the last
    sessions, 63 in a quarter.
    Raises ParameterError for values of other kinds.
    """
    a, b, window, least = _prepared(returns, other, window_sessions, least_sessions)
    out = np.empty((len(a), len(ROLLING)))
    rolling_figures(a, b, window, least, year_of(returns, sessions_per_year), out)
    frame = pd.DataFrame(out, index=returns.index, columns=list(ROLLING))
    return frame if other is not None else frame.drop(columns=["beta", "correlation"])


@takes(
    returns=SERIES_OF_NUMBERS,
    other=maybe(SERIES_OF_NUMBERS),
    window_sessions=SESSIONS,
    least_sessions=maybe(SESSIONS),
    confidence=REAL,
    draws=DRAWS,
    block_length=maybe(REAL),
    seed=SEED,
    threads=THREADS,
    sessions_per_year=maybe(REAL),
    most_dates=maybe(SESSIONS),
)
def rolling_risk_bands(
    returns: pd.Series[float],
    other: pd.Series[float] | None = None,
    *,
    window_sessions: int = 63,
    least_sessions: int | None = None,
    confidence: float = 0.90,
    draws: int = 1000,
    block_length: float | None = None,
    seed: int = 0,
    threads: int = 2,
    sessions_per_year: float | None = None,
    most_dates: int | None = None,
) -> pd.DataFrame:
    """Percentile bands around rolling_risk, by a stationary block bootstrap within each window.

    Columns: (figure, "low" | "high"); rows and sessions_per_year as in rolling_risk. most_dates: bands at so many
    dates at most, evenly spaced up to the last one, and only these are rows then; None = at every date. The two series
    are resampled together. block_length: average sessions in a block; None takes the optimal one of the whole
    `returns`, at most a third of the window. Bands show sampling noise at each date by itself, not jointly over dates.
    With 1,000 draws the standard error of a band's edge is about 2 % of the width of a 90 % band. other,
    window_sessions, least_sessions: as in rolling_risk; confidence: of the bands; draws, seed: of the bootstrap;
    threads: change no figure. NaN where rolling_risk has no figure.
    Raises ParameterError for values of other kinds.
    """
    a, b, window, least = _prepared(returns, other, window_sessions, least_sessions)
    tail = (1.0 - check_confidence(confidence)) / 2.0
    length = chosen_block_length(a[~np.isnan(a)], block_length)
    length = max(min(length, window / 3.0), 1.0) if block_length is None else length
    sizes = np.array([window, least, check_whole("draws", draws, 1)])
    year = year_of(returns, sessions_per_year)
    settings = np.array([year, 1.0 / length, tail, 1.0 - tail])
    bands = np.empty((len(a), len(ROLLING), 2))
    seed = check_whole("seed", seed, 0)
    rows = np.arange(len(a))
    if most_dates is not None and len(rows) > check_whole("most_dates", most_dates, 1):
        first = min(window - 1, len(a) - 1)
        rows = np.unique(np.linspace(len(a) - 1, first, most_dates).round().astype(np.int64))

    def fill(start: int, stop: int) -> None:
        for row in rows[start:stop].tolist():
            rolling_bands(a, b, sizes, settings, seed, np.array([row, row + 1]), bands)

    in_threads(fill, len(rows), check_whole("threads", threads, 1))
    kept = len(ROLLING) if other is not None else 3
    columns = pd.MultiIndex.from_product([ROLLING[:kept], ["low", "high"]])
    return pd.DataFrame(bands[rows][:, :kept].reshape(len(rows), -1), index=returns.index[rows], columns=columns)


def _prepared(
    returns: pd.Series[float], other: Any, window_sessions: int, least_sessions: int | None
) -> tuple[Floats, Floats, int, int]:
    if not isinstance(returns, pd.Series):
        raise ParameterError("a pandas Series is needed", where="returns", value=type(returns).__name__)
    window = check_whole("window_sessions", window_sessions, 2)
    least = check_whole("least_sessions", window if least_sessions is None else least_sessions, 2)
    a = np.ascontiguousarray(returns, dtype=np.float64)
    if other is None:
        b = a
    elif isinstance(other, pd.Series):
        b = values_on(other, returns.index, "other")
    else:
        raise ParameterError("a pandas Series is needed", where="other", value=type(other).__name__)
    if not len(a):
        raise ParameterError("there is no return", where="returns", bound="one or more")
    reject_infinities(a, "returns")
    reject_infinities(b, "other")
    return a, b, window, least
