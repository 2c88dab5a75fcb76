"""VaR and ES from past returns as they were: equally weighted, and weighted by age."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...arrays import Floats
from .estimate import Question, RiskEstimate, VarSettings, overlapping
from .windows import VarMethod, read_afresh


def tail_of(returns: Floats, tail: float) -> tuple[float, float]:
    """VaR and ES: minus the type-7 quantile, and minus the mean of the returns at or below it."""
    position = tail * (len(returns) - 1)
    # 0.05 * 20 is not 1 in binary; without this the observation on the edge would be lost to ES.
    level = round(position) / max(len(returns) - 1, 1) if abs(position - round(position)) < 1e-9 else tail
    cut = float(np.quantile(returns, level))
    edge = cut + 1e-12 * abs(cut)
    return -cut, -float(returns[returns <= edge].mean())


def historical(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Empirical quantile of the compounded returns of overlapping stretches of the horizon."""
    del settings
    stretches = overlapping(returns, question.horizon_sessions)
    return question.answer("historical", *tail_of(stretches, question.tail), len(returns))


def age_weighted(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Quantile of past returns whose weights fall geometrically with age.

    Boudoukh, Richardson and Whitelaw (1998, Risk 11). Sorted returns stand at the weight that lies below them, and
    VaR is interpolated between them; ES is the weighted mean up to the return at which the weight reaches the tail.
    """
    stretches = overlapping(returns, question.horizon_sessions)
    n, decay = len(stretches), settings.age_decay_frac
    weights = decay ** np.arange(n - 1, -1, -1.0)
    weights /= weights.sum()
    order = np.argsort(stretches, kind="stable")
    ordered, weights = stretches[order], weights[order]
    above = np.cumsum(weights)
    var = -float(np.interp(question.tail, above - weights, ordered))
    stop = min(int(np.searchsorted(above, question.tail)) + 1, n)
    es = -float(ordered[:stop] @ weights[:stop] / weights[:stop].sum())
    return question.answer("age_weighted", var, max(es, var), len(returns), age_decay_frac=decay)


def tails_of(ordered: Floats, tails: Sequence[float]) -> Floats:
    """(W, C, 2): tail_of of each row of sorted returns (W, n)."""
    n = ordered.shape[1]
    out = np.empty((len(ordered), len(tails), 2))
    sums = np.cumsum(ordered, axis=1)
    for c, tail in enumerate(tails):
        position = tail * (n - 1)
        position = float(round(position)) if abs(position - round(position)) < 1e-9 else position
        below = math.floor(position)
        part = position - below
        first, second = ordered[:, below], ordered[:, min(below + 1, n - 1)]
        cut = first + part * (second - first)
        inside = (ordered <= (cut + 1e-12 * np.abs(cut))[:, None]).sum(axis=1)
        out[:, c, 0] = -cut
        out[:, c, 1] = -sums[np.arange(len(ordered)), inside - 1] / inside
    return out


def _historical_windows(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Empirical quantiles."""
    del settings
    return tails_of(np.sort(windows, axis=1), tails)


def _age_weighted_windows(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Quantiles of returns whose weights fall with age."""
    count, n = windows.shape
    weights = settings.age_decay_frac ** np.arange(n - 1, -1, -1.0)
    order = np.argsort(windows, axis=1, kind="stable")
    ordered, weights = np.take_along_axis(windows, order, axis=1), (weights / weights.sum())[order]
    above = np.cumsum(weights, axis=1)
    starts, losses = above - weights, np.cumsum(weights * ordered, axis=1)
    rows, out = np.arange(count), np.empty((count, len(tails), 2))
    for c, tail in enumerate(tails):
        right = np.clip((starts <= tail).sum(axis=1), 1, n - 1)
        x0, x1 = starts[rows, right - 1], starts[rows, right]
        y0, y1 = ordered[rows, right - 1], ordered[rows, right]
        part = np.clip((tail - x0) / (x1 - x0), 0.0, 1.0)
        out[:, c, 0] = -(y0 + part * (y1 - y0))
        last = np.minimum((above < tail).sum(axis=1), n - 1)
        out[:, c, 1] = np.maximum(-losses[rows, last] / above[rows, last], out[:, c, 0])
    return out


HISTORICAL = VarMethod("Historical", historical, read_afresh(_historical_windows), reads_sample=True)
AGE_WEIGHTED = VarMethod("Age-weighted", age_weighted, read_afresh(_age_weighted_windows), reads_sample=True)
