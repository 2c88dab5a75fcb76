"""When a Sharpe ratio may be called a discovery: critical values, power and false discovery rates.

All of Lopez de Prado, Lipton and Zoonekynd (2026), Sharpe Ratio Inference: variances at the ratio of each hypothesis.
Ratios are per session.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import ESTIMATE, HYPOTHESES, REAL, check_fields, takes

from .checks import check_number, check_share
from .sharpe import NEW, NORMAL, SharpeEstimate, expected_max_sharpe, probabilistic_sharpe


@dataclass(frozen=True)
class SharpeTest:
    """A test of the true ratio `null` against `alternative`.

    level: chance to reject a true null; critical: the ratio above which it is rejected; power: chance to reject
    when the alternative is true; false_discovery_rate: share of true nulls among rejections.
    """

    null: float
    alternative: float
    level: float
    critical: float
    power: float
    false_discovery_rate: float

    def to_dict(self) -> dict[str, float]:
        """The figures by name."""
        return {
            "null_sharpe": self.null,
            "alternative_sharpe": self.alternative,
            "level": self.level,
            "critical_sharpe": self.critical,
            "power": self.power,
            "false_discovery_rate": self.false_discovery_rate,
        }


@dataclass(frozen=True)
class SharpeHypotheses:
    """What a strategy may be: one with ratio `null`, or with chance `prior` one with the higher ratio `alternative`.

    trials, sharpe_variance: where the best of many is tested, both ratios are raised by what luck gives to the
    best of them, and variances are those of the largest of so many.
    """

    null: float = 0.0
    alternative: float = 0.1
    prior: float = 0.1
    trials: float = 1.0
    sharpe_variance: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, dict.fromkeys(("null", "alternative", "prior", "trials", "sharpe_variance"), REAL))
        check_number("null", self.null)
        check_share("prior", self.prior)
        if not self.null < self.alternative < math.inf:
            raise ParameterError(
                "is not above the null", where="alternative", value=self.alternative, bound=f"above {self.null}"
            )
        expected_max_sharpe(self.trials, self.sharpe_variance)

    @property
    def raised(self) -> tuple[float, float]:
        """Null and alternative with what luck gives to the best of the trials."""
        luck = expected_max_sharpe(self.trials, self.sharpe_variance)
        return self.null + luck, self.alternative + luck


@takes(estimate=ESTIMATE, hypotheses=HYPOTHESES, level=REAL)
def sharpe_test(estimate: SharpeEstimate, hypotheses: SharpeHypotheses, *, level: float = 0.05) -> SharpeTest:
    """Critical ratio, power and planned false discovery rate of a test at that level.

    estimate: gives observations and moments; its own ratio plays no part. hypotheses: null and alternative. Raises
    ParameterError for a level outside 0 and 1.
    """
    z = NORMAL.inv_cdf(1.0 - check_share("level", level))
    null, alternative = hypotheses.raised
    critical = null + z * _deviation(estimate, hypotheses, null)
    power = 1.0 - NORMAL.cdf((critical - alternative) / _deviation(estimate, hypotheses, alternative))
    return SharpeTest(null, alternative, level, critical, power, _share_of_nulls(level, power, hypotheses.prior))


@takes(estimate=ESTIMATE, hypotheses=HYPOTHESES)
def observed_false_discovery_rate(estimate: SharpeEstimate, hypotheses: SharpeHypotheses) -> float:
    """Chance that the null is true given a ratio at least as high as the observed one.

    estimate: the observed ratio and its moments; hypotheses: what it may be.
    Raises ParameterError for values of other kinds.
    """
    null, alternative = (
        1.0 - probabilistic_sharpe(estimate, ratio, convention=NEW, trials=hypotheses.trials)
        for ratio in hypotheses.raised
    )
    return _share_of_nulls(null, alternative, hypotheses.prior)


@takes(estimate=ESTIMATE, hypotheses=HYPOTHESES, rate=REAL)
def sharpe_test_at_rate(estimate: SharpeEstimate, hypotheses: SharpeHypotheses, *, rate: float) -> SharpeTest:
    """The test whose planned false discovery rate is `rate`. Raises ParameterError when no level has that rate.

    estimate, hypotheses: as in sharpe_test.
    """
    from scipy.optimize import brentq

    check_share("rate", rate)

    def gap(logit: float) -> float:
        return sharpe_test(estimate, hypotheses, level=1.0 / (1.0 + math.exp(-logit))).false_discovery_rate - rate

    low, high = -30.0, 30.0
    if not gap(low) < 0.0 < gap(high):
        raise ParameterError(
            "no level has this false discovery rate",
            where="rate",
            value=rate,
            bound=f"below {1.0 - hypotheses.prior:.4g}, the share of true nulls",
        )
    level = 1.0 / (1.0 + math.exp(-brentq(gap, low, high, xtol=1e-13)))
    return sharpe_test(estimate, hypotheses, level=level)


def _deviation(estimate: SharpeEstimate, hypotheses: SharpeHypotheses, ratio: float) -> float:
    return math.sqrt(estimate.variance(ratio, convention=NEW, trials=hypotheses.trials))


def _share_of_nulls(null: float, alternative: float, prior: float) -> float:
    false, true = null * (1.0 - prior), alternative * prior
    return false / (false + true) if false + true > 0.0 else math.nan
