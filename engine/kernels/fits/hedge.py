"""Hedge ratios by thousands: USD short of each ticker of the short leg for each USD of the long leg."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined, kernel
from .moments import DONE, NO_HEDGE, OWN, EstimationSample, HedgeMoments, estimate_moments, take_sample
from .small_matrix import equal_risk, quadratic, solve_system


class HedgeCode(IntEnum):
    """The kernel's code of a method of hedging, under the name that `Method` has."""

    DOLLAR = 0
    BETA = 1
    MIN_VARIANCE = 2
    MIN_VARIANCE_EACH = 3
    MULTI_MIN_VARIANCE = 4
    FACTOR_NEUTRAL = 5
    VOLATILITY_PARITY = 6
    EQUAL_RISK = 7
    TOTAL_LEAST_SQUARES = 8
    KALMAN = 9
    RIDGE = 10


DOLLAR = int(HedgeCode.DOLLAR)
BETA = int(HedgeCode.BETA)
MIN_VARIANCE = int(HedgeCode.MIN_VARIANCE)
MIN_VARIANCE_EACH = int(HedgeCode.MIN_VARIANCE_EACH)
MULTI_MIN_VARIANCE = int(HedgeCode.MULTI_MIN_VARIANCE)
FACTOR_NEUTRAL = int(HedgeCode.FACTOR_NEUTRAL)
VOLATILITY_PARITY = int(HedgeCode.VOLATILITY_PARITY)
TOTAL_LEAST_SQUARES = int(HedgeCode.TOTAL_LEAST_SQUARES)
KALMAN = int(HedgeCode.KALMAN)
RIDGE = int(HedgeCode.RIDGE)


class Jobs(NamedTuple):
    """What to estimate, all (J,) but `factors`. last: row of the last return that is known; drift: deviation of
    one session's step of a Kalman beta; penalty: of ridge, as a share of the mean variance; factors: (J, F + 1)
    flags: column 0 asks for dollar neutrality, the rest for the factors to use."""

    method: Ints
    last: Ints
    lookback: Ints
    half_life: Floats
    min_sessions: Ints
    policy: Ints
    drift: Floats
    penalty: Floats
    factors: Ints


class Answers(NamedTuple):
    """weights: (J, S), positive is short; effectiveness, r_squared, residual_deviation (per session): (J,);
    betas: (J, N, F), NaN for factors that were not used; sessions: (J, N); shared, repaired, status, at: (J,)."""

    weights: Floats
    effectiveness: Floats
    r_squared: Floats
    residual_deviation: Floats
    betas: Floats
    sessions: Ints
    shared: Ints
    repaired: Ints
    status: Ints
    at: Ints


@inlined
def scale_to_long(moments: HedgeMoments, long: Floats, weights: Floats) -> bool:
    """Scale the short leg to the long leg's deviation."""
    count = long.size
    leg = quadratic(moments.covariance[count:, count:], weights, weights)
    if not leg > 0.0:
        return False
    weights *= math.sqrt(quadratic(moments.covariance[:count, :count], long, long) / leg)
    return True


@inlined
def beta_weights(moments: HedgeMoments, long: Floats, weights: Floats) -> bool:
    """Equal weights at which the legs' betas to the only factor cancel."""
    count = long.size
    up, down = 0.0, 0.0
    for i in range(count):
        up += long[i] * moments.betas[i, 0]
    for i in range(weights.size):
        down += moments.betas[count + i, 0] / weights.size
    weights[:] = up / down / weights.size
    return up > 0.0 and down > 0.0


@inlined
def optimal_weights(covariance: Floats, cross: Floats, rules: Floats, targets: Floats, weights: Floats) -> bool:
    """Minimise w'Cw/2 - w'c under rules (m, S) @ w = targets (m,): one Karush-Kuhn-Tucker system."""
    size, count = cross.size, targets.size
    # Variances of daily returns are tiny beside the rules, so both are brought to the same size.
    scale = 0.0
    for i in range(size):
        scale += covariance[i, i] / size
    if not scale > 0.0:
        return False
    matrix, right = np.zeros((size + count, size + count)), np.empty(size + count)
    for i in range(size):
        right[i] = cross[i] / scale
        for j in range(size):
            matrix[i, j] = covariance[i, j] / scale
    for m in range(count):
        right[size + m] = targets[m]
        for i in range(size):
            matrix[size + m, i] = rules[m, i]
            matrix[i, size + m] = rules[m, i]
    out = np.empty(size + count)
    found = solve_system(matrix, right, out)
    weights[:] = out[:size]
    return found


