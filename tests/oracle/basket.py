"""Weights inside one side of a basket, written out in plain Python."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import combinations


def inverse_volatility(returns: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Shares in proportion to one over each ticker's deviation, from what it has of its returns."""
    parts = {t: 1.0 / statistics.stdev([r for r in series if math.isfinite(r)]) for t, series in returns.items()}
    return {ticker: part / math.fsum(parts.values()) for ticker, part in parts.items()}


def sample_covariance(returns: Mapping[str, Sequence[float]]) -> list[list[float]]:
    """The covariance (n - 1) over the sessions that all tickers have."""
    rows = [row for row in zip(*returns.values(), strict=True) if all(map(math.isfinite, row))]
    columns = list(zip(*rows, strict=True))
    return [[statistics.covariance(one, other) for other in columns] for one in columns]


def solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a linear system by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        best = max(range(i, size), key=lambda k: abs(rows[k][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for k in range(size):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def variance(covariance: Sequence[Sequence[float]], shares: Sequence[float]) -> float:
    """The variance of a portfolio."""
    size = range(len(shares))
    return math.fsum(shares[i] * covariance[i][j] * shares[j] for i in size for j in size)


def minimum_variance(covariance: Sequence[Sequence[float]]) -> list[float]:
    """Least variance without shorts: the best of what every subset of tickers comes to without bounds."""
    size, best = len(covariance), (math.inf, [0.0])
    for count in range(1, size + 1):
        for chosen in combinations(range(size), count):
            raw = solved([[covariance[i][j] for j in chosen] for i in chosen], [1.0] * count)
            if min(raw) / math.fsum(raw) >= 0.0:
                shares = [0.0] * size
                for i, value in zip(chosen, raw, strict=True):
                    shares[i] = value / math.fsum(raw)
                best = min(best, (variance(covariance, shares), shares))
    return best[1]


def risk_parity(covariance: Sequence[Sequence[float]]) -> list[float]:
    """Shares of equal risk, ticker after ticker until nothing moves (Griveau-Billion, Richard and Roncalli 2013)."""
    size = len(covariance)
    x = [1.0 / math.sqrt(covariance[i][i]) for i in range(size)]
    for _ in range(2000):
        for i in range(size):
            cross = math.fsum(covariance[i][j] * x[j] for j in range(size) if j != i)
            x[i] = (-cross + math.sqrt(cross**2 + 4.0 * covariance[i][i] / size)) / (2.0 * covariance[i][i])
    return [value / math.fsum(x) for value in x]
