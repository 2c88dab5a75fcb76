"""Event studies in plain Python: least squares on fractions, ranks by sorting, tests by their textbook sums.

A panel is one list per ticker of T returns, None where there is none; the first `estimation` of them estimate
the model, the rest are event sessions. Factors are one list per factor, known by the same rule.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .ols import multiple_ols

Cell = float | None
Column = Sequence[Cell]


@dataclass(frozen=True)
class TickerFit:
    """ar: residuals and abnormal returns, None where there is none; rows: those that the model was fitted on."""

    coefficients: list[float]
    ar: list[Cell]
    deviation: float
    rows: list[int]


def fit_ticker(returns: Column, factors: Sequence[Column], estimation: int, *, known: bool = False) -> TickerFit:
    """Ordinary least squares on an intercept and the factors; known: the single factor is subtracted as it is."""
    rows = [t for t in range(estimation) if returns[t] is not None and all(f[t] is not None for f in factors)]
    y = [_number(returns[t]) for t in rows]
    x = [[_number(f[t]) for t in rows] for f in factors]
    coefficients = [0.0, 1.0] if known else multiple_ols(y, x).coefficients if x else [math.fsum(y) / len(y)]
    ar: list[Cell] = []
    for t, value in enumerate(returns):
        cells = [f[t] for f in factors]
        if value is None or any(c is None for c in cells):
            ar.append(None)
            continue
        line = [1.0, *(_number(c) for c in cells)]
        ar.append(math.fsum([value, *(-b * v for b, v in zip(coefficients, line, strict=True))]))
    residuals = [_number(ar[t]) for t in rows]
    mean = math.fsum(residuals) / len(rows)
    parameters = 1 if known else len(coefficients)
    deviation = math.sqrt(math.fsum((e - mean) ** 2 for e in residuals) / (len(rows) - parameters))
    return TickerFit(coefficients, ar, deviation, rows)


def prediction_variance(
    factors: Sequence[Column], rows: Sequence[int], window: Sequence[int], *, known: bool = False
) -> float:
    """Variance of a cumulative abnormal return over that of one residual: L + c'(X'X)^-1 c, c = sum of x_t."""
    if known:
        return float(len(window))
    design = [[Fraction(1), *(Fraction(_number(f[t])) for f in factors)] for t in rows]
    total = [sum((Fraction(_number(f[t])) for t in window), Fraction(0)) for f in factors]
    c = [Fraction(len(window)), *total]
    k = len(c)
    moments = [[sum((row[a] * row[b] for row in design), Fraction(0)) for b in range(k)] for a in range(k)]
    solution = _solve(moments, c)
    return float(len(window) + sum((a * b for a, b in zip(c, solution, strict=True)), Fraction(0)))


def buy_and_hold(returns: Column, ar: Column, window: Sequence[int]) -> float:
    """Product of what was earned less product of what was expected."""
    got = want = 1.0
    for t in window:
        got *= 1.0 + _number(returns[t])
        want *= 1.0 + _number(returns[t]) - _number(ar[t])
    return got - want


def cross_sectional_t(values: Sequence[float]) -> float:
    """Mean over its standard error."""
    return mean(values) / (deviation(values) / math.sqrt(len(values)))


def patell(scar: Sequence[float], degrees: Sequence[int]) -> float:
    """Sum of the standardised returns over the deviation that Student's t gives it."""
    return math.fsum(scar) / math.sqrt(math.fsum(d / (d - 2) for d in degrees))


def mean_correlation(fits: Sequence[TickerFit]) -> float:
    """Mean of the pairwise correlations of residuals over the sessions that each pair shares."""
    found = []
    for a, b in itertools.combinations(fits, 2):
        shared = sorted(set(a.rows) & set(b.rows))
        x, y = [_number(a.ar[t]) for t in shared], [_number(b.ar[t]) for t in shared]
        mx, my = mean(x), mean(y)
        sxy = math.fsum((p - mx) * (q - my) for p, q in zip(x, y, strict=True))
        sxx, syy = math.fsum((p - mx) ** 2 for p in x), math.fsum((q - my) ** 2 for q in y)
        found.append(sxy / math.sqrt(sxx * syy))
    return mean(found)


def kolari_pynnonen(scar: Sequence[float], correlation: float) -> float:
    """The BMP statistic, corrected for the mean correlation of residuals."""
    n = len(scar)
    return cross_sectional_t(scar) * math.sqrt((1 - correlation) / (1 + (n - 1) * correlation))


def portfolio_series(fits: Sequence[TickerFit], sessions: int, estimation: int) -> list[Cell]:
    """Mean residual or abnormal return of each session over the tickers that have one."""
    out: list[Cell] = []
    for t in range(sessions):
        there = [_number(f.ar[t]) for f in fits if f.ar[t] is not None and (t >= estimation or t in set(f.rows))]
        out.append(mean(there) if there else None)
    return out


