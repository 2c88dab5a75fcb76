"""Test statistics of one group of tickers over one window, from abnormal returns and their ranks."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined
from ..series.resample import permutation_p, stream, wild_p
from .fit import Panel, PanelFit, moments, residual_sd, window_variance


class Stat(IntEnum):
    """Columns of a group's statistics; the formulas stand where each is filled in."""

    COUNT = 0
    CAAR = 1
    BHAAR = 2
    PORTFOLIO_SD = 3
    PORTFOLIO_ROWS = 4
    PORTFOLIO_VARIANCE = 5
    PORTFOLIO = 6
    CORRELATION = 7
    KOLARI_PYNNONEN = 8
    PERMUTATION_P = 9
    PERMUTATION_DRAWS = 10
    MEAN_RANK = 11
    RANK = 12
    CROSS_SECTION = 13
    PATELL = 14
    BMP = 15
    SIGN = 16
    POSITIVE_SHARE = 17
    GENERALISED_SIGN = 18
    WILD_P = 19
    WILD_DRAWS = 20
    GENERALISED_RANK = 21
    GENERALISED_RANK_ROWS = 22


COUNT, CAAR, BHAAR = int(Stat.COUNT), int(Stat.CAAR), int(Stat.BHAAR)
PORTFOLIO_SD, PORTFOLIO_ROWS = int(Stat.PORTFOLIO_SD), int(Stat.PORTFOLIO_ROWS)
PORTFOLIO_VARIANCE, PORTFOLIO = int(Stat.PORTFOLIO_VARIANCE), int(Stat.PORTFOLIO)
CORRELATION, KOLARI_PYNNONEN = int(Stat.CORRELATION), int(Stat.KOLARI_PYNNONEN)
PERMUTATION_P, PERMUTATION_DRAWS = int(Stat.PERMUTATION_P), int(Stat.PERMUTATION_DRAWS)
MEAN_RANK, RANK = int(Stat.MEAN_RANK), int(Stat.RANK)
CROSS_SECTION, PATELL, BMP = int(Stat.CROSS_SECTION), int(Stat.PATELL), int(Stat.BMP)
SIGN, POSITIVE_SHARE = int(Stat.SIGN), int(Stat.POSITIVE_SHARE)
GENERALISED_SIGN = int(Stat.GENERALISED_SIGN)
WILD_P, WILD_DRAWS = int(Stat.WILD_P), int(Stat.WILD_DRAWS)
GENERALISED_RANK, GENERALISED_RANK_ROWS = int(Stat.GENERALISED_RANK), int(Stat.GENERALISED_RANK_ROWS)


@inlined
def average_ranks(values: Floats) -> Floats:
    """Ranks from 1 of the finite values, equal ones sharing the mean of theirs; NaN elsewhere."""
    out = np.full(values.size, np.nan)
    finite = 0
    for value in values:
        if np.isfinite(value):
            finite += 1
    # Sorting puts NaN last.
    order = np.argsort(values)
    start = 0
    while start < finite:
        stop = start
        while stop + 1 < finite and values[order[stop + 1]] == values[order[start]]:
            stop += 1
        for j in range(start, stop + 1):
            out[order[j]] = 0.5 * (start + stop) + 1.0
        start = stop + 1
    return out


@inlined
def mean_sd(values: Floats) -> tuple[float, float]:
    """Mean and deviation with n - 1; the deviation of fewer than two values is NaN."""
    mean = 0.0
    for value in values:
        mean += value
    mean /= values.size
    return mean, residual_sd(values, 1)


@inlined
def portfolio_series(ar: Floats, members: Ints, out: Floats) -> None:
    """(T,): mean over members of each session's finite abnormal returns."""
    for t in range(ar.shape[0]):
        total, count = 0.0, 0
        for i in members:
            if np.isfinite(ar[t, i]):
                total += ar[t, i]
                count += 1
        out[t] = total / count if count > 0 else np.nan


