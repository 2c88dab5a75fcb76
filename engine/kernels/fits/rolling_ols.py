"""Least squares over sliding windows: moments updated row by row where that keeps the digits, QR where not."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..jit import inlined, kernel
from .least_squares import FactorBasis, Fits, FitTerms, Windows, blank, fit_columns, fit_gappy, make_basis

# Windows that share one start from scratch; rounding cannot build up over more updates than that.
REFRESH = 64
WIDTH = 32
DIRECT_WIDTH = 32
# Updated moments are trusted while each factor keeps this share of its sum of squares after those before it ...
PIVOT_FRAC = 1e-4
# ... and the residuals this share of the asset's.
RESIDUAL_FRAC = 1e-7


class WindowBlock(NamedTuple):
    """What the assets share in up to REFRESH windows: rows: span of all of them; design: (rows, K+1) with the
    factors less `centre` (K,); inverse: (B, K+1, K+1) of X'X; unit: (B, K+1) root of the diagonal of the
    inverse in the user's own origin; good: (B,) whether the updates keep the digits."""

    first_row: int
    design: Floats
    centre: Floats
    inverse: Floats
    unit: Floats
    good: Ints


@inlined
def invert(gram: Floats, inverse: Floats) -> bool:
    """Inverse of a symmetric matrix by Cholesky; False where a pivot has lost too many digits."""
    size = gram.shape[0]
    low = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            value = gram[i, j]
            for k in range(j):
                value -= low[i, k] * low[j, k]
            if i == j:
                if not value > PIVOT_FRAC * gram[i, i]:
                    return False
                low[i, i] = math.sqrt(value)
            else:
                low[i, j] = value / low[j, j]
    for column in range(size):
        for i in range(size):
            value = 1.0 if i == column else 0.0
            for k in range(i):
                value -= low[i, k] * inverse[k, column]
            inverse[i, column] = value / low[i, i]
        for i in range(size - 1, -1, -1):
            value = inverse[i, column]
            for k in range(i + 1, size):
                value -= low[k, i] * inverse[k, column]
            inverse[i, column] = value / low[i, i]
    return True


@inlined
def add_row(gram: Floats, row: Floats, sign: float) -> None:
    """Add or take away the outer product of a row."""
    for i in range(row.size):
        for j in range(i + 1):
            gram[i, j] += sign * row[i] * row[j]


@inlined
def make_block(x: Floats, windows: Windows, first: int, last: int, min_sessions: int) -> WindowBlock:
    """The shared part of windows first to last (excluded)."""
    begin, end = windows.start[first], windows.stop[last - 1]
    count = x.shape[1]
    # The centre is the first window's, so that no fit depends, not even by rounding, on rows after its window.
    centre, head = np.zeros(count), windows.stop[first]
    for t in range(begin, head):
        for k in range(count):
            centre[k] += x[t, k]
    for k in range(count):
        centre[k] /= max(head - begin, 1)
    design = np.ones((end - begin, count + 1))
    for t in range(begin, end):
        for k in range(count):
            design[t - begin, k + 1] = x[t, k] - centre[k]
    size = last - first
    inverse, unit = np.zeros((size, count + 1, count + 1)), np.zeros((size, count + 1))
    good = np.zeros(size, dtype=np.int64)
    gram = np.zeros((count + 1, count + 1))
    low, high = begin, begin
    for m in range(first, last):
        while high < windows.stop[m]:
            add_row(gram, design[high - begin], 1.0)
            high += 1
        while low < windows.start[m]:
            add_row(gram, design[low - begin], -1.0)
            low += 1
        if high - low < min_sessions or high - low <= count + 1 or not invert(gram, inverse[m - first]):
            continue
        good[m - first] = 1
        variance = inverse[m - first, 0, 0]
        for k in range(count):
            unit[m - first, k + 1] = math.sqrt(inverse[m - first, k + 1, k + 1])
            variance -= 2.0 * centre[k] * inverse[m - first, 0, k + 1]
            for j in range(count):
                variance += centre[k] * centre[j] * inverse[m - first, k + 1, j + 1]
        unit[m - first, 0] = math.sqrt(variance)
    return WindowBlock(begin, design, centre, inverse, unit, good)


