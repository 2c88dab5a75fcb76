"""The exercise boundary of an American put of strike 1, by the fixed point of Andersen, Lake and Offengenden.

Andersen, Lake and Offengenden, High-performance American option pricing, J. Computational Finance 20(1), 2016: the
boundary B at sqrt(time left), as q = ln(B / X)^2 at Chebyshev's points, X its limit at expiry. Their two equations
are A (bells) and B (probabilities); A converges in a dozen steps, but swings where the drift is large against the
volatility, so those take B. The integrals run over h = sqrt((tau - u) / tau), crowded at both ends, where the
boundary has a logarithm in it: without that, errors stayed at 2e-7 whatever the number of points.
"""

from __future__ import annotations

import math
from typing import Any

from ...arrays import Floats
from ..fused import fused
from ..jit import uncounted
from .normal import BY_ROOT_2PI, exponential, normal, weigh_bells, weigh_below, weigh_both

# Above this many deviations of drift over the life, equation A swings (measured on 1,278 published prices: from 0.9).
MOST_DRIFT = 1.2
STEPS = 120
EVEN = 0.02


@uncounted
def limit_at_expiry(rate: float, carry: float) -> float:
    """X, the boundary as the time left goes to zero."""
    return rate / carry if carry > rate else 1.0


@uncounted
def equation_of_bells(terms: Any) -> bool:
    """Whether equation A settles; terms: years, rate, carry and volatility, here and below."""
    years, rate, carry, vol = terms
    return bool(abs(rate - carry) * math.sqrt(years) < MOST_DRIFT * vol)


@uncounted
def start(terms: Any, roots: Floats, log_gap: Floats) -> None:
    """A first guess of ln(X / B) at the points: from X at expiry to the perpetual boundary.

    terms: years, rate, carry and volatility, here and below.
    """
    years, rate, carry, vol = terms
    limit = limit_at_expiry(rate, carry)
    variance = vol * vol
    slope = (rate - carry) / variance - 0.5
    root = -slope - math.sqrt(slope * slope + 2.0 * rate / variance)
    perpetual = min(root / (root - 1.0), limit * 0.9999)
    for i in range(roots.shape[0]):
        spread = -2.0 * vol * roots[i] * math.sqrt(years) * perpetual / (limit - perpetual)
        log_gap[i] = math.log(limit / (perpetual + (limit - perpetual) * math.exp(spread)))


@uncounted
def lay_out(terms: Any, roots: Floats, steps: Floats, weights: Floats, bells_only: bool, laid: Floats) -> None:
    """Fill what is the same at every step, for part k of point i's integral at [k * points + i].

    laid (6, parts * points): the drift's part of ln(B / B later), the deviation between them and its inverse, and what
    the bells and the probabilities are worth: of rate, of carry's bell and of carry's probability.
    """
    years, rate, carry, vol = terms
    points = roots.shape[0]
    size = points * steps.shape[0]
    drift, u = rate - carry - 0.5 * vol * vol, laid[3]
    for k in range(steps.shape[0]):
        for i in range(points):
            at, tau = k * points + i, years * roots[i] * roots[i]
            laid[0, at] = drift * tau * steps[k] * steps[k]
            laid[1, at] = vol * math.sqrt(years) * roots[i] * steps[k]
            u[at] = tau * (1.0 - steps[k] * steps[k])
    for at in range(size):
        laid[2, at] = 1.0 / laid[1, at]
    for at in range(size):
        laid[4, at] = exponential(carry * u[at])
    for at in range(size):
        laid[3, at] = exponential(rate * u[at])
    for k in range(steps.shape[0]):
        for i in range(points):
            at, worth = k * points + i, 2.0 * years * roots[i] * roots[i] * weights[k]
            by_rate, by_carry = worth * rate * laid[3, at], worth * carry * laid[4, at]
            if bells_only:
                laid[3, at] = BY_ROOT_2PI * by_rate
                laid[4, at] = BY_ROOT_2PI * by_carry
                laid[5, at] = laid[1, at] * by_carry
            else:
                laid[3, at] = steps[k] * by_rate
                laid[4, at] = 0.0
                laid[5, at] = steps[k] * by_carry


