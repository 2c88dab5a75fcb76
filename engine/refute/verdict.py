"""The rule that turns tests into a verdict, the same for everything that is tested."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ..arrays import Floats
from .scaled import LEVEL, Scores, found_edge, needed_events, p_above, p_below, power

# Deviations of the holding period of such an event.
WORTH_HAVING = 0.5
PLANTED = 5.0
FOUND_FRAC = 0.8


class Verdict(StrEnum):
    """What the tests say together."""

    SURVIVES = "SURVIVES"
    REFUTED = "REFUTED"
    UNDERPOWERED = "UNDERPOWERED"
    BLIND = "BLIND"


@dataclass(frozen=True)
class Evidence:
    """One primary test.

    name: of the test; asks: the question in words; p_value: chance of so high a statistic without an edge; p_worthless:
    chance of so low a one with an edge of `worth`, either NaN where the test could not be made, for the `reason`;
    statistic: a mean over its error; edge: what was found, worth: the least edge worth having, planted: the edge of the
    positive control, found_at: the smallest edge that is found in 80 % of cases, all in deviations of the holding
    period; control: share of cases in which the planted edge is found; power: the same of the one worth having; draws:
    placebos, null: their statistics; units: independent events or sessions, needed: of them for the one worth having,
    None where unknown.
    """

    name: str
    asks: str
    p_value: float = math.nan
    p_worthless: float = math.nan
    statistic: float = math.nan
    edge: float = math.nan
    worth: float = WORTH_HAVING
    planted: float = PLANTED
    control: float = 0.0
    power: float = 0.0
    found_at: float = math.inf
    draws: int = 0
    units: int = 0
    needed: int | None = None
    reason: str = ""
    null: Floats = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)

    @property
    def rejects(self) -> bool:
        """Whether the absence of an edge is rejected at 5 %."""
        return self.p_value <= LEVEL

    @property
    def sees(self) -> bool:
        """Whether the edge of the positive control is found in 80 % of cases."""
        return self.control >= FOUND_FRAC


@dataclass(frozen=True)
class Veto:
    """A figure that must stay above zero: what it is, its value (fraction of the capital), and whether it does."""

    name: str
    value: float
    holds: bool
    vetoes: bool = True


def evidence_of(name: str, asks: str, scores: Scores, worth: float = WORTH_HAVING) -> Evidence:
    """A test from its scores."""
    null, statistic = scores.null(), scores.statistic
    control = power(scores, PLANTED)
    return Evidence(
        name=name,
        asks=asks,
        p_value=p_above(statistic, null),
        p_worthless=p_below(statistic, scores.null(worth)),
        statistic=statistic,
        edge=scores.edge,
        worth=worth,
        control=control,
        power=power(scores, worth),
        found_at=found_edge(scores),
        draws=len(null),
        units=scores.units,
        needed=needed_events(scores, worth) if control >= FOUND_FRAC else None,
        null=null,
    )


def decide(tests: Sequence[Evidence], vetoes: Sequence[Veto] = ()) -> Verdict:
    """The verdict of the primary tests and of what can veto it.

    BLIND: some test would not find the planted edge in 80 % of cases. SURVIVES: every test rejects at 5 %, which
    needs no correction as all must (an intersection-union test, Berger 1982, Technometrics 24(4)), and nothing vetoes
    it; REFUTED where something does, or where an edge worth having is rejected by any test, at 5 % over their
    number. UNDERPOWERED: neither.
    """
    if not tests or not all(test.sees for test in tests):
        return Verdict.BLIND
    if all(test.rejects for test in tests):
        return Verdict.SURVIVES if all(veto.holds or not veto.vetoes for veto in vetoes) else Verdict.REFUTED
    if any(test.p_worthless <= LEVEL / len(tests) for test in tests):
        return Verdict.REFUTED
    return Verdict.UNDERPOWERED
