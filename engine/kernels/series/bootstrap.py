"""Stationary block bootstrap: resampled sessions, and figures taken while they are drawn."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Floats, Ints
from ...equal import STILL
from ..jit import inlined, kernel
from .quantiles import quantile

BOOTSTRAPPED = ("cagr", "volatility_annual", "sharpe", "sortino", "max_drawdown")
ROLLING = ("volatility_annual", "sharpe", "max_drawdown", "beta", "correlation")
# SplitMix64 (Steele, Lea and Flood 2014): a counter that is mixed, so that every draw has a stream of its own and
# the result does not depend on the number of threads.
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SHIFT_1, SHIFT_2, SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
TO_UNIT = np.uint64(11)
UNIT = 2.0**-53


@inlined
def mixed(state: np.uint64) -> np.uint64:
    """Scatter the bits of a counter."""
    z = (state ^ (state >> SHIFT_1)) * MIX_1
    z = (z ^ (z >> SHIFT_2)) * MIX_2
    return z ^ (z >> SHIFT_3)


@inlined
def stream(seed: int, draw: int) -> np.uint64:
    """Where the random numbers of one draw begin."""
    return mixed(mixed(np.uint64(seed) * STEP + STEP) + np.uint64(draw + 1) * MIX_2)


@inlined
def unit(state: np.uint64) -> float:
    """The uniform number in [0, 1) of a counter."""
    return float(mixed(state) >> TO_UNIT) * UNIT


@kernel
def stationary_indices(sessions: int, new_block: float, seed: int, start: int, indices: Ints) -> None:
    """Fill indices (D, n) with the sessions that draws start .. start + D - 1 resample.

    Politis and Romano (1994): a block begins anywhere with equal chance and ends after each session with
    probability new_block; sessions wrap around at the end.
    """
    for d in range(indices.shape[0]):
        state = stream(seed, start + d)
        at = 0
        for t in range(indices.shape[1]):
            state += STEP
            if t == 0 or unit(state) < new_block:
                state += STEP
                at = int(unit(state) * sessions)
            else:
                at = at + 1 if at + 1 < sessions else 0
            indices[d, t] = at


@kernel
def bootstrap_draws(returns: Floats, new_block: float, seed: int, year: float, start: int, out: Floats) -> None:
    """Fill out (D, 5) with the figures of BOOTSTRAPPED for draws start .. start + D - 1 of the series.

    returns: (n,) without NaN. The draws are those of stationary_indices with the same seed.
    """
    n = returns.size
    centre = 0.0
    for x in returns:
        centre += x
    centre /= n
    for d in range(out.shape[0]):
        state = stream(seed, start + d)
        at = 0
        wealth, high, deepest = 1.0, 1.0, 1.0
        # Sums of deviations from the mean of the original series, so that squares do not cancel.
        total, squares, losses = 0.0, 0.0, 0.0
        for t in range(n):
            state += STEP
            if t == 0 or unit(state) < new_block:
                state += STEP
                at = int(unit(state) * n)
            else:
                at = at + 1 if at + 1 < n else 0
            x = returns[at]
            wealth *= 1.0 + x
            high = max(high, wealth)
            deepest = min(deepest, wealth / high)
            x0 = x - centre
            total += x0
            squares += x0 * x0
            loss = min(x, 0.0)
            losses += loss * loss
        mean = centre + total / n
        # What is left of the squares of a draw of one return over and over is rounding.
        left = squares - total * total / n
        deviation = math.sqrt(left / (n - 1)) if left > STILL * squares else 0.0
        out[d, 0] = wealth ** (year / n) - 1.0 if wealth >= 0.0 else math.nan
        out[d, 1] = deviation * math.sqrt(year)
        downside = math.sqrt(losses / n)
        out[d, 2] = mean / deviation * math.sqrt(year) if deviation > STILL else math.nan
        out[d, 3] = mean / downside * math.sqrt(year) if downside > STILL else math.nan
        out[d, 4] = deepest - 1.0


@inlined
def window_figures(a: Floats, b: Floats, n: int, year: float, out: Floats) -> None:
    """out (5,): the figures of ROLLING for the pairs a[:n], b[:n]; NaN where a deviation is zero."""
    out[:] = math.nan
    if n < 2:
        return
    mean_a, mean_b = 0.0, 0.0
    low, high = a[0], a[0]
    wealth, peak, deepest = 1.0, 1.0, 0.0
    for t in range(n):
        mean_a += a[t]
        mean_b += b[t]
        low, high = min(low, a[t]), max(high, a[t])
        wealth *= 1.0 + a[t]
        peak = max(peak, wealth)
        deepest = min(deepest, wealth / peak - 1.0)
    mean_a, mean_b = mean_a / n, mean_b / n
    aa, ab, bb = 0.0, 0.0, 0.0
    for t in range(n):
        x, y = a[t] - mean_a, b[t] - mean_b
        aa += x * x
        ab += x * y
        bb += y * y
    out[2] = deepest
    if high - low <= STILL:
        out[0] = 0.0
    else:
        deviation = math.sqrt(aa / (n - 1))
        out[0] = deviation * math.sqrt(year)
        out[1] = mean_a / deviation * math.sqrt(year)
    # A constant series leaves squares of rounding errors behind.
    floor = STILL * STILL * n
    if bb > floor:
        out[3] = ab / bb
        out[4] = ab / math.sqrt(aa * bb) if aa > floor else math.nan


@inlined
def _pairs_before(a: Floats, b: Floats, stop: int, window: int, left: Floats, right: Floats) -> int:
    """Gather the sessions of the window that ends at stop (excluded) where both have a value."""
    n = 0
    for t in range(stop - window, stop):
        if a[t] == a[t] and b[t] == b[t]:
            left[n], right[n] = a[t], b[t]
            n += 1
    return n


@kernel
def rolling_figures(a: Floats, b: Floats, window: int, least: int, year: float, out: Floats) -> None:
    """Fill out (T, 5) with the figures of ROLLING over the `window` sessions up to and with each.

    a, b: (T,) returns; sessions without both are left out; NaN where fewer than `least` are left.
    """
    left, right = np.empty(window), np.empty(window)
    for t in range(a.size):
        out[t, :] = math.nan
        if t + 1 >= window:
            n = _pairs_before(a, b, t + 1, window, left, right)
            if n >= least:
                window_figures(left, right, n, year, out[t])


@kernel
def rolling_bands(a: Floats, b: Floats, sizes: Ints, settings: Floats, seed: int, span: Ints, bands: Floats) -> None:
    """Fill bands[start:stop] (T, 5, 2) with the two quantiles of each figure over draws from its own window.

    sizes: window, least sessions, draws; settings: sessions per year, probability of a new block, lower and upper
    quantile; span: start and stop. Rows are drawn together, so that the two series keep their relation. Draws in
    which a figure is undefined are left out of its quantiles.
    """
    window, least, draws = sizes[0], sizes[1], sizes[2]
    left, right = np.empty(window), np.empty(window)
    one, two = np.empty(window), np.empty(window)
    figures, kept = np.empty(5), np.empty((5, draws))
    counts = np.empty(5, dtype=np.int64)
    for t in range(span[0], span[1]):
        bands[t, :, :] = math.nan
        if t + 1 < window:
            continue
        n = _pairs_before(a, b, t + 1, window, left, right)
        if n < least:
            continue
        counts[:] = 0
        for d in range(draws):
            _resample(left, right, n, settings[1], stream(seed, t * draws + d), one, two)
            window_figures(one, two, n, settings[0], figures)
            for k in range(5):
                if figures[k] == figures[k]:
                    kept[k, counts[k]] = figures[k]
                    counts[k] += 1
        for k in range(5):
            if counts[k] > 0:
                bands[t, k, 0] = quantile(kept[k], counts[k], settings[2])
                bands[t, k, 1] = quantile(kept[k], counts[k], settings[3])


@inlined
def _resample(
    left: Floats, right: Floats, n: int, new_block: float, state: np.uint64, one: Floats, two: Floats
) -> None:
    at = 0
    for t in range(n):
        state += STEP
        if t == 0 or unit(state) < new_block:
            state += STEP
            at = int(unit(state) * n)
        else:
            at = at + 1 if at + 1 < n else 0
        one[t], two[t] = left[at], right[at]