@inlined
def portfolio_tests(panel: Panel, series: Floats, window: Ints, resampling: Ints, out: Floats) -> None:
    """The portfolio's own series: crude dependence t (Brown and Warner 1980) and permutation over time."""
    first, last = window[0], window[1]
    past, size = series[: panel.estimation], panel.factors.shape[1]
    rows = np.isfinite(past)
    used = 0
    for there in rows:
        used += there
    length = last - first + 1
    variance = float(length)
    if window[2] == 1 and panel.estimated:
        centre, inverse = np.empty(size), np.empty((size, size))
        if moments(panel.factors[: panel.estimation], rows, centre, inverse):
            variance = window_variance(panel.factors, first, last, used, centre, inverse)
        else:
            variance = np.nan
    total = 0.0
    for t in range(first, last + 1):
        total += series[t]
    sd = residual_sd(past, size + 1)
    out[PORTFOLIO_SD], out[PORTFOLIO_ROWS], out[PORTFOLIO_VARIANCE] = sd, used, variance
    out[PORTFOLIO] = total / (sd * np.sqrt(variance))
    pool = np.empty(used + length)
    n = 0
    for t in range(panel.estimation):
        if rows[t]:
            pool[n] = past[t]
            n += 1
    pool[n:] = series[first : last + 1]
    state = stream(resampling[1], length, window[3])
    out[PERMUTATION_P], out[PERMUTATION_DRAWS] = permutation_p(pool, length, resampling[0], state)


@inlined
def rank_test(ranks: Floats, members: Ints, length: int, out: Floats) -> None:
    """Corrado (1989): mean rank of the last `length` rows over its deviation through time, root of length."""
    series = np.empty(ranks.shape[0])
    portfolio_series(ranks, members, series)
    total = 0.0
    for value in series[series.size - length :]:
        total += value
    out[MEAN_RANK] = total / length
    out[RANK] = total / (np.sqrt(length) * residual_sd(series, 1))


@inlined
def cross_section_tests(car: Floats, scar: Floats, degrees: Floats, correlation: float, out: Floats) -> None:
    """Tests whose deviation comes from the tickers and not from time.

    Cross-sectional t: mean CAR over its standard error. Patell (1976): sum of SCAR over the root of the sum of
    d / (d - 2). BMP, Boehmer, Musumeci and Poulsen (1991): the cross-sectional t of SCAR. Kolari and Pynnonen
    (2010): BMP times sqrt((1 - r) / (1 + (N - 1) r)), r the mean pairwise correlation of residuals.
    """
    n = car.size
    mean, sd = mean_sd(car)
    out[CROSS_SECTION] = mean / (sd / np.sqrt(n))
    spread = 0.0
    for d in degrees:
        spread += d / (d - 2.0) if d > 2.0 else np.nan
    mean, sd = mean_sd(scar)
    out[PATELL] = n * mean / np.sqrt(spread)
    out[BMP] = mean / (sd / np.sqrt(n))
    out[CORRELATION] = correlation
    scale = (1.0 - correlation) / (1.0 + (n - 1) * correlation)
    out[KOLARI_PYNNONEN] = out[BMP] * np.sqrt(scale) if scale >= 0.0 else np.nan


@inlined
def sign_tests(past: Floats, car: Floats, members: Ints, out: Floats) -> None:
    """Number of positive CAR against one half, and (Cowan 1992) against the share of positive residuals."""
    positive, share, n = 0, 0.0, members.size
    for j in range(n):
        positive += car[j] > 0.0
        above, used = 0, 0
        for t in range(past.shape[0]):
            value = past[t, members[j]]
            if np.isfinite(value):
                used += 1
                above += value > 0.0
        share += above / used / n
    out[SIGN] = (positive - 0.5 * n) / np.sqrt(0.25 * n)
    out[POSITIVE_SHARE] = share
    out[GENERALISED_SIGN] = (positive - n * share) / np.sqrt(n * share * (1.0 - share))


