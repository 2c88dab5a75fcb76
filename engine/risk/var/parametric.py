"""VaR and ES from a fitted distribution: Gaussian, Student-t, Cornish-Fisher."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ...arrays import Floats
from ...kernels.series.metrics import cornish_fisher_quantile, cornish_fisher_tail
from .estimate import Question, RiskEstimate, VarSettings
from .memory import remembered
from .student import fit_student
from .windows import VarMethod, fitted_now_and_then, read_afresh

NORMAL = NormalDist()


class FourMoments(NamedTuple):
    """Mean, standard deviation, skewness and excess kurtosis, all with n in the denominator."""

    mean: float
    spread: float
    skew: float
    excess_kurtosis: float

    def over(self, sessions: int) -> FourMoments:
        """The moments of a sum of independent returns."""
        return FourMoments(
            self.mean * sessions,
            self.spread * math.sqrt(sessions),
            self.skew / math.sqrt(sessions),
            self.excess_kurtosis / sessions,
        )


def moments(returns: Floats, ddof: int = 0) -> FourMoments:
    """Moments of a series, the variance over n - ddof; skewness and kurtosis are 0 for a constant one."""
    mean = float(returns.mean())
    noise = returns - mean
    variance = float((noise**2).sum()) / (len(returns) - ddof)
    if returns.min() == returns.max():
        return FourMoments(mean, 0.0, 0.0, 0.0)
    skew = float((noise**3).mean()) / variance**1.5
    return FourMoments(mean, math.sqrt(variance), skew, float((noise**4).mean()) / variance**2 - 3.0)


def gaussian(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """-(mu + z sigma) and -mu + sigma phi(z) / (1 - confidence), moments of independent sessions added up."""
    del settings
    m = moments(returns).over(question.horizon_sessions)
    z = NORMAL.inv_cdf(question.tail)
    es = -m.mean + m.spread * NORMAL.pdf(z) / question.tail
    return question.answer("gaussian", -(m.mean + z * m.spread), es, len(returns), mean=m.mean, spread=m.spread)


def cornish_fisher(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Gaussian quantile bent by skewness and kurtosis, and the ES that goes with it.

    Modified VaR of Favre and Galeano (2002); modified ES of Boudt, Peterson and Croux (2008), never below VaR.
    details["monotone"] is 0 where the expansion is not a quantile function at all (Maillard 2012): the answer
    of such a series means nothing.
    """
    del settings
    m = moments(returns).over(question.horizon_sessions)
    z = NORMAL.inv_cdf(question.tail)
    h = cornish_fisher_quantile(z, m.skew, m.excess_kurtosis)
    depth = max(cornish_fisher_tail(h, m.skew, m.excess_kurtosis) / question.tail, -h)
    return question.answer(
        "cornish_fisher",
        -(m.mean + h * m.spread),
        -m.mean + depth * m.spread,
        len(returns),
        skew=m.skew,
        excess_kurtosis=m.excess_kurtosis,
        monotone=is_monotone(m.skew, m.excess_kurtosis),
    )


def is_monotone(skew: float, excess_kurtosis: float) -> bool:
    """Whether the Cornish-Fisher quantile rises with z everywhere, so that it belongs to a distribution."""
    a = excess_kurtosis / 8.0 - skew**2 / 6.0
    b = skew / 3.0
    c = 1.0 - excess_kurtosis / 8.0 + 5.0 * skew**2 / 36.0
    # Its derivative in z is a z^2 + b z + c.
    return b * b <= 4.0 * a * c if a > 0.0 else a == 0.0 and b == 0.0 and c > 0.0


def student_t(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Location-scale Student t by maximum likelihood; the spread grows with the square root of the horizon.

    ES = -m + s t(q) (nu + q^2) / ((nu - 1)(1 - confidence)), infinite for nu <= 1 (McNeil, Frey and Embrechts
    2005). A sum of t returns is not t: above one session the tail is kept as fat as that of one session.
    """
    del settings
    fit = _fitted(returns)
    var, es = fit.losses(question.tail, question.horizon_sessions)
    return question.answer("student_t", var, es, len(returns), nu=fit.nu, location=fit.location, scale=fit.scale)


_fitted = remembered(fit_student)


def _moments_of_windows(windows: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, deviation, skewness and excess kurtosis of each row, the last two 0 for a constant one."""
    mean = windows.mean(axis=1)
    noise = windows - mean[:, None]
    squares = noise * noise
    variance = squares.mean(axis=1)
    flat = windows.min(axis=1) == windows.max(axis=1)
    scale = np.where(flat | (variance == 0.0), 1.0, variance)
    skew = np.where(flat, 0.0, (squares * noise).mean(axis=1) / scale**1.5)
    kurtosis = np.where(flat, 0.0, (squares * squares).mean(axis=1) / scale**2 - 3.0)
    return mean, np.where(flat, 0.0, np.sqrt(variance)), skew, kurtosis


def _gaussian_windows(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Normal quantiles."""
    del settings
    mean, spread, _, _ = _moments_of_windows(windows)
    out = np.empty((len(windows), len(tails), 2))
    for c, tail in enumerate(tails):
        z = NORMAL.inv_cdf(tail)
        out[:, c, 0] = -(mean + z * spread)
        out[:, c, 1] = -mean + spread * NORMAL.pdf(z) / tail
    return out


def _cornish_fisher_windows(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Normal quantiles bent by skewness and kurtosis."""
    del settings
    mean, spread, skew, kurtosis = _moments_of_windows(windows)
    out = np.empty((len(windows), len(tails), 2))
    for c, tail in enumerate(tails):
        z = NORMAL.inv_cdf(tail)
        for w, (s, k) in enumerate(zip(skew.tolist(), kurtosis.tolist(), strict=True)):
            h = cornish_fisher_quantile(z, s, k)
            depth = max(cornish_fisher_tail(h, s, k) / tail, -h)
            out[w, c] = -(mean[w] + h * spread[w]), -mean[w] + depth * spread[w]
    return out


GAUSSIAN = VarMethod("Gaussian", gaussian, read_afresh(_gaussian_windows))
STUDENT_T = VarMethod(
    "Student-t",
    student_t,
    fitted_now_and_then(lambda window, _: fit_student(window).losses),
    infinite_es="1 degree of freedom or fewer",
)
CORNISH_FISHER = VarMethod("Cornish-Fisher", cornish_fisher, read_afresh(_cornish_fisher_windows))
