"""Least squares of several assets on the same rows of factors: QR, robust errors, no normal equations."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined

PLAIN, HC0, HC1, HC3, NEWEY_WEST = 0, 1, 2, 3, 4
# A column of which less than this share is left after those before it counts as collinear.
COLLINEAR_FRAC = 1e-11


class Windows(NamedTuple):
    """Row ranges start[m] <= t < stop[m], both (M,) and ascending."""

    start: Ints
    stop: Ints


class FitTerms(NamedTuple):
    """kind: PLAIN, HC0, HC1, HC3 or NEWEY_WEST; lags: of the Bartlett kernel; small_sample: multiply the
    Newey-West variance by n / (n - k); min_sessions: fewer rows give NaN."""

    kind: int
    lags: int
    small_sample: bool
    min_sessions: int


class Fits(NamedTuple):
    """coefficients, errors: (M, K+1, A), the intercept first; r_squared, deviation: (M, A), the deviation of
    the residuals with n - k - 1 degrees of freedom; sessions: (M, A) rows used."""

    coefficients: Floats
    errors: Floats
    r_squared: Floats
    deviation: Floats
    sessions: Ints


class FactorBasis(NamedTuple):
    """centred: (K, n) factors less their mean (K,); inverse: (K+1, n), the rows of (X'X)^-1 X';
    leverage: (n,), the diagonal of the hat matrix; solved: whether the columns are independent."""

    centred: Floats
    mean: Floats
    inverse: Floats
    leverage: Floats
    solved: bool


@inlined
def dot(a: Floats, b: Floats) -> float:
    """Inner product with four running sums, which a processor can keep side by side."""
    n = a.size
    s0 = s1 = s2 = s3 = 0.0
    i = 0
    while i + 3 < n:
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        i += 4
    while i < n:
        s0 += a[i] * b[i]
        i += 1
    return (s0 + s1) + (s2 + s3)


@inlined
def mean_of(a: Floats) -> float:
    """Mean in two passes: the second adds what rounding took from the first."""
    rough = 0.0
    for value in a:
        rough += value
    rough /= a.size
    rest = 0.0
    for value in a:
        rest += value - rough
    return rough + rest / a.size


@inlined
def orthogonalise(centred: Floats, q: Floats, r: Floats) -> bool:
    """Gram-Schmidt, every projection taken twice, of the rows of (K, n); False when one depends on the others."""
    for k in range(centred.shape[0]):
        q[k] = centred[k]
        length = math.sqrt(dot(q[k], q[k]))
        for _ in range(2):
            for j in range(k):
                along = dot(q[j], q[k])
                r[j, k] += along
                for t in range(q.shape[1]):
                    q[k, t] -= along * q[j, t]
        left = math.sqrt(dot(q[k], q[k]))
        if not left > COLLINEAR_FRAC * length:
            return False
        r[k, k] = left
        for t in range(q.shape[1]):
            q[k, t] /= left
    return True


@inlined
def make_basis(factors: Floats) -> FactorBasis:
    """The basis of an intercept and (K, n) factors."""
    count, n = factors.shape
    centred, mean = np.empty((count, n)), np.empty(count)
    for k in range(count):
        mean[k] = mean_of(factors[k])
        for t in range(n):
            centred[k, t] = factors[k, t] - mean[k]
    inverse, leverage = np.empty((count + 1, n)), np.full(n, 1.0 / n)
    q, r = np.empty((count, n)), np.zeros((count, count))
    solved = n > count + 1
    for k in range(count):
        # What rounding leaves of a constant column is noise, not a factor.
        noise = 1e-14 * abs(mean[k]) * math.sqrt(n)
        solved = solved and math.sqrt(dot(centred[k], centred[k])) > noise
    solved = solved and orthogonalise(centred, q, r)
    if solved:
        inverse[0, :] = 1.0 / n
        for k in range(count - 1, -1, -1):
            row = inverse[k + 1]
            for t in range(n):
                row[t] = q[k, t]
                leverage[t] += q[k, t] * q[k, t]
            for j in range(k + 1, count):
                for t in range(n):
                    row[t] -= r[k, j] * inverse[j + 1, t]
            for t in range(n):
                row[t] /= r[k, k]
                inverse[0, t] -= mean[k] * row[t]
    return FactorBasis(centred, mean, inverse, leverage, solved)


@inlined
def project(basis: FactorBasis, residuals: Floats, level: Floats, slopes: Floats) -> None:
    """Move what the basis explains of (n, C) residuals to the level (C,) and the slopes (K, C), twice: the
    second pass picks up the digits that an ill-conditioned first one lost."""
    n, width = residuals.shape
    count = slopes.shape[0]
    part = np.empty((count + 1, width))
    for _ in range(2):
        part[:] = 0.0
        for t in range(n):
            for c in range(width):
                part[0, c] += residuals[t, c]
            for k in range(count):
                weight = basis.inverse[k + 1, t]
                for c in range(width):
                    part[k + 1, c] += weight * residuals[t, c]
        for c in range(width):
            part[0, c] /= n
            level[c] += part[0, c]
        for k in range(count):
            for c in range(width):
                slopes[k, c] += part[k + 1, c]
        for t in range(n):
            for c in range(width):
                residuals[t, c] -= part[0, c]
            for k in range(count):
                value = basis.centred[k, t]
                for c in range(width):
                    residuals[t, c] -= value * part[k + 1, c]


@inlined
def sandwich(basis: FactorBasis, scores: Floats, lags: int, k: int, total: Floats) -> None:
    """Sum of squares, over all positions, of moving sums of `lags` + 1 scores times row k of the inverse.

    Divided by lags + 1 it is the k-th diagonal element of (X'X)^-1 S (X'X)^-1 with S under Bartlett weights: a
    triangle is a box convolved with itself. scores: (n, C) residuals; total: (C,) out.
    """
    n, width = scores.shape
    weights = basis.inverse[k]
    moving = np.zeros(width)
    total[:] = 0.0
    for t in range(n + lags):
        if t < n:
            enters = weights[t]
            for c in range(width):
                moving[c] += enters * scores[t, c]
        if t > lags:
            leaves = weights[t - lags - 1]
            for c in range(width):
                moving[c] -= leaves * scores[t - lags - 1, c]
        for c in range(width):
            total[c] += moving[c] * moving[c]


@inlined
def fit_columns(
    basis: FactorBasis, values: Floats, offset: Floats, terms: FitTerms, fits: Fits, m: int, first: int
) -> None:
    """Fit every column of (n, C) values, overwritten by the residuals, into window m, assets first to first + C.

    offset: (C,) what was taken from the values beforehand; it goes back into the intercept.
    """
    n, width = values.shape
    count = basis.mean.size
    level, slopes = np.zeros(width), np.zeros((count, width))
    squares, total = np.zeros(width), np.zeros(width)
    for c in range(width):
        level[c] = mean_of(values[:, c])
        for t in range(n):
            values[t, c] -= level[c]
            squares[c] += values[t, c] * values[t, c]
    project(basis, values, level, slopes)
    unexplained = np.zeros(width)
    for t in range(n):
        for c in range(width):
            unexplained[c] += values[t, c] * values[t, c]
    freedom = n - count - 1
    for c in range(width):
        intercept = level[c] + offset[c]
        for k in range(count):
            intercept -= basis.mean[k] * slopes[k, c]
            fits.coefficients[m, k + 1, first + c] = slopes[k, c]
        fits.coefficients[m, 0, first + c] = intercept
        fits.r_squared[m, first + c] = 1.0 - unexplained[c] / squares[c] if squares[c] > 0.0 else np.nan
        fits.deviation[m, first + c] = math.sqrt(unexplained[c] / freedom)
        fits.sessions[m, first + c] = n
    if terms.kind == PLAIN:
        for k in range(count + 1):
            unit = math.sqrt(dot(basis.inverse[k], basis.inverse[k]))
            for c in range(width):
                fits.errors[m, k, first + c] = fits.deviation[m, first + c] * unit
        return
    if terms.kind == HC3:
        for t in range(n):
            for c in range(width):
                values[t, c] /= 1.0 - basis.leverage[t]
    lags = terms.lags if terms.kind == NEWEY_WEST else 0
    scale = 1.0 / (lags + 1.0)
    if terms.kind == HC1 or (terms.kind == NEWEY_WEST and terms.small_sample):
        scale *= n / freedom
    for k in range(count + 1):
        sandwich(basis, values, lags, k, total)
        for c in range(width):
            fits.errors[m, k, first + c] = math.sqrt(scale * total[c])


@inlined
def blank(fits: Fits, m: int, a: int, sessions: int) -> None:
    """Window m of asset a has no fit."""
    fits.coefficients[m, :, a] = np.nan
    fits.errors[m, :, a] = np.nan
    fits.r_squared[m, a] = np.nan
    fits.deviation[m, a] = np.nan
    fits.sessions[m, a] = sessions


@inlined
def fit_gappy(y: Floats, x: Floats, rows: tuple[int, int], terms: FitTerms, fits: Fits, m: int, a: int) -> None:
    """Fit asset a on those rows of a window in which it has a value."""
    count = x.shape[1]
    n = 0
    for t in range(rows[0], rows[1]):
        if math.isfinite(y[t, a]):
            n += 1
    if n < terms.min_sessions or n <= count + 1:
        blank(fits, m, a, n)
        return
    factors, values = np.empty((count, n)), np.empty((n, 1))
    n = 0
    for t in range(rows[0], rows[1]):
        if math.isfinite(y[t, a]):
            for k in range(count):
                factors[k, n] = x[t, k]
            values[n, 0] = y[t, a]
            n += 1
    basis = make_basis(factors)
    if basis.solved:
        fit_columns(basis, values, np.zeros(1), terms, fits, m, a)
    else:
        blank(fits, m, a, n)
