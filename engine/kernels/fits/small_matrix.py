"""Linear algebra of a handful of rows: solving, risk budgets, the nearest covariance."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Floats
from ..jit import inlined

# A pivot below this share of the matrix' largest entry means that the rows depend on each other.
PIVOT_FRAC = 1e-13
BUDGET_ROUNDS = 2000
BUDGET_GAP = 1e-14
# Eigenvalues are lifted to this share of the largest.
EIGEN_FRAC = 1e-10


@inlined
def solve_system(matrix: Floats, right: Floats, out: Floats) -> bool:
    """Solve matrix @ out = right, (n, n), by elimination with row scaling and pivoting; both are overwritten.

    Returns False, with NaN in `out`, where the rows depend on each other.
    """
    n = right.size
    out[:] = np.nan
    for i in range(n):
        largest = 0.0
        for j in range(n):
            largest = max(largest, abs(matrix[i, j]))
        if not largest > 0.0:
            return False
        for j in range(n):
            matrix[i, j] /= largest
        right[i] /= largest
    for column in range(n):
        best = column
        for i in range(column + 1, n):
            if abs(matrix[i, column]) > abs(matrix[best, column]):
                best = i
        if not abs(matrix[best, column]) > PIVOT_FRAC:
            return False
        if best != column:
            for j in range(n):
                matrix[column, j], matrix[best, j] = matrix[best, j], matrix[column, j]
            right[column], right[best] = right[best], right[column]
        for i in range(column + 1, n):
            times = matrix[i, column] / matrix[column, column]
            for j in range(column, n):
                matrix[i, j] -= times * matrix[column, j]
            right[i] -= times * right[column]
    for i in range(n - 1, -1, -1):
        value = right[i]
        for j in range(i + 1, n):
            value -= matrix[i, j] * out[j]
        out[i] = value / matrix[i, i]
    return True


@inlined
def quadratic(matrix: Floats, left: Floats, right: Floats) -> float:
    """left' matrix right."""
    total = 0.0
    for i in range(left.size):
        for j in range(right.size):
            total += left[i] * matrix[i, j] * right[j]
    return total


@inlined
def equal_risk(covariance: Floats, out: Floats) -> bool:
    """Positive weights of which each contributes the same to the variance; they are not normalised.

    Cyclical coordinate descent on x'Cx/2 - sum(log x)/n (Griveau-Billion, Richard and Roncalli 2013; the
    problem is Spinu's 2013). False where it does not settle.
    """
    n = out.size
    for i in range(n):
        if not covariance[i, i] > 0.0:
            return False
        out[i] = 1.0 / math.sqrt(covariance[i, i] * n)
    for _ in range(BUDGET_ROUNDS):
        moved = 0.0
        for i in range(n):
            others = 0.0
            for j in range(n):
                if j != i:
                    others += covariance[i, j] * out[j]
            own = covariance[i, i]
            value = (-others + math.sqrt(others * others + 4.0 * own / n)) / (2.0 * own)
            moved = max(moved, abs(value - out[i]) / value)
            out[i] = value
        if moved < BUDGET_GAP:
            return True
    return moved < 1e-9


@inlined
def is_covariance(matrix: Floats) -> bool:
    """Whether a symmetric matrix is positive definite, by Cholesky."""
    n = matrix.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            value = matrix[i, j]
            for k in range(j):
                value -= low[i, k] * low[j, k]
            if i == j:
                if not value > EIGEN_FRAC * matrix[i, i]:
                    return False
                low[i, i] = math.sqrt(value)
            else:
                low[i, j] = value / low[j, j]
    return True


@inlined
def repair(matrix: Floats) -> None:
    """Lift negative eigenvalues to almost zero, and keep the diagonal as it was."""
    n = matrix.shape[0]
    values, vectors = np.linalg.eigh(matrix)
    floor = EIGEN_FRAC * values[n - 1]
    fixed = np.zeros((n, n))
    for k in range(n):
        value = max(values[k], floor)
        for i in range(n):
            for j in range(n):
                fixed[i, j] += value * vectors[i, k] * vectors[j, k]
    for i in range(n):
        for j in range(n):
            scale = math.sqrt(matrix[i, i] / fixed[i, i] * matrix[j, j] / fixed[j, j])
            if i != j:
                matrix[i, j] = fixed[i, j] * scale
