"""Covariances and betas of tickers with histories of different length, weighted by age."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined
from .small_matrix import is_covariance, repair, solve_system

OWN, COMMON, ERROR = 0, 1, 2
DONE, SHORT_HISTORY, RAGGED, NO_HEDGE = 0, 1, 2, 3


class EstimationSample(NamedTuple):
    """What one estimate sees: values (n, N + F), tickers and then factors, oldest first; weights (n,)."""

    values: Floats
    weights: Floats
    tickers: int


class HedgeMoments(NamedTuple):
    """covariance: (N, N) of the tickers; betas: (N, F) on the factors together; common: (N, N) covariance over
    the sessions that all tickers have, NaN where fewer than 2; sessions: (N,) used by ticker; shared: sessions
    in `common`; repaired: whether the covariance had to be made positive; status, at: what failed, and which
    ticker did."""

    covariance: Floats
    betas: Floats
    common: Floats
    sessions: Ints
    shared: int
    repaired: bool
    status: int
    at: int


@inlined
def take_sample(
    returns: Floats, factors: Floats, columns: Ints, last: int, lookback: int, half_life: float
) -> EstimationSample:
    """The `lookback` sessions that end at row `last`, with the factors in `columns`."""
    first = max(last - lookback + 1, 1)  # row 0 has no return
    n, tickers = last + 1 - first, returns.shape[1]
    values, weights = np.empty((n, tickers + columns.size)), np.empty(n)
    for t in range(n):
        weights[t] = 0.5 ** ((n - 1 - t) / half_life)
        for i in range(tickers):
            values[t, i] = returns[first + t, i]
        for f in range(columns.size):
            values[t, tickers + f] = factors[first + t, columns[f]]
    return EstimationSample(values, weights, tickers)


@inlined
def covariance_of(values: Floats, weights: Floats) -> Floats:
    """(D, D) of the columns of (n, D) finite values; unbiased for reliability weights, n - 1 when all are 1."""
    n, size = values.shape
    total, squared = 0.0, 0.0
    mean = np.zeros(size)
    for t in range(n):
        total += weights[t]
        squared += weights[t] * weights[t]
        for i in range(size):
            mean[i] += weights[t] * values[t, i]
    for i in range(size):
        mean[i] /= total
    out, deviation = np.zeros((size, size)), np.empty(size)
    for t in range(n):
        for i in range(size):
            deviation[i] = values[t, i] - mean[i]
        for i in range(size):
            scaled = weights[t] * deviation[i]
            for j in range(i + 1):
                out[i, j] += scaled * deviation[j]
    scale = total - squared / total
    for i in range(size):
        for j in range(i + 1):
            out[i, j] /= scale
            out[j, i] = out[i, j]
    return out


@inlined
def whole_rows(values: Floats, columns: Ints) -> Ints:
    """Rows in which all of some columns are finite."""
    rows = np.empty(values.shape[0], dtype=np.int64)
    n = 0
    for t in range(values.shape[0]):
        whole = True
        for c in columns:
            whole = whole and math.isfinite(values[t, c])
        if whole:
            rows[n] = t
            n += 1
    return rows[:n]


@inlined
def covariance_over(sample: EstimationSample, columns: Ints, rows: Ints) -> Floats:
    """Covariance of some columns over some rows; NaN where fewer than 2."""
    if rows.size < 2:
        return np.full((columns.size, columns.size), np.nan)
    part, weights = np.empty((rows.size, columns.size)), np.empty(rows.size)
    for t in range(rows.size):
        weights[t] = sample.weights[rows[t]]
        for c in range(columns.size):
            part[t, c] = sample.values[rows[t], columns[c]]
    return covariance_of(part, weights)


@inlined
def slopes(covariance: Floats, tickers: int, i: int, out: Floats) -> None:
    """Betas of ticker i on all factors together, from the covariance of tickers and factors."""
    count = covariance.shape[0] - tickers
    matrix, right = np.empty((count, count)), np.empty(count)
    for f in range(count):
        right[f] = covariance[tickers + f, i]
        for g in range(count):
            matrix[f, g] = covariance[tickers + f, tickers + g]
    solve_system(matrix, right, out)


@inlined
def pairwise(sample: EstimationSample) -> tuple[Floats, bool]:
    """Each ticker's deviation over its own sessions, each correlation over those that two share."""
    n = sample.tickers
    out = np.empty((n, n))
    for i in range(n):
        alone = np.array([i])
        rows = whole_rows(sample.values, alone)
        out[i, i] = covariance_over(sample, alone, rows)[0, 0]
    for i in range(n):
        for j in range(i):
            pair = np.array([i, j])
            both = covariance_over(sample, pair, whole_rows(sample.values, pair))
            correlation = both[0, 1] / math.sqrt(both[0, 0] * both[1, 1])
            out[i, j] = correlation * math.sqrt(out[i, i] * out[j, j])
            out[j, i] = out[i, j]
    if not np.isfinite(out).all() or is_covariance(out):
        return out, False
    repair(out)
    return out, True


@inlined
def estimate_moments(sample: EstimationSample, policy: int, min_sessions: int, lookback: int) -> HedgeMoments:
    """Moments of a sample under a policy for ragged histories, OWN, COMMON or ERROR."""
    n = sample.tickers
    count = sample.values.shape[1] - n
    everything = np.arange(n + count)
    sessions, betas = np.zeros(n, dtype=np.int64), np.empty((n, count))
    complete = whole_rows(sample.values, everything)
    gaps = complete.size < sample.values.shape[0]
    status, at = DONE, -1
    if policy == OWN and gaps:
        for i in range(n):
            needed = np.append(np.array([i]), everything[n:])
            sessions[i] = whole_rows(sample.values, needed).size
    else:
        sessions[:] = complete.size
    for i in range(n):
        if sessions[i] < min_sessions and status == DONE:
            status, at = SHORT_HISTORY, i
    if policy == ERROR and (gaps or sample.values.shape[0] < lookback):
        status, at = RAGGED, -1
        for i in range(n):
            if whole_rows(sample.values, np.array([i])).size < lookback and at < 0:
                at = i
    if not gaps or policy != OWN:
        joint = covariance_over(sample, everything, complete)
        for i in range(n):
            slopes(joint, n, i, betas[i])
        tickers = joint[:n, :n].copy()
        return HedgeMoments(tickers, betas, tickers, sessions, complete.size, False, status, at)
    shared = whole_rows(sample.values, everything[:n])
    common = covariance_over(sample, everything[:n], shared)
    for i in range(n):
        needed = np.append(np.array([i]), everything[n:])
        slopes(covariance_over(sample, needed, whole_rows(sample.values, needed)), 1, 0, betas[i])
    covariance, repaired = pairwise(sample)
    return HedgeMoments(covariance, betas, common, sessions, shared.size, repaired, status, at)
