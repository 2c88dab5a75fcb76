"""How sure a Sharpe ratio is: standard errors, probabilistic and deflated Sharpe ratio, minimum track record.

Sharpe ratios here are per session, never annual: mean over deviation (ddof=1) of the returns of a session.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import COLUMN, ESTIMATE, LARGEST_WHOLE, REAL, check, check_fields, number, takes, whole
from hedgebook.universes.names import named

from ...risk.series import returns_array
from .checks import check_not_negative, check_number, check_share, check_trials
from .ties import moves

NORMAL = NormalDist()
EULER = 0.5772156649015329
# Of ratios, skewness and kurtosis: beyond it their squares are no numbers.
LARGEST_RATIO = 1e100


class SharpeConvention(StrEnum):
    """How the sampling variance of a Sharpe ratio is taken.

    BAILEY_LOPEZ_DE_PRADO: at the ratio that was observed, over n - 1 (Bailey and Lopez de Prado 2012, 2014).
    LOPEZ_DE_PRADO_LIPTON_ZOONEKYND: at the ratio of the hypothesis, over n, with first-order autocorrelation and,
    where K strategies were tried, times the variance of the largest of K standard normals (Lopez de Prado, Lipton
    and Zoonekynd 2026, Sharpe Ratio Inference).
    """

    BAILEY_LOPEZ_DE_PRADO = "bailey-lopez-de-prado"
    LOPEZ_DE_PRADO_LIPTON_ZOONEKYND = "lopez-de-prado-lipton-zoonekynd"


OLD = SharpeConvention.BAILEY_LOPEZ_DE_PRADO
NEW = SharpeConvention.LOPEZ_DE_PRADO_LIPTON_ZOONEKYND


@dataclass(frozen=True)
class SharpeEstimate:
    """A Sharpe ratio per session and what its error depends on.

    observations: returns it was estimated from; skewness; kurtosis: 3 for a normal distribution; autocorrelation: of
    first order, used by the second convention alone. sharpe: mean over deviation (ddof=1), per session. Raises
    ParameterError for fewer than two observations, a kurtosis that no distribution has with that skewness, or an
    autocorrelation not within -1 and 1.
    """

    sharpe: float
    observations: int
    skewness: float = 0.0
    kurtosis: float = 3.0
    autocorrelation: float = 0.0

    def __post_init__(self) -> None:
        figures = ("sharpe", "skewness", "kurtosis", "autocorrelation")
        check_fields(self, {**dict.fromkeys(figures, REAL), "observations": whole(most=LARGEST_WHOLE)})
        for name in figures:
            check(name, check_number(name, getattr(self, name)), number(-LARGEST_RATIO, LARGEST_RATIO))
        if self.observations != int(self.observations) or self.observations < 2:
            raise ParameterError(
                "too few", where="observations", value=self.observations, bound="a whole number from 2"
            )
        if self.kurtosis < 1.0 + self.skewness**2 - 1e-9:
            raise ParameterError(
                "no distribution has this kurtosis with this skewness",
                where="kurtosis",
                value=self.kurtosis,
                bound=f"at least {1.0 + self.skewness**2:.4g}",
                remedy="Give the kurtosis itself, which is 3 for a normal distribution, not the excess.",
            )
        if not -1.0 < self.autocorrelation < 1.0:
            raise ParameterError(
                "is out of range", where="autocorrelation", value=self.autocorrelation, bound="between -1 and 1"
            )

    @classmethod
    def of_returns(
        cls, returns: ArrayLike | pd.Series[float], *, risk_free: float = 0.0, autocorrelation: float | None = 0.0
    ) -> SharpeEstimate:
        """The estimate of a series of simple returns, NaN left out.

        risk_free: a session; autocorrelation: None takes that of the returns. Skewness and kurtosis are those of
        the sample as a population (divided by n). Raises ParameterError for fewer than 4 returns or constant ones.
        """
        check("returns", returns, COLUMN)
        values = returns_array(returns, at_least=4) - check_number("risk_free", risk_free)
        if not moves(values):
            raise ParameterError("the returns never change, so there is no Sharpe ratio", where="returns")
        noise = values - values.mean()
        variance = float((noise**2).mean())
        if autocorrelation is None:
            autocorrelation = float(noise[1:] @ noise[:-1] / (noise @ noise))
        return cls(
            float(values.mean() / values.std(ddof=1)),
            len(values),
            float((noise**3).mean() / variance**1.5),
            float((noise**4).mean() / variance**2),
            autocorrelation,
        )

    def variance(
        self, at: float | None = None, *, convention: SharpeConvention | str = OLD, trials: float = 1.0
    ) -> float:
        """Sampling variance of the Sharpe ratio if the true one is `at` (None: the observed one).

        The first convention takes no account of autocorrelation or trials. Raises ParameterError where moments and
        ratio are such that the expansion gives no positive variance.
        """
        ratio = self.sharpe if at is None else at
        if parse_convention(convention) is OLD:
            value = self._spread(ratio, 0.0) / (self.observations - 1)
        else:
            value = self._spread(ratio, self.autocorrelation) / self.observations
            value *= largest_of_normals(trials)[1]
        if not value > 0.0:
            raise ParameterError(
                "the variance of the Sharpe ratio is not positive with these moments",
                where="skewness, kurtosis",
                value=f"{self.skewness:.4g}, {self.kurtosis:.4g}",
            )
        return value

    def _spread(self, ratio: float, rho: float) -> float:
        once, both, twice = 1.0, rho / (1.0 - rho), rho**2 / (1.0 - rho**2)
        return (
            (once + 2.0 * both)
            - (once + both + twice) * self.skewness * ratio
            + (once + 2.0 * twice) * (self.kurtosis - 1.0) / 4.0 * ratio**2
        )


def parse_convention(convention: SharpeConvention | str) -> SharpeConvention:
    """A convention by its name. Raises ParameterError with the closest one."""
    return named(SharpeConvention, convention, "there is no such convention", "convention")


@takes(estimate=ESTIMATE)
def sharpe_standard_error(estimate: SharpeEstimate, *, convention: SharpeConvention | str = OLD) -> float:
    """Standard error of a Sharpe ratio at its own value, per session.

    estimate: the ratio and its moments. Source: Mertens (2002) for returns that are not normal; with autocorrelation
    under the second convention.
    Raises ParameterError for values of other kinds.
    """
    return math.sqrt(estimate.variance(convention=convention))


@takes(estimate=ESTIMATE, benchmark=REAL, trials=REAL)
def probabilistic_sharpe(
    estimate: SharpeEstimate, benchmark: float = 0.0, *, convention: SharpeConvention | str = OLD, trials: float = 1.0
) -> float:
    """How probable a Sharpe ratio as low as the observed one is, if the true one is `benchmark` (per session).

    Phi((SR - SR*) / standard error): near 1, the benchmark is very likely exceeded. trials: of the second convention's
    variance alone. estimate: the ratio and its moments. Source: Bailey and Lopez de Prado (2012), Journal of Risk
    15(2).
    Raises ParameterError for values of other kinds.
    """
    check_number("benchmark", benchmark)
    kind = parse_convention(convention)
    variance = estimate.variance(None if kind is OLD else benchmark, convention=kind, trials=trials)
    return NORMAL.cdf((estimate.sharpe - benchmark) / math.sqrt(variance))


@takes(estimate=ESTIMATE, benchmark=REAL, confidence=REAL)
def minimum_track_record(
    estimate: SharpeEstimate,
    benchmark: float = 0.0,
    *,
    confidence: float = 0.95,
    convention: SharpeConvention | str = OLD,
) -> float:
    """Sessions after which a Sharpe ratio like the observed one exceeds the benchmark with that confidence.

    Not rounded; infinite when the observed ratio is not above the benchmark. estimate: the ratio and its moments.
    Source: Bailey and Lopez de Prado (2012), 1 + (...)(z / (SR - SR*))^2; without the 1 and at the benchmark under the
    second convention.
    Raises ParameterError for values of other kinds.
    """
    check_number("benchmark", benchmark)
    z = NORMAL.inv_cdf(check_share("confidence", confidence))
    gap = estimate.sharpe - benchmark
    if gap <= 0.0:
        return math.inf
    if parse_convention(convention) is OLD:
        return 1.0 + estimate.variance() * (estimate.observations - 1) * (z / gap) ** 2
    return estimate.variance(benchmark, convention=NEW) * estimate.observations * (z / gap) ** 2


@takes(trials=REAL, variance=REAL)
def expected_max_sharpe(trials: float, variance: float) -> float:
    """The highest Sharpe ratio to expect of `trials` strategies without skill, whose ratios have that variance.

    trials may be an effective number, at least 1 (then 0); variance: of Sharpe ratios per session. Source: Bailey
    and Lopez de Prado (2014), sqrt(V) ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), g Euler's constant.
    Raises ParameterError for values of other kinds.
    """
    count = check_trials(trials)
    spread = math.sqrt(check_not_negative("variance", variance))
    if count == 1.0:
        return 0.0
    # The upper quantiles, written so that many trials do not round to 1.
    first, second = -NORMAL.inv_cdf(1.0 / count), -NORMAL.inv_cdf(1.0 / (count * math.e))
    # Just above one trial the approximation falls below zero, which the highest of any number of them never does.
    return spread * max((1.0 - EULER) * first + EULER * second, 0.0)


def largest_of_normals(trials: float) -> tuple[float, float]:
    """Mean and variance of the largest of `trials` independent standard normals, by the trapezoidal rule."""
    from scipy.special import log_ndtr

    count = check_trials(trials)
    if count == 1.0:
        return 0.0, 1.0
    # The density is smooth and vanishes at both ends, where the rule converges faster than any power of the step.
    x = np.linspace(-13.0, 13.0, 10_401)
    log_density = math.log(count) - x**2 / 2.0 - math.log(2.0 * math.pi) / 2.0 + (count - 1.0) * log_ndtr(x)
    weights = np.exp(log_density) * (x[1] - x[0])
    mean = float(weights @ x)
    return mean, float(weights @ (x - mean) ** 2)


@dataclass(frozen=True)
class DeflatedSharpe:
    """A Sharpe ratio held against the best that luck gives to as many trials; ratios are per session.

    probability: that luck alone stays below the observed ratio; expected_max: what luck gives; trials,
    sharpe_variance: what that was computed from; convention: its name. sharpe: the observed ratio, of so many
    observations.
    """

    probability: float
    sharpe: float
    expected_max: float
    trials: float
    sharpe_variance: float
    observations: int
    convention: str

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "deflated_sharpe": self.probability,
            "sharpe_per_session": self.sharpe,
            "expected_max_sharpe_per_session": self.expected_max,
            "trials": self.trials,
            "sharpe_variance": self.sharpe_variance,
            "observations": self.observations,
            "convention": self.convention,
        }


@takes(estimate=ESTIMATE, trials=REAL, sharpe_variance=REAL, benchmark=REAL)
def deflated_sharpe(
    estimate: SharpeEstimate,
    *,
    trials: float,
    sharpe_variance: float,
    benchmark: float = 0.0,
    convention: SharpeConvention | str = OLD,
) -> DeflatedSharpe:
    """Probabilistic Sharpe ratio against the best of `trials` strategies whose true ratio is `benchmark`.

    trials: all that were tried, or their effective number; sharpe_variance: of the ratios of all trials, per session.
    Under the second convention the variance is taken at the raised benchmark, for the largest of `trials`. estimate:
    of the best strategy. Raises ParameterError. Source: Bailey and Lopez de Prado (2014), Journal of Portfolio
    Management 40(5).
    """
    kind = parse_convention(convention)
    expected = expected_max_sharpe(trials, sharpe_variance)
    probability = probabilistic_sharpe(estimate, benchmark + expected, convention=kind, trials=trials)
    return DeflatedSharpe(
        probability, estimate.sharpe, expected, float(trials), float(sharpe_variance), estimate.observations, kind.value
    )
