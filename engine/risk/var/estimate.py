"""What every estimate of value at risk carries, and how returns are put on its horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import DRAWS, REAL, SEED, check_fields

from ...arrays import Floats
from ..series import check_confidence, check_whole


@dataclass(frozen=True)
class RiskEstimate:
    """VaR and ES of one series as positive losses (a negative one is a gain), fractions of the starting value.

    sessions: returns that it was estimated from; details: the fitted parameters, by name. method, confidence,
    horizon_sessions: what was asked; var_frac, es_frac: the two figures, NaN where undefined.
    """

    method: str
    confidence: float
    horizon_sessions: int
    var_frac: float
    es_frac: float
    sessions: int
    details: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class VarSettings:
    """Choices of the methods that have any.

    age_decay_frac: weight of a return against that of the next one (0.98: Boudoukh, Richardson and Whitelaw 1998);
    ewma_decay_frac: 0.94 for daily returns (RiskMetrics 1996); threshold_quantile_frac: losses above this quantile
    are the tail of peaks over threshold; paths, seed: of the simulation that filtered historical needs for a
    horizon above one session. Raises ParameterError for a value out of range.
    """

    age_decay_frac: float = 0.98
    ewma_decay_frac: float = 0.94
    threshold_quantile_frac: float = 0.90
    paths: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        shares = ("age_decay_frac", "ewma_decay_frac", "threshold_quantile_frac")
        check_fields(self, {**dict.fromkeys(shares, REAL), "paths": DRAWS, "seed": SEED})
        for name in shares:
            value = getattr(self, name)
            if not 0.0 < value < 1.0:
                raise ParameterError("is out of range", where=name, value=value, bound="above 0, below 1")
        check_whole("paths", self.paths, 100)
        check_whole("seed", self.seed, 0)


@dataclass(frozen=True)
class Question:
    """Which loss is asked for: its confidence and its horizon in sessions."""

    confidence: float = 0.95
    horizon_sessions: int = 1

    def __post_init__(self) -> None:
        check_confidence(self.confidence)
        check_whole("horizon_sessions", self.horizon_sessions, 1)

    @property
    def tail(self) -> float:
        """1 - confidence."""
        return 1.0 - self.confidence

    def answer(self, method: str, var_frac: float, es_frac: float, sessions: int, **details: float) -> RiskEstimate:
        """The estimate that answers it."""
        kept = MappingProxyType({name: float(value) for name, value in details.items()})
        return RiskEstimate(
            method, self.confidence, self.horizon_sessions, float(var_frac), float(es_frac), sessions, kept
        )


def overlapping(returns: Floats, horizon_sessions: int) -> Floats:
    """(n - h + 1,): compounded returns of every stretch of h sessions. Raises ParameterError when there is none."""
    if horizon_sessions == 1:
        return returns
    if len(returns) < horizon_sessions:
        raise ParameterError(
            "is longer than the history", where="horizon_sessions", value=horizon_sessions, bound=f"1 to {len(returns)}"
        )
    stretches = np.lib.stride_tricks.sliding_window_view(1.0 + returns, horizon_sessions)
    return np.asarray(stretches.prod(axis=1) - 1.0)
