"""Least squares in plain Python: the normal equations solved exactly on fractions, Newey-West by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Vector = Sequence[float]


@dataclass(frozen=True)
class SimpleFit:
    """y = intercept + slope * x + residual; residual_deviation has n - 2 degrees of freedom."""

    slope: float
    intercept: float
    residual_deviation: float


@dataclass(frozen=True)
class MultipleFit:
    """The intercept first, then one coefficient for each factor, and the residuals in the order given."""

    coefficients: list[float]
    residuals: list[float]
    r_squared: float


def simple_ols(y: Vector, x: Vector) -> SimpleFit:
    """Fit a line through at least three points by the textbook sums of deviations from the means."""
    n = len(y)
    mean_x, mean_y = math.fsum(x) / n, math.fsum(y) / n
    sxy = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    sxx = math.fsum((a - mean_x) ** 2 for a in x)
    slope = sxy / sxx
    intercept = mean_y - slope * mean_x
    squares = math.fsum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    return SimpleFit(slope, intercept, math.sqrt(squares / (n - 2)))


def multiple_ols(y: Vector, factors: Sequence[Vector]) -> MultipleFit:
    """Fit y on an intercept and the factors (one sequence each), solving X'X b = X'y without rounding."""
    rows = _design(factors, len(y))
    moments = [
        sum((Fraction(row[a]) * Fraction(target) for row, target in zip(rows, y, strict=True)), Fraction(0))
        for a in range(len(rows[0]))
    ]
    inverse = _inverse(_cross_products(rows))
    exact = [sum((p * q for p, q in zip(line, moments, strict=True)), Fraction(0)) for line in inverse]
    coefficients = [float(b) for b in exact]
    residuals = [
        math.fsum([target, *(-b * value for b, value in zip(coefficients, row, strict=True))])
        for row, target in zip(rows, y, strict=True)
    ]
    mean = math.fsum(y) / len(y)
    unexplained = math.fsum(e * e for e in residuals)
    return MultipleFit(coefficients, residuals, 1.0 - unexplained / math.fsum((v - mean) ** 2 for v in y))


def newey_west_errors(y: Vector, factors: Sequence[Vector], lags: int, *, small_sample: bool = False) -> list[float]:
    """Standard errors of `multiple_ols` with Bartlett weights 1 - l / (lags + 1) (Newey and West 1987).

    (X'X)^-1 [G_0 + sum over l of weight_l (G_l + G_l')] (X'X)^-1, G_l = sum over t of s_t s_{t-l}', with the
    scores s_t = e_t x_t; small_sample multiplies the variance by n / (n - k). lags=0 gives White's errors.
    """
    rows = _design(factors, len(y))
    residuals = multiple_ols(y, factors).residuals
    scores = [[e * value for value in row] for e, row in zip(residuals, rows, strict=True)]
    bread = [[float(value) for value in line] for line in _inverse(_cross_products(rows))]
    meat = _long_run_covariance(scores, lags)
    n, k = len(rows), len(rows[0])
    factor = n / (n - k) if small_sample else 1.0
    errors = []
    for a in range(k):
        variance = math.fsum(bread[a][p] * meat[p][q] * bread[q][a] for p in range(k) for q in range(k))
        errors.append(math.sqrt(factor * variance))
    return errors


def _design(factors: Sequence[Vector], n: int) -> list[list[float]]:
    return [[1.0, *(float(factor[t]) for factor in factors)] for t in range(n)]


def _cross_products(rows: list[list[float]]) -> list[list[Fraction]]:
    exact = [[Fraction(value) for value in row] for row in rows]
    k = len(rows[0])
    return [[sum((row[a] * row[b] for row in exact), Fraction(0)) for b in range(k)] for a in range(k)]


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss-Jordan elimination beside the identity; ZeroDivisionError when the matrix has no inverse."""
    k = len(matrix)
    work = [[*line, *(Fraction(int(a == b)) for b in range(k))] for a, line in enumerate(matrix)]
    for column in range(k):
        pivot = next((a for a in range(column, k) if work[a][column] != 0), column)
        work[column], work[pivot] = work[pivot], work[column]
        head = work[column][column]
        work[column] = [value / head for value in work[column]]
        for a in range(k):
            if a != column:
                times = work[a][column]
                work[a] = [v - times * p for v, p in zip(work[a], work[column], strict=True)]
    return [line[k:] for line in work]


def _long_run_covariance(scores: list[list[float]], lags: int) -> list[list[float]]:
    n, k = len(scores), len(scores[0])

    def lagged(lag: int, a: int, b: int) -> float:
        return math.fsum(scores[t][a] * scores[t - lag][b] for t in range(lag, n))

    total = [[lagged(0, a, b) for b in range(k)] for a in range(k)]
    for lag in range(1, lags + 1):
        weight = 1.0 - lag / (lags + 1)
        for a in range(k):
            for b in range(k):
                total[a][b] += weight * (lagged(lag, a, b) + lagged(lag, b, a))
    return total
