"""Hedge ratios in plain Python: lists of returns by ticker, one small function for each method."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .robust import solve

Row = list[float]


def returns_before(closes: Sequence[float], last: int, lookback: int) -> Row:
    """Simple returns of at most `lookback` sessions up to row `last`, NaN where a close is missing."""
    return [closes[t] / closes[t - 1] - 1.0 for t in range(max(1, last - lookback + 1), last + 1)]


def weights_by_age(count: int, half_life: float | None) -> Row:
    return [1.0 if half_life is None else 2.0 ** (-(count - 1 - t) / half_life) for t in range(count)]


def covariance(a: Row, b: Row, ages: Row, rows: list[int]) -> float:
    """Weighted covariance over some rows, unbiased for reliability weights."""
    w = [ages[t] for t in rows]
    total = math.fsum(w)
    mean_a = math.fsum(v * a[t] for v, t in zip(w, rows, strict=True)) / total
    mean_b = math.fsum(v * b[t] for v, t in zip(w, rows, strict=True)) / total
    products = math.fsum(v * (a[t] - mean_a) * (b[t] - mean_b) for v, t in zip(w, rows, strict=True))
    return products / (total - math.fsum(v * v for v in w) / total)


def whole(*series: Row) -> list[int]:
    return [t for t in range(len(series[0])) if all(math.isfinite(s[t]) for s in series)]


def covariances(series: list[Row], ages: Row, *, common: bool) -> list[list[float]]:
    """Over the rows that all share, or deviations from own rows and correlations from those that two share."""
    size = range(len(series))
    if common:
        rows = whole(*series)
        return [[covariance(series[i], series[j], ages, rows) for j in size] for i in size]
    own = [math.sqrt(covariance(s, s, ages, whole(s))) for s in series]
    out = [[0.0] * len(series) for _ in size]
    for i in size:
        for j in size:
            a, b, rows = series[i], series[j], whole(series[i], series[j])
            both = covariance(a, b, ages, rows)
            shared = math.sqrt(covariance(a, a, ages, rows) * covariance(b, b, ages, rows))
            out[i][j] = own[i] * own[j] * both / shared
    return out


def betas(ticker: Row, factors: list[Row], ages: Row, *, rows: list[int]) -> Row:
    """Slopes on all factors together."""
    gram = [[covariance(f, g, ages, rows) for g in factors] for f in factors]
    return solve(gram, [covariance(ticker, f, ages, rows) for f in factors])


def split(c: list[list[float]], longs: int) -> tuple[float, Row, list[list[float]]]:
    """Variance of the equally weighted long leg, its covariances with each short, and the shorts' covariances."""
    shorts = range(longs, len(c))
    variance = sum(c[i][j] for i in range(longs) for j in range(longs)) / longs**2
    cross = [sum(c[i][s] for i in range(longs)) / longs for s in shorts]
    return variance, cross, [[c[s][t] for t in shorts] for s in shorts]


def short_weights(method: str, c: list[list[float]], longs: int, penalty: float = 0.1) -> Row:
    """Methods that need covariances alone."""
    variance, cross, short = split(c, longs)
    n = len(cross)
    basket = sum(map(sum, short)) / n**2
    with_basket = sum(cross) / n
    if method == "dollar":
        return [1.0 / n] * n
    if method == "min_variance":
        return [with_basket / basket / n] * n
    if method == "min_variance_each":
        return [cross[i] / short[i][i] / n for i in range(n)]
    if method == "multi_min_variance":
        return solve(short, cross)
    if method == "ridge":
        added = penalty * sum(short[i][i] for i in range(n)) / n
        return solve(
            [[v + (added if i == j else 0.0) for j, v in enumerate(line)] for i, line in enumerate(short)], cross
        )
    if method == "total_least_squares":
        # The direction in which the two legs vary most, by halving the angle.
        angle = 0.5 * math.atan2(2.0 * with_basket, basket - variance)
        return [math.tan(angle) / n] * n
    inverse = [1.0 / math.sqrt(short[i][i]) for i in range(n)]
    raw = inverse if method == "volatility_parity" else equal_risk(short)
    size = math.sqrt(variance / sum(raw[i] * short[i][j] * raw[j] for i in range(n) for j in range(n)))
    return [size * value for value in raw]


def equal_risk(short: list[list[float]]) -> Row:
    """Equal contributions by a damped fixed point: each weight goes to the root of one over its pull per weight."""
    n = len(short)
    w = [1.0 / math.sqrt(short[i][i]) for i in range(n)]
    for _ in range(20_000):
        pull = [sum(short[i][j] * w[j] for j in range(n)) for i in range(n)]
        w = [0.5 * (w[i] + 1.0 / pull[i]) if pull[i] > 0 else 2.0 * w[i] for i in range(n)]
    return w


def neutral(c: list[list[float]], longs: int, rules: list[Row], targets: Row) -> Row:
    """Least variance under rules . w = targets, by eliminating nothing: the whole system at once."""
    _, cross, short = split(c, longs)
    n, m = len(cross), len(rules)
    system = [short[i] + [rules[k][i] for k in range(m)] for i in range(n)]
    system += [rules[k] + [0.0] * m for k in range(m)]
    return solve(system, cross + targets)[:n]


def drifting(up: Row, down: Row, observation: float, step: float) -> float:
    """Last filtered beta of one series on another, less their means, from 1 with variance 1."""
    mean_up, mean_down = math.fsum(up) / len(up), math.fsum(down) / len(down)
    beta, doubt = 1.0, 1.0
    for a, b in zip(up, down, strict=True):
        doubt += step * step
        gain = doubt * (b - mean_down) / ((b - mean_down) ** 2 * doubt + observation)
        beta += gain * ((a - mean_up) - beta * (b - mean_down))
        doubt *= 1.0 - gain * (b - mean_down)
    return beta
