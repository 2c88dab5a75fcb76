"""The least expected shortfall with one basket: a linear programme on the sample (Rockafellar and Uryasev 2000)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from .problem import HedgeProblem


@dataclass(frozen=True, eq=False)
class LeastShortfall:
    """value: what was minimised, a fraction of the book's own expected shortfall, 1 without a hedge; weights: (N,)."""

    value: float
    weights: Floats


def expected_shortfall(returns: Floats, level: float) -> float:
    """Mean loss in the worst 1 - level of sessions, the session at the edge in part; of deviations from the mean."""
    losses = np.sort(-(returns - returns.mean()))[::-1]
    tail = (1.0 - level) * len(losses)
    whole = int(tail)
    return float((losses[:whole].sum() + (tail - whole) * (losses[whole] if whole < len(losses) else 0.0)) / tail)


def normal_shortfall(level: float) -> float:
    """Expected shortfall of a normal return of deviation 1: what an expected shortfall is divided by to be one."""
    normal = import_module("statistics").NormalDist()
    return float(normal.pdf(normal.inv_cdf(level)) / (1.0 - level))


def shortfall_objective(problem: HedgeProblem, weights: Floats, level: float, rows: NDArray[np.bool_] | None) -> float:
    """ES(y + Xw)/ES(y) + cost(w) c / (p sqrt(H) ES(y)), c that of a normal return: what `least_shortfall` minimises."""
    seen = slice(None) if rows is None else rows
    book = expected_shortfall(problem.book[seen], level)
    hedged = expected_shortfall(problem.book[seen] + problem.returns[seen] @ weights, level)
    return hedged / book + _cost_weight(problem, level, book) * problem.costs(weights)


def _cost_weight(problem: HedgeProblem, level: float, book: float) -> float:
    price = problem.terms.risk_price * math.sqrt(problem.terms.horizon_sessions) * book / normal_shortfall(level)
    return 0.0 if math.isinf(price) else 1.0 / price


def least_shortfall(
    problem: HedgeProblem, level: float, rows: NDArray[np.bool_] | None = None
) -> LeastShortfall | None:
    """The hedge with all instruments of a problem whose expected shortfall and cost are least; None where none keeps
    equations, bounds and budget.

    level: such as 0.95. Returns are taken from their mean, as a variance does, so that no hedge is rewarded for what
    its names happened to earn.
    """
    sparse: Any = import_module("scipy.sparse")
    optimize: Any = import_module("scipy.optimize")
    seen = np.ones(len(problem.book), dtype=np.bool_) if rows is None else rows
    x = problem.returns[seen] - problem.returns[seen].mean(axis=0)
    y = problem.book[seen] - problem.book[seen].mean()
    count, size = x.shape
    book = expected_shortfall(y, level)
    if not book > 0.0:
        return None
    weight = _cost_weight(problem, level, book)
    instruments = problem.instruments
    tail = (1.0 - level) * count
    # Variables: bought, sold, the value at risk, each session's loss beyond it.
    aim = np.concatenate([
        [weight * one.long_cost_frac for one in instruments],
        [weight * one.short_cost_frac for one in instruments],
        [1.0 / book],
        np.full(count, 1.0 / (tail * book)),
    ])  # fmt: skip
    # loss_t - a - z_t <= 0 with loss = -(y + Xw).
    above = sparse.hstack([
        sparse.csr_matrix(-x), sparse.csr_matrix(x), sparse.csr_matrix(-np.ones((count, 1))), -sparse.identity(count)
    ])  # fmt: skip
    budget = np.concatenate([np.ones(2 * size), np.zeros(1 + count)])[None, :]
    books = problem.books(rows=rows)
    rules = np.hstack([books.rules, -books.rules, np.zeros((len(books.rules), 1 + count))])
    limits = [
        *((0.0, one.high_frac) for one in instruments),
        *((0.0, -one.low_frac) for one in instruments),
        (None, None),
        *((0.0, None) for _ in range(count)),
    ]
    found = optimize.linprog(
        aim,
        A_ub=sparse.vstack([above, sparse.csr_matrix(budget)], format="csr"),
        b_ub=np.concatenate([y, [problem.terms.budget_frac]]),
        A_eq=rules if len(rules) else None,
        b_eq=books.targets[0] if len(rules) else None,
        bounds=limits,
        method="highs",
    )
    if found.status != 0:
        return None
    weights = np.asarray(found.x[:size] - found.x[size : 2 * size], dtype=np.float64)
    return LeastShortfall(shortfall_objective(problem, weights, level, rows), weights)
