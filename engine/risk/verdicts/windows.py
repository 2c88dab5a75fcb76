"""VaR and ES of many windows at once: what each method says of every row, as it says it of one series."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...arrays import Floats
from ...kernels.series.metrics import cornish_fisher_quantile, cornish_fisher_tail
from ..var.estimate import VarSettings
from ..var.parametric import NORMAL

# (W, n) windows and C tails to (W, C, 2): VaR and ES.
Reading = Callable[[Floats, Sequence[float], VarSettings], Floats]


def tails_of(ordered: Floats, tails: Sequence[float]) -> Floats:
    """(W, C, 2): historical.tail_of of each row of sorted returns (W, n)."""
    n = ordered.shape[1]
    out = np.empty((len(ordered), len(tails), 2))
    sums = np.cumsum(ordered, axis=1)
    for c, tail in enumerate(tails):
        position = tail * (n - 1)
        position = float(round(position)) if abs(position - round(position)) < 1e-9 else position
        below = math.floor(position)
        part = position - below
        first, second = ordered[:, below], ordered[:, min(below + 1, n - 1)]
        cut = first + part * (second - first)
        inside = (ordered <= (cut + 1e-12 * np.abs(cut))[:, None]).sum(axis=1)
        out[:, c, 0] = -cut
        out[:, c, 1] = -sums[np.arange(len(ordered)), inside - 1] / inside
    return out


def historical(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Empirical quantiles."""
    del settings
    return tails_of(np.sort(windows, axis=1), tails)


def age_weighted(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Quantiles of returns whose weights fall with age."""
    count, n = windows.shape
    weights = settings.age_decay_frac ** np.arange(n - 1, -1, -1.0)
    order = np.argsort(windows, axis=1, kind="stable")
    ordered, weights = np.take_along_axis(windows, order, axis=1), (weights / weights.sum())[order]
    above = np.cumsum(weights, axis=1)
    starts, losses = above - weights, np.cumsum(weights * ordered, axis=1)
    rows, out = np.arange(count), np.empty((count, len(tails), 2))
    for c, tail in enumerate(tails):
        right = np.clip((starts <= tail).sum(axis=1), 1, n - 1)
        x0, x1 = starts[rows, right - 1], starts[rows, right]
        y0, y1 = ordered[rows, right - 1], ordered[rows, right]
        part = np.clip((tail - x0) / (x1 - x0), 0.0, 1.0)
        out[:, c, 0] = -(y0 + part * (y1 - y0))
        last = np.minimum((above < tail).sum(axis=1), n - 1)
        out[:, c, 1] = np.maximum(-losses[rows, last] / above[rows, last], out[:, c, 0])
    return out


def _moments(windows: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, deviation, skewness and excess kurtosis of each row, the last two 0 for a constant one."""
    mean = windows.mean(axis=1)
    noise = windows - mean[:, None]
    squares = noise * noise
    variance = squares.mean(axis=1)
    flat = windows.min(axis=1) == windows.max(axis=1)
    scale = np.where(flat | (variance == 0.0), 1.0, variance)
    skew = np.where(flat, 0.0, (squares * noise).mean(axis=1) / scale**1.5)
    kurtosis = np.where(flat, 0.0, (squares * squares).mean(axis=1) / scale**2 - 3.0)
    return mean, np.where(flat, 0.0, np.sqrt(variance)), skew, kurtosis


def gaussian(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Normal quantiles."""
    del settings
    mean, spread, _, _ = _moments(windows)
    out = np.empty((len(windows), len(tails), 2))
    for c, tail in enumerate(tails):
        z = NORMAL.inv_cdf(tail)
        out[:, c, 0] = -(mean + z * spread)
        out[:, c, 1] = -mean + spread * NORMAL.pdf(z) / tail
    return out


def cornish_fisher(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Normal quantiles bent by skewness and kurtosis."""
    del settings
    mean, spread, skew, kurtosis = _moments(windows)
    out = np.empty((len(windows), len(tails), 2))
    for c, tail in enumerate(tails):
        z = NORMAL.inv_cdf(tail)
        for w, (s, k) in enumerate(zip(skew.tolist(), kurtosis.tolist(), strict=True)):
            h = cornish_fisher_quantile(z, s, k)
            depth = max(cornish_fisher_tail(h, s, k) / tail, -h)
            out[w, c] = -(mean[w] + h * spread[w]), -mean[w] + depth * spread[w]
    return out


def _ewma_variances(windows: Floats, decay: float) -> Floats:
    """(W, n + 1): the variance forecast for each return of a row, and for the one after the last."""
    out = np.empty((len(windows), windows.shape[1] + 1))
    out[:, 0] = windows.var(axis=1, ddof=1)
    for t in range(windows.shape[1]):
        out[:, t + 1] = (1.0 - decay) * windows[:, t] * windows[:, t] + decay * out[:, t]
    return out


def ewma(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Normal quantiles around zero with the EWMA variance of the next session."""
    spread = np.sqrt(_ewma_variances(windows, settings.ewma_decay_frac)[:, -1])
    z = np.array([NORMAL.inv_cdf(tail) for tail in tails])
    depth = np.array([NORMAL.pdf(x) for x in z.tolist()]) / np.array(tails)
    return np.asarray(np.stack([-z * spread[:, None], depth * spread[:, None]], axis=2))


def filtered_ewma(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Quantiles of standardised returns times the next EWMA volatility; NaN where a variance is not above zero."""
    variances = _ewma_variances(windows, settings.ewma_decay_frac)
    return _rescaled(windows, variances, np.zeros(len(windows)), tails)


def filtered_garch(windows: Floats, models: Floats, tails: Sequence[float]) -> Floats:
    """The same with a GARCH volatility; models: (W, 4) mean, omega, alpha, beta."""
    mean, omega, alpha, beta = models.T
    noise = windows - mean[:, None]
    variances = np.empty((len(windows), windows.shape[1] + 1))
    variances[:, 0] = np.maximum(omega + (alpha + beta) * (noise * noise).mean(axis=1), math.ulp(0.0))
    for t in range(windows.shape[1]):
        variances[:, t + 1] = omega + alpha * noise[:, t] * noise[:, t] + beta * variances[:, t]
    return _rescaled(noise, variances, mean, tails)


def _rescaled(noise: Floats, variances: Floats, mean: Floats, tails: Sequence[float]) -> Floats:
    usable = (variances > 0.0).all(axis=1)
    out = np.full((len(noise), len(tails), 2), np.nan)
    kept = variances[usable]
    scenarios = mean[usable, None] + np.sqrt(kept[:, -1:]) * (noise[usable] / np.sqrt(kept[:, :-1]))
    out[usable] = tails_of(np.sort(scenarios, axis=1), tails)
    return out


READINGS: dict[str, Reading] = {
    "historical": historical,
    "age_weighted": age_weighted,
    "gaussian": gaussian,
    "cornish_fisher": cornish_fisher,
    "ewma": ewma,
    "filtered_ewma": filtered_ewma,
}
