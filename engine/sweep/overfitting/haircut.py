"""What is left of Sharpe ratios once it is counted how many were looked at."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import COLUMN, SESSIONS, takes
from hedgebook.universes.names import named

from ...risk.series import check_whole


class Adjustment(StrEnum):
    """How p-values are raised for the number of tests.

    BONFERRONI: times the number; HOLM: Holm (1979), step by step; both bound the chance of any false discovery.
    BHY: Benjamini and Yekutieli (2001), bounds the share of false discoveries under any dependence.
    """

    BONFERRONI = "bonferroni"
    HOLM = "holm"
    BHY = "bhy"


IN_STATSMODELS = {Adjustment.BONFERRONI: "bonferroni", Adjustment.HOLM: "holm", Adjustment.BHY: "fdr_by"}


@takes(sharpes=COLUMN, observations=SESSIONS)
def haircut_sharpe(
    sharpes: ArrayLike | pd.Series[float], observations: int, *, adjustment: Adjustment | str = Adjustment.BHY
) -> pd.DataFrame:
    """Every trial's Sharpe ratio as far as it survives the others.

    sharpes: (N,) per session, of all trials, each from `observations` returns. A row a trial, in the order given:
    sharpe, p_value (two-sided, Student's t with observations - 1 degrees of freedom, of t = SR sqrt(n)),
    adjusted_p_value, haircut_sharpe (the ratio whose p-value is the adjusted one), haircut_frac (the share of the
    ratio that is lost, NaN for 0). adjustment: "bonferroni", "holm" or "bhy", see Adjustment. Raises ParameterError
    for a NaN. Source: Harvey and Liu (2015), Backtesting, Journal of Portfolio Management 42(1); they would add the
    tests that others made and did not publish.
    """
    from scipy.stats import t as student
    from statsmodels.stats.multitest import multipletests

    n = check_whole("observations", observations, 3)
    ratios = np.asarray(sharpes, dtype=np.float64)
    if ratios.ndim != 1 or ratios.size == 0 or not np.isfinite(ratios).all():
        raise ParameterError(
            "one finite ratio a trial is needed",
            where="sharpes",
            value=ratios.shape,
            remedy="Leave out trials without a ratio, but count them where they were looked at.",
        )
    p = 2.0 * student.sf(np.abs(ratios) * np.sqrt(n), n - 1)
    adjusted = np.minimum(multipletests(p, method=IN_STATSMODELS[parse_adjustment(adjustment)])[1], 1.0)
    # A p-value too small for a float would come back as an infinite ratio.
    left = np.sign(ratios) * np.minimum(student.isf(adjusted / 2.0, n - 1) / np.sqrt(n), np.abs(ratios))
    lost = np.full(len(ratios), np.nan)
    some = ratios != 0.0
    lost[some] = 1.0 - left[some] / ratios[some]
    return pd.DataFrame(
        {"sharpe": ratios, "p_value": p, "adjusted_p_value": adjusted, "haircut_sharpe": left, "haircut_frac": lost},
        index=sharpes.index if isinstance(sharpes, pd.Series) else None,
    )


def parse_adjustment(adjustment: Adjustment | str) -> Adjustment:
    """An adjustment by its name. Raises ParameterError with the closest one."""
    return named(Adjustment, adjustment, "there is no such adjustment", "adjustment")
