"""One-day-ahead VaR and ES over time, each from the returns before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ..series import check_whole, reject_infinities
from ..var.estimate import Question, VarSettings
from ..var.extreme import ParetoTail, fit_tail
from ..var.filtered import Volatility, garch_volatility
from ..var.methods import Method
from ..var.student import StudentFit, fit_student
from ..var.value_at_risk import LEAST_RETURNS, known_method
from . import windows as readings

Texts = NDArray[np.object_]
# So many windows are read at once: a few megabytes.
CHUNK = 1000
NO_ES = "no finite ES above zero"
NO_VARIANCE = "the variance falls to zero"


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
    converge keeps the parameters before it. Columns: return, var_frac, es_frac (positive losses, negative where even
    the tail gains), note: why a forecast is missing, or its ES (NaN where it is infinite or not above zero). Raises
    ParameterError.
    """
    made = forecasts_at(
        returns, method, (confidence,), window_sessions=window_sessions, refit_sessions=refit_sessions,
        settings=settings,
    )  # fmt: skip
    return made[confidence]


def forecasts_at(
    returns: pd.Series[float],
    method: Method,
    confidences: Sequence[float],
    *,
    window_sessions: int = 250,
    refit_sessions: int = 21,
    settings: VarSettings | None = None,
) -> dict[float, pd.DataFrame]:
    """rolling_forecasts at several confidences, whose fits are shared."""
    name, tails = known_method(method), [Question(confidence).tail for confidence in confidences]
    window = check_whole("window_sessions", window_sessions, LEAST_RETURNS)
    refit = check_whole("refit_sessions", refit_sessions, 1)
    if not isinstance(returns, pd.Series):
        raise ParameterError("a pandas Series is needed", where="returns", value=type(returns).__name__)
    values = np.asarray(returns, dtype=np.float64)
    reject_infinities(values, "returns")
    known = np.flatnonzero(~np.isnan(values))
    # Forecast k stands at every session after the k-th window is complete, up to the next known return.
    begins = known[window - 1 :] + 1
    begins = begins[begins < len(values)]
    count = len(begins)
    found, why = _forecasts(name, values[known], count, window, refit, tails, settings or VarSettings())
    spans = np.diff(np.concatenate([begins, [len(values)]])) if count else np.empty(0, dtype=np.int64)
    first = len(values) - int(spans.sum())
    out = {}
    for c, confidence in enumerate(confidences):
        losses, reasons = np.full((len(values), 2), np.nan), np.full(len(values), "", dtype=object)
        es = found[:, c, 1]
        undefined = (why[:, c] == "") & ~(np.isfinite(es) & (es > 0.0))
        losses[first:] = np.repeat(np.column_stack([found[:, c, 0], np.where(undefined, np.nan, es)]), spans, axis=0)
        reasons[first:] = np.repeat(np.where(undefined, NO_ES, why[:, c]), spans)
        frame = pd.DataFrame(losses, index=returns.index, columns=["var_frac", "es_frac"])
        frame.insert(0, "return", values)
        frame["note"] = reasons
        out[confidence] = frame
    return out


def _forecasts(
    method: Method, known: Floats, count: int, window: int, refit: int, tails: Sequence[float], settings: VarSettings
) -> tuple[Floats, Texts]:
    """(K, C, 2) VaR and ES of forecasts 0 .. K - 1, and (K, C) why one is missing ("" where it is not)."""
    found, why = np.full((count, len(tails), 2), np.nan), np.full((count, len(tails)), "", dtype=object)
    if not count:
        return found, why
    table = np.lib.stride_tricks.sliding_window_view(known, window)[:count]
    if method in ("student_t", "peaks_over_threshold"):
        fit: Callable[[Floats], Callable[[float], tuple[float, float]]]
        fit = _student if method == "student_t" else lambda past: _pareto(past, settings)
        for start in range(0, count, refit):
            stop = min(start + refit, count)
            try:
                losses = fit(table[start])
            except ParameterError as problem:
                why[start:stop] = problem.what
                continue
            for c, tail in enumerate(tails):
                try:
                    found[start:stop, c] = losses(tail)
                except ParameterError as problem:
                    why[start:stop, c] = problem.what
        return found, why
    models = _garch_models(table, refit, why) if method == "filtered_garch" else None
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        if models is None:
            found[part] = readings.READINGS[method](table[part], tails, settings)
        else:
            found[part] = readings.filtered_garch(table[part], models[part], tails)
    why[np.isnan(found[:, :, 0]) & (why == "")] = NO_VARIANCE
    return found, why


def _student(past: Floats) -> Callable[[float], tuple[float, float]]:
    fitted: StudentFit = fit_student(past)
    return fitted.losses


def _pareto(past: Floats, settings: VarSettings) -> Callable[[float], tuple[float, float]]:
    fitted: ParetoTail = fit_tail(-past, float(np.quantile(-past, settings.threshold_quantile_frac)))
    return lambda tail: (fitted.var(1.0 - tail), fitted.es(1.0 - tail))


def _garch_models(table: Floats, refit: int, why: Texts) -> Floats:
    """(K, 4): the parameters behind each forecast; NaN, with the reason in `why`, until a first fit converges."""
    out, model = np.full((len(table), 4), np.nan), None
    for start in range(0, len(table), refit):
        stop, reason = min(start + refit, len(table)), ""
        try:
            model = garch_volatility(table[start])
        except ParameterError as problem:
            reason = problem.what
        if isinstance(model, Volatility):
            out[start:stop] = model.mean, model.omega, model.alpha, model.beta
        else:
            why[start:stop] = reason
    return out


__all__ = ["NO_ES", "forecasts_at", "rolling_forecasts"]
