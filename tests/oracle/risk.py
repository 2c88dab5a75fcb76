"""Risk figures in plain Python: one loop per definition, no arrays, no shared code with the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

Numbers = Sequence[float]


def present(values: Numbers) -> list[float]:
    """The values that are not NaN."""
    return [value for value in values if not math.isnan(value)]


def mean(values: Numbers) -> float:
    return math.fsum(values) / len(values)


def central_moment(values: Numbers, power: int) -> float:
    """Population moment about the mean."""
    centre = mean(values)
    return math.fsum((value - centre) ** power for value in values) / len(values)


def deviation(values: Numbers) -> float:
    """Standard deviation with ddof=1."""
    return math.sqrt(central_moment(values, 2) * len(values) / (len(values) - 1))


def skewness(values: Numbers) -> float:
    return central_moment(values, 3) / math.pow(central_moment(values, 2), 1.5)


def excess_kurtosis(values: Numbers) -> float:
    return central_moment(values, 4) / central_moment(values, 2) ** 2 - 3.0


def quantile(values: Numbers, level: float) -> float:
    """Linear interpolation between order statistics, the default of R and numpy (type 7)."""
    ordered = sorted(values)
    position = level * (len(ordered) - 1)
    if abs(position - round(position)) < 1e-9:
        return ordered[round(position)]
    below = math.floor(position)
    return ordered[below] + (position - below) * (ordered[below + 1] - ordered[below])


def historical(values: Numbers, confidence: float) -> tuple[float, float]:
    """VaR and ES as positive losses; ES is the mean of the returns at or below the quantile."""
    cut = quantile(values, 1.0 - confidence)
    return -cut, -mean([value for value in values if value <= cut])


def harrell_davis(values: Numbers, confidence: float) -> tuple[float, float]:
    """VaR as a mean of order statistics weighted by the Beta((n + 1) p, (n + 1)(1 - p)) mass of ((i - 1)/n, i/n);
    ES as in `historical`."""
    n, tail = len(values), 1.0 - confidence
    a, b = (n + 1) * tail, (n + 1) * (1.0 - tail)
    constant = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)

    def density(x: float) -> float:
        if not 0.0 < x < 1.0:
            return 0.0
        return math.exp(constant + (a - 1.0) * math.log(x) + (b - 1.0) * math.log1p(-x))

    masses = [_simpson(density, i / n, (i + 1) / n, 40) for i in range(n)]
    return -math.fsum(m * x for m, x in zip(masses, sorted(values), strict=True)), historical(values, confidence)[1]


def gaussian(values: Numbers, confidence: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(1.0 - confidence)
    centre, spread = mean(values), math.sqrt(central_moment(values, 2))
    return -(centre + z * spread), -centre + spread * NormalDist().pdf(z) / (1.0 - confidence)


def cornish_fisher(values: Numbers, confidence: float) -> tuple[float, float]:
    """ES by adding up z times the second-order Edgeworth density below the quantile, step by step."""
    z = NormalDist().inv_cdf(1.0 - confidence)
    s, k = skewness(values), excess_kurtosis(values)
    h = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    centre, spread = mean(values), math.sqrt(central_moment(values, 2))
    tail = _simpson(lambda x: x * _edgeworth(x, s, k), h - 40.0, h, 40_000) / (1.0 - confidence)
    return -(centre + h * spread), -(centre + min(tail, h) * spread)


def _edgeworth(x: float, s: float, k: float) -> float:
    third = x**3 - 3 * x
    fourth = x**4 - 6 * x**2 + 3
    sixth = x**6 - 15 * x**4 + 45 * x**2 - 15
    return NormalDist().pdf(x) * (1 + s / 6 * third + k / 24 * fourth + s**2 / 72 * sixth)


def _simpson(function: Callable[[float], float], low: float, high: float, steps: int) -> float:
    width = (high - low) / steps
    inner = math.fsum((4 if i % 2 else 2) * function(low + i * width) for i in range(1, steps))
    return (function(low) + inner + function(high)) * width / 3


def underwater(values: Numbers) -> list[float]:
    """Drawdown after every return, from the initial capital of one."""
    wealth = high = 1.0
    below = []
    for value in values:
        wealth *= 1.0 + value
        high = max(high, wealth)
        below.append(wealth / high - 1.0)
    return below


def conditional_drawdown(values: Numbers, confidence: float) -> float:
    """Mean of the worst (1 - confidence) n drawdowns, the last one counted in part."""
    depths = sorted((-depth for depth in underwater(values)), reverse=True)
    count = (1.0 - confidence) * len(depths)
    if abs(count - round(count)) < 1e-9:
        count = float(round(count))
    whole = math.floor(count)
    part = (count - whole) * depths[whole] if count > whole else 0.0
    return (math.fsum(depths[:whole]) + part) / count


def longest_underwater(values: Numbers) -> int:
    longest = run = 0
    for depth in underwater(values):
        run = run + 1 if depth < 0 else 0
        longest = max(longest, run)
    return longest


def stability(values: Numbers) -> float:
    """R squared of the cumulated log return on time."""
    total = 0.0
    heights = []
    for value in values:
        total += math.log1p(value)
        heights.append(total)
    times = [float(i) for i in range(len(heights))]
    return correlation(times, heights) ** 2


def covariance(left: Numbers, right: Numbers) -> float:
    a, b = mean(left), mean(right)
    return math.fsum((x - a) * (y - b) for x, y in zip(left, right, strict=True)) / len(left)


def correlation(left: Numbers, right: Numbers) -> float:
    return covariance(left, right) / math.sqrt(central_moment(left, 2) * central_moment(right, 2))


def total_return(values: Numbers) -> float:
    return math.prod(1.0 + value for value in values) - 1.0


def annual_return(values: Numbers, year: float) -> float:
    return math.pow(1.0 + total_return(values), year / len(values)) - 1.0


def metric_row(values: Numbers, confidence: float = 0.95, year: float = 252) -> dict[str, float]:
    """Every figure of one series that needs no benchmark; NaN are left out first."""
    r = present(values)
    n, depths = len(r), underwater(r)
    cagr, spread = annual_return(r, year), deviation(r)
    sharpe = mean(r) / spread * math.sqrt(year)
    downside = math.sqrt(mean([min(x, 0.0) ** 2 for x in r])) * math.sqrt(year)
    ulcer, pain = math.sqrt(mean([d * d for d in depths])), -mean(depths)
    moving = [x for x in r if x != 0.0]
    rows = {
        "sessions": n,
        "total_return": total_return(r),
        "cagr": cagr,
        "volatility_annual": spread * math.sqrt(year),
        "sharpe": sharpe,
        "sharpe_stderr": math.sqrt((1 + sharpe**2 / year / 2) / n * year),
        "sortino": mean(r) * year / downside,
        "max_drawdown": min(depths),
        "calmar": cagr / -min(depths),
        "best_session": max(r),
        "worst_session": min(r),
        "hit_rate": sum(x > 0 for x in moving) / len(moving),
        "downside_deviation_annual": downside,
        "omega": math.fsum(x for x in r if x > 0) / -math.fsum(x for x in r if x < 0),
        "skew": skewness(r),
        "excess_kurtosis": excess_kurtosis(r),
        "stability": stability(r),
        "tail_ratio": abs(quantile(r, 0.95)) / abs(quantile(r, 0.05)),
        "ulcer_index": ulcer,
        "pain_index": pain,
        "cdar": conditional_drawdown(r, confidence),
        "martin_ratio": cagr / ulcer,
        "pain_ratio": cagr / pain,
        "longest_underwater_sessions": longest_underwater(r),
    }
    for name, method in (("historical", historical), ("gaussian", gaussian), ("cornish_fisher", cornish_fisher)):
        rows[f"var_{name}"], rows[f"es_{name}"] = method(r, confidence)
    return rows


def relative_row(values: Numbers, benchmark: Numbers, year: float = 252) -> dict[str, float]:
    """Every figure against a benchmark, on the sessions that both have."""
    pairs = [(x, y) for x, y in zip(values, benchmark, strict=True) if not (math.isnan(x) or math.isnan(y))]
    r, m = [x for x, _ in pairs], [y for _, y in pairs]
    active = [x - y for x, y in pairs]
    beta = covariance(r, m) / central_moment(m, 2)
    ups, downs = [p for p in pairs if p[1] > 0], [p for p in pairs if p[1] < 0]
    ranked = sorted(pairs, key=lambda pair: pair[1])
    low, middle, high = ranked[0], ranked[len(ranked) // 2], ranked[-1]
    share = (high[1] - middle[1]) / (high[1] - low[1])
    tracking = deviation(active)
    return {
        "benchmark_sessions": len(pairs),
        "alpha_annual": (1.0 + mean([x - beta * y for x, y in pairs])) ** year - 1.0,
        "beta": beta,
        "correlation": correlation(r, m),
        "tracking_error_annual": tracking * math.sqrt(year),
        "excess_sharpe": mean(active) / tracking,
        "information_ratio": mean(active) / tracking * math.sqrt(year),
        "capture": annual_return(r, year) / annual_return(m, year),
        "up_capture": _capture(ups, year),
        "down_capture": _capture(downs, year),
        "batting_average": sum(x > 0 for x in active) / len(active),
        "beta_fragility": share * low[0] + (1.0 - share) * high[0] - middle[0],
    }


def _capture(pairs: Sequence[tuple[float, float]], year: float) -> float:
    return annual_return([x for x, _ in pairs], year) / annual_return([y for _, y in pairs], year)
