"""How much of the best of many is luck: deflated Sharpe ratios, overfitting, tests of all at once, haircuts.

Returns of strategies are (T, N) simple fractions, a column each; ratios are per session, not per year. A figure that is
undefined is NaN.

>>> from hedgebook import luck
>>> estimate = luck.SharpeEstimate(sharpe=0.1, observations=500)
>>> round(luck.minimum_track_record(estimate), 1)
272.9
>>> luck.deflated_sharpe(estimate, trials=1, sharpe_variance=0.01).probability == luck.probabilistic_sharpe(estimate)
True
>>> cut = luck.haircut_sharpe([0.1, 0.0, 0.0, 0.0], 500, adjustment="bonferroni")
>>> bool(cut["adjusted_p_value"][0] == 4 * cut["p_value"][0])
True
>>> round(luck.sharpe_test(estimate, luck.SharpeHypotheses(null=0.0, alternative=0.1)).critical, 4)
0.0736
"""

from hedgebook.engine.sweep.overfitting.confidence_set import ConfidenceSet, Elimination, confidence_set
from hedgebook.engine.sweep.overfitting.cscv import Cscv, CscvMetric, cscv_of_returns
from hedgebook.engine.sweep.overfitting.discovery import (
    SharpeHypotheses,
    SharpeTest,
    observed_false_discovery_rate,
    sharpe_test,
    sharpe_test_at_rate,
)
from hedgebook.engine.sweep.overfitting.haircut import Adjustment, haircut_sharpe
from hedgebook.engine.sweep.overfitting.interval import IntervalKind, SharpeInterval, sharpe_interval
from hedgebook.engine.sweep.overfitting.sharpe import (
    DeflatedSharpe,
    SharpeConvention,
    SharpeEstimate,
    deflated_sharpe,
    expected_max_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_standard_error,
)
from hedgebook.engine.sweep.overfitting.superiority import Superiority, superiority
from hedgebook.engine.sweep.overfitting.trials import TrialClusters, effective_rank, trial_clusters

__all__ = [
    "Adjustment", "ConfidenceSet", "Cscv", "CscvMetric", "DeflatedSharpe", "Elimination", "IntervalKind",
    "SharpeConvention", "SharpeEstimate", "SharpeHypotheses", "SharpeInterval", "SharpeTest", "Superiority",
    "TrialClusters", "confidence_set", "cscv_of_returns", "deflated_sharpe", "effective_rank", "expected_max_sharpe",
    "haircut_sharpe", "minimum_track_record", "observed_false_discovery_rate", "probabilistic_sharpe",
    "sharpe_interval", "sharpe_standard_error", "sharpe_test", "sharpe_test_at_rate", "superiority", "trial_clusters",
]  # fmt: skip
