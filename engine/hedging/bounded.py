"""Hedges under bounds and caps: a quadratic programme, solved by Clarabel and sharpened on its active set."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np

from ..arrays import Floats
from ..kernels.fits.hedge import Answers, Jobs, judge_weights, moments_of
from ..kernels.fits.moments import DONE, NO_HEDGE
from .request import DOLLARS, Bounds, HedgeRequest

# A weight this close to a bound stands on it.
ON_BOUND = 1e-5


def solve_bounded(
    returns: Floats, factors: Floats, long: Floats, jobs: Jobs, answers: Answers, row: int, request: HedgeRequest
) -> None:
    """Replace the answer of job `row` by the least variance within the bounds, or say that none exists."""
    moments = moments_of(returns, factors, jobs, row)
    answers.status[row], answers.at[row] = moments.status, moments.at
    answers.weights[row] = np.nan
    if moments.status == DONE:
        count = len(long)
        short = moments.covariance[count:, count:]
        cross = moments.covariance[count:, :count] @ long
        rules = [moments.betas[count:, f] for f in range(moments.betas.shape[1])]
        targets = [float(long @ moments.betas[:count, f]) for f in range(moments.betas.shape[1])]
        if DOLLARS in request.neutral_to:
            rules.insert(0, np.ones(len(short)))
            targets.insert(0, 1.0)
        assert request.bounds is not None
        matrix = np.array(rules).reshape(len(rules), len(short))
        found = least_variance(short, cross, matrix, np.array(targets), request.bounds)
        if found is None:
            answers.status[row] = NO_HEDGE
        else:
            answers.weights[row] = found
    judge_weights(answers, row, moments.common, long, moments.shared)


def least_variance(covariance: Floats, cross: Floats, rules: Floats, targets: Floats, bounds: Bounds) -> Floats | None:
    """(S,) minimising w'Cw/2 - w'c with rules (m, S) @ w = targets and the bounds; None where none does.

    Clarabel is exact to about 1e-8; the result is solved again with the bounds that bind as equations, and kept
    where that is feasible and no worse.
    """
    # Its stubs name neither the atoms nor the solvers.
    cp: Any = import_module("cvxpy")

    size = len(cross)
    scale = float(np.trace(covariance)) / size
    if not (scale > 0 and np.isfinite(covariance).all() and np.isfinite(rules).all()):
        return None
    w = cp.Variable(size)
    root = np.linalg.cholesky(covariance / scale + 1e-14 * np.eye(size))
    constraints = [] if not len(targets) else [rules @ w == targets]
    if math.isfinite(bounds.least):
        constraints.append(w >= bounds.least)
    if math.isfinite(bounds.most):
        constraints.append(w <= bounds.most)
    if bounds.gross is not None:
        constraints.append(cp.norm1(w) <= bounds.gross)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(root.T @ w) / 2 - (cross / scale) @ w), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE) or w.value is None:
        return None
    rough = np.asarray(w.value, dtype=np.float64)
    return _sharpened(rough, covariance / scale, cross / scale, (rules, targets), bounds)


def _sharpened(
    rough: Floats, covariance: Floats, cross: Floats, equations: tuple[Floats, Floats], bounds: Bounds
) -> Floats:
    rules, targets = equations
    size = len(rough)
    low, high = rough <= bounds.least + ON_BOUND, rough >= bounds.most - ON_BOUND
    extra, values = [np.eye(size)[i] for i in np.flatnonzero(low | high)], []
    values = [bounds.least if low[i] else bounds.most for i in np.flatnonzero(low | high)]
    if bounds.gross is not None and np.abs(rough).sum() >= bounds.gross - ON_BOUND:
        signs = np.where(np.abs(rough) > ON_BOUND, np.sign(rough), 0.0)
        extra.append(signs)
        values.append(bounds.gross)
        for i in np.flatnonzero((signs == 0) & ~(low | high)):
            extra.append(np.eye(size)[i])
            values.append(0.0)
    left = np.vstack([rules, *extra]) if len(rules) or extra else np.empty((0, size))
    right = np.concatenate([targets, values])
    system = np.block([[covariance, left.T], [left, np.zeros((len(left), len(left)))]])
    solution = np.linalg.lstsq(system, np.concatenate([cross, right]), rcond=None)[0][:size]

    def objective(w: Floats) -> float:
        return float(w @ covariance @ w / 2 - w @ cross)

    feasible = (
        (solution >= bounds.least - 1e-10).all()
        and (solution <= bounds.most + 1e-10).all()
        and (not len(left) or np.abs(left @ solution - right).max() < 1e-10)
        and (bounds.gross is None or np.abs(solution).sum() <= bounds.gross + 1e-10)
    )
    close = np.abs(solution - rough).max() < 1e-3 and objective(solution) <= objective(rough) + 1e-8
    return np.clip(solution, bounds.least, bounds.most) if feasible and close else rough
