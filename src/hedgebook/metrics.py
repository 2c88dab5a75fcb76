"""Figures of return series: whole tables of metrics, drawdowns, tails, bootstraps, and empyrical's functions.

Returns are simple fractions, one a session, the first measured from the initial capital. A figure that is undefined is
NaN. `empyrical` has that package's functions under its names and with its answers, so that a script written for it runs
with `from hedgebook.metrics import empyrical`; its value at risk is a return, everywhere else here a loss is positive.

>>> import pandas as pd
>>> from hedgebook import metrics
>>> returns = pd.Series([0.10, -0.10, 0.00, 0.05])
>>> table = metrics.metrics_table(returns)
>>> table[["sessions", "total_return", "max_drawdown"]].round(4).values.tolist()
[[4.0, 0.0395, -0.1]]
>>> round(metrics.empyrical.max_drawdown(returns), 4)
-0.1
>>> round(metrics.t_tail_dependence(nu=1.0, correlation=0.0), 4)
0.2929
"""

from hedgebook.engine.risk import empyrical_like as empyrical
from hedgebook.engine.risk.bootstrap import Bootstrap, bootstrap_metrics, optimal_block_length
from hedgebook.engine.risk.drawdowns import conditional_drawdown, drawdown_table, pain_index, ulcer_index
from hedgebook.engine.risk.joint_tails import t_tail_dependence, tail_dependence
from hedgebook.engine.risk.metrics import Metrics, measure, measure_levels
from hedgebook.engine.risk.metrics_table import metrics_table
from hedgebook.engine.risk.rolling import rolling_risk, rolling_risk_bands
from hedgebook.engine.risk.var.estimate import RiskEstimate, VarSettings
from hedgebook.engine.risk.var.value_at_risk import risk_table, value_at_risk
from hedgebook.engine.risk.verdicts.verdict import backtest_table

__all__ = [
    "Bootstrap", "Metrics", "RiskEstimate", "VarSettings", "backtest_table", "bootstrap_metrics",
    "conditional_drawdown", "drawdown_table", "empyrical", "measure", "measure_levels", "metrics_table",
    "optimal_block_length", "pain_index", "risk_table", "rolling_risk", "rolling_risk_bands", "t_tail_dependence",
    "tail_dependence", "ulcer_index", "value_at_risk",
]  # fmt: skip
