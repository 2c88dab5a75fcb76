"""The tests of an event study: their names, what they say, where they come from and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..arrays import Floats
from ..kernels.events.tests import Stat


class Reference(StrEnum):
    """What a statistic is compared with."""

    NORMAL = "standard normal"
    STUDENT = "Student's t"
    RESAMPLED = "resampled"


@dataclass(frozen=True)
class StudyTest:
    """A test: its name, statistic and reference distribution.

    headline: it keeps its size when all tickers share one date; the others are diagnostics that do not.
    """

    name: str
    statistic: Stat
    reference: Reference
    headline: bool
    definition: str


TESTS: tuple[StudyTest, ...] = (
    StudyTest(
        "portfolio", Stat.PORTFOLIO, Reference.STUDENT, True,
        "The group's mean CAR over the deviation of its mean residual through time "
        "(crude dependence adjustment: Brown and Warner 1980).",
    ),
    StudyTest(
        "kolari-pynnonen", Stat.KOLARI_PYNNONEN, Reference.STUDENT, True,
        "BMP, made smaller by the mean correlation of residuals (Kolari and Pynnonen 2010).",
    ),
    StudyTest(
        "permutation", Stat.CAAR, Reference.RESAMPLED, True,
        "The group's CAR among sums of as many of its abnormal returns from the estimation window "
        "(Good 2005, Permutation Tests).",
    ),
    StudyTest(
        "corrado-rank", Stat.RANK, Reference.NORMAL, True,
        "The group's mean rank over the deviation of mean ranks through time (Corrado 1989; Corrado and "
        "Zivney 1992 for missing returns).",
    ),
    StudyTest(
        "cross-section", Stat.CROSS_SECTION, Reference.STUDENT, False,
        "Mean CAR over its standard error across tickers, taken as independent (Brown and Warner 1985).",
    ),
    StudyTest(
        "patell", Stat.PATELL, Reference.NORMAL, False,
        "Sum of CAR, each over its own prediction error, taken as independent (Patell 1976).",
    ),
    StudyTest(
        "bmp", Stat.BMP, Reference.STUDENT, False,
        "Cross-sectional t of standardised CAR, taken as independent (Boehmer, Musumeci and Poulsen 1991).",
    ),
    StudyTest(
        "sign", Stat.SIGN, Reference.NORMAL, False,
        "Number of positive CAR against one half, taken as independent (Brown and Warner 1980).",
    ),
    StudyTest(
        "generalised-sign", Stat.GENERALISED_SIGN, Reference.NORMAL, False,
        "Number of positive CAR against the share of positive residuals, taken as independent (Cowan 1992).",
    ),
    StudyTest(
        "wild-bootstrap", Stat.CROSS_SECTION, Reference.RESAMPLED, False,
        "Cross-sectional t among those with a random sign for each CAR, taken as independent "
        "(Cameron, Gelbach and Miller 2008).",
    ),
    StudyTest(
        "generalised-rank", Stat.GENERALISED_RANK, Reference.STUDENT, False,
        "Rank of the CAR, as one session, among residuals; rejects too often with few tickers "
        "(GRANK-T: Kolari and Pynnonen 2011).",
    ),
)  # fmt: skip
NAMES = tuple(test.name for test in TESTS)
HEADLINES = tuple(test.name for test in TESTS if test.headline)


def p_values(statistics: Floats, parameters: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Statistic, two-sided p-value, degrees of freedom and draws of each test, each (..., tests).

    statistics: (..., Stat) of the kernel; parameters: estimated by the model. NaN where a test has none.
    """
    from scipy.special import ndtr, stdtr

    shape = (*statistics.shape[:-1], len(TESTS))
    values, p, df, draws = (np.full(shape, np.nan) for _ in range(4))
    freedom = {
        "portfolio": statistics[..., Stat.PORTFOLIO_ROWS] - parameters,
        "kolari-pynnonen": statistics[..., Stat.COUNT] - 1,
        "cross-section": statistics[..., Stat.COUNT] - 1,
        "bmp": statistics[..., Stat.COUNT] - 1,
        "generalised-rank": statistics[..., Stat.GENERALISED_RANK_ROWS] - 2,
    }
    resampled = {
        "permutation": (Stat.PERMUTATION_P, Stat.PERMUTATION_DRAWS),
        "wild-bootstrap": (Stat.WILD_P, Stat.WILD_DRAWS),
    }
    for j, test in enumerate(TESTS):
        values[..., j] = statistics[..., test.statistic]
        if test.reference is Reference.RESAMPLED:
            p_at, draws_at = resampled[test.name]
            p[..., j], draws[..., j] = statistics[..., p_at], statistics[..., draws_at]
        elif test.reference is Reference.STUDENT:
            known = np.isfinite(values[..., j])
            df[..., j] = np.where(known, freedom[test.name], np.nan)
            p[..., j] = 2.0 * stdtr(df[..., j], -np.abs(values[..., j]))
        else:
            p[..., j] = 2.0 * ndtr(-np.abs(values[..., j]))
    return values, p, df, draws
