"""Stationary block bootstrap of a return series, and the block length that suits it."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import DRAWS, NUMBERS, REAL, SEED, THREADS, maybe, takes

from ..arrays import Floats
from ..kernels.series.bootstrap import BOOTSTRAPPED, bootstrap_draws, stationary_indices
from .frequency import year_of
from .series import check_confidence, check_whole, returns_array


@dataclass(frozen=True)
class BlockLength:
    """Average block lengths in sessions: of the stationary bootstrap, and of the circular one."""

    stationary: float
    circular: float


@brief
@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Figures of every draw.

    values: (draws, 5) in the order of `names`; block_length: average, sessions; sessions: returns in a draw; NaN where
    a draw has no such figure. seed: of the draws.
    """

    values: Floats
    block_length: float
    sessions: int
    seed: int
    names: tuple[str, ...] = BOOTSTRAPPED

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a draw, one column a figure."""
        return pd.DataFrame(self.values, columns=list(self.names))

    def bands(self, confidence: float = 0.95) -> pd.DataFrame:
        """Percentile interval and median of each figure; undefined draws are left out.

        confidence: of the interval, 0.5 to below 1. Raises ParameterError for another.
        """
        tail = (1.0 - check_confidence(confidence)) / 2.0
        frame = self.table.quantile([tail, 0.5, 1.0 - tail]).T
        frame.columns = pd.Index(["low", "median", "high"])
        return frame


@takes(returns=NUMBERS)
def optimal_block_length(returns: ArrayLike | pd.Series[float]) -> BlockLength:
    """The block lengths that make the bootstrap variance of the mean most accurate.

    returns: (n,), NaN left out, at least 8. Politis and White (2004, Econometric Reviews 23(1)) with the
    correction of Patton, Politis and White (2009, 28(4)): the correlogram is cut at twice the first lag after
    which max(5, log10 n) autocorrelations in a row lie within 2 sqrt(log10 n / n), weighted by a flat-top window,
    and the length is (2 G^2 / D)^(1/3) n^(1/3), at most min(3 sqrt n, n / 3). NaN for a constant series.
    Raises ParameterError for values of other kinds.
    """
    values = returns_array(returns, at_least=8)
    n = len(values)
    if values.min() == values.max():
        return BlockLength(math.nan, math.nan)
    noise = values - values.mean()
    run = max(5, int(math.log10(n)))
    most = min(math.ceil(math.sqrt(n)) + run, n - 2)
    products = np.array([noise[lag:] @ noise[: n - lag] for lag in range(most + 1)])
    squares = np.concatenate([[0.0], np.cumsum(noise**2)])
    # The correlation at a lag is measured against the parts of the series that overlap one session later.
    lags = np.arange(most + 1)
    scale = np.sqrt((squares[n] - squares[lags + 1]) * squares[n - lags - 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = np.abs(products) / scale
    small = correlations < 2.0 * math.sqrt(math.log10(n) / n)
    first = next((lag for lag in range(most + 1 - run) if small[lag : lag + run].all()), None)
    bandwidth = most if first is None else min(2 * max(first, 1), most)
    covariances = products[: bandwidth + 1] / n
    ratio = np.arange(bandwidth + 1) / bandwidth
    weights = np.where(ratio <= 0.5, 1.0, 2.0 * (1.0 - ratio))
    spectrum = 2.0 * (weights * covariances).sum() - covariances[0]
    slope = 2.0 * (weights * np.arange(bandwidth + 1) * covariances).sum()
    longest = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))

    def length(variance: float) -> float:
        if not variance > 0.0:
            return math.nan
        return float(min((2.0 * slope**2 / variance * n) ** (1.0 / 3.0), longest))

    return BlockLength(length(2.0 * spectrum**2), length(4.0 / 3.0 * spectrum**2))


@takes(
    returns=NUMBERS, draws=DRAWS, block_length=maybe(REAL), seed=SEED, sessions_per_year=maybe(REAL), threads=THREADS
)
def bootstrap_metrics(
    returns: ArrayLike | pd.Series[float],
    *,
    draws: int = 10_000,
    block_length: float | None = None,
    seed: int = 0,
    sessions_per_year: float | None = None,
    threads: int = 2,
) -> Bootstrap:
    """CAGR, volatility, Sharpe, Sortino and maximum drawdown of resampled histories of the same length.

    returns: (n,) simple returns, NaN left out. block_length: average sessions in a block, at least 1; None takes
    optimal_block_length. sessions_per_year: returns in a year; None reads it off the dates of a Series and takes 252
    where there are none. The same seed gives the same draws whatever the threads. Raises ParameterError.
    """
    values = returns_array(returns, at_least=8)
    length = chosen_block_length(values, block_length)
    out = np.empty((check_whole("draws", draws, 1), len(BOOTSTRAPPED)))
    seed, year = check_whole("seed", seed, 0), year_of(returns, sessions_per_year)

    def fill(start: int, stop: int) -> None:
        bootstrap_draws(values, 1.0 / length, seed, year, start, out[start:stop])

    in_threads(fill, len(out), check_whole("threads", threads, 1))
    return Bootstrap(out, length, len(values), seed)


def resampled_sessions(sessions: int, *, draws: int, block_length: float, seed: int = 0) -> NDArray[np.int64]:
    """(draws, sessions): which session stands where in each draw, the same as in bootstrap_metrics."""
    out = np.empty((check_whole("draws", draws, 1), check_whole("sessions", sessions, 1)), dtype=np.int64)
    if not block_length >= 1.0:
        raise ParameterError("is too short", where="block_length", value=block_length, bound="at least 1")
    stationary_indices(sessions, 1.0 / block_length, check_whole("seed", seed, 0), 0, out)
    return out


def chosen_block_length(values: Floats, block_length: float | None) -> float:
    """The block length that was asked for, or the optimal one; at least 1. Raises ParameterError."""
    if block_length is None:
        best = optimal_block_length(values).stationary
        return max(best, 1.0) if math.isfinite(best) else 1.0
    if not 1.0 <= block_length < math.inf:
        raise ParameterError("cannot be used", where="block_length", value=block_length, bound="at least 1 session")
    return float(block_length)


def in_threads(fill: Callable[[int, int], None], count: int, threads: int) -> None:
    """Call fill(start, stop) for equal parts of range(count) side by side."""
    cuts = [count * i // threads for i in range(threads + 1)]
    if threads == 1:
        fill(0, count)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, cuts[:-1], cuts[1:]))
