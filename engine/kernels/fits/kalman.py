"""Kalman filter and smoother of a regression whose coefficients follow random walks."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats
from ..jit import inlined, kernel


class Noise(NamedTuple):
    """observation: variance of y given the state; state: (k, k) variance of one step; mean0: (k,) and
    variance0: (k, k) of the state before the first step."""

    observation: float
    state: Floats
    mean0: Floats
    variance0: Floats


class Path(NamedTuple):
    """forecast, forecast_variance: (T,) of y before it is seen; prior, filtered, smoothed: (T, k) and their
    (T, k, k) variances; surprise: (T,), 0 where y is missing."""

    forecast: Floats
    forecast_variance: Floats
    surprise: Floats
    prior: Floats
    prior_variance: Floats
    filtered: Floats
    filtered_variance: Floats
    smoothed: Floats
    smoothed_variance: Floats


@inlined
def step(mean: Floats, variance: Floats, x: Floats, y: float, observation: float) -> tuple[float, float, float]:
    """See one observation: mean (k,) and variance (k, k) are updated in place, in Joseph's form, which keeps
    the variance positive. Returns forecast, its variance and the surprise (0 for a missing y)."""
    k = mean.size
    seen = variance @ x
    forecast, spread = 0.0, observation
    for i in range(k):
        forecast += x[i] * mean[i]
        spread += x[i] * seen[i]
    if not math.isfinite(y) or not math.isfinite(spread) or spread <= 0.0:
        return forecast, spread, 0.0
    surprise = y - forecast
    gain = seen / spread
    keep = np.eye(k)
    for i in range(k):
        mean[i] += gain[i] * surprise
        for j in range(k):
            keep[i, j] -= gain[i] * x[j]
    joseph = keep @ variance @ keep.T
    for i in range(k):
        for j in range(k):
            variance[i, j] = 0.5 * (joseph[i, j] + joseph[j, i]) + observation * gain[i] * gain[j]
    return forecast, spread, surprise


@kernel
def filter_states(y: Floats, x: Floats, noise: Noise, path: Path) -> float:
    """Run the filter over (T,) y and (T, k) x into `path`; returns minus the log-likelihood, without its
    constant n/2 log(2 pi). A row with a NaN only lets time pass."""
    k = x.shape[1]
    mean, variance = noise.mean0.copy(), noise.variance0.copy()
    row = np.empty(k)
    total = 0.0
    for t in range(y.size):
        variance += noise.state
        path.prior[t] = mean
        path.prior_variance[t] = variance
        observed = y[t]
        for i in range(k):
            row[i] = x[t, i]
            if not math.isfinite(row[i]):
                row[i] = 0.0
                observed = np.nan
        forecast, spread, surprise = step(mean, variance, row, observed, noise.observation)
        path.forecast[t] = forecast if math.isfinite(observed) else np.nan
        path.forecast_variance[t] = spread
        path.surprise[t] = surprise
        path.filtered[t] = mean
        path.filtered_variance[t] = variance
        if math.isfinite(observed):
            total += 0.5 * (math.log(spread) + surprise * surprise / spread)
    return total


@kernel
def smooth_states(y: Floats, x: Floats, path: Path) -> None:
    """Smoothed states from a filtered path, by de Jong's recursion (1989), which inverts no matrix."""
    k = x.shape[1]
    push, weight = np.zeros(k), np.zeros((k, k))
    for t in range(y.size - 1, -1, -1):
        seen = math.isfinite(y[t])
        for i in range(k):
            seen = seen and math.isfinite(x[t, i])
        if seen:
            row = x[t].copy()
            spread = path.forecast_variance[t]
            carry = np.eye(k)
            along = path.prior_variance[t] @ row / spread
            for i in range(k):
                for j in range(k):
                    carry[i, j] -= along[i] * row[j]
            push = carry.T @ push + row * (path.surprise[t] / spread)
            weight = carry.T @ weight @ carry
            for i in range(k):
                for j in range(k):
                    weight[i, j] += row[i] * row[j] / spread
        prior = path.prior_variance[t].copy()
        path.smoothed[t] = path.prior[t] + prior @ push
        path.smoothed_variance[t] = prior - prior @ weight @ prior
