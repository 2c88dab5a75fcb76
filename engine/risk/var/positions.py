"""Which position carries the risk: marginal, component and incremental VaR and ES."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, did_you_mean

from ...arrays import Floats
from ...kernels.series.metrics import cornish_fisher_quantile, cornish_fisher_tail
from ..series import check_confidence, reject_infinities
from .historical import tail_of
from .parametric import NORMAL, FourMoments, moments

BookMethod = Literal["gaussian", "cornish_fisher", "historical"]


class Slopes(NamedTuple):
    """A book's VaR and ES and how they change with each weight, both (N,)."""

    var: float
    es: float
    var_slopes: Floats
    es_slopes: Floats


def position_risk(
    returns: pd.DataFrame,
    weights: Mapping[str, float] | pd.Series[float],
    method: BookMethod = "gaussian",
    *,
    confidence: float = 0.95,
    ddof: Literal[0, 1] = 0,
) -> pd.DataFrame:
    """VaR and ES of a book by position, one session ahead.

    returns: (T, N) simple returns by ticker; sessions on which a held ticker has no return are left out. weights:
    fractions of NAV, negative for shorts, the rest in cash at no return. Columns, each for var_ and es_: marginal_*
    (change of the book's figure per unit of weight), component_* (weight times marginal; they add up to the book's
    figure, Euler), incremental_* (the book's figure less that of the book with the position moved to cash). The row
    "book" holds the totals. Positive numbers are losses.

    gaussian and cornish_fisher use population moments (Boudt, Peterson and Croux 2008); ddof=1 divides the
    covariances, and only them, by n - 1. historical: component ES is
    the mean contribution over the sessions in the tail; VaR, the book's too, is the Harrell-Davis estimate, a mean of
    all sessions with weights around the quantile, since the quantile itself rests on the two sessions next to it.
    Raises ParameterError for a ticker without returns, an unknown method or too few sessions.
    """
    check_confidence(confidence)
    if method not in SLOPES:
        raise ParameterError("unknown method", where="method", value=method, remedy=did_you_mean(method, SLOPES))
    names, held, table = _book(returns, weights)
    measure = SLOPES[method]
    book = measure(table, held, confidence, ddof)
    # The book without a position, as one series: VaR and ES of all those take no other column.
    whole, one = table @ held, np.ones(1)
    without = [measure((whole - table[:, i] * held[i])[:, None], one, confidence, ddof) for i in range(len(held))]
    frame = pd.DataFrame({"weight": held}, index=pd.Index(names, name="ticker"))
    for kind, total, slopes in (("var", book.var, book.var_slopes), ("es", book.es, book.es_slopes)):
        frame[f"marginal_{kind}"] = slopes
        frame[f"component_{kind}"] = held * slopes
        frame[f"share_{kind}"] = held * slopes / total if total != 0.0 else np.nan
        frame[f"incremental_{kind}"] = [total - getattr(other, kind) for other in without]
    totals = {
        "weight": held.sum(),
        "component_var": book.var,
        "share_var": 1.0,
        "component_es": book.es,
        "share_es": 1.0,
    }
    frame.loc["book"] = pd.Series(totals)
    return frame


def _book(returns: pd.DataFrame, weights: Mapping[str, float] | pd.Series[float]) -> tuple[list[str], Floats, Floats]:
    names = [str(name) for name, weight in weights.items() if weight != 0.0]
    for name in names:
        if name not in returns.columns:
            known = [str(column) for column in returns.columns]
            raise ParameterError("has no returns", where=name, remedy=did_you_mean(name, known))
    held = np.array([float(weights[name]) for name in names])
    if not len(held) or not np.isfinite(held).all():
        raise ParameterError("weights must be finite, and one must differ from zero", where="weights")
    table = returns[names].to_numpy(dtype=np.float64)
    table = table[~np.isnan(table).any(axis=1)]
    reject_infinities(table, "returns")
    if len(table) < 2:
        raise ParameterError(
            "too few sessions have a return of every ticker", where="returns", value=len(table), bound="2"
        )
    return names, held, table


def _gaussian(table: Floats, held: Floats, confidence: float, ddof: int) -> Slopes:
    m, gradients = _moment_slopes(table, held, ddof)
    tail = 1.0 - confidence
    z = NORMAL.inv_cdf(tail)
    depth = NORMAL.pdf(z) / tail
    return Slopes(
        -(m.mean + z * m.spread),
        -m.mean + depth * m.spread,
        -gradients.mean - z * gradients.spread,
        -gradients.mean + depth * gradients.spread,
    )


