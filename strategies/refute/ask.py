"""How hard a strategy is tried."""

from __future__ import annotations

from dataclasses import dataclass

from hedgebook.engine.refute.verdict import WORTH_HAVING
from hedgebook.universes.checks import check_fields, either, maybe, number, one_of, whole

OPTIONS = {
    "dates": whole(100, 20_000),
    "baskets": whole(20, 10_000),
    "draws": whole(199, 100_000),
    "worth": number(0.01, 10.0),
    "seed": whole(0, 2**62),
    "trials": maybe(either(one_of("workspace"), whole(0))),
}


@dataclass(frozen=True)
class RefuteOptions:
    """How a strategy is tested.

    dates: placebo sessions at most; baskets: random legs; draws: of placebo dates for each p-value; worth: the least
    edge worth having, deviations of the holding period an event; seed: of all draws; trials: what was tried
    besides and counts in a test of luck among all of it, "workspace" for those of the trial ledger, or how many; None:
    no such test.
    """

    dates: int = 1000
    baskets: int = 199
    draws: int = 1999
    worth: float = WORTH_HAVING
    seed: int = 0
    trials: str | int | None = None

    def __post_init__(self) -> None:
        check_fields(self, OPTIONS)
