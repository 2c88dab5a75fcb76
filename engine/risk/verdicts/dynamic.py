"""Tests of hits over time, and of the size of the losses behind them."""

from __future__ import annotations

import math

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ...kernels.series.expected_losses import simulated_losses
from ..series import check_whole
from .backtests import LEAST_SESSIONS, Forecasts, Hits, TestResult


def duration(forecasts: Forecasts) -> TestResult:
    """Are the waits between hits memoryless? (Christoffersen and Pelletier 2004, J. Financial Econometrics 2(1)).

    A Weibull law is fitted to the waits, the first and the last of them censored where the sample does not begin or
    end with a hit, and compared with its exponential case b = 1. The statistic is the likelihood ratio; NaN for
    fewer than two hits. Its p-value is asymptotic and too small for few hits: of right forecasts with 50 hits about
    one in ten is rejected at 5 %, which is why no verdict rests on this test alone.
    """
    from scipy import stats

    fitted = weibull(forecasts.hits)
    if fitted is None:
        return TestResult("duration", math.nan, math.nan, 1)
    ratio = max(2.0 * (fitted[1] - fitted[2]), 0.0)
    return TestResult("duration", ratio, float(stats.chi2.sf(ratio, 1)), 1)


def weibull(hits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[float, float, float] | None:
    """Shape b of the waits between hits, its log likelihood, and that of b = 1; None for fewer than two hits."""
    from scipy import optimize

    at = np.flatnonzero(hits)
    if len(at) < 2:
        return None
    waits = np.diff(at).astype(np.float64)
    whole = np.ones(len(waits), dtype=bool)
    if at[0] > 0:
        waits, whole = np.concatenate([[at[0] + 1.0], waits]), np.concatenate([[False], whole])
    if at[-1] < len(hits) - 1:
        waits = np.concatenate([waits, [float(len(hits) - 1 - at[-1])]])
        whole = np.concatenate([whole, [False]])
    logs, count = np.log(waits), int(whole.sum())

    def likelihood(b: float) -> float:
        # The scale has a closed form for every b; a censored wait adds only its survival.
        sums = float((waits**b).sum())
        scale_log = math.log(count / sums)
        return count * (scale_log + math.log(b)) + (b - 1.0) * float(logs[whole].sum()) - count

    found = optimize.minimize_scalar(
        lambda b: -likelihood(b), bounds=(0.01, 20.0), method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x), likelihood(float(found.x)), likelihood(1.0)


def dynamic_quantile(forecasts: Forecasts, lags: int = 4, *, squared_return: bool = False) -> TestResult:
    """Can hits be foretold from past hits and the forecast itself? (Engle and Manganelli 2004, JBES 22(4)).

    hit_t - p is regressed on a constant, `lags` past hits less p, VaR_t and, if asked, the squared return before;
    the statistic is b'X'Xb / (p (1 - p)), chi-squared with one degree of freedom a regressor. The form without the
    squared return is the usual one. NaN for a sample shorter than twice the regressors.
    """
    from scipy import stats

    check_whole("lags", lags, 1)
    p = forecasts.tail
    excess = forecasts.hits - p
    n = len(excess)
    columns = [np.ones(n - lags), *(excess[lags - k : n - k] for k in range(1, lags + 1)), -forecasts.var[lags:]]
    if squared_return:
        columns.append(forecasts.returns[lags - 1 : n - 1] ** 2)
    design = np.column_stack(columns)
    if len(design) < 2 * design.shape[1]:
        return TestResult("dynamic_quantile", math.nan, math.nan, design.shape[1])
    # A forecast that never moves repeats the constant: least squares of smallest length leaves b'X'Xb unchanged,
    # and the degrees of freedom are the columns that say something of their own.
    scale = np.sqrt((design**2).sum(axis=0))
    scale[scale == 0.0] = 1.0
    solution, _, rank, _ = np.linalg.lstsq(design / scale, excess[lags:], rcond=1e-10)
    explained = design / scale @ solution
    statistic = float(explained @ explained) / (p * (1.0 - p))
    return TestResult("dynamic_quantile", statistic, float(stats.chi2.sf(statistic, rank)), int(rank))


def acerbi_szekely(forecasts: Forecasts, *, draws: int = 10_000, seed: int = 0) -> tuple[TestResult, TestResult]:
    """Z1: are the losses on hits as large as ES says? Z2: both their number and their size (Acerbi, Szekely 2014).

    Z1 = mean over hits of r/ES, plus 1; Z2 = sum of hit r / (n p ES), plus 1; zero on average for a right forecast,
    negative when risk is understated. Their p-values come from `draws` simulated samples in which the forecast is
    true: on each session the loss exceeds its VaR with probability p, by an exponential amount of mean ES -
    VaR. p is the share of samples with a value at most as high. Z1 is NaN without a hit. Both rest on the sessions
    that have an ES and are NaN for fewer than ten. Raises ParameterError when no ES was forecast or one is below its
    VaR.
    """
    known, es = _checked_es(forecasts)
    if len(es) < LEAST_SESSIONS:
        nan = math.nan
        return TestResult("acerbi_szekely_z1", nan, nan, nan), TestResult("acerbi_szekely_z2", nan, nan, nan)
    first, second = severity(forecasts.returns[known], forecasts.hits[known], es, forecasts.tail)
    samples = np.empty((check_whole("draws", draws, 100), 2))
    ratio = np.ascontiguousarray(forecasts.var[known] / es)
    simulated_losses(ratio, forecasts.tail, check_whole("seed", seed, 0), samples)
    return (
        TestResult("acerbi_szekely_z1", first, _below(samples[:, 0], first), math.nan),
        TestResult("acerbi_szekely_z2", second, _below(samples[:, 1], second), math.nan),
    )


def severity(
    returns: Floats, hits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], es: Floats, tail: float
) -> tuple[float, float]:
    """Z1 and Z2."""
    ratios = returns[hits] / es[hits]
    first = float(ratios.mean()) + 1.0 if len(ratios) else math.nan
    return first, float(ratios.sum()) / (len(returns) * tail) + 1.0


def _below(samples: Floats, value: float) -> float:
    known = samples[~np.isnan(samples)]
    if math.isnan(value) or not len(known):
        return math.nan
    return float((1 + (known <= value).sum()) / (len(known) + 1))


def _checked_es(forecasts: Forecasts) -> tuple[Hits, Floats]:
    """(n,) which sessions have an ES, and those."""
    if forecasts.es is None:
        raise ParameterError("no ES was forecast", where="es_frac")
    known = np.isfinite(forecasts.es) & (forecasts.es > 0.0)
    if (forecasts.es[known] < forecasts.var[known] - 1e-12).any():
        raise ParameterError("ES must be at least VaR on every session", where="es_frac")
    return known, forecasts.es[known]
