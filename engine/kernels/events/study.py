"""Event studies, many at a time: fit, abnormal returns, windows and tests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Ints
from ..jit import inlined, kernel
from .fit import Panel, PanelFit, fit_panel, window_variance
from .tests import average_ranks, group_tests


class PanelBatch(NamedTuple):
    """B panels of one shape, see engine.kernels.events.fit.Panel: a leading axis for each array."""

    returns: Floats
    known: Floats
    factors: Floats
    estimation: int
    estimated: bool


class PanelFits(NamedTuple):
    """B fits, see engine.kernels.events.fit.PanelFit: a leading axis for each array."""

    ar: Floats
    coefficients: Floats
    sd: Floats
    used: Ints
    centre: Floats
    inverse: Floats
    correlation: Floats


@kernel
def study(
    batch: PanelBatch,
    minimum: int,
    windows: Ints,
    groups: NDArray[np.bool_],
    resampling: Ints,
    fits: PanelFits,
    columns: Floats,
    statistics: Floats,
) -> None:
    """Run B event studies.

    windows: (W, 4) first row, last row, 1 to count prediction errors, a whole number that names the random
    stream; groups: (G, N) members; resampling: draws and seed; fits, columns (B, W, 3, N: CAR, BHAR, variance
    multiple) and statistics (B, W, G, Stat) are filled.
    """
    for b in range(batch.returns.shape[0]):
        panel = Panel(batch.returns[b], batch.known[b], batch.factors[b], batch.estimation, batch.estimated)
        fit = PanelFit(
            fits.ar[b],
            fits.coefficients[b],
            fits.sd[b],
            fits.used[b],
            fits.centre[b],
            fits.inverse[b],
            fits.correlation[b],
        )
        fit_panel(panel, minimum, fit)
        past_ranks = np.empty((batch.estimation, batch.returns.shape[2]))
        for i in range(past_ranks.shape[1]):
            past_ranks[:, i] = average_ranks(fit.ar[: batch.estimation, i].copy())
        for w in range(windows.shape[0]):
            window, found = windows[w], columns[b, w]
            cumulate(panel, fit, window, found)
            ranks = window_ranks(fit.ar, batch.estimation, window[0], window[1])
            for g in range(groups.shape[0]):
                members = members_with(groups[g], found[0])
                out = statistics[b, w, g]
                group_tests(panel, fit, window, found, ranks, past_ranks, members, resampling, out)


@inlined
def members_with(group: NDArray[np.bool_], values: Floats) -> Ints:
    """Columns of a group that have a value."""
    out = np.empty(group.size, dtype=np.int64)
    n = 0
    for i in range(group.size):
        if group[i] and np.isfinite(values[i]):
            out[n] = i
            n += 1
    return out[:n]


@inlined
def cumulate(panel: Panel, fit: PanelFit, window: Ints, out: Floats) -> None:
    """CAR, BHAR and variance multiple of each ticker; NaN where a return inside the window is missing."""
    first, last = window[0], window[1]
    for i in range(panel.returns.shape[1]):
        car, got, want = 0.0, 1.0, 1.0
        for t in range(first, last + 1):
            car += fit.ar[t, i]
            got *= 1.0 + panel.returns[t, i]
            want *= 1.0 + panel.returns[t, i] - fit.ar[t, i]
        out[0, i], out[1, i], out[2, i] = car, got - want, last - first + 1
        if window[2] == 1 and panel.estimated:
            out[2, i] = window_variance(panel.factors, first, last, fit.used[i], fit.centre[i], fit.inverse[i])


@inlined
def window_ranks(ar: Floats, estimation: int, first: int, last: int) -> Floats:
    """(M + L, N): rank / (n + 1) - 1/2 of each ticker's values in the estimation window and the window."""
    length = estimation + last - first + 1
    out = np.empty((length, ar.shape[1]))
    values = np.empty(length)
    for i in range(ar.shape[1]):
        values[:estimation] = ar[:estimation, i]
        values[estimation:] = ar[first : last + 1, i]
        ranks = average_ranks(values)
        finite = 0
        for t in range(length):
            finite += np.isfinite(values[t])
        for t in range(length):
            out[t, i] = ranks[t] / (finite + 1) - 0.5
    return out