class _Gradients(NamedTuple):
    mean: Floats
    spread: Floats
    skew: Floats
    kurtosis: Floats


def _moment_slopes(table: Floats, held: Floats, ddof: int) -> tuple[FourMoments, _Gradients]:
    """Moments of the book and their derivatives with respect to each weight."""
    m = moments(table @ held, ddof)
    noise = table - table.mean(axis=0)
    book, n = noise @ held, len(table)
    if m.spread == 0.0:
        zero = np.zeros(len(held))
        return m, _Gradients(table.mean(axis=0), zero, zero, zero)
    d2 = 2.0 * book @ noise / (n - ddof)
    d3 = 3.0 * book**2 @ noise / n
    d4 = 4.0 * book**3 @ noise / n
    variance = m.spread**2
    skew = d3 / m.spread**3 - 1.5 * m.skew * d2 / variance
    kurtosis = d4 / variance**2 - 2.0 * (m.excess_kurtosis + 3.0) * d2 / variance
    return m, _Gradients(table.mean(axis=0), d2 / (2.0 * m.spread), skew, kurtosis)


def _cornish_fisher(table: Floats, held: Floats, confidence: float, ddof: int) -> Slopes:
    m, g = _moment_slopes(table, held, ddof)
    tail = 1.0 - confidence
    z, s, k = NORMAL.inv_cdf(tail), m.skew, m.excess_kurtosis
    h = cornish_fisher_quantile(z, s, k)
    h_slopes = ((z * z - 1.0) / 6.0 - (2.0 * z**3 - 5.0 * z) * s / 18.0) * g.skew + (z**3 - 3.0 * z) / 24.0 * g.kurtosis
    var_slopes = -g.mean - h * g.spread - m.spread * h_slopes
    var = -(m.mean + h * m.spread)
    depth = cornish_fisher_tail(h, s, k) / tail
    if depth < -h:
        return Slopes(var, var, var_slopes, var_slopes)
    density = math.exp(-0.5 * h * h) / math.sqrt(2.0 * math.pi)
    # The tail integral changes with its upper end by minus h times the Edgeworth density there.
    third, fourth = h**3 - 3.0 * h, h**4 - 6.0 * h**2 + 3.0
    sixth = h**6 - 15.0 * h**4 + 45.0 * h**2 - 15.0
    by_h = -h * density * (1.0 + s / 6.0 * third + k / 24.0 * fourth + s * s / 72.0 * sixth)
    by_s = density * (h**3 / 6.0 + s / 36.0 * (h**6 - 9.0 * h**4 + 9.0 * h**2 + 3.0))
    by_k = density * (h**4 - 2.0 * h**2 - 1.0) / 24.0
    slopes = (by_h * h_slopes + by_s * g.skew + by_k * g.kurtosis) / tail
    return Slopes(var, -m.mean + depth * m.spread, var_slopes, -g.mean + depth * g.spread + m.spread * slopes)


@lru_cache(maxsize=8)
def harrell_davis_weights(count: int, tail: float) -> Floats:
    """(n,) weights of the order statistics, lowest first, in the Harrell-Davis estimate of the `tail` quantile.

    I(i/n) - I((i-1)/n) with the incomplete beta function of (n + 1) tail and (n + 1)(1 - tail): the chance that the
    i-th of n is the quantile of a resampled series (Harrell and Davis 1982, Biometrika 69(3)). They add up to 1.
    """
    from scipy import special

    edges = np.arange(count + 1) / count
    weights = np.diff(special.betainc((count + 1) * tail, (count + 1) * (1.0 - tail), edges))
    weights.flags.writeable = False
    return weights


def _historical(table: Floats, held: Floats, confidence: float, ddof: int) -> Slopes:
    del ddof
    book = table @ held
    cut, es = tail_of(book, 1.0 - confidence)
    weights = harrell_davis_weights(len(book), 1.0 - confidence)
    var_slopes = -(weights @ table[np.argsort(book, kind="stable")])
    inside = book <= -cut + 1e-12 * abs(cut)
    return Slopes(float(var_slopes @ held), es, var_slopes, -table[inside].mean(axis=0))


SLOPES: dict[str, Callable[[Floats, Floats, float, int], Slopes]] = {
    "gaussian": _gaussian,
    "cornish_fisher": _cornish_fisher,
    "historical": _historical,
}
