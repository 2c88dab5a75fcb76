"""The spread of two log prices: hedge ratio and z-score as known at each close, and figures of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgebook.engine.arrays import Floats

Ratio = Literal["dollar", "ols", "tls", "kalman"]
# Deviations and variances below these come from rounding: the spread does not move.
FLAT = 1e-12
LEAST_VARIANCE = 1e-16


@dataclass(frozen=True, eq=False)
class SpreadFit:
    """ratio, z: (S,) over the S closes that both sides share, NaN before the first window is full and where undefined:
    a spread that does not move, or a ratio that cannot be estimated."""

    ratio: Floats
    z: Floats


def fit_spread(first: Floats, second: Floats, lookback: int, method: Ratio, drift: float) -> SpreadFit:
    """Ratio h and z-score of first - h * second over the last `lookback` closes, for each of (S,) log prices.

    z is the last spread less the window's mean, over the window's deviation (n - 1), all under the ratio of its own
    close. ols: slope of first on second with an intercept; tls: the orthogonal one (Pearson 1901); kalman: the slope of
    a filter with a slope that steps by `drift` a session, which starts from the ols fit of the first window and that
    fit's variances. No value of row t uses a later row.
    """
    ratio, z = np.full(len(first), np.nan), np.full(len(first), np.nan)
    slopes = kalman_slopes(first, second, lookback, drift) if method == "kalman" else None
    for t in range(lookback - 1, len(first)):
        a, b = first[t + 1 - lookback : t + 1], second[t + 1 - lookback : t + 1]
        a, b = a - a.mean(), b - b.mean()
        ratio[t] = h = slopes[t] if slopes is not None else window_ratio(a, b, method)
        spread = a - h * b
        deviation = math.sqrt(float(spread @ spread) / (lookback - 1))
        z[t] = float(spread[-1]) / deviation if deviation > FLAT else math.nan
    return SpreadFit(ratio, z)


def window_ratio(a: Floats, b: Floats, method: Ratio) -> float:
    """The ratio of two windows whose means are taken off; NaN where the second side or their covariance is zero."""
    if method == "dollar":
        return 1.0
    aa, bb, ab = float(a @ a), float(b @ b), float(a @ b)
    if method == "ols":
        return ab / bb if bb > LEAST_VARIANCE else math.nan
    return (aa - bb + math.hypot(aa - bb, 2.0 * ab)) / (2.0 * ab) if abs(ab) > LEAST_VARIANCE else math.nan


def kalman_slopes(first: Floats, second: Floats, lookback: int, drift: float) -> Floats:
    """(S,) slopes known at each close; NaN before the first window is full, and throughout where it has no slope."""
    # The kernels are loaded when a plan is made: lists of trades must not wait for them.
    from hedgebook.engine.exposure.kalman import DriftNoise, drifting_exposure

    slopes = np.full(len(first), np.nan)
    if len(first) < lookback:
        return slopes
    a, b = first[:lookback], second[:lookback]
    centre = b.mean()
    bb = float((b - centre) @ (b - centre))
    if bb <= LEAST_VARIANCE:
        return slopes
    slope = float((b - centre) @ (a - a.mean())) / bb
    left = a - a.mean() - slope * (b - centre)
    variance = max(float(left @ left) / (lookback - 2), LEAST_VARIANCE)
    noise = DriftNoise(
        observation=variance,
        state=np.array([0.0, drift * drift]),
        mean0=np.array([a.mean(), slope]),
        variance0=np.diag([variance / lookback, variance / bb]),
    )
    slopes[lookback - 1] = slope
    if len(first) > lookback:
        later = drifting_exposure(first[lookback:], (second[lookback:] - centre)[:, None], ("second",), noise)
        slopes[lookback:] = later.filtered[:, 1]
    return slopes


def half_life_sessions(spread: Floats) -> float | None:
    """Closes until half of a gap is left, ln(1/2) / ln(slope) of an AR(1) with an intercept; None: it does not revert.

    spread: (S,) without NaN.
    """
    before, after = spread[:-1] - spread[:-1].mean(), spread[1:] - spread[1:].mean()
    if float(before @ before) <= LEAST_VARIANCE:
        return None
    slope = float(before @ after) / float(before @ before)
    return math.log(0.5) / math.log(slope) if 0.0 < slope < 1.0 else None


def engle_granger(first: Floats, second: Floats) -> tuple[float | None, float | None]:
    """Statistic and p-value of Engle and Granger's test (1987) that two log prices are not cointegrated; None where it
    cannot be had. The lags are those of the lowest AIC, the p-value is MacKinnon's."""
    import warnings

    from statsmodels.tsa.stattools import coint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of series that are collinear or short, which the answer shows
        try:
            statistic, p_value, _ = coint(first, second, trend="c", autolag="aic")
        except (ValueError, np.linalg.LinAlgError):
            return None, None
    if not (math.isfinite(statistic) and math.isfinite(p_value)):
        return None, None
    return float(statistic), float(p_value)
