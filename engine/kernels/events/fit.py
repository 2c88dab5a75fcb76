"""Least squares of many tickers on shared factors, each on the sessions that it has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Ints
from ..jit import inlined

# A pivot below this share of its diagonal says that the factor is a combination of the ones before it.
SINGULAR = 1e-10
# A ticker whose residuals deviate less than this a session has no variation of its own to test against.
NO_VARIATION = 1e-10


class Panel(NamedTuple):
    """What an event study reads: T sessions, of which the first `estimation` estimate the model.

    returns: (T, N), NaN = none; known: (T,) subtracted from every return as it is; factors: (T, K) regressors
    beside the intercept; estimated: whether an intercept and the factors are estimated at all.
    """

    returns: Floats
    known: Floats
    factors: Floats
    estimation: int
    estimated: bool


class PanelFit(NamedTuple):
    """A model for each of N tickers; rows of a ticker that could not be fitted are NaN.

    ar: (T, N) residuals, then abnormal returns; coefficients: (N, 1 + K), the intercept first; sd: (N,) of the
    residuals, with used - 1 - K degrees of freedom; used: (N,) sessions; centre: (N, K) factor means; inverse:
    (N, K, K) of the factors' sums of squares about them; correlation: (N, N) of residuals, over shared sessions.
    """

    ar: Floats
    coefficients: Floats
    sd: Floats
    used: Ints
    centre: Floats
    inverse: Floats
    correlation: Floats


@inlined
def fit_panel(panel: Panel, minimum: int, fit: PanelFit) -> None:
    """Fill `fit`; a ticker with fewer than `minimum` sessions, or without variation, becomes NaN."""
    count = panel.returns.shape[1]
    complete = complete_rows(panel.factors, panel.known)
    for i in range(count):
        used = 0
        for t in range(panel.estimation):
            if complete[t] and np.isfinite(panel.returns[t, i]):
                used += 1
        fit.used[i] = used
        fit.ar[:, i] = np.nan
        fit.coefficients[i] = np.nan
        fit.sd[i] = np.nan
        if used >= minimum and fit_ticker(panel, i, complete, fit):
            sd = residual_sd(fit.ar[: panel.estimation, i].copy(), panel.factors.shape[1] + 1)
            if sd > NO_VARIATION:
                fit.sd[i] = sd
            else:
                fit.ar[:, i] = np.nan
    correlate(fit.ar[: panel.estimation], fit.correlation)


@inlined
def complete_rows(factors: Floats, known: Floats) -> NDArray[np.bool_]:
    """(T,): whether every factor has a value."""
    out = np.isfinite(known)
    for t in range(out.size):
        for k in range(factors.shape[1]):
            if not np.isfinite(factors[t, k]):
                out[t] = False
    return out


@inlined
def moments(factors: Floats, rows: NDArray[np.bool_], centre: Floats, inverse: Floats) -> bool:
    """Means of the factors over `rows` and the inverse of their sums of squares; False if there is none."""
    size, used = factors.shape[1], 0
    centre[:] = 0.0
    for t in range(rows.size):
        if rows[t]:
            used += 1
            for k in range(size):
                centre[k] += factors[t, k]
    for k in range(size):
        centre[k] /= used
    square = np.zeros((size, size))
    for t in range(rows.size):
        if rows[t]:
            for a in range(size):
                for b in range(size):
                    square[a, b] += (factors[t, a] - centre[a]) * (factors[t, b] - centre[b])
    return invert(square, inverse)


@inlined
def invert(matrix: Floats, out: Floats) -> bool:
    """Inverse of a symmetric positive matrix by Gauss-Jordan elimination; False when it has none."""
    size = matrix.shape[0]
    work = matrix.copy()
    out[:] = 0.0
    for a in range(size):
        out[a, a] = 1.0
    for column in range(size):
        head = work[column, column]
        if not head > SINGULAR * matrix[column, column]:
            return False
        for b in range(size):
            work[column, b] /= head
            out[column, b] /= head
        for a in range(size):
            if a != column:
                times = work[a, column]
                for b in range(size):
                    work[a, b] -= times * work[column, b]
                    out[a, b] -= times * out[column, b]
    return True


@inlined
def fit_ticker(panel: Panel, i: int, complete: NDArray[np.bool_], fit: PanelFit) -> bool:
    """Coefficients and abnormal returns of ticker i."""
    size, length = panel.factors.shape[1], panel.returns.shape[0]
    y = panel.returns[:, i] - panel.known
    rows = np.zeros(panel.estimation, dtype=np.bool_)
    for t in range(panel.estimation):
        rows[t] = complete[t] and np.isfinite(y[t])
    if not moments(panel.factors[: panel.estimation], rows, fit.centre[i], fit.inverse[i]):
        return False
    fit.coefficients[i] = 0.0
    if panel.estimated:
        solve(y, panel.factors, rows, fit, i)
    for t in range(length):
        if complete[t] and np.isfinite(y[t]):
            value = y[t] - fit.coefficients[i, 0]
            for k in range(size):
                value -= fit.coefficients[i, 1 + k] * panel.factors[t, k]
            fit.ar[t, i] = value
    return True


@inlined
def solve(y: Floats, factors: Floats, rows: NDArray[np.bool_], fit: PanelFit, i: int) -> None:
    """Slopes from deviations about the means, which keeps digits, and the intercept that goes with them."""
    size, used, mean = factors.shape[1], 0, 0.0
    for t in range(rows.size):
        if rows[t]:
            used += 1
            mean += y[t]
    mean /= used
    cross = np.zeros(size)
    for t in range(rows.size):
        if rows[t]:
            for k in range(size):
                cross[k] += (factors[t, k] - fit.centre[i, k]) * (y[t] - mean)
    intercept = mean
    for a in range(size):
        slope = 0.0
        for b in range(size):
            slope += fit.inverse[i, a, b] * cross[b]
        fit.coefficients[i, 1 + a] = slope
        intercept -= slope * fit.centre[i, a]
    fit.coefficients[i, 0] = intercept


@inlined
def residual_sd(residuals: Floats, parameters: int) -> float:
    """Deviation about the mean of the finite values, with n - parameters degrees of freedom."""
    count, mean, squares = 0, 0.0, 0.0
    for value in residuals:
        if np.isfinite(value):
            count += 1
            mean += value
    mean /= count
    for value in residuals:
        if np.isfinite(value):
            squares += (value - mean) ** 2
    return np.sqrt(squares / (count - parameters)) if count > parameters else np.nan


@inlined
def correlate(residuals: Floats, out: Floats) -> None:
    """(N, N) correlations of columns, each pair over the rows that both have."""
    length, count = residuals.shape
    for i in range(count):
        out[i, i] = 1.0
        for j in range(i):
            n, mi, mj = 0, 0.0, 0.0
            for t in range(length):
                if np.isfinite(residuals[t, i]) and np.isfinite(residuals[t, j]):
                    n += 1
                    mi += residuals[t, i]
                    mj += residuals[t, j]
            mi /= n
            mj /= n
            sij, sii, sjj = 0.0, 0.0, 0.0
            for t in range(length):
                if np.isfinite(residuals[t, i]) and np.isfinite(residuals[t, j]):
                    di, dj = residuals[t, i] - mi, residuals[t, j] - mj
                    sij += di * dj
                    sii += di * di
                    sjj += dj * dj
            value = sij / np.sqrt(sii * sjj)
            out[i, j] = value
            out[j, i] = value


@inlined
def window_variance(factors: Floats, first: int, last: int, used: int, centre: Floats, inverse: Floats) -> float:
    """Variance of the sum of abnormal returns of rows first to last over that of one residual.

    L + L^2 / M + d' S^-1 d with d = sum of (x_t - mean): what the residuals add, and what the parameters that
    all these sessions share add (Campbell, Lo and MacKinlay 1997, section 4.4.2).
    """
    size, length = factors.shape[1], last - first + 1
    gap = np.zeros(size)
    for t in range(first, last + 1):
        for k in range(size):
            gap[k] += factors[t, k] - centre[k]
    total = length + length * length / used
    for a in range(size):
        for b in range(size):
            total += gap[a] * inverse[a, b] * gap[b]
    return total
