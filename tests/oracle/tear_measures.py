"""Measures of a tear sheet in plain Python, one sum at a time, straight from their definitions."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: list[float]) -> float:
    middle = mean(values)
    return math.sqrt(math.fsum((x - middle) ** 2 for x in values) / (len(values) - 1))


def quantile(values: list[float], share: float) -> float:
    """Linear interpolation between the order statistics."""
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (place - low) * (ranked[high] - ranked[low])


def growth(values: list[float]) -> float:
    level = 1.0
    for x in values:
        level *= 1.0 + x
    return level


def by_period(dates: list[date], values: list[float], period: str) -> list[float]:
    """Returns compounded by month, quarter or year, in order."""
    key: dict[str, Callable[[date], tuple[int, ...]]] = {
        "M": lambda d: (d.year, d.month),
        "Q": lambda d: (d.year, (d.month - 1) // 3),
        "Y": lambda d: (d.year,),
    }
    levels: dict[tuple[int, ...], float] = {}
    for day, x in zip(dates, values, strict=True):
        found = key[period](day)
        levels[found] = levels.get(found, 1.0) * (1.0 + x)
    return [level - 1.0 for _, level in sorted(levels.items())]


def drawdowns(dates: list[date], values: list[float]) -> tuple[list[float], list[tuple[float, int]]]:
    """The drawdown at each return, and depth and calendar days of each episode; dates: one more than values."""
    level, high, peak = 1.0, 1.0, dates[0]
    depths, episodes, deepest = [], [], 0.0
    for day, x in zip(dates[1:], values, strict=True):
        level *= 1.0 + x
        if level >= high * (1.0 - 1e-12):
            if deepest < 0.0:
                episodes.append((deepest, (day - peak).days))
            deepest, peak = 0.0, day
        high = max(high, level)
        depths.append(level / high - 1.0)
        deepest = min(deepest, depths[-1] if depths[-1] < -1e-12 else 0.0)
    if deepest < 0.0:
        episodes.append((deepest, (dates[-1] - peak).days))
    return depths, episodes


def longest(values: list[float], sign: float) -> int:
    best = now = 0
    for x in values:
        now = now + 1 if sign * x > 0.0 else 0
        best = max(best, now)
    return best


def tear_measures(dates: list[date], values: list[float], year: float) -> dict[str, float]:
    """dates: the start and the date of each return; values without zeros at rounding."""
    n, total = len(values), growth(values)
    cagr = total ** (year / n) - 1.0
    gains, losses = [x for x in values if x > 0.0], [x for x in values if x < 0.0]
    wins = len(gains) / (len(gains) + len(losses))
    payoff = mean(gains) / -mean(losses)
    factor = math.fsum(gains) / -math.fsum(losses)
    depths, episodes = drawdowns(dates, values)
    deepest = -min(depths)
    ulcer = math.sqrt(math.fsum(d * d for d in depths) / n)
    worst = sorted(depths)
    share = round(0.05 * n, 9)
    cdar = -(math.fsum(worst[: int(share)]) + (share - int(share)) * worst[int(share)]) / share
    volatility = deviation(values) * math.sqrt(year)
    sharpe = mean(values) / deviation(values) * math.sqrt(year)
    sortino = mean(values) / math.sqrt(math.fsum(x * x for x in losses) / n) * math.sqrt(year)
    first, second = values[:-1], values[1:]
    a, b = mean(first), mean(second)
    rho = math.fsum((x - a) * (y - b) for x, y in zip(first, second, strict=True))
    rho /= math.sqrt(math.fsum((x - a) ** 2 for x in first) * math.fsum((y - b) ** 2 for y in second))
    penalty = math.sqrt(1.0 + 2.0 * math.fsum((n - k) / n * abs(rho) ** k for k in range(1, n)))
    months, quarters, years = (by_period(dates[1:], values, p) for p in "MQY")
    tail = abs(quantile(values, 0.95)) / abs(quantile(values, 0.05))
    return {
        "total_return": total - 1.0,
        "cagr": cagr,
        "expected_session": total ** (1.0 / n) - 1.0,
        "expected_month": (1.0 + cagr) ** (1.0 / 12.0) - 1.0,
        "expected_year": cagr,
        "mean_annual": mean(values) * year,
        "exposure": (len(gains) + len(losses)) / n,
        "risk_adjusted_return": cagr / ((len(gains) + len(losses)) / n),
        "volatility_annual": volatility,
        "sharpe": sharpe,
        "smart_sharpe": sharpe / penalty,
        "sortino": sortino,
        "smart_sortino": sortino / penalty,
        "adjusted_sortino": sortino / math.sqrt(2.0),
        "calmar": cagr / deepest,
        "martin_ratio": cagr / ulcer,
        "pain_ratio": cagr / (-math.fsum(depths) / n),
        "serenity": cagr / (ulcer * cdar / volatility),
        "omega": factor,
        "profit_factor": factor,
        "gain_to_pain": math.fsum(values) / -math.fsum(losses),
        "gain_to_pain_month": math.fsum(months) / -math.fsum(x for x in months if x < 0.0),
        "max_drawdown": -deepest,
        "longest_drawdown_days": max(days for _, days in episodes),
        "average_drawdown": mean([depth for depth, _ in episodes]),
        "average_drawdown_days": mean([float(days) for _, days in episodes]),
        "ulcer_index": ulcer,
        "pain_index": -math.fsum(depths) / n,
        "cdar": cdar,
        "recovery_factor": (total - 1.0) / deepest,
        "tail_ratio": tail,
        "common_sense_ratio": factor * tail,
        "outlier_win_ratio": quantile(values, 0.99) / mean(gains),
        "outlier_loss_ratio": quantile(values, 0.01) / mean(losses),
        "hit_rate": wins,
        "hit_rate_month": share_above(months),
        "hit_rate_quarter": share_above(quarters),
        "hit_rate_year": share_above(years),
        "best_session": max(values),
        "worst_session": min(values),
        "best_month": max(months),
        "worst_month": min(months),
        "best_year": max(years),
        "worst_year": min(years),
        "average_win": mean(gains),
        "average_loss": mean(losses),
        "average_up_month": mean([x for x in months if x > 0.0]),
        "average_down_month": mean([x for x in months if x < 0.0]),
        "payoff_ratio": payoff,
        "cpc_index": factor * wins * payoff,
        "kelly": (payoff * wins - (1.0 - wins)) / payoff,
        "risk_of_ruin": ((1.0 - wins) / (1.0 + wins)) ** n,
        "longest_wins": longest(values, 1.0),
        "longest_losses": longest(values, -1.0),
    }


def share_above(values: list[float]) -> float:
    moving = [x for x in values if x != 0.0]
    return sum(x > 0.0 for x in moving) / len(moving)


def relative_measures(values: list[float], benchmark: list[float], year: float) -> dict[str, float]:
    """Against a benchmark at the same dates."""
    n, a, b = len(values), mean(values), mean(benchmark)
    cross = math.fsum((x - a) * (y - b) for x, y in zip(values, benchmark, strict=True)) / n
    spread = math.fsum((y - b) ** 2 for y in benchmark) / n
    own = math.fsum((x - a) ** 2 for x in values) / n
    beta = cross / spread
    gaps = [x - y for x, y in zip(values, benchmark, strict=True)]
    rate, theirs = growth(values) ** (year / n) - 1.0, growth(benchmark) ** (year / n) - 1.0
    return {
        "beta": beta,
        "alpha_annual": (1.0 + a - beta * b) ** year - 1.0,
        "jensen_alpha": rate - beta * theirs,
        "correlation": cross / math.sqrt(spread * own),
        "r_squared": cross**2 / (spread * own),
        "tracking_error_annual": deviation(gaps) * math.sqrt(year),
        "information_ratio": mean(gaps) / deviation(gaps) * math.sqrt(year),
        "treynor": rate / beta,
        "capture": rate / theirs,
        "batting_average": sum(x > 0.0 for x in gaps) / n,
    }