@inlined
def gather(y: Floats, rows: tuple[int, int, int], first: int, width: int, values: Floats, offset: Floats) -> int:
    """Copy rows begin to end of some assets, 0 for NaN, less each one's mean over begin to head; returns how many
    are NaN. rows: begin, head, end."""
    begin, head, end = rows
    gone = 0
    for c in range(width):
        total, n = 0.0, 0
        for t in range(begin, head):
            if math.isfinite(y[t, first + c]):
                total += y[t, first + c]
                n += 1
        offset[c] = total / n if n else 0.0
    for t in range(begin, end):
        for c in range(width):
            value = y[t, first + c] - offset[c]
            if math.isfinite(value):
                values[t - begin, c] = value
            else:
                values[t - begin, c] = 0.0
                gone += 1
    return gone


@inlined
def count_missing(y: Floats, begin: int, end: int, first: int, width: int) -> Ints:
    """(rows + 1, width): how many values are NaN above each row."""
    missing = np.zeros((end - begin + 1, width), dtype=np.int64)
    for t in range(begin, end):
        for c in range(width):
            gap = 0 if math.isfinite(y[t, first + c]) else 1
            missing[t - begin + 1, c] = missing[t - begin, c] + gap
    return missing


@inlined
def move(moments: Floats, squares: Floats, row: Floats, values: Floats, sign: float) -> None:
    """Add one row of values, or take it away: moments (K+1, C), squares (C,)."""
    for k in range(row.size):
        weight = sign * row[k]
        for c in range(values.size):
            moments[k, c] += weight * values[c]
    for c in range(values.size):
        squares[c] += sign * values[c] * values[c]


@inlined
def solve(block: WindowBlock, b: int, moments: Floats, squares: Floats, offset: Floats, n: int, m: int, first: int,
          fits: Fits) -> None:  # fmt: skip
    """Coefficients, errors and fit of some assets in one window from their moments."""
    width = squares.size
    count = block.centre.size
    freedom = n - count - 1
    left = np.empty(width)
    for c in range(width):
        left[c] = squares[c]
    for k in range(count + 1):
        out = fits.coefficients[m, k, first : first + width]
        for c in range(width):
            out[c] = block.inverse[b, k, 0] * moments[0, c]
        for j in range(1, count + 1):
            weight = block.inverse[b, k, j]
            for c in range(width):
                out[c] += weight * moments[j, c]
        for c in range(width):
            left[c] -= out[c] * moments[k, c]
    level = fits.coefficients[m, 0, first : first + width]
    for c in range(width):
        level[c] += offset[c]
    for k in range(count):
        slope = fits.coefficients[m, k + 1, first : first + width]
        centre = block.centre[k]
        for c in range(width):
            level[c] -= centre * slope[c]
    r_squared, deviation = fits.r_squared[m, first : first + width], fits.deviation[m, first : first + width]
    for c in range(width):
        total = squares[c] - moments[0, c] * moments[0, c] / n
        r_squared[c] = 1.0 - left[c] / total
        # Marks a window for QR: too little is left of the sums for the difference to be trusted.
        deviation[c] = math.sqrt(left[c] / freedom) if left[c] > RESIDUAL_FRAC * squares[c] else np.nan
        fits.sessions[m, first + c] = n
    for k in range(count + 1):
        unit = block.unit[b, k]
        errors = fits.errors[m, k, first : first + width]
        for c in range(width):
            errors[c] = deviation[c] * unit


