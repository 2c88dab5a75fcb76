"""American puts of strike 1 from their exercise boundary, many of one boundary at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined, kernel, uncounted
from .boundary import equation_of_bells, lay_out, limit_at_expiry, solve, start
from .normal import BY_ROOT_2PI, distribution, exponential, normal

LEVELS = 5
# The change of ln(X / B) within which each grid's boundary is left: less than what the next grid moves it by.
FINENESS = (1e-5, 2e-8, 2e-9, 8e-11, 8e-11)
# Rate over carry where the prices of two coarse grids were found to agree by chance (9 of 10,775, all within these).
LATE = (0.3, 0.95)
# Deviations above the boundary at which many puts are probed.
PROBED = (0.02, 0.2, 0.6, 1.2, 2.0, 3.0)
PROBES = len(PROBED)


@uncounted
def from_boundary(spot: float, first_gap: float, terms: Any, tables: Any, rows: Floats, out: Floats) -> None:
    """out[:3] = price, delta and gamma of a put of strike 1.

    first_gap: ln(X / B) now, at or above which exercise is best; tables: at each part of the integral its step, the
    boundary's gap, and what rate and carry pay there.
    """
    years, rate, carry, vol = terms
    steps, gaps, by_rate, by_carry = tables
    log_spot = math.log(spot)
    log_limit = math.log(limit_at_expiry(rate, carry))
    if log_spot <= log_limit - first_gap:
        out[0], out[1], out[2] = 1.0 - spot, -1.0, 0.0
        return
    parts = steps.shape[0]
    deviation = vol * math.sqrt(years)
    drift = (rate - carry - 0.5 * vol * vol) * years
    for k in range(parts):
        wide = deviation * steps[k]
        rows[0, k] = -(log_spot - log_limit + gaps[k] + drift * steps[k] * steps[k]) / wide
        rows[1, k] = rows[0, k] - wide
    distribution(rows[0], parts, rows[2], rows[3])
    distribution(rows[1], parts, rows[4], rows[5])
    low = -(log_spot + drift) / deviation
    high = low - deviation
    pay, hold = math.exp(-rate * years), math.exp(-carry * years)
    bell = BY_ROOT_2PI * math.exp(-0.5 * high * high)
    price = pay * normal(low) - spot * hold * normal(high)
    delta = -hold * normal(high)
    gamma = hold * bell / (spot * deviation)
    for k in range(parts):
        wide = deviation * steps[k]
        near, far = by_rate[k] * BY_ROOT_2PI * rows[2, k], by_carry[k] * BY_ROOT_2PI * rows[4, k]
        price += by_rate[k] * rows[3, k] - by_carry[k] * spot * rows[5, k]
        delta += (far - near / spot) / wide - by_carry[k] * rows[5, k]
        gamma += (near / (spot * spot) * (1.0 - rows[0, k] / wide) + far / spot * rows[1, k] / wide) / wide
        gamma += far / (spot * wide)
    out[0] = max(price, 1.0 - spot)
    out[1] = delta
    out[2] = gamma


@inlined
def price_group(spots: Floats, terms: Any, levels: Any, work: Any, tolerance: float, out: Floats) -> bool:
    """out[n] = price, delta, gamma of puts of strike 1 that share one boundary; True when the boundary was met.

    The boundary is found on each grid from the one before; the finest is left out where the prices of two grids lie
    within the tolerance of one another: errors fall by five and more from grid to grid. A rate of 0.3 to 0.95 of the
    carry needs it always: its boundary bends late, and the prices of two coarse grids may agree by chance.
    Of many puts a few at fixed distances from the boundary tell whether a grid is fine enough.
    """
    years, rate, carry, vol = terms
    rows, wide_rows, laid, history, gaps, pay, hold, guess, probes = work
    bells_only = equation_of_bells(terms)
    met, late = True, LATE[0] * carry < rate < LATE[1] * carry
    many = spots.shape[0] > PROBES
    # An error of the boundary reaches the price by what a year pays over the deviation of the life.
    reach = min(1.0, max(abs(rate), abs(carry)) * math.sqrt(years) / vol)
    for level in range(LEVELS):
        roots, steps, weights, between, fine_steps, fine_weights, fine, up = levels[level]
        points = roots.shape[0]
        tables = (roots, between, laid)
        log_gap = guess[level, :points]
        if level == 0:
            start(terms, roots, log_gap)
        else:
            for i in range(points):
                square = 0.0
                for j in range(up.shape[1]):
                    square += up[i, j] * guess[level - 1, j] * guess[level - 1, j]
                log_gap[i] = math.sqrt(max(square, 0.0))
        lay_out(terms, roots, steps, weights, bells_only, laid)
        fineness = max(tolerance * 0.02 / reach, FINENESS[level])
        took = solve(log_gap, terms, tables, bells_only, wide_rows, history, fineness)
        met = took > 0
        if level == 0:
            # Too coarse for a price; it is where the next one begins.
            continue
        for k in range(fine_steps.shape[0]):
            square = 0.0
            for j in range(points):
                square += fine[j, k] * log_gap[j] * log_gap[j]
            gaps[k] = math.sqrt(max(square, 0.0))
            left = years * fine_steps[k] * fine_steps[k]
            pay[k] = rate * exponential(-rate * left) * 2.0 * years * fine_steps[k] * fine_weights[k]
            hold[k] = carry * exponential(-carry * left) * 2.0 * years * fine_steps[k] * fine_weights[k]
        last = level == LEVELS - 1
        far = 0.0
        if not last:
            some = PROBES if many else spots.shape[0]
            for n in range(some):
                if many and level == 1:
                    away = log_gap[0] - vol * math.sqrt(years) * PROBED[n]
                    probes[n, 3] = limit_at_expiry(rate, carry) * math.exp(-away)
                elif not many:
                    probes[n, 3] = spots[n]
                spot, before = probes[n, 3], probes[n, 0]
                from_boundary(spot, log_gap[0], terms, (fine_steps, gaps, pay, hold), rows, probes[n])
                far = max(far, abs(probes[n, 0] - before) / max(spot, 1.0))
        # Errors fall by ten and more from the third to the fourth, whatever the terms.
        enough = (
            met
            and not last
            and ((level == 2 and not late and far <= tolerance) or (level == 3 and far <= 2.0 * tolerance))
        )
        if last or enough:
            for n in range(spots.shape[0]):
                from_boundary(spots[n], log_gap[0], terms, (fine_steps, gaps, pay, hold), rows, out[n])
            break
    return met


@kernel
def american_puts(
    spots: Floats,
    first: Ints,
    terms: Floats,
    levels: Any,
    most_parts: int,
    most_points: int,
    tolerance: float,
    out: Floats,
) -> None:
    """out (options x 3) = price, delta and gamma of American puts of strike 1; NaN where no boundary was met.

    spots in units of the strike, ordered by group; first (groups + 1): where each group begins; terms (groups x 4):
    years, rate, carry and volatility of each, rate > 0; levels: grids, coarse to fine, with out zero before the first.
    """
    work = (
        np.empty((6, most_parts)),
        np.empty((4, most_points * most_parts)),
        np.empty((6, most_points * most_parts)),
        np.empty((3, most_points)),
        np.empty(most_parts),
        np.empty(most_parts),
        np.empty(most_parts),
        np.empty((LEVELS, most_points)),
        np.empty((PROBES, 4)),
    )
    for group in range(first.shape[0] - 1):
        low, high = first[group], first[group + 1]
        one = (terms[group, 0], terms[group, 1], terms[group, 2], terms[group, 3])
        if not price_group(spots[low:high], one, levels, work, tolerance, out[low:high]):
            out[low:high] = math.nan
