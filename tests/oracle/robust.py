"""Heteroskedasticity-consistent errors, ridge and betas in parts of the sample, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from .ols import multiple_ols

Vector = Sequence[float]


def solve(matrix: Sequence[Sequence[float]], right: Vector) -> list[float]:
    """Solve on fractions, without rounding."""
    size = len(right)
    rows = [[*map(Fraction, line), Fraction(value)] for line, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if rows[i][column] != 0)
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for i in range(size):
            if i != column:
                rows[i] = [a - rows[i][column] * b for a, b in zip(rows[i], rows[column], strict=True)]
    return [float(row[-1]) for row in rows]


def plain_errors(y: Vector, factors: Sequence[Vector]) -> list[float]:
    """Root of s^2 times the diagonal of (X'X)^-1."""
    rows, bread = _bread(factors, len(y))
    residuals = multiple_ols(y, factors).residuals
    variance = math.fsum(e * e for e in residuals) / (len(y) - len(rows[0]))
    return [math.sqrt(variance * bread[a][a]) for a in range(len(rows[0]))]


def white_errors(y: Vector, factors: Sequence[Vector], kind: str) -> list[float]:
    """hc0, hc1 (times n/(n-k)) or hc3 (residuals over one less the leverage)."""
    rows, bread = _bread(factors, len(y))
    n, k = len(rows), len(rows[0])
    scores = []
    for e, row in zip(multiple_ols(y, factors).residuals, rows, strict=True):
        leverage = math.fsum(row[a] * bread[a][b] * row[b] for a in range(k) for b in range(k))
        scores.append(e / (1.0 - leverage) if kind == "hc3" else e)
    scale = n / (n - k) if kind == "hc1" else 1.0
    errors = []
    for a in range(k):
        pulls = [math.fsum(bread[a][b] * row[b] for b in range(k)) for row in rows]
        errors.append(math.sqrt(scale * math.fsum((p * s) ** 2 for p, s in zip(pulls, scores, strict=True))))
    return errors


def ridge(y: Vector, factors: Sequence[Vector], penalty: float) -> list[float]:
    """Intercept and slopes, the penalty on slopes of factors brought to population deviation 1."""
    n = len(y)
    means = [math.fsum(f) / n for f in factors]
    sizes = [math.sqrt(math.fsum((v - m) ** 2 for v in f) / n) for f, m in zip(factors, means, strict=True)]
    scaled = [[(v - m) / s for v in f] for f, m, s in zip(factors, means, sizes, strict=True)]
    level = math.fsum(y) / n
    gram = [
        [
            math.fsum(a * b for a, b in zip(p, q, strict=True)) + (penalty if i == j else 0.0)
            for j, q in enumerate(scaled)
        ]
        for i, p in enumerate(scaled)
    ]
    right = [math.fsum(a * (b - level) for a, b in zip(p, y, strict=True)) for p in scaled]
    slopes = [b / s for b, s in zip(solve(gram, right), sizes, strict=True)]
    return [level - math.fsum(b * m for b, m in zip(slopes, means, strict=True)), *slopes]


def _bread(factors: Sequence[Vector], n: int) -> tuple[list[list[float]], list[list[float]]]:
    rows = [[1.0, *(float(f[t]) for f in factors)] for t in range(n)]
    k = len(rows[0])
    exact = [[Fraction(value) for value in row] for row in rows]
    gram = [[sum((row[a] * row[b] for row in exact), Fraction(0)) for b in range(k)] for a in range(k)]
    columns = [solve(gram, [1.0 if a == b else 0.0 for b in range(k)]) for a in range(k)]
    return rows, columns
