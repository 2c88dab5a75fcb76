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
from ..jit import uncounted
from .normal import BY_ROOT_2PI, bells, distribution, exponential, normal

# Above this many deviations of drift over the life, equation A swings (measured on 1,278 published prices: from 0.9).
MOST_DRIFT = 1.2
STEPS = 120
EVEN = 0.02


@uncounted
def limit_at_expiry(rate: float, carry: float) -> float:
    """X, the boundary as the time left goes to zero."""
    return rate / carry if carry > rate else 1.0


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
def growth(terms: Any, tables: Any, weights: Floats) -> None:
    """Fill weighted rate * exp(rate * u) * dh and the same of the carry, at every part of every integral."""
    years, rate, carry, _ = terms
    roots, steps, _, by_rate, by_carry = tables
    for i in range(roots.shape[0]):
        tau = years * roots[i] * roots[i]
        for k in range(steps.shape[0]):
            u = tau * (1.0 - steps[k] * steps[k])
            by_rate[i, k] = rate * exponential(rate * u) * weights[k]
            by_carry[i, k] = carry * exponential(carry * u) * weights[k]


@uncounted
def update(log_gap: Floats, terms: Any, tables: Any, bells_only: bool, rows: Floats, out: Floats) -> None:
    """out = the right side of the fixed point at `log_gap`.

    tables: roots and steps of a grid, what takes the boundary from its points to the parts of the integrals, and what
    `growth` filled.
    """
    years, rate, carry, vol = terms
    roots, steps, between, by_rate, by_carry = tables
    points, parts = roots.shape[0], steps.shape[0]
    drift = rate - carry - 0.5 * vol * vol
    log_limit = math.log(limit_at_expiry(rate, carry))
    for i in range(points):
        tau = years * roots[i] * roots[i]
        deviation = vol * math.sqrt(tau)
        _arguments(log_gap, i, drift * tau, deviation, steps, between, rows)
        low = (log_limit - log_gap[i] + drift * tau) / deviation
        high = low + deviation
        if bells_only:
            bells(rows[0], parts, rows[2])
            distribution(rows[1], parts, rows[3], rows[4])
            above, below = 0.0, 0.0
            for k in range(parts):
                above += by_rate[i, k] * rows[2, k]
                below += by_carry[i, k] * (rows[4, k] * 2.0 * steps[k] * deviation + 2.0 * BY_ROOT_2PI * rows[3, k])
            top = BY_ROOT_2PI * math.exp(-0.5 * low * low) + 2.0 * BY_ROOT_2PI * tau * above
            base = normal(high) * deviation + BY_ROOT_2PI * math.exp(-0.5 * high * high) + tau * below
        else:
            distribution(rows[0], parts, rows[2], rows[3])
            distribution(rows[1], parts, rows[2], rows[4])
            above, below = 0.0, 0.0
            for k in range(parts):
                above += by_rate[i, k] * steps[k] * rows[3, k]
                below += by_carry[i, k] * steps[k] * rows[4, k]
            top = normal(low) + 2.0 * tau * above
            base = normal(high) + 2.0 * tau * below
        ratio = top / base
        if 0.0 < ratio < math.inf and base > 0.0:
            out[i] = max(log_limit - math.log(ratio) + (rate - carry) * tau, 0.0)
        else:
            # A guess far too deep, where a rate of nearly zero leaves nothing to divide: half-way back.
            out[i] = 0.5 * log_gap[i]


@uncounted
def _arguments(
    log_gap: Floats, i: int, drift: float, deviation: float, steps: Floats, between: Floats, rows: Floats
) -> None:
    """rows[0] = d-, rows[1] = d+ of the boundary at point i against the boundary later, at each part."""
    points, parts = log_gap.shape[0], steps.shape[0]
    for k in range(parts):
        rows[5, k] = 0.0
    for j in range(points):
        square = log_gap[j] * log_gap[j]
        for k in range(parts):
            rows[5, k] += between[i, j, k] * square
    for k in range(parts):
        wide = deviation * steps[k]
        rows[0, k] = (math.sqrt(max(rows[5, k], 0.0)) - log_gap[i] + drift * steps[k] * steps[k]) / wide
        rows[1, k] = rows[0, k] + wide


@uncounted
def solve(log_gap: Floats, terms: Any, tables: Any, rows: Floats, history: Floats, tolerance: float) -> int:
    """Move `log_gap` to the fixed point; the number of steps, or -1 where it was not met within 120.

    Every third step is Aitken's extrapolation along the last change: the slowest error shrinks by nearly a constant
    factor. What has not settled by then is left to plain steps, which are slow and sure.
    """
    years, rate, carry, vol = terms
    points = log_gap.shape[0]
    bells_only = abs(rate - carry) * math.sqrt(years) < MOST_DRIFT * vol
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
