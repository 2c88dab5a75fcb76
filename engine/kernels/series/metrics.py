"""The metric vector of many return series, each read once from memory."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Floats
from ...equal import STILL
from ..jit import inlined, kernel
from .quantiles import rank_of, select

ABSOLUTE = (
    "sessions",
    "total_return",
    "cagr",
    "volatility_annual",
    "sharpe",
    "sharpe_stderr",
    "sortino",
    "max_drawdown",
    "calmar",
    "best_session",
    "worst_session",
    "hit_rate",
    "downside_deviation_annual",
    "omega",
    "skew",
    "excess_kurtosis",
    "stability",
    "tail_ratio",
    "ulcer_index",
    "pain_index",
    "cdar",
    "martin_ratio",
    "pain_ratio",
    "longest_underwater_sessions",
    "var_historical",
    "es_historical",
    "var_gaussian",
    "es_gaussian",
    "var_cornish_fisher",
    "es_cornish_fisher",
)
# Series that are read side by side: eight doubles fill one cache line of a row.
LANE = 8
# Returns below this size have a fast logarithm.
SMALL = 0.1
NAN = math.nan


@kernel
def metric_rows(values: Floats, start: int, stop: int, settings: Floats, rows: Floats) -> None:
    """Fill rows[start:stop] for the series values[:, start:stop].

    values: (T, S), NaN are left out series by series; settings: confidence, sessions per year, normal quantile
    of 1 - confidence; rows: (S, 30) in the order of ABSOLUTE. A series that loses everything has sessions, total return
    and drawdown up to the session that lost it, and no other figure: nothing is left to have a return.
    """
    sessions = values.shape[0]
    lanes = np.empty((LANE, sessions))
    depths, scratch = np.empty(sessions), np.empty(sessions)
    counts = np.empty(LANE, dtype=np.int64)
    for first in range(start, stop, LANE):
        width = min(LANE, stop - first)
        counts[:] = 0
        for t in range(sessions):
            for s in range(width):
                value = values[t, first + s]
                if value == value:
                    lanes[s, counts[s]] = value
                    counts[s] += 1
        for s in range(width):
            row = rows[first + s]
            row[:] = NAN
            row[0] = counts[s]
            if counts[s] > 0:
                series = lanes[s, : counts[s]]
                _distribution(series, settings, row)
                _path(series, settings, depths[: counts[s]], scratch, row)
                if row[7] <= -1.0:
                    _ruin(series, row)
                else:
                    _tails(series, settings, scratch, row)


@inlined
def _ruin(series: Floats, row: Floats) -> None:
    """Leave only what a series that loses everything says: how much, and when nothing was left."""
    wealth, high = 1.0, 1.0
    for x in series:
        wealth *= 1.0 + x
        high = max(high, wealth)
        if 1.0 - wealth / high >= 1.0:
            break
    sessions = row[0]
    row[:] = NAN
    row[0], row[1], row[7] = sessions, wealth - 1.0, wealth / high - 1.0


@inlined
def _distribution(series: Floats, settings: Floats, row: Floats) -> None:
    """Mean, deviation, higher moments and what follows from them."""
    n, year = series.size, settings[1]
    total, gains, losses, squares = 0.0, 0.0, 0.0, 0.0
    best, worst, ups, downs = series[0], series[0], 0, 0
    for x in series:
        total += x
        gain, loss = max(x, 0.0), min(x, 0.0)
        gains += gain
        losses -= loss
        squares += loss * loss
        ups += x > STILL
        downs += x < -STILL
        best = max(best, x)
        worst = min(worst, x)
    mean = total / n
    m2, m3, m4 = 0.0, 0.0, 0.0
    for x in series:
        d = x - mean
        d2 = d * d
        m2 += d2
        m3 += d2 * d
        m4 += d2 * d2
    m2, m3, m4 = m2 / n, m3 / n, m4 / n
    row[9], row[10] = best, worst
    row[11] = ups / (ups + downs) if ups + downs > 0 else NAN
    downside = math.sqrt(squares / n) * math.sqrt(year)
    row[12] = downside
    if n < 2:
        return
    row[13] = gains / losses if losses > STILL else NAN
    row[6] = mean * year / downside if downside > STILL else NAN
    if best - worst <= STILL:
        row[3] = 0.0
        row[26] = row[27] = row[28] = row[29] = -mean
        return
    deviation = math.sqrt(m2 * n / (n - 1))
    row[3] = deviation * math.sqrt(year)
    row[4] = mean / deviation * math.sqrt(year)
    row[5] = math.sqrt((1.0 + row[4] * row[4] / year / 2.0) / n * year)
    row[14], row[15] = m3 / m2**1.5, m4 / (m2 * m2) - 3.0
    _normal_tails(mean, math.sqrt(m2), settings, row)


@inlined
def _normal_tails(mean: float, spread: float, settings: Floats, row: Floats) -> None:
    """Gaussian and Cornish-Fisher VaR and ES, as positive losses."""
    alpha, z, s, k = 1.0 - settings[0], settings[2], row[14], row[15]
    row[26] = -(mean + z * spread)
    row[27] = -mean + spread * normal_density(z) / alpha
    h = cornish_fisher_quantile(z, s, k)
    row[28] = -(mean + h * spread)
    row[29] = -mean + spread * max(cornish_fisher_tail(h, s, k) / alpha, -h)


@inlined
def normal_density(z: float) -> float:
    """The standard normal density."""
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


@kernel
def cornish_fisher_quantile(z: float, s: float, k: float) -> float:
    """Quantile of a standardised variable with skewness s and excess kurtosis k (Cornish and Fisher 1937)."""
    return z + (z * z - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0 - (2.0 * z**3 - 5.0 * z) * s * s / 36.0


@kernel
def cornish_fisher_tail(h: float, s: float, k: float) -> float:
    """Minus the integral of x times the second-order Edgeworth density up to h.

    With He_j the Hermite polynomials, the integral of x He_j phi up to h is -phi(h) (h He_(j-1) + He_(j-2)); the
    sum of these terms is the tail expectation of Boudt, Peterson and Croux (2008, Journal of Risk 11(2)).
    """
    h2 = h * h
    terms = s / 6.0 * h2 * h + k / 24.0 * (h2 * h2 - 2.0 * h2 - 1.0)
    terms += s * s / 72.0 * (h2 * h2 * h2 - 9.0 * h2 * h2 + 9.0 * h2 + 3.0)
    return normal_density(h) * (1.0 + terms)


@inlined
def _path(series: Floats, settings: Floats, depths: Floats, scratch: Floats, row: Floats) -> None:
    """Compounded growth, drawdowns from the initial capital, and the straightness of the path."""
    n, year = series.size, settings[1]
    wealth, high, deepest, total, squares = 1.0, 1.0, 0.0, 0.0, 0.0
    run, longest, alive = 0, 0, True
    for t in range(n):
        wealth *= 1.0 + series[t]
        high = max(high, wealth)
        depth = 1.0 - wealth / high
        depths[t] = depth
        deepest = max(deepest, depth)
        total += depth
        squares += depth * depth
        run = run + 1 if depth > STILL else 0
        longest = max(longest, run)
        alive = alive and wealth > 0.0
    row[1] = wealth - 1.0
    row[2] = wealth ** (year / n) - 1.0 if wealth >= 0.0 else NAN
    row[7] = -deepest
    row[8] = row[2] / deepest if deepest > STILL else NAN
    row[18], row[19] = math.sqrt(squares / n), total / n
    row[21] = row[2] / row[18] if deepest > STILL else NAN
    row[22] = row[2] / row[19] if deepest > STILL else NAN
    row[23] = longest
    row[16] = _straightness(scratch, n, _heights(series, row, scratch) / n) if alive and n > 1 else NAN
    spread = math.sqrt(max(squares / n - row[19] * row[19], 0.0))
    row[20] = _worst_mean(depths, 1.0 - settings[0], row[19] + spread, scratch)


@inlined
def _heights(series: Floats, row: Floats, heights: Floats) -> float:
    """Fill heights with cumulated log returns and return their sum."""
    level, total = 0.0, 0.0
    # log(1 + x) = 2 atanh(s) with s = x / (2 + x): seven terms leave less than 1e-17 for |x| < 0.1.
    for t in range(series.size):
        s = series[t] / (2.0 + series[t])
        q = s * s
        terms = 1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0))
        terms = 1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * terms))
        heights[t] = 2.0 * s * (1.0 + q * terms)
    if row[9] >= SMALL or row[10] <= -SMALL:
        for t in range(series.size):
            if abs(series[t]) >= SMALL:
                heights[t] = math.log1p(series[t])
    for t in range(series.size):
        level += heights[t]
        heights[t] = level
        total += level
    return total


@inlined
def _straightness(heights: Floats, n: int, mean: float) -> float:
    """R squared of heights[:n] on their position."""
    middle, cross, spread = (n - 1) / 2.0, 0.0, 0.0
    for t in range(n):
        d = heights[t] - mean
        cross += (t - middle) * d
        spread += d * d
    times = n * (n * n - 1.0) / 12.0
    return cross * cross / (times * spread) if spread > 0.0 else NAN


@inlined
def _worst_mean(depths: Floats, share: float, guess: float, scratch: Floats) -> float:
    """Mean of the largest share of the values, the last one counted in part. Reorders depths.

    guess: a level that enough values probably exceed; only those are looked at, all of them if it was too high.
    """
    n = depths.size
    count = share * n
    nearest = math.floor(count + 0.5)
    if abs(count - nearest) < 1e-9:
        count = float(nearest)
    whole = math.floor(count)
    kept = 0
    for i in range(n):
        scratch[kept] = depths[i]
        kept += depths[i] > guess
    pool = depths
    if kept > whole:
        pool, n = scratch, kept
    edge = n - 1 - whole
    value = select(pool, 0, n, max(edge, 0))
    total = 0.0
    for i in range(edge + 1, n):
        total += pool[i]
    return (total + (count - whole) * value) / count


@inlined
def _tails(series: Floats, settings: Floats, scratch: Floats, row: Floats) -> None:
    """Historical VaR and ES and the tail ratio."""
    n, level, year = series.size, 1.0 - settings[0], settings[1]
    # Without a deviation (one value, or all the same) the guesses are NaN and nothing is left out.
    spread = row[3] / math.sqrt(year)
    mean = row[4] * spread / math.sqrt(year)
    row[24], row[25] = historical_tail(series, level, mean - spread, scratch)
    low = -row[24]
    if abs(level - 0.05) > 1e-12:
        low, _ = _low_quantile(series, 0.05, mean - spread, scratch)
    for t in range(n):
        series[t] = -series[t]
    top, _ = _low_quantile(series, 0.05, -mean - spread, scratch)
    row[17] = abs(top) / abs(low) if low != 0.0 else NAN


@inlined
def historical_tail(series: Floats, level: float, guess: float, scratch: Floats) -> tuple[float, float]:
    """Historical VaR and ES as positive losses: the quantile at `level` and the mean of what is not above it,
    rounding apart.

    guess: as of _low_quantile; scratch: room for the series.
    """
    cut, kept = _low_quantile(series, level, guess, scratch)
    total, count = 0.0, 0
    for i in range(kept):
        if scratch[i] <= cut + STILL:
            total += scratch[i]
            count += 1
    return -cut, -total / count


@inlined
def _low_quantile(series: Floats, level: float, guess: float, scratch: Floats) -> tuple[float, int]:
    """A quantile below the median, and how many values of scratch were looked at: all up to the quantile and more.

    guess: a level that enough values probably lie below; only those are looked at, all if it was too low.
    """
    n, kept = series.size, 0
    position = rank_of(n, level)
    below = math.floor(position)
    for t in range(n):
        scratch[kept] = series[t]
        kept += series[t] < guess
    if kept < below + 2:
        kept = n
        for t in range(n):
            scratch[t] = series[t]
    value = select(scratch, 0, kept, below)
    part = position - below
    if part <= 0.0:
        return value, kept
    above = scratch[below + 1]
    for i in range(below + 2, kept):
        above = min(above, scratch[i])
    return value + part * (above - value), kept