@inlined
def neutrality(moments: HedgeMoments, long: Floats, dollar: bool, size: int) -> tuple[Floats, Floats]:
    """Rules (m, S) and targets (m,) of dollar neutrality, where asked for, and of every factor."""
    count, factors = long.size, moments.betas.shape[1]
    first = 1 if dollar else 0
    rules, targets = np.ones((first + factors, size)), np.ones(first + factors)
    for f in range(factors):
        targets[first + f] = 0.0
        for i in range(count):
            targets[first + f] += long[i] * moments.betas[i, f]
        for i in range(size):
            rules[first + f, i] = moments.betas[count + i, f]
    return rules, targets


@inlined
def drifting_ratio(
    sample: EstimationSample, legs_of: tuple[int, bool], variance: float, drift: float, least: int
) -> float:
    """Last filtered beta of the long leg on the short leg, both less their means; it starts at 1 +- 1.

    legs_of: how many tickers are long, and whether a session counts only when all tickers have a return; else a
    leg's return is the mean of its tickers that have one. NaN where fewer than `least` sessions have both legs.
    """
    long, whole = legs_of
    n = sample.values.shape[0]
    legs, used = np.empty((n, 2)), 0
    for t in range(n):
        for side in range(2):
            first, last = (0, long) if side == 0 else (long, sample.tickers)
            total, members = 0.0, 0
            for i in range(first, last):
                if math.isfinite(sample.values[t, i]):
                    total += sample.values[t, i]
                    members += 1
            enough = members == last - first if whole else members > 0
            legs[used, side] = total / members if enough else np.nan
        if math.isfinite(legs[used, 0]) and math.isfinite(legs[used, 1]):
            used += 1
    if used < least:
        return np.nan
    up, down = legs[:used, 0] - legs[:used, 0].mean(), legs[:used, 1] - legs[:used, 1].mean()
    beta, doubt = 1.0, 1.0
    for t in range(used):
        doubt += drift * drift
        spread = down[t] * down[t] * doubt + variance
        gain = doubt * down[t] / spread
        beta += gain * (up[t] - beta * down[t])
        doubt *= variance / spread
    return beta


@inlined
def basket_ratio(jobs: Jobs, j: int, sample: EstimationSample, moments: HedgeMoments, long: Floats) -> float:
    """The ratios that hold the short leg at equal weights: minimum variance, total least squares, Kalman."""
    method, count = jobs.method[j], long.size
    size = sample.tickers - count
    equal = np.full(size, 1.0 / size)
    covariance = moments.covariance
    xx = quadratic(covariance[count:, count:], equal, equal)
    yy = quadratic(covariance[:count, :count], long, long)
    xy = quadratic(covariance[:count, count:], long, equal)
    if method == MIN_VARIANCE:
        return xy / xx
    if method == TOTAL_LEAST_SQUARES:
        return (yy - xx + math.sqrt((yy - xx) * (yy - xx) + 4.0 * xy * xy)) / (2.0 * xy)
    whole = jobs.policy[j] != OWN
    return drifting_ratio(sample, (count, whole), yy - xy * xy / xx, jobs.drift[j], jobs.min_sessions[j])