def portfolio_t(
    series: Sequence[Cell], estimation: int, window: Sequence[int], parameters: int, variance: float
) -> float:
    """Cumulative mean abnormal return over the deviation of the series, crude dependence adjustment."""
    past = [_number(series[t]) for t in range(estimation) if series[t] is not None]
    centre = mean(past)
    sd = math.sqrt(math.fsum((v - centre) ** 2 for v in past) / (len(past) - parameters))
    return math.fsum(_number(series[t]) for t in window) / (sd * math.sqrt(variance))


def permutation_p(series: Sequence[Cell], estimation: int, window: Sequence[int]) -> float:
    """Share of all choices of len(window) sessions whose sum is at least as far from zero, the actual included."""
    pool = [_number(series[t]) for t in [*range(estimation), *window] if series[t] is not None]
    actual = abs(math.fsum(pool[len(pool) - len(window) :])) * (1 - 1e-12)
    sums = [abs(math.fsum(choice)) for choice in itertools.combinations(pool, len(window))]
    return sum(s >= actual for s in sums) / len(sums)


def wild_p(values: Sequence[float]) -> float:
    """Share of all sign patterns under which the cross-sectional t is at least as far from zero."""
    actual = abs(cross_sectional_t(values))
    hits = total = 0
    for signs in itertools.product((-1.0, 1.0), repeat=len(values)):
        hits += abs(cross_sectional_t([s * v for s, v in zip(signs, values, strict=True)])) >= actual * (1 - 1e-9)
        total += 1
    return hits / total


def corrado(fits: Sequence[TickerFit], estimation: int, window: Sequence[int]) -> tuple[float, float]:
    """Mean of the window's ranks and the statistic: K = rank / (n + 1) - 1/2 over estimation and window."""
    rows = [*range(estimation), *window]
    columns = []
    for fit in fits:
        there = [t for t in rows if fit.ar[t] is not None and (t >= estimation or t in set(fit.rows))]
        ranks = average_ranks([_number(fit.ar[t]) for t in there])
        columns.append({t: r / (len(there) + 1) - 0.5 for t, r in zip(there, ranks, strict=True)})
    means = {t: mean([c[t] for c in columns if t in c]) for t in rows if any(t in c for c in columns)}
    in_window = [means[t] for t in window]
    return mean(in_window), math.fsum(in_window) / (math.sqrt(len(window)) * deviation(list(means.values())))


def generalised_rank(fits: Sequence[TickerFit], scar: Sequence[float], estimation: int) -> tuple[float, int]:
    """GRANK-T and its degrees of freedom: the cumulative return is one more session after the estimation window."""
    spread = deviation(scar)
    columns = []
    for fit, value in zip(fits, scar, strict=True):
        series = [_number(fit.ar[t]) / fit.deviation for t in fit.rows] + [value / spread]
        ranks = average_ranks(series)
        columns.append({t: r / (len(series) + 1) - 0.5 for t, r in zip([*fit.rows, -1], ranks, strict=True)})
    rows = [t for t in [*range(estimation), -1] if any(t in c for c in columns)]
    total, event = 0.0, 0.0
    for t in rows:
        there = [c[t] for c in columns if t in c]
        total += len(there) / len(fits) * mean(there) ** 2
        event = mean(there)
    z = event / math.sqrt(total / len(rows))
    return z * math.sqrt((len(rows) - 2) / (len(rows) - 1 - z * z)), len(rows) - 2


def sign_z(values: Sequence[float], share: float) -> float:
    """Number of positive returns against the number that `share` promises."""
    n = len(values)
    return (sum(v > 0 for v in values) - n * share) / math.sqrt(n * share * (1 - share))


def positive_share(fits: Sequence[TickerFit]) -> float:
    """Mean over tickers of the share of estimation sessions with a positive residual."""
    return mean([sum(_number(f.ar[t]) > 0 for t in f.rows) / len(f.rows) for f in fits])


def clustered_mean(values: Sequence[float], clusters: Sequence[object]) -> tuple[float, float]:
    """Mean and its standard error when values of one cluster move together, factor G / (G - 1)."""
    centre, names = mean(values), sorted(set(clusters), key=str)
    sums = [math.fsum(v - centre for v, c in zip(values, clusters, strict=True) if c == name) for name in names]
    g = len(names)
    return centre, math.sqrt(g / (g - 1) * math.fsum(s * s for s in sums)) / len(values)


def average_ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, equal values sharing the mean of theirs."""
    return [sum(v < x for v in values) + (sum(v == x for v in values) + 1) / 2 for x in values]


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Standard deviation with n - 1."""
    centre = mean(values)
    return math.sqrt(math.fsum((v - centre) ** 2 for v in values) / (len(values) - 1))


def _number(cell: Cell) -> float:
    assert cell is not None
    return float(cell)


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gauss-Jordan elimination on fractions, which never divides by a rounded zero."""
    k = len(right)
    work = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for column in range(k):
        pivot = next(a for a in range(column, k) if work[a][column] != 0)
        work[column], work[pivot] = work[pivot], work[column]
        work[column] = [v / work[column][column] for v in work[column]]
        for a in range(k):
            if a != column:
                work[a] = [v - work[a][column] * p for v, p in zip(work[a], work[column], strict=True)]
    return [line[-1] for line in work]
