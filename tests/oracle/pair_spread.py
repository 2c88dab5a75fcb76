"""A pair's decisions, one close after the other, in plain Python; what can be worked out anew is not carried over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

Prices = Sequence[float]  # closes, NaN where there is none


@dataclass(frozen=True)
class Rules:
    """What a pair obeys; hold: longest hold in sessions, 0 = any."""

    lookback: int
    entry: float
    exit: float
    stop: float
    rearm_at_entry: bool
    ratio: str
    gross: float
    hold: int
    drift: float = 0.01


def log_index(members: Sequence[Prices], t: int) -> float:
    """Log of the equal-weight index at a close, NaN where no member has a price."""
    if not any(math.isfinite(one[t]) for one in members):
        return math.nan
    level = 1.0
    for u in range(1, t + 1):
        moves = []
        for one in members:
            now = [v for v in range(u - 5, u + 1) if v >= 0 and math.isfinite(one[v])]
            before = [v for v in range(u - 6, u) if v >= 0 and math.isfinite(one[v])]
            if now and before:
                moves.append(one[now[-1]] / one[before[-1]] - 1.0)
        level *= 1.0 + (sum(moves) / len(moves) if moves else 0.0)
    return math.log(level)


def slope(a: Sequence[float], b: Sequence[float], kind: str) -> float:
    """Ratio of two windows."""
    if kind == "dollar":
        return 1.0
    mean_a, mean_b = fmean(a), fmean(b)
    aa = sum((x - mean_a) ** 2 for x in a)
    bb = sum((x - mean_b) ** 2 for x in b)
    ab = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    if kind == "ols":
        return ab / bb
    # The direction of most variance of the cloud of (b, a), by its angle.
    return math.tan(0.5 * math.atan2(2.0 * ab, bb - aa))


def drifting_slope(a: Sequence[float], b: Sequence[float], rules: Rules) -> float:
    """Slope after the last of all closes so far, by the textbook filter with a fixed intercept."""
    n = rules.lookback
    first_a, first_b = a[:n], b[:n]
    centre = fmean(first_b)
    bb = sum((y - centre) ** 2 for y in first_b)
    h = slope(first_a, first_b, "ols")
    c = fmean(first_a)
    noise = sum((x - c - h * (y - centre)) ** 2 for x, y in zip(first_a, first_b, strict=True)) / (n - 2)
    p, q, r = noise / n, 0.0, noise / bb
    for x, y in zip(a[n:], b[n:], strict=True):
        f = y - centre
        r += rules.drift**2
        u, v = p + q * f, q + r * f
        spread = u + f * v + noise
        surprise = x - c - h * f
        c, h = c + u / spread * surprise, h + v / spread * surprise
        p, q, r = p - u * u / spread, q - u * v / spread, r - v * v / spread
    return h


def decisions(one: Sequence[Prices], two: Sequence[Prices], rules: Rules) -> dict[int, list[float]]:
    """Weights of the members of both sides at each close that orders something, the last close left out."""
    count = len(one[0])
    a = [log_index(one, t) for t in range(count)]
    b = [log_index(two, t) for t in range(count)]
    orders: dict[int, list[float]] = {}
    state, since, bar = "flat", 0, ""
    for t in range(count - 1):
        both = [u for u in range(t + 1) if math.isfinite(a[u]) and math.isfinite(b[u])]
        z = math.nan
        if both and both[-1] == t and len(both) >= rules.lookback:
            seen_a, seen_b = [a[u] for u in both], [b[u] for u in both]
            window_a, window_b = seen_a[-rules.lookback :], seen_b[-rules.lookback :]
            kalman = rules.ratio == "kalman"
            h = drifting_slope(seen_a, seen_b, rules) if kalman else slope(window_a, window_b, rules.ratio)
            gaps = [x - h * y for x, y in zip(window_a, window_b, strict=True)]
            z = (gaps[-1] - fmean(gaps)) / stdev(gaps)
            if not orders:
                orders[t] = [0.0] * (len(one) + len(two))
        if (bar == "high" and z <= 0) or (bar == "low" and z >= 0):
            bar = ""
        if bar and rules.rearm_at_entry and abs(z) < rules.entry:
            bar = ""
        if state != "flat":
            gap = z if state == "sold" else -z
            if gap <= rules.exit:
                state = "flat"
                orders[t] = [0.0] * (len(one) + len(two))
            elif gap >= rules.stop or (rules.hold and t - since >= rules.hold):
                bar, state = ("high" if state == "sold" else "low"), "flat"
                orders[t] = [0.0] * (len(one) + len(two))
        if state == "flat" and not bar and rules.entry <= abs(z) < rules.stop and h > 0:
            buys = [ready(p, t, rules) for p in one], [ready(p, t, rules) for p in two]
            if any(buys[0]) and any(buys[1]):
                state, since = ("sold" if z > 0 else "bought"), t
                sign = -1.0 if z > 0 else 1.0
                left, right = sign * rules.gross / (1 + h), -sign * rules.gross * h / (1 + h)
                orders[t] = [left / sum(buys[0]) if w else 0.0 for w in buys[0]]
                orders[t] += [right / sum(buys[1]) if w else 0.0 for w in buys[1]]
    return orders


def ready(prices: Prices, t: int, rules: Rules) -> bool:
    """Whether a member may be held: a close now, and enough of them so far."""
    return math.isfinite(prices[t]) and sum(math.isfinite(p) for p in prices[: t + 1]) >= min(20, rules.lookback)
