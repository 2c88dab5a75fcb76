"""Measures of luck in plain Python: one loop per definition, no arrays, no shared code with the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from statistics import NormalDist

Numbers = Sequence[float]
NORMAL = NormalDist()


def sharpe(values: Numbers) -> float:
    """Mean over deviation (ddof=1); 0 without any return, infinite without variation."""
    mean = math.fsum(values) / len(values)
    variance = math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1)
    if variance > 0.0:
        return mean / math.sqrt(variance)
    return 0.0 if mean == 0.0 else math.copysign(math.inf, mean)


def mean(values: Numbers) -> float:
    return math.fsum(values) / len(values)


def cut(values: Numbers, blocks: int) -> list[list[float]]:
    """Blocks of successive values, NaN left out of each."""
    n = len(values)
    ends = [n * i // blocks for i in range(blocks + 1)]
    return [[x for x in values[a:b] if not math.isnan(x)] for a, b in pairwise(ends)]


def cscv(
    strategies: Sequence[Numbers], blocks: int, metric: Callable[[Numbers], float] = sharpe
) -> list[tuple[int, float, float, float]]:
    """For each choice of half the blocks: the best strategy, its metric inside and outside, its middle rank outside."""
    pieces = [cut(values, blocks) for values in strategies]
    rows = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside, outside = [], []
        for piece in pieces:
            inside.append(metric([x for b in chosen for x in piece[b]]))
            outside.append(metric([x for b in range(blocks) if b not in chosen for x in piece[b]]))
        best = inside.index(max(inside))
        below = sum(1 for value in outside if value < outside[best])
        equal = sum(1 for value in outside if value == outside[best])
        rows.append((best, inside[best], outside[best], below + (equal + 1) / 2))
    return rows


def slope(x: Numbers, y: Numbers) -> tuple[float, float]:
    """Least squares of y on x: slope and intercept."""
    mx, my = mean(x), mean(y)
    b = math.fsum((p - mx) * (q - my) for p, q in zip(x, y, strict=True)) / math.fsum((p - mx) ** 2 for p in x)
    return b, my - b * mx


def moments(values: Numbers) -> tuple[float, float]:
    """Skewness and kurtosis (3 for a normal distribution), divided by n."""
    centre = mean(values)
    second, third, fourth = (math.fsum((x - centre) ** k for x in values) / len(values) for k in (2, 3, 4))
    return third / second**1.5, fourth / second**2


def probabilistic_sharpe(ratio: float, bar: float, n: int, skew: float, kurt: float) -> float:
    """Bailey and Lopez de Prado (2012), equation of the probabilistic Sharpe ratio."""
    return NORMAL.cdf((ratio - bar) * math.sqrt(n - 1) / math.sqrt(1 - skew * ratio + (kurt - 1) / 4 * ratio**2))


def largest_of_normals(count: int) -> tuple[float, float]:
    """Mean and variance of the largest of whole `count` standard normals, from tail integrals by Simpson's rule."""

    def tails(power: int) -> float:
        # E[X^p] = integral of p x^(p-1) (P(X > x) + (-1)^p P(X < -x)) over x > 0
        steps, high = 4000, 12.0
        width = high / steps
        total = 0.0
        for i in range(steps + 1):
            x = i * width
            upper, lower = 1.0 - NORMAL.cdf(x) ** count, NORMAL.cdf(-x) ** count
            value = power * x ** (power - 1) * (upper + (-1) ** power * lower)
            total += value * (1 if i in (0, steps) else 4 if i % 2 else 2)
        return total * width / 3

    first = tails(1)
    return first, tails(2) - first**2


def holm(p: Numbers) -> list[float]:
    order = sorted(range(len(p)), key=lambda i: p[i])
    out, high = [0.0] * len(p), 0.0
    for step, i in enumerate(order):
        high = max(high, min((len(p) - step) * p[i], 1.0))
        out[i] = high
    return out


