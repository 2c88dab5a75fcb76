"""One-day-ahead VaR and ES over time, each from the returns before it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError

from .estimate import Question, RiskEstimate, VarSettings
from .extreme import ParetoTail, fit_tail
from .filtered import Volatility, filtered_answer, garch_volatility
from .methods import Method
from .series import Floats, check_whole, reject_infinities
from .value_at_risk import LEAST_RETURNS, METHODS, known_method

Fit = Volatility | ParetoTail | tuple[float, float, float]


def rolling_forecasts(
    returns: pd.Series[float],
    method: Method = "historical",
    *,
    confidence: float = 0.99,
    window_sessions: int = 250,
    refit_sessions: int = 21,
    settings: VarSettings | None = None,
) -> pd.DataFrame:
    """What each session's VaR and ES was expected to be at the close of the session before.

    returns: (T,) simple returns by session; a NaN is left out of later windows and leaves its own row without a
    return. Row t is estimated from the last window_sessions returns before t and from nothing else; the first rows
    are NaN. student_t, filtered_garch and peaks_over_threshold keep their fitted parameters for refit_sessions
    forecasts; volatility is carried forward to the session in between, and a GARCH refit that does not
    converge keeps the parameters before it. Columns: return, var_frac, es_frac (positive
    losses). Raises ParameterError.
    """
    name, question = known_method(method), Question(confidence)
    window = check_whole("window_sessions", window_sessions, LEAST_RETURNS)
    refit = check_whole("refit_sessions", refit_sessions, 1)
    if not isinstance(returns, pd.Series):
        raise ParameterError("a pandas Series is needed", where="returns", value=type(returns).__name__)
    values = np.asarray(returns, dtype=np.float64)
    reject_infinities(values, "returns")
    known = np.flatnonzero(~np.isnan(values))
    # Forecast k stands at the session after the k-th known return that completes a window.
    place = np.concatenate([known[window:], [len(values)]]) if len(known) >= window else known[:0]
    step = _stepper(name, values[known], window, refit, question, settings or VarSettings())
    out = np.full((len(values), 2), np.nan)
    first = int(known[window - 1]) + 1 if len(place) else len(values)
    for k in range(len(place)):
        if first >= len(values):
            break
        found = step(k)
        # Sessions without a return repeat the forecast that was known before them.
        out[first : place[k] + 1] = found.var_frac, found.es_frac
        first = int(place[k]) + 1
    frame = pd.DataFrame(out, index=returns.index, columns=["var_frac", "es_frac"])
    frame.insert(0, "return", values)
    return frame


def _stepper(
    method: Method, known: Floats, window: int, refit: int, question: Question, settings: VarSettings
) -> Callable[[int], RiskEstimate]:
    """The function that makes forecast k from known[k : k + window]."""
    fits: dict[str, Fit] = {}

    def step(k: int) -> RiskEstimate:
        past = known[k : k + window]
        if method == "filtered_garch":
            return filtered_answer(method, past, _garch(fits, past, k % refit == 0), question, settings)
        if method == "peaks_over_threshold":
            if k % refit == 0:
                fits["tail"] = fit_tail(-past, float(np.quantile(-past, settings.threshold_quantile_frac)))
            tail = fits["tail"]
            assert isinstance(tail, ParetoTail)
            return question.answer(method, tail.var(question.confidence), tail.es(question.confidence), len(past))
        if method == "student_t":
            if k % refit == 0:
                fitted = METHODS[method](past, question, settings)
                fits["t"] = (fitted.var_frac, fitted.es_frac, 0.0)
            kept = fits["t"]
            return question.answer(method, kept[0], kept[1], len(past))
        return METHODS[method](past, question, settings)

    return step


def _garch(fits: dict[str, Fit], past: Floats, due: bool) -> Volatility:
    if due:
        try:
            fits["garch"] = garch_volatility(past)
        except ParameterError:
            if "garch" not in fits:
                raise
    model = fits["garch"]
    assert isinstance(model, Volatility)
    noise = past - model.mean
    first = model.omega + (model.alpha + model.beta) * float((noise**2).mean())
    return model._replace(first_variance=max(first, math.ulp(0.0)))
