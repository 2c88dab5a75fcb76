"""Measures of returns less what a riskless rate would have paid."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..risk.frequency import Frequency
from ..risk.metrics_table import metrics_table

# What the rate is taken off: columns of a table of metrics, and measures that are drawn anew.
IN_EXCESS = ("sharpe", "sharpe_stderr", "sortino", "alpha_annual")


def riskless_return(riskless_annual: float, frequency: Frequency) -> float:
    """What a yearly effective rate pays from one return to the next; 0 where these have no regular step."""
    if not riskless_annual or not frequency.regular:
        return 0.0
    return float((1.0 + riskless_annual) ** (1.0 / frequency.per_year) - 1.0)


def metrics_in_excess(
    returns: Any, benchmark: pd.Series[float] | None, year: float, riskless: float = 0.0
) -> pd.DataFrame:
    """metrics_table, with those of IN_EXCESS of the returns less `riskless`, a fraction from one to the next."""
    table = metrics_table(returns, benchmark, sessions_per_year=year)
    if riskless:
        other = None if benchmark is None else benchmark - riskless
        less = metrics_table(returns - riskless, other, sessions_per_year=year)
        for name in IN_EXCESS:
            if name in table.columns:
                table[name] = less[name]
    return table
