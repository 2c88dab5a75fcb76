"""What to hedge, and how: the frozen request of a hedge estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from hedgebook.errors import ParameterError, did_you_mean

DOLLARS = "dollar"


class Method(StrEnum):
    """How the short leg is sized. L is the long leg's return, s the returns of the short leg's tickers.

    dollar: as many USD short as long, equal weights; beta: equal weights at which the legs' betas cancel;
    min_variance: equal weights, ratio cov(L, basket) / var(basket) (Ederington 1979); min_variance_each: each
    ticker hedges its share of L by itself, cov(L, s_i) / var(s_i); multi_min_variance: least squares of L on all
    tickers together; factor_neutral: least variance among the weights that leave no exposure to named factors;
    volatility_parity: weights one over deviation, equal_risk: each ticker with the same share of the short
    leg's variance, both scaled to L's deviation; total_least_squares: equal weights, first principal axis of L and
    basket (Pearson 1901); kalman: equal weights, last value of a beta that drifts; ridge: multi_min_variance
    with a penalty on large weights (Hoerl and Kennard 1970).
    """

    DOLLAR = "dollar"
    BETA = "beta"
    MIN_VARIANCE = "min_variance"
    MIN_VARIANCE_EACH = "min_variance_each"
    MULTI_MIN_VARIANCE = "multi_min_variance"
    FACTOR_NEUTRAL = "factor_neutral"
    VOLATILITY_PARITY = "volatility_parity"
    EQUAL_RISK = "equal_risk"
    TOTAL_LEAST_SQUARES = "total_least_squares"
    KALMAN = "kalman"
    RIDGE = "ridge"


class Ragged(StrEnum):
    """What to do where tickers have histories of different length inside the lookback.

    own: each ticker's deviation and beta from its own sessions, each correlation from the sessions that the two
    share, made positive where it is not; common: only sessions that all tickers have; error: refuse.
    """

    OWN = "own"
    COMMON = "common"
    ERROR = "error"


@dataclass(frozen=True)
class Bounds:
    """Limits on the short leg, in USD short for each USD long; negative is held long.

    least, most: of each ticker; gross: of the sum of absolute weights, None = no limit.
    """

    least: float = 0.0
    most: float = math.inf
    gross: float | None = None

    def __post_init__(self) -> None:
        if not self.least <= self.most or (math.isinf(self.least) and self.least > 0):
            raise ParameterError(
                "the least weight is above the most", where="bounds", value=f"{self.least}, {self.most}"
            )
        if self.gross is not None and not self.gross > 0:
            raise ParameterError("a gross limit must be positive", where="bounds", value=self.gross)


BOUNDED = (Method.MULTI_MIN_VARIANCE, Method.FACTOR_NEUTRAL)


@dataclass(frozen=True)
class HedgeRequest:
    """One way of estimating a hedge.

    lookback: sessions before the decision; half_life_sessions: age at which a session counts half, None = all the
    same; min_sessions: the least history that each ticker must have; ragged: policy for histories of different
    length; benchmark: of beta, None = the universe's; neutral_to: factors of factor_neutral, "dollar" among them
    asks for as many USD short as long; penalty: of ridge, as a share of the mean variance; drift_per_session:
    deviation of one session's step of a Kalman beta; bounds: of multi_min_variance and factor_neutral.
    """

    method: Method
    lookback: int = 120
    half_life_sessions: float | None = None
    min_sessions: int = 20
    ragged: Ragged = Ragged.OWN
    benchmark: str | None = None
    neutral_to: tuple[str, ...] = ()
    ridge_penalty: float = 0.1
    drift_per_session: float = 0.02
    bounds: Bounds | None = None

    def __post_init__(self) -> None:
        for name, kind in (("method", Method), ("ragged", Ragged)):
            value = str(getattr(self, name))
            if value not in [member.value for member in kind]:
                choices = [member.value for member in kind]
                raise ParameterError(f"there is no {name} {value!r}", where=name, remedy=did_you_mean(value, choices))
            object.__setattr__(self, name, kind(value))
        limits = (
            ("min_sessions", self.min_sessions, self.min_sessions >= 3, "3 or more"),
            (
                "lookback",
                self.lookback,
                self.lookback >= self.min_sessions,
                f"at least min_sessions, {self.min_sessions}",
            ),
            ("ridge_penalty", self.ridge_penalty, 0 < self.ridge_penalty < math.inf, "above 0"),
            ("drift_per_session", self.drift_per_session, 0 <= self.drift_per_session < 10, "0 to 10"),
        )
        for name, number, fine, bound in limits:
            if not fine:
                raise ParameterError("out of range", where=name, value=number, bound=bound)
        if self.half_life_sessions is not None:
            if not 0 < self.half_life_sessions < math.inf:
                raise ParameterError(
                    "out of range", where="half_life_sessions", value=self.half_life_sessions, bound="above 0"
                )
            if self.method is Method.KALMAN:
                raise ParameterError(
                    "a Kalman beta forgets by its drift",
                    where="half_life_sessions",
                    remedy="Set drift_per_session instead.",
                )
        self._check_constraints()

    def _check_constraints(self) -> None:
        if isinstance(self.neutral_to, str):
            raise ParameterError("a tuple of factors is needed", where="neutral_to", value=self.neutral_to)
        wanted = self.method is Method.FACTOR_NEUTRAL
        if wanted and not self.neutral_to:
            raise ParameterError(
                "factor_neutral needs factors", where="neutral_to", bound='names, as in ("dollar", "market")'
            )
        if self.neutral_to and not wanted:
            raise ParameterError(
                f"{self.method} cannot be neutral to factors", where="neutral_to", remedy="Use factor_neutral."
            )
        if len(set(self.neutral_to)) < len(self.neutral_to):
            raise ParameterError("a factor stands twice", where="neutral_to", value=", ".join(self.neutral_to))
        if self.bounds is not None and self.method not in BOUNDED:
            raise ParameterError(
                f"{self.method} takes no bounds", where="bounds", remedy=f"Use {' or '.join(BOUNDED)}."
            )


# Which methods a parameter of the hedge is for; a run under another method warns that it had no part.
HEDGE_PARAMETERS: dict[str, tuple[Method, ...]] = {
    "half_life_sessions": tuple(m for m in Method if m not in (Method.DOLLAR, Method.KALMAN)),
    "benchmark": (Method.BETA,),
    "ridge_penalty": (Method.RIDGE,),
    "neutral_to": (Method.FACTOR_NEUTRAL,),
    "short_cap_frac": BOUNDED,
}
