"""empyrical's functions with empyrical's names, arguments and answers, on hedgebook's own formulas.

For scripts that were written for empyrical: `from ...risk import empyrical_like as empyrical`.
Series in, series of the same index out; arrays in, arrays out; nothing is changed in place; NaN are left out.
VaR here is a return (negative for a loss), as there; hedgebook's own VaR is a positive loss.
"""

from .base import DAILY, MONTHLY, QUARTERLY, WEEKLY, YEARLY, EmpyricalError, down, roll, up
from .paths import (
    aggregate_returns,
    annual_return,
    cagr,
    cum_returns,
    cum_returns_final,
    drawdown_series,
    max_drawdown,
    simple_returns,
    stability_of_timeseries,
)
from .ratios import (
    annual_volatility,
    calmar_ratio,
    downside_risk,
    excess_sharpe,
    omega_ratio,
    sharpe_ratio,
    sortino_ratio,
)
from .relative import (
    alpha,
    alpha_aligned,
    alpha_beta,
    alpha_beta_aligned,
    batting_average,
    beta,
    beta_aligned,
    beta_fragility_heuristic,
    beta_fragility_heuristic_aligned,
    capture,
    down_alpha_beta,
    down_capture,
    up_alpha_beta,
    up_capture,
    up_down_capture,
)
from .rolling import (
    roll_alpha,
    roll_alpha_beta,
    roll_annual_volatility,
    roll_beta,
    roll_down_capture,
    roll_max_drawdown,
    roll_sharpe_ratio,
    roll_sortino_ratio,
    roll_up_capture,
    roll_up_down_capture,
)
from .tails import conditional_value_at_risk, gpd_risk_estimates, gpd_risk_estimates_aligned, tail_ratio, value_at_risk

__all__ = [
    "DAILY", "MONTHLY", "QUARTERLY", "WEEKLY", "YEARLY", "EmpyricalError", "aggregate_returns", "alpha",
    "alpha_aligned", "alpha_beta", "alpha_beta_aligned", "annual_return", "annual_volatility", "batting_average",
    "beta", "beta_aligned", "beta_fragility_heuristic", "beta_fragility_heuristic_aligned", "cagr", "calmar_ratio",
    "capture", "conditional_value_at_risk", "cum_returns", "cum_returns_final", "down", "down_alpha_beta",
    "down_capture", "downside_risk", "drawdown_series", "excess_sharpe", "gpd_risk_estimates",
    "gpd_risk_estimates_aligned", "max_drawdown", "omega_ratio", "roll", "roll_alpha", "roll_alpha_beta",
    "roll_annual_volatility", "roll_beta", "roll_down_capture", "roll_max_drawdown", "roll_sharpe_ratio",
    "roll_sortino_ratio", "roll_up_capture", "roll_up_down_capture", "sharpe_ratio", "simple_returns", "sortino_ratio",
    "stability_of_timeseries", "tail_ratio", "up", "up_alpha_beta", "up_capture", "up_down_capture", "value_at_risk",
]  # fmt: skip
