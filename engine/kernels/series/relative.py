"""Figures of many return series against one benchmark."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined, kernel
from .metrics import LANE, NAN

RELATIVE = (
    "benchmark_sessions",
    "alpha_annual",
    "beta",
    "correlation",
    "tracking_error_annual",
    "excess_sharpe",
    "information_ratio",
    "capture",
    "up_capture",
    "down_capture",
    "batting_average",
    "beta_fragility",
)


@kernel
def relative_rows(values: Floats, benchmark: Floats, order: Ints, span: Ints, year: float, rows: Floats) -> None:
    """Fill rows[start:stop] with the figures of values[:, start:stop] against a benchmark.

    values: (T, S); benchmark: (T,); a session without either is left out; order: (T,) sessions by benchmark return,
    stable; span: start and stop; rows: (S, 12) in the order of RELATIVE.
    """
    sessions = values.shape[0]
    lanes = np.empty((LANE, sessions))
    for first in range(span[0], span[1], LANE):
        width = min(LANE, span[1] - first)
        for t in range(sessions):
            for s in range(width):
                lanes[s, t] = values[t, first + s]
        for s in range(width):
            rows[first + s, :] = NAN
            _pairs(lanes[s], benchmark, year, rows[first + s])
            _fragility(lanes[s], benchmark, order, rows[first + s])


@inlined
def _pairs(series: Floats, benchmark: Floats, year: float, row: Floats) -> None:
    """Sums over the paired sessions, then second moments about the means."""
    n, ups, downs, wins = 0, 0, 0, 0
    total, market = 0.0, 0.0
    up, up_market, down, down_market = 1.0, 1.0, 1.0, 1.0
    whole, whole_market, first = 1.0, 1.0, NAN
    varies, moves = False, False
    first_market = NAN
    for t in range(series.size):
        x, y = series[t], benchmark[t]
        if x != x or y != y:
            continue
        if n == 0:
            first, first_market = x - y, y
        varies = varies or (x - y) != first
        moves = moves or y != first_market
        n += 1
        total += x
        market += y
        wins += x > y
        # Products of one instead of branches: the side of the market cannot be predicted.
        rises, falls = y > 0.0, y < 0.0
        ups += rises
        downs += falls
        whole *= 1.0 + x
        whole_market *= 1.0 + y
        up *= 1.0 + (x if rises else 0.0)
        up_market *= 1.0 + (y if rises else 0.0)
        down *= 1.0 + (x if falls else 0.0)
        down_market *= 1.0 + (y if falls else 0.0)
    row[0] = n
    if n < 2:
        return
    row[7] = _growth(whole, n, year) / _growth(whole_market, n, year)
    row[8] = _growth(up, ups, year) / _growth(up_market, ups, year)
    row[9] = _growth(down, downs, year) / _growth(down_market, downs, year)
    row[10] = wins / n
    a, b = total / n, market / n
    xx, xy, yy = 0.0, 0.0, 0.0
    for t in range(series.size):
        x, y = series[t] - a, benchmark[t] - b
        if x == x and y == y:
            xx += x * x
            xy += x * y
            yy += y * y
    if moves:
        row[2] = xy / yy
        row[1] = (1.0 + a - row[2] * b) ** year - 1.0 if 1.0 + a - row[2] * b >= 0.0 else NAN
        row[3] = xy / math.sqrt(xx * yy) if xx > 0.0 else NAN
    if varies:
        tracking = math.sqrt(max(xx - 2.0 * xy + yy, 0.0) / (n - 1))
        row[4] = tracking * math.sqrt(year)
        row[5] = (a - b) / tracking
        row[6] = row[5] * math.sqrt(year)
    else:
        row[4] = 0.0


@inlined
def _growth(wealth: float, n: int, year: float) -> float:
    """Annual rate of a compounded growth over n sessions; NaN for none or for a total loss and more."""
    return wealth ** (year / n) - 1.0 if n > 0 and wealth >= 0.0 else NAN


@inlined
def _fragility(series: Floats, benchmark: Floats, order: Ints, row: Floats) -> None:
    """How much the average of the outcomes at both ends of the benchmark differs from that in the middle."""
    n = int(row[0])
    if n < 3:
        return
    seen = 0
    low, middle, high = order[0], order[n // 2], order[-1]
    for t in order[: order.size if n < order.size else 0]:
        if series[t] == series[t] and benchmark[t] == benchmark[t]:
            if seen == 0:
                low = t
            if seen == n // 2:
                middle = t
            high = t
            seen += 1
    width = benchmark[high] - benchmark[low]
    share = (benchmark[high] - benchmark[middle]) / width if width != 0.0 else 0.5
    other = (benchmark[middle] - benchmark[low]) / width if width != 0.0 else 0.5
    row[11] = share * series[low] + other * series[high] - series[middle]
