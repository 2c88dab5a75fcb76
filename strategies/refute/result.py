"""What came of trying to refute a strategy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.refute.verdict import Evidence, Verdict, Veto, decide
from hedgebook.universes.brief import brief

DATES = "placebo dates"
BASKETS = "placebo baskets"
TWIN = "factor twin"
BENCHMARK = "benchmark"
SEARCH = "search"
TRIALS = "all trials"
LOOK_AHEAD = "decisions that know no later price"
TEST_COLUMNS = (
    "p_value", "p_worthless", "statistic", "edge", "found_at", "power", "control", "units", "needed", "draws", "reason",
)  # fmt: skip


@brief
@dataclass(frozen=True, eq=False)
class Refutation:
    """The verdict on a strategy and what it rests on.

    name: of the strategy; subject: what it was tried on, in words; unit: what is
    counted, "event" or "session"; tests: the primary ones; vetoes: figures that must
    stay above zero, and others that are only told; net: mean net weight at the entry, a fraction of NAV; against: what
    the benchmark test compares with, in words; events, returns: of its own events, net, fractions of the capital; past:
    earlier events that tell how volatile such events are; placebo_returns: of the same trade on sessions without an
    event; notes: what else a reader must know; simulated, source: of the prices; ruined_on: the first session at which
    NAV was zero or below, which refutes it whatever the tests say, None where it never was; trials: how many count in
    the test of luck among all of them, None where that was not asked for.
    """

    name: str
    subject: str
    tests: tuple[Evidence, ...]
    vetoes: tuple[Veto, ...]
    unit: str
    net: float
    against: str
    events: tuple[str, ...]
    returns: tuple[float, ...]
    past: tuple[str, ...]
    placebo_returns: Floats
    notes: tuple[str, ...]
    simulated: bool = False
    source: str = ""
    ruined_on: np.datetime64 | None = None
    trials: int | None = None

    @property
    def verdict(self) -> Verdict:
        """SURVIVES, REFUTED, UNDERPOWERED or BLIND, by the rule of `engine.refute.verdict.decide`; REFUTED where it was
        ruined."""
        return decide(self.tests, self.vetoes) if self.ruined_on is None else Verdict.REFUTED

    @property
    def needed(self) -> int | None:
        """How many events like these an edge worth having needs to be found by every test, None where unknown."""
        known = [test.needed for test in self.tests]
        return max(known) if known and all(one is not None for one in known) else None  # type: ignore[type-var]

    @property
    def table(self) -> pd.DataFrame:
        """One row a test, see Evidence."""
        rows = [{name: getattr(test, name) for name in TEST_COLUMNS} for test in self.tests]
        return pd.DataFrame(rows, index=pd.Index([t.name for t in self.tests], name="test", dtype=object))


def net_exposure_words(stands_for: str) -> str:
    """What a strategy is compared with, for its net exposure; "" for a neutral one."""
    return f"{stands_for} at the same net weight" if stands_for else "cash, as it is about neutral"
