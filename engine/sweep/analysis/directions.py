"""Which way a metric of a set is better."""

from __future__ import annotations

# A drawdown and the worst session are negative numbers: there, higher is better.
LOWER_IS_BETTER = frozenset(
    ("volatility_annual", "downside_deviation_annual", "turnover", "cost_frac", "var_historical", "es_historical")
)


def direction_of(metric: str) -> int:
    """1 where a higher value of the metric is better, -1 where a lower one is: risks, costs and turnover.

    max_drawdown and worst_session are negative numbers, so higher is better. Any other metric counts as better when
    it is higher.
    """
    return -1 if metric in LOWER_IS_BETTER else 1