@kernel
def fit_by_updates(y: Floats, x: Floats, windows: Windows, terms: FitTerms, fits: Fits, first: int, last: int) -> None:
    """Plain least squares of each of A assets on K factors in windows first to last (excluded).

    y: (T, A), NaN = no value; x: (T, K) finite. A window whose assets lack values, or in which the sums would
    lose digits (nearly collinear factors, a fit that leaves almost nothing), is solved by QR on its own rows.
    """
    for begin in range(first, last, REFRESH):
        end = min(begin + REFRESH, last)
        block = make_block(x, windows, begin, end, terms.min_sessions)
        for a in range(0, y.shape[1], WIDTH):
            update_assets(y, x, windows, terms, fits, block, begin, end, a)
        for m in range(begin, end):
            if not block.good[m - begin]:
                fit_window(y, x, windows, terms, fits, m)


@inlined
def update_assets(y: Floats, x: Floats, windows: Windows, terms: FitTerms, fits: Fits, block: WindowBlock, begin: int,
                  end: int, first: int) -> None:  # fmt: skip
    """Slide over the windows of a block with assets first to first + WIDTH."""
    width = min(WIDTH, y.shape[1] - first)
    row0, rows = block.first_row, block.design.shape[0]
    values, offset = np.empty((rows, width)), np.empty(width)
    gone = gather(y, (row0, windows.stop[begin], row0 + rows), first, width, values, offset)
    missing = count_missing(y, row0, row0 + rows, first, width) if gone else np.zeros((0, 0), dtype=np.int64)
    moments, squares = np.zeros((x.shape[1] + 1, width)), np.zeros(width)
    low = high = row0
    for m in range(begin, end):
        while high < windows.stop[m]:
            move(moments, squares, block.design[high - row0], values[high - row0], 1.0)
            high += 1
        while low < windows.start[m]:
            move(moments, squares, block.design[low - row0], values[low - row0], -1.0)
            low += 1
        if not block.good[m - begin]:
            continue
        solve(block, m - begin, moments, squares, offset, high - low, m, first, fits)
        for c in range(width):
            gap = gone > 0 and missing[high - row0, c] > missing[low - row0, c]
            if gap or not math.isfinite(fits.deviation[m, first + c]):
                fit_gappy(y, x, (low, high), terms, fits, m, first + c)


@kernel
def fit_directly(y: Floats, x: Floats, windows: Windows, terms: FitTerms, fits: Fits, first: int, last: int) -> None:
    """As fit_by_updates, with errors of any kind, every window from its own rows."""
    for m in range(first, last):
        fit_window(y, x, windows, terms, fits, m)


@inlined
def fit_window(y: Floats, x: Floats, windows: Windows, terms: FitTerms, fits: Fits, m: int) -> None:
    """Fit all assets in one window by QR, which those without a gap share."""
    begin, end = windows.start[m], windows.stop[m]
    n, count = end - begin, x.shape[1]
    enough = n >= terms.min_sessions and n > count + 1
    if not enough:
        for a in range(y.shape[1]):
            fit_gappy(y, x, (begin, end), terms, fits, m, a)
        return
    basis = make_basis(np.ascontiguousarray(x[begin:end].T))
    for a in range(0, y.shape[1], DIRECT_WIDTH):
        width = min(DIRECT_WIDTH, y.shape[1] - a)
        fit_assets(basis, y, x, (begin, end), terms, fits, m, a, width)


@inlined
def fit_assets(basis: FactorBasis, y: Floats, x: Floats, rows: tuple[int, int], terms: FitTerms, fits: Fits, m: int,
               first: int, width: int) -> None:  # fmt: skip
    """Fit some assets in one window; each that has a gap by itself."""
    values, offset = np.empty((rows[1] - rows[0], width)), np.empty(width)
    gone = gather(y, (rows[0], rows[1], rows[1]), first, width, values, offset)
    if basis.solved:
        fit_columns(basis, values, offset, terms, fits, m, first)
    for c in range(width):
        gap = False
        if gone:
            for t in range(rows[0], rows[1]):
                gap = gap or not math.isfinite(y[t, first + c])
        if gap:
            fit_gappy(y, x, rows, terms, fits, m, first + c)
        elif not basis.solved:
            blank(fits, m, first + c, rows[1] - rows[0])
