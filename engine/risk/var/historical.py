"""VaR and ES from past returns as they were: equally weighted, and weighted by age."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from .estimate import Question, RiskEstimate, VarSettings, overlapping


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