@inlined
def generalised_rank_test(
    past: Floats, sd: Floats, past_ranks: Floats, members: Ints, scar: Floats, out: Floats
) -> None:
    """GRANK-T of Kolari and Pynnonen (2011): the window is one more session beside the estimation window.

    SCAR is divided by its cross-sectional deviation first, so that a change of variance does not count. With
    U = rank / (T + 1) - 1/2 and Z the event's mean U over its deviation through time,
    t = Z sqrt((T - 2) / (T - 1 - Z^2)), Student's t with T - 2 degrees of freedom.
    """
    n, length = members.size, past.shape[0]
    spread = mean_sd(scar)[1]
    total, counts = np.zeros(length + 1), np.zeros(length + 1)
    for j in range(n):
        i = members[j]
        value, rank, used = scar[j] / spread * sd[i], 1.0, 1
        for t in range(length):
            if np.isfinite(past[t, i]):
                used += 1
                rank += 1.0 if past[t, i] < value else 0.5 if past[t, i] == value else 0.0
        for t in range(length):
            if np.isfinite(past[t, i]):
                moved = 1.0 if value < past[t, i] else 0.5 if value == past[t, i] else 0.0
                total[t] += (past_ranks[t, i] + moved) / (used + 1) - 0.5
                counts[t] += 1.0
        total[length] += rank / (used + 1) - 0.5
        counts[length] += 1.0
    squares, rows = 0.0, 0
    for t in range(length + 1):
        if counts[t] > 0.0:
            rows += 1
            squares += counts[t] / n * (total[t] / counts[t]) ** 2
    z = total[length] / n / np.sqrt(squares / rows)
    out[GENERALISED_RANK] = z * np.sqrt((rows - 2) / (rows - 1 - z * z))
    out[GENERALISED_RANK_ROWS] = rows


@inlined
def mean_correlation(correlation: Floats, members: Ints) -> float:
    """Mean over the pairs of members."""
    total, pairs = 0.0, 0
    for a in range(members.size):
        for b in range(a):
            total += correlation[members[a], members[b]]
            pairs += 1
    return total / pairs if pairs > 0 else np.nan


@inlined
def group_tests(
    panel: Panel,
    fit: PanelFit,
    window: Ints,
    columns: Floats,
    ranks: Floats,
    past_ranks: Floats,
    members: Ints,
    resampling: Ints,
    out: Floats,
) -> None:
    """Fill a group's row of statistics; what needs two tickers stays NaN for one.

    window: first row, last row, 1 where prediction errors count, and the name of the random stream;
    columns: (3, N) CAR, BHAR and variance multiple of each ticker; ranks: (M + L, N) of estimation window and
    window; members: columns that have a CAR.
    """
    n, first, last = members.size, window[0], window[1]
    out[:] = np.nan
    out[COUNT] = n
    if n == 0:
        return
    car, scar, degrees = np.empty(n), np.empty(n), np.empty(n)
    bhar = 0.0
    for j in range(n):
        i = members[j]
        car[j] = columns[0, i]
        bhar += columns[1, i]
        scar[j] = car[j] / (fit.sd[i] * np.sqrt(columns[2, i]))
        degrees[j] = fit.used[i] - panel.factors.shape[1] - 1
    out[CAAR], out[BHAAR] = mean_sd(car)[0], bhar / n
    series = np.empty(fit.ar.shape[0])
    portfolio_series(fit.ar, members, series)
    portfolio_tests(panel, series, window, resampling, out)
    rank_test(ranks, members, last - first + 1, out)
    if n == 1:
        return
    past = fit.ar[: panel.estimation]
    cross_section_tests(car, scar, degrees, mean_correlation(fit.correlation, members), out)
    sign_tests(past, car, members, out)
    state = stream(resampling[1], first - last - 1, window[3])
    out[WILD_P], out[WILD_DRAWS] = wild_p(car, resampling[0], state)
    generalised_rank_test(past, fit.sd, past_ranks, members, scar, out)
