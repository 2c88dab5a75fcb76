"""What is asked of the luck of a sweep, and what its figures come to together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats, Ints
from ..overfitting.sharpe import DeflatedSharpe, SharpeConvention
from ..overfitting.superiority import Superiority
from .chunks import ReturnsOf
from .luck_verdict import CASH, Evidence
from .overfit import SweepCscv

# A number of trials by name: the sets and all that the workspace has besides.
WORKSPACE = "workspace"


@dataclass(frozen=True)
class Chosen:
    """The set that a sweep came to: its index, the metric it was chosen by, and that metric's value.

    window: first and last row of the union calendar on which the set is on, inclusive; None for all of it.
    """

    index: int
    metric: str
    value: float
    window: tuple[int, int] | None = None


@dataclass(frozen=True)
class LuckSettings:
    """draws: of bootstraps; confidence: of interval and minimum track record; seed: of everything drawn; elsewhere:
    trials beside the sets that count in deflated figures, None = they are not asked for."""

    draws: int = 10_000
    confidence: float = 0.95
    seed: int = 0
    elsewhere: int | None = None


@dataclass(frozen=True)
class Against:
    """What sets are held against: words; null_of: indices to (T, n) what it earns over cash on the sessions of the
    union calendar on which each set is on, None = nothing more than cash."""

    words: str = CASH
    null_of: ReturnsOf | None = None

    def less(self, table: Floats, rows: Ints) -> Floats:
        """(T, n) returns of sets less what the null earns."""
        return table if self.null_of is None else table - np.asarray(self.null_of(rows), dtype=np.float64)


def evidence_from(
    deflated: dict[str, dict[str, DeflatedSharpe | None]],
    trials: Mapping[str, float | None],
    cross: SweepCscv | None,
    tests: Superiority | None,
    best: int,
) -> Evidence:
    most = WORKSPACE if WORKSPACE in trials else "all sets"
    of_all = [one.probability for one in deflated.get(most, {}).values() if one is not None]
    count = trials.get(WORKSPACE)
    return Evidence(
        of_all,
        None if cross is None else cross.result.pbo,
        None if tests is None else tests.spa_consistent,
        None if count is None else int(count),
        None if tests is None else stepdown_of(tests, best),
    )


def stepdown_of(tests: Superiority, index: int) -> float:
    """The adjusted p-value of a set, that of the best one tested where it is the copy of another."""
    adjusted = tests.table["adjusted_p_value"]
    return float(adjusted.get(index, adjusted.min()))


def expected_max(
    deflated: dict[str, dict[str, DeflatedSharpe | None]], trials: dict[str, float | None], scale: float
) -> dict[str, float | None]:
    """By number of trials, the same under both conventions."""
    found: dict[str, float | None] = {}
    for name in trials:
        known = [one.expected_max * scale for one in deflated.get(name, {}).values() if one is not None]
        found[name] = known[0] if known else None
    return found


def probabilities(
    deflated: dict[str, dict[str, DeflatedSharpe | None]], trials: dict[str, float | None]
) -> dict[str, dict[str, float | None]]:
    """Every number of trials and convention, None where there is no figure."""
    out: dict[str, dict[str, float | None]] = {}
    for name in trials:
        by = deflated.get(name, {})
        figures = {one.value: by.get(one.value) for one in SharpeConvention}
        out[name] = {one: None if figure is None else figure.probability for one, figure in figures.items()}
    return out
