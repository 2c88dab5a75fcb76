"""The whole metric vector of one or many return series."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import NUMBERS, REAL, TEXT, THREADS, maybe, takes

from ..arrays import Floats
from ..kernels.series.metrics import ABSOLUTE, metric_rows
from ..kernels.series.relative import RELATIVE, relative_rows
from .frequency import year_of
from .series import NanPolicy, check_confidence, check_whole, reject_infinities, returns_matrix, values_on

# Below this many returns a second thread costs more than it saves.
THREAD_VALUES = 100_000


@takes(
    returns=NUMBERS, benchmark=maybe(NUMBERS), confidence=REAL, sessions_per_year=maybe(REAL), nan=TEXT, threads=THREADS
)
def metrics_table(
    returns: Any,
    benchmark: Any = None,
    *,
    confidence: float = 0.95,
    sessions_per_year: float | None = None,
    nan: NanPolicy = "skip",
    threads: int = 2,
) -> pd.DataFrame:
    """Every figure of every series, one row a series.

    returns: simple returns, a Series, a (T, S) DataFrame or an array, the first measured from the initial capital.
    benchmark: (T,) simple returns or None; a Series is aligned to the index of `returns`. confidence: of VaR, ES
    and CDaR. nan: "skip" leaves a NaN out of its own series (figures against the benchmark use the sessions that
    both have), "raise" refuses it. sessions_per_year: returns in a year; None reads it off the dates, as
    frequency_of does, and takes 252 where there are none: annual figures are NaN where dates are irregular.

    Columns: those of engine.risk.metrics.Metrics; omega, moments (population), stability (R squared of the log path on
    time), tail_ratio (95 against 5 %), var_*, es_* (positive losses, one session, method in the name), ulcer_index,
    pain_index, cdar (positive fractions), martin_ratio, pain_ratio (cagr over the two indices); with a benchmark also
    alpha_annual, beta, correlation, tracking_error_annual, excess_sharpe (a session), information_ratio (a year),
    captures (annual rates over each other), batting_average and beta_fragility. NaN where a figure is undefined; a
    series that loses everything has sessions, total return and drawdown up to that session alone. threads: of this
    machine, which change no figure. Raises ParameterError for input that cannot be used.
    """
    values, names = returns_matrix(returns, nan)
    if len(values) == 0:
        raise ParameterError("there are no returns", where="returns", bound="at least one session")
    level = check_confidence(confidence)
    year = year_of(returns, sessions_per_year)
    settings = np.array([level, year, NormalDist().inv_cdf(1.0 - level)])
    rows = np.empty((values.shape[1], len(ABSOLUTE)))
    market, relative, order = None, np.empty((len(rows), 0)), np.empty(0, dtype=np.int64)
    if benchmark is not None:
        market = _benchmark(benchmark, returns, len(values), nan)
        relative = np.empty((len(rows), len(RELATIVE)))
        order = np.argsort(market, kind="stable")

    def fill(start: int, stop: int) -> None:
        metric_rows(values, start, stop, settings, rows)
        if market is not None:
            span = np.array([start, stop])
            relative_rows(values, market, order, span, year, relative)

    parts = check_whole("threads", threads, 1) if values.size >= THREAD_VALUES else 1
    cuts = [len(rows) * i // parts for i in range(parts + 1)]
    if parts == 1:
        fill(0, len(rows))
    else:
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(fill, cuts[:-1], cuts[1:]))
    relative[rows[:, ABSOLUTE.index("max_drawdown")] <= -1.0] = np.nan
    columns = ABSOLUTE if market is None else ABSOLUTE + RELATIVE
    return pd.DataFrame(np.hstack([rows, relative]), index=names, columns=list(columns))


def _benchmark(benchmark: Any, returns: Any, sessions: int, nan: NanPolicy) -> Floats:
    if isinstance(benchmark, pd.Series) and isinstance(returns, (pd.Series, pd.DataFrame)):
        benchmark = values_on(benchmark, returns.index, "benchmark")
    market = np.ascontiguousarray(benchmark, dtype=np.float64)
    if market.shape != (sessions,):
        raise ParameterError(
            "has another length than the returns", where="benchmark", value=market.shape, bound=f"({sessions},)"
        )
    reject_infinities(market, "benchmark")
    if nan == "raise" and np.isnan(market).any():
        raise ParameterError("a return is NaN on a session of the returns", where="benchmark")
    return market
