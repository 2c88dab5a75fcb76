"""One-day-ahead VaR and ES over time, each from the returns before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError

from ..series import check_whole, reject_infinities
from ..var.estimate import Question, VarSettings
from ..var.methods import Method, method_of
from ..var.value_at_risk import LEAST_RETURNS
from ..var.windows import Windows

NO_ES = "no finite ES above zero"


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
    answers, tails = method_of(method).answers, [Question(confidence).tail for confidence in confidences]
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
    table = np.empty((0, window))
    if count:
        table = np.lib.stride_tricks.sliding_window_view(values[known], window)[:count]
    losses_at, why = answers(Windows(table, tails, refit, settings or VarSettings()))
    spans = np.diff(np.concatenate([begins, [len(values)]])) if count else np.empty(0, dtype=np.int64)
    first = len(values) - int(spans.sum())
    out = {}
    for c, confidence in enumerate(confidences):
        losses, reasons = np.full((len(values), 2), np.nan), np.full(len(values), "", dtype=object)
        es = losses_at[:, c, 1]
        undefined = (why[:, c] == "") & ~(np.isfinite(es) & (es > 0.0))
        losses[first:] = np.repeat(
            np.column_stack([losses_at[:, c, 0], np.where(undefined, np.nan, es)]), spans, axis=0
        )
        reasons[first:] = np.repeat(np.where(undefined, NO_ES, why[:, c]), spans)
        frame = pd.DataFrame(losses, index=returns.index, columns=["var_frac", "es_frac"])
        frame.insert(0, "return", values)
        frame["note"] = reasons
        out[confidence] = frame
    return out