def benjamini_yekutieli(p: Numbers) -> list[float]:
    n = len(p)
    harmonic = sum(1 / k for k in range(1, n + 1))
    out, low = [0.0] * n, 1.0
    for rank, i in sorted(enumerate(sorted(range(n), key=lambda i: p[i]), start=1), reverse=True):
        low = min(low, p[i] * n * harmonic / rank)
        out[i] = low
    return out


def long_run_deviation(values: Numbers, block: float) -> float:
    """Root of the variance of root-n times the mean under the stationary bootstrap, lag by lag."""
    n, centre, stay = len(values), mean(values), 1 - 1 / block
    total = math.fsum((x - centre) ** 2 for x in values) / n
    for lag in range(1, n):
        weight = (1 - lag / n) * stay**lag + lag / n * stay ** (n - lag)
        total += 2 * weight * math.fsum((values[t] - centre) * (values[t + lag] - centre) for t in range(n - lag)) / n
    return math.sqrt(total)


def superiority(
    strategies: Sequence[Numbers], draws: Sequence[Sequence[int]], block: float
) -> tuple[float, list[float], list[float]]:
    """White's p-value, Hansen's three (studentised) and the adjusted p-values of Romano and Wolf's stepdown."""
    n, count = len(strategies[0]), len(strategies)
    means = [mean(values) for values in strategies]
    omega = [long_run_deviation(values, block) for values in strategies]
    drawn = [[mean([values[t] for t in draw]) for values in strategies] for draw in draws]
    check = sum(max(m[k] - means[k] for k in range(count)) >= max(means) for m in drawn) / len(draws)
    stats = [means[k] / omega[k] for k in range(count)]
    bars = [-omega[k] * math.sqrt(2 * math.log(math.log(n)) / n) for k in range(count)]
    spa = []
    for centre in (
        [max(m, 0.0) for m in means],
        [m if m >= bar else 0.0 for m, bar in zip(means, bars, strict=True)],
        means,
    ):
        hits = 0
        for m in drawn:
            hits += max(0.0, *((m[k] - centre[k]) / omega[k] for k in range(count))) >= max(0.0, *stats)
        spa.append(hits / len(draws))
    left, adjusted, high = sorted(range(count), key=lambda k: -stats[k]), [0.0] * count, 0.0
    while left:
        first = left[0]
        hits = sum(max((m[k] - means[k]) / omega[k] for k in left) >= stats[first] for m in drawn)
        high = max(high, (hits + 1) / (len(draws) + 1))
        adjusted[first] = high
        left = left[1:]
    return check, spa, adjusted


def bca(estimate: float, drawn: Numbers, left_out: Numbers, confidence: float) -> tuple[float, float]:
    """Efron's interval: bias from the draws below the estimate, acceleration from leaving one value out at a time."""
    bias = NORMAL.inv_cdf(sum(x < estimate for x in drawn) / len(drawn))
    gaps = [mean(left_out) - x for x in left_out]
    speed = sum(g**3 for g in gaps) / (6 * sum(g**2 for g in gaps) ** 1.5)
    ordered, found = sorted(drawn), []
    for level in ((1 - confidence) / 2, (1 + confidence) / 2):
        z = bias + NORMAL.inv_cdf(level)
        place = NORMAL.cdf(bias + z / (1 - speed * z)) * (len(ordered) - 1)
        low = math.floor(place)
        found.append(ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]))
    return found[0], found[1]


def leaks(train: int, test: Sequence[int], ends: Sequence[int], embargo: int) -> bool:
    """Whether a session's decision-to-outcome interval meets that of a run of test sessions, or follows too soon."""
    runs: list[list[int]] = []
    for t in sorted(test):
        if runs and runs[-1][-1] == t - 1:
            runs[-1].append(t)
        else:
            runs.append([t])
    for run in runs:
        known = max(ends[t] for t in run)
        if any(s in range(run[0], known + 1) for s in range(train, ends[train] + 1)):
            return True
        if known < train <= known + embargo:
            return True
    return False