@uncounted
def update(log_gap: Floats, terms: Any, tables: Any, bells_only: bool, rows: Floats, out: Floats) -> None:
    """out = the right side of the fixed point at `log_gap`.

    tables: roots of a grid, what takes the boundary from its points to the parts of the integrals, and what `lay_out`
    filled. The integrals of all points are walked as one row: with a loop for each, a third of the time went into the
    loops' beginnings.
    """
    years, rate, carry, vol = terms
    roots, between, laid = tables
    points = roots.shape[0]
    size = between.shape[1]
    log_limit = math.log(limit_at_expiry(rate, carry))
    root, drift = math.sqrt(years) * vol, (rate - carry - 0.5 * vol * vol) * years
    low, high, top, base = rows[0], rows[1], rows[2], rows[3]
    _arguments(log_gap, between, laid, rows)
    if bells_only:
        weigh_bells(low, size, laid[3])
        weigh_both(high, size, laid[4], laid[5])
    else:
        weigh_below(low, size, laid[3])
        weigh_below(high, size, laid[5])
    for i in range(points):
        top[i], base[i] = 0.0, 0.0
    for at in range(0, size, points):
        for i in range(points):
            top[i] += low[at + i]
            base[i] += high[at + i]
    for i in range(points):
        deviation = root * roots[i]
        at_limit = (log_limit - log_gap[i] + drift * roots[i] * roots[i]) / deviation
        above = at_limit + deviation
        if bells_only:
            top[i] += BY_ROOT_2PI * math.exp(-0.5 * at_limit * at_limit)
            base[i] += normal(above) * deviation + BY_ROOT_2PI * math.exp(-0.5 * above * above)
        else:
            top[i] += normal(at_limit)
            base[i] += normal(above)
        ratio = top[i] / base[i]
        if 0.0 < ratio < math.inf and base[i] > 0.0:
            out[i] = max(log_limit - math.log(ratio) + (rate - carry) * years * roots[i] * roots[i], 0.0)
        else:
            # A guess far too deep, where a rate of nearly zero leaves nothing to divide: half-way back.
            out[i] = 0.5 * log_gap[i]


@uncounted
def _arguments(log_gap: Floats, between: Floats, laid: Floats, rows: Floats) -> None:
    """rows[0] = d-, rows[1] = d+ of the boundary at each point against the boundary later, at each part."""
    points, size = log_gap.shape[0], between.shape[1]
    low, high, own = rows[0], rows[1], rows[2]
    for at in range(0, size, points):
        for i in range(points):
            own[at + i] = laid[0, at + i] - log_gap[i]
    for at in range(size):
        low[at] = 0.0
    # Two points at a time, and both products fused: prices of 22,500 options a second became 26,000.
    for j in range(0, points, 2):
        one, two = log_gap[j] * log_gap[j], log_gap[j + 1] * log_gap[j + 1]
        for at in range(size):
            low[at] = fused(between[j, at], one, fused(between[j + 1, at], two, low[at]))
    for at in range(size):
        low[at] = (math.sqrt(max(low[at], 0.0)) + own[at]) * laid[2, at]
    for at in range(size):
        high[at] = low[at] + laid[1, at]


@uncounted
def solve(
    log_gap: Floats, terms: Any, tables: Any, bells_only: bool, rows: Floats, history: Floats, tolerance: float
) -> int:
    """Move `log_gap` to the fixed point; the number of steps, or -1 where it was not met within 120.

    Every third step is Aitken's extrapolation along the last change: the slowest error shrinks by nearly a constant
    factor. What has not settled by then is left to plain steps, which are slow and sure.
    """
    points = log_gap.shape[0]
    new, old_new, old_change = history[0], history[1], history[2]
    for step in range(STEPS):
        update(log_gap, terms, tables, bells_only, rows, new)
        largest, along, size = 0.0, 0.0, 0.0
        for i in range(points):
            change = new[i] - log_gap[i]
            largest = max(largest, abs(change))
            if step > 0:
                turn = change - old_change[i]
                along += turn * change
                size += turn * turn
        # Far from the fixed point its errors do not shrink evenly yet, and extrapolating them loses the way.
        part = along / size if step % 3 == 2 and step < STEPS // 2 and size > 0.0 and largest < EVEN else 0.0
        if largest <= tolerance:
            for i in range(points):
                log_gap[i] = new[i]
            return step + 1
        for i in range(points):
            change = new[i] - log_gap[i]
            log_gap[i] = max(new[i] - part * (new[i] - old_new[i]), 0.0) if step > 0 else new[i]
            old_new[i] = new[i]
            old_change[i] = change
    return -1
