"""Betas in parts of the sample: up days, down days, and the market's worst."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import ERROR_TERMS, NUMBERS, REAL, many, maybe, takes

from .ols import ErrorTerms, ols

# A line through fewer points than this has no standard error worth the name.
LEAST_SESSIONS = 5


@takes(returns=NUMBERS, market=NUMBERS, stress_fracs=many(REAL, "a list of numbers"), errors=maybe(ERROR_TERMS))
def conditional_betas(
    returns: NDArray[np.float64],
    market: NDArray[np.float64],
    *,
    stress_fracs: tuple[float, ...] = (0.05, 0.01),
    errors: ErrorTerms | None = None,
) -> pd.DataFrame:
    """Slope of (T,) returns on (T,) market returns: on all sessions, where the market rose, where it fell, and
    on the worst of its sessions.

    Rows: all, up, down, worst_5%, ... (market at or below that quantile); columns: alpha, beta, stderr, tstat,
    sessions; NaN where a part has fewer than 5 sessions. Days are chosen by the market alone; betas in the tails of a
    normal market differ from the whole's by chance only, so compare them with their errors (Forbes and Rigobon 2002).
    stress_fracs: shares of the sessions that count as worst; errors: the kind of standard errors. Raises
    ParameterError for a stress fraction outside (0, 1).
    """
    for frac in stress_fracs:
        if not 0.0 < frac < 1.0:
            raise ParameterError("out of range", where="stress_fracs", value=frac, bound="above 0, below 1")
    y, x = np.asarray(returns, dtype=np.float64), np.asarray(market, dtype=np.float64)
    if y.shape != x.shape or y.ndim != 1:
        raise ParameterError("returns and market do not fit together", value=f"{y.shape}, {x.shape}")
    both = np.isfinite(y) & np.isfinite(x)
    y, x = y[both], x[both]
    parts = {"all": np.ones(len(x), dtype=bool), "up": x > 0.0, "down": x < 0.0}
    for frac in stress_fracs:
        parts[f"worst_{100 * frac:g}%"] = x <= np.quantile(x, frac) if len(x) else x < 0.0
    rows = {name: _line(y[part], x[part], errors or ErrorTerms()) for name, part in parts.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["alpha", "beta", "stderr", "tstat", "sessions"])
    return table.astype({"sessions": np.int64}).rename_axis("days")


def _line(y: NDArray[np.float64], x: NDArray[np.float64], errors: ErrorTerms) -> tuple[float, float, float, float, int]:
    n = len(y)
    if n < LEAST_SESSIONS or np.ptp(x) == 0.0:
        return (np.nan, np.nan, np.nan, np.nan, n)
    (alpha, _, _), (beta, stderr, tstat) = ols(y, x[:, None], ("market",), errors).table.to_numpy(dtype=np.float64)
    return (float(alpha), float(beta), float(stderr), float(tstat), n)
