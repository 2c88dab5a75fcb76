"""Value at risk and expected shortfall of a return series, by name of the method."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import get_args

import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError, did_you_mean

from . import extreme, filtered, historical, parametric
from .estimate import Question, RiskEstimate, VarSettings
from .methods import Method
from .series import Floats, returns_array

METHODS: dict[Method, Callable[[Floats, Question, VarSettings], RiskEstimate]] = {
    "historical": historical.historical,
    "age_weighted": historical.age_weighted,
    "gaussian": parametric.gaussian,
    "student_t": parametric.student_t,
    "cornish_fisher": parametric.cornish_fisher,
    "ewma": filtered.ewma,
    "filtered_ewma": filtered.filtered_ewma,
    "filtered_garch": filtered.filtered_garch,
    "peaks_over_threshold": extreme.peaks_over_threshold,
}
LEAST_RETURNS = 30


def value_at_risk(
    returns: ArrayLike | pd.Series[float],
    method: Method = "historical",
    *,
    confidence: float = 0.95,
    horizon_sessions: int = 1,
    settings: VarSettings | None = None,
) -> RiskEstimate:
    """VaR and ES of the next `horizon_sessions`, estimated from the whole series.

    returns: (n,) simple returns, oldest first, NaN left out, at least 30. Losses are positive fractions. The
    horizon: historical, age_weighted and peaks_over_threshold compound overlapping stretches; gaussian and
    cornish_fisher add up the moments of independent sessions; student_t and ewma grow with its square root;
    filtered_* simulate. Raises ParameterError for an unknown method (with the closest one) and for input that
    cannot be used.
    """
    values = returns_array(returns, at_least=LEAST_RETURNS)
    return METHODS[known_method(method)](values, Question(confidence, horizon_sessions), settings or VarSettings())


def risk_table(
    returns: ArrayLike | pd.Series[float],
    *,
    methods: Iterable[Method] = get_args(Method),
    confidences: Iterable[float] = (0.95, 0.99),
    horizon_sessions: int = 1,
    settings: VarSettings | None = None,
) -> pd.DataFrame:
    """VaR and ES by every method at every confidence, one row each.

    Columns: method, confidence, horizon_sessions, var_frac, es_frac, sessions, note (why a method has no answer for
    this series; its losses are NaN then).
    """
    rows = []
    for method in methods:
        for confidence in confidences:
            row: dict[str, object] = {
                "method": method,
                "confidence": confidence,
                "horizon_sessions": horizon_sessions,
            }
            known_method(method)
            Question(confidence, horizon_sessions)
            try:
                found = value_at_risk(
                    returns, method, confidence=confidence, horizon_sessions=horizon_sessions, settings=settings
                )
            except ParameterError as error:
                rows.append(
                    {**row, "var_frac": float("nan"), "es_frac": float("nan"), "sessions": 0, "note": str(error)}
                )
                continue
            note = (
                "" if found.details.get("monotone", 1.0) else "the expansion is no distribution for these moments"
            )
            rows.append(
                {
                    **row,
                    "var_frac": found.var_frac,
                    "es_frac": found.es_frac,
                    "sessions": found.sessions,
                    "note": note,
                }
            )
    return pd.DataFrame(rows)


def known_method(method: str) -> Method:
    """The method, when there is one of this name. Raises ParameterError with the closest name."""
    for name in METHODS:
        if name == method:
            return name
    raise ParameterError("unknown method", where="method", value=method, remedy=did_you_mean(method, METHODS))
