"""Factor exposure of a return series: least squares with Newey-West errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.universes.brief import brief
from hedgebook.universes.checks import SESSIONS, takes

# Below this many sessions per estimated coefficient a regression says more about noise than about exposure.
MIN_SESSIONS_PER_COEFFICIENT = 3


@brief
@dataclass(frozen=True)
class Exposure:
    """Coefficients of a regression of daily returns on factors, with heteroskedasticity- and
    autocorrelation-consistent errors.

    table: rows are factors, columns beta, stderr, tstat; alpha is per session; lags: of the Bartlett kernel.
    """

    table: pd.DataFrame
    alpha: float
    alpha_tstat: float
    r_squared: float
    sessions: int
    first: np.datetime64
    last: np.datetime64
    lags: int

    def to_dict(self) -> dict[str, dict[str, float]]:
        """{factor: {beta, stderr, tstat}}."""
        return {
            str(name): {str(key): float(value) for key, value in row.items()} for name, row in self.table.iterrows()
        }


@takes(sessions=SESSIONS)
def newey_west_lags(sessions: int) -> int:
    """floor(4 (T/100)^(2/9)), the plug-in rule of Newey and West (1994).

    sessions: T, of the regression.
    Raises ParameterError for values of other kinds.
    """
    return math.floor(4.0 * math.pow(sessions / 100.0, 2.0 / 9.0))


def regress(
    returns: NDArray[np.float64], factors: NDArray[np.float64], names: tuple[str, ...], sessions: NDArray[np.datetime64]
) -> Exposure | None:
    """Ordinary least squares of (n,) returns on (n, K) factors, Newey-West errors with factor n/(n-k).

    Rows with a NaN are left out; None where fewer than 3 rows per coefficient are left, or where over those rows the
    returns or a factor do not move on their own.
    Source: Newey and West (1987), Econometrica 55(3).
    """
    complete = np.isfinite(returns) & np.isfinite(factors).all(axis=1)
    n, k = int(complete.sum()), factors.shape[1] + 1
    if n < MIN_SESSIONS_PER_COEFFICIENT * k or np.ptp(returns[complete]) == 0.0:
        return None
    from statsmodels.regression.linear_model import OLS

    lags = newey_west_lags(n)
    design = np.column_stack([np.ones(n), factors[complete]])
    if np.linalg.matrix_rank(design) < k:
        return None
    fit = OLS(returns[complete], design).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    table = pd.DataFrame(
        {"beta": fit.params[1:], "stderr": fit.bse[1:], "tstat": fit.tvalues[1:]}, index=pd.Index(names, name="factor")
    )
    used = sessions[complete]
    return Exposure(
        table=table,
        alpha=float(fit.params[0]),
        alpha_tstat=float(fit.tvalues[0]),
        r_squared=float(fit.rsquared),
        sessions=n,
        first=used[0],
        last=used[-1],
        lags=lags,
    )
