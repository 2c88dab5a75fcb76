"""A trade over many events in plain Python: intervals by bisection, clusters by search, one account by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Prices = Mapping[str, Sequence[float]]
STEPS = 4000


@dataclass(frozen=True)
class PlainPlan:
    """Entered at the open of row `entry`, left at the close of row `leave`; weights: fractions of NAV."""

    entry: int
    leave: int
    weights: Mapping[str, float]


def at_least(hits: int, n: int, p: float) -> float:
    """The probability of `hits` or more successes in n trials."""
    return math.fsum(math.comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(hits, n + 1))


def exact_interval(hits: int, n: int) -> tuple[float, float]:
    """Rates that leave 2.5 % in the tail beyond what was seen, on either side."""
    low = 0.0 if hits == 0 else _bisect(lambda p: at_least(hits, n, p) - 0.025, 0.0, 1.0)
    high = 1.0 if hits == n else _bisect(lambda p: at_least(hits + 1, n, p) - 0.975, 0.0, 1.0)
    return low, high


def _bisect(rising: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def student_inside(t: float, df: int) -> float:
    """The probability between -t and t: Simpson's rule after x = sqrt(df) tan(u), which bounds the range."""
    top = math.atan(abs(t) / math.sqrt(df))
    constant = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    weights = [1, *([4, 2] * (STEPS // 2 - 1)), 4, 1]
    values = [w * math.cos(top * k / STEPS) ** (df - 1) for k, w in enumerate(weights)]
    return 2.0 * constant * math.fsum(values) * top / STEPS / 3.0


def student_two_sided(t: float, df: int) -> float:
    """The p-value of t."""
    return 1.0 - student_inside(t, df)


def student_975(df: int) -> float:
    """The value with 95 % between its negative and itself."""
    return _bisect(lambda t: student_inside(t, df) - 0.95, 0.0, 100.0)


def find_clusters(windows: Sequence[tuple[int, int]]) -> list[int]:
    """Connected groups of windows that share a session, numbered by their first member."""
    label = list(range(len(windows)))
    changed = True
    while changed:
        changed = False
        for i, (a, b) in enumerate(windows):
            for j, (c, d) in enumerate(windows):
                if set(range(a, b + 1)) & set(range(c, d + 1)) and label[i] != label[j]:
                    label[i] = label[j] = min(label[i], label[j])
                    changed = True
    order = sorted(set(label))
    return [order.index(x) for x in label]


def taken_when_skipping(windows: Sequence[tuple[int, int]]) -> list[int]:
    """Which windows are taken, in order, when one that shares a session with a taken one is not."""
    taken: list[int] = []
    for j, (a, b) in enumerate(windows):
        if all(not set(range(a, b + 1)) & set(range(windows[k][0], windows[k][1] + 1)) for k in taken):
            taken.append(j)
    return taken


def means_without_one(values: Sequence[float]) -> list[float]:
    """The mean without each value in turn."""
    return [math.fsum(v for k, v in enumerate(values) if k != j) / (len(values) - 1) for j in range(len(values))]


def account(
    plans: Sequence[PlainPlan], opens: Prices, closes: Prices, capital: float, cap: float | None
) -> list[float]:
    """NAV at each close from the first entry to the last exit, without costs.

    cap None: stacked, only names of a plan that comes or goes are traded; else every name, scaled to the cap.
    """
    first, last = min(p.entry for p in plans), max(p.leave for p in plans)
    cash, shares, navs = capital, dict.fromkeys(opens, 0.0), []
    for row in range(first, last + 1):
        for opening, prices in ((True, opens), (False, closes)):
            moving = [p for p in plans if (p.entry if opening else p.leave) == row]
            held = [p for p in plans if p.entry <= row and (p.leave > row or (opening and p.leave == row))]
            nav = cash + math.fsum(q * prices[t][row] for t, q in shares.items() if q)
            wanted = {t: math.fsum(p.weights.get(t, 0.0) for p in held) for t in shares}
            gross = math.fsum(abs(w) for w in wanted.values())
            factor = 1.0 if cap is None or gross <= cap else cap / gross
            for ticker, weight in wanted.items():
                if moving and (cap is not None or any(ticker in p.weights for p in moving)):
                    target = weight * factor * nav / prices[ticker][row] if weight else 0.0
                    cash -= (target - shares[ticker]) * prices[ticker][row] if target != shares[ticker] else 0.0
                    shares[ticker] = target
        navs.append(cash + math.fsum(q * closes[t][row] for t, q in shares.items() if q))
    return navs