@inlined
def weigh(jobs: Jobs, j: int, sample: EstimationSample, moments: HedgeMoments, long: Floats, weights: Floats) -> bool:
    """Weights of the short leg by the job's method; False where there are none."""
    method, count, size = jobs.method[j], long.size, weights.size
    short = moments.covariance[count:, count:].copy()
    cross = np.zeros(size)
    for i in range(size):
        for k in range(count):
            cross[i] += moments.covariance[count + i, k] * long[k]
    none, nothing = np.zeros((0, size)), np.zeros(0)
    if method == DOLLAR:
        weights[:] = 1.0 / size
        return True
    if method == BETA:
        return beta_weights(moments, long, weights)
    if method in (MIN_VARIANCE, TOTAL_LEAST_SQUARES, KALMAN):
        weights[:] = basket_ratio(jobs, j, sample, moments, long) / size
        return True
    if method == MIN_VARIANCE_EACH:
        for i in range(size):
            weights[i] = cross[i] / short[i, i] / size
        return True
    if method == MULTI_MIN_VARIANCE:
        return optimal_weights(short, cross, none, nothing, weights)
    if method == RIDGE:
        added = jobs.penalty[j] * np.trace(short) / size
        for i in range(size):
            short[i, i] += added
        return optimal_weights(short, cross, none, nothing, weights)
    if method == FACTOR_NEUTRAL:
        rules, targets = neutrality(moments, long, jobs.factors[j, 0] == 1, size)
        return optimal_weights(short, cross, rules, targets, weights)
    if method == VOLATILITY_PARITY:
        for i in range(size):
            weights[i] = 1.0 / math.sqrt(short[i, i])
    elif not equal_risk(short, weights):
        return False
    return scale_to_long(moments, long, weights)


@inlined
def judge(answers: Answers, j: int, common: Floats, long: Floats, shared: int) -> None:
    """How well the weights hedged, over the sessions that all tickers share."""
    count, size = long.size, answers.weights.shape[1]
    both = np.empty(count + size)
    both[:count] = long
    both[count:] = -answers.weights[j]
    bare = quadratic(common[:count, :count], long, long)
    hedge = quadratic(common[count:, count:], answers.weights[j], answers.weights[j])
    cross = quadratic(common[:count, count:], long, answers.weights[j])
    left = quadratic(common, both, both)
    answers.effectiveness[j] = 1.0 - left / bare
    answers.r_squared[j] = cross * cross / (bare * hedge)
    answers.residual_deviation[j] = math.sqrt(max(left, 0.0)) if math.isfinite(left) else np.nan
    answers.shared[j] = shared


@inlined
def job_columns(jobs: Jobs, j: int) -> Ints:
    """The factor columns that a job uses."""
    return np.flatnonzero(jobs.factors[j, 1:])


@kernel
def estimate(returns: Floats, factors: Floats, long: Floats, jobs: Jobs, answers: Answers, first: int,
             last: int) -> None:  # fmt: skip
    """Answer jobs first to last (excluded). returns: (T, N), the long leg's tickers first; factors: (T, F); long:
    weights inside the long leg, adding up to 1. No row after a job's `last` is read."""
    for j in range(first, last):
        columns = job_columns(jobs, j)
        sample = take_sample(returns, factors, columns, jobs.last[j], jobs.lookback[j], jobs.half_life[j])
        needs_history = jobs.method[j] != DOLLAR
        least = jobs.min_sessions[j] if needs_history else 0
        moments = estimate_moments(sample, jobs.policy[j], least, jobs.lookback[j])
        answers.sessions[j] = moments.sessions
        answers.repaired[j] = 1 if moments.repaired else 0
        answers.status[j], answers.at[j] = moments.status, moments.at
        for f in range(columns.size):
            answers.betas[j, :, columns[f]] = moments.betas[:, f]
        if moments.status == DONE or not needs_history:
            answers.status[j] = DONE
            found = weigh(jobs, j, sample, moments, long, answers.weights[j])
            if not found or not np.isfinite(answers.weights[j]).all():
                answers.status[j] = NO_HEDGE
        if answers.status[j] == DONE:
            judge(answers, j, moments.common, long, moments.shared)
        else:
            answers.weights[j] = np.nan
            answers.effectiveness[j] = answers.r_squared[j] = answers.residual_deviation[j] = np.nan
            answers.shared[j] = moments.shared


@kernel
def moments_of(returns: Floats, factors: Floats, jobs: Jobs, j: int) -> HedgeMoments:
    """The moments that one job rests on, for a solver outside."""
    sample = take_sample(returns, factors, job_columns(jobs, j), jobs.last[j], jobs.lookback[j], jobs.half_life[j])
    return estimate_moments(sample, jobs.policy[j], jobs.min_sessions[j], jobs.lookback[j])


@kernel
def judge_weights(answers: Answers, j: int, common: Floats, long: Floats, shared: int) -> None:
    """Diagnostics of weights that a solver outside has put into the answers."""
    judge(answers, j, common, long, shared)
