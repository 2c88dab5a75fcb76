"""Value at risk and expected shortfall of a return series, by name of the method."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import LIST_OF_NAMES, NUMBERS, REAL, SESSIONS, TEXT, VAR_SETTINGS, many, maybe, takes

from ..series import returns_array
from .estimate import Question, RiskEstimate, VarSettings
from .methods import METHODS, Method, method_of

LEAST_RETURNS = 30


@takes(returns=NUMBERS, method=TEXT, confidence=REAL, horizon_sessions=SESSIONS, settings=maybe(VAR_SETTINGS))
def value_at_risk(
    returns: ArrayLike | pd.Series[float],
    method: Method = "historical",
    *,
    confidence: float = 0.95,
    horizon_sessions: int = 1,
    settings: VarSettings | None = None,
) -> RiskEstimate:
    """VaR and ES of the next `horizon_sessions`, estimated from the whole series.

    returns: (n,) simple returns, oldest first, NaN left out, at least 30. Losses are positive fractions. The horizon:
    historical, age_weighted and peaks_over_threshold compound overlapping stretches; gaussian and cornish_fisher add
    up the moments of independent sessions; student_t and ewma grow with its square root; filtered_* simulate.
    confidence: between 0.5 and 1; settings: choices of the methods that have any. Raises ParameterError for an unknown
    method (with the closest one) and for input that cannot be used.
    """
    values = returns_array(returns, at_least=LEAST_RETURNS)
    return method_of(method).answer(values, Question(confidence, horizon_sessions), settings or VarSettings())


@takes(
    returns=NUMBERS,
    methods=maybe(LIST_OF_NAMES),
    confidences=many(REAL, "a list of numbers"),
    horizon_sessions=SESSIONS,
    settings=maybe(VAR_SETTINGS),
)
def risk_table(
    returns: ArrayLike | pd.Series[float],
    *,
    methods: Iterable[Method] | None = None,
    confidences: Iterable[float] = (0.95, 0.99),
    horizon_sessions: int = 1,
    settings: VarSettings | None = None,
) -> pd.DataFrame:
    """VaR and ES by every method (all of them by default) at every confidence, one row each.

    Columns: method, confidence, horizon_sessions, var_frac, es_frac (losses; negative where even the tail gains),
    sessions, note (why a method has no answer for this series, or no finite ES: what is missing is NaN). returns,
    settings: as in value_at_risk; methods, confidences: one row for each pair. Raises ParameterError.
    """
    rows = []
    for method in METHODS if methods is None else methods:
        method_of(method)
        for confidence in confidences:
            question = Question(confidence, horizon_sessions)
            var, es, sessions, note = _answer(returns, method, question, settings)
            rows.append(
                {
                    "method": method, "confidence": confidence, "horizon_sessions": horizon_sessions,
                    "var_frac": var, "es_frac": es, "sessions": sessions, "note": note,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _answer(
    returns: ArrayLike | pd.Series[float], method: Method, question: Question, settings: VarSettings | None
) -> tuple[float, float, int, str]:
    """VaR, ES, sessions and a note; NaN where there is none, with the reason."""
    asked: dict[str, Any] = {
        "confidence": question.confidence, "horizon_sessions": question.horizon_sessions, "settings": settings,
    }  # fmt: skip
    try:
        found = value_at_risk(returns, method, **asked)
    except ParameterError as problem:
        return math.nan, math.nan, 0, str(problem)
    except (ArithmeticError, ValueError, RuntimeError) as problem:
        return math.nan, math.nan, 0, f"cannot be fitted: {problem}"
    var, es, note = found.var_frac, found.es_frac, ""
    if not math.isfinite(var):
        return math.nan, math.nan, found.sessions, "the loss is not finite"
    if not math.isfinite(es):
        return var, math.nan, found.sessions, f"ES is infinite ({method_of(method).infinite_es})"
    if not found.details.get("monotone", 1.0):
        note = "the expansion is no distribution for these moments"
        # NaN where the history is too short for the quantile: then any gain at all is no answer.
        known_var, known_es, _, _ = _answer(returns, "historical", question, settings)
        if (es <= 0.0 and not known_es <= 0.0) or (var < 0.0 and not known_var <= var):
            return math.nan, math.nan, found.sessions, f"{note}: it shows a gain that the history does not have"
    return var, es, found.sessions, note
