"""How hard a strategy is tried."""

from __future__ import annotations

from dataclasses import dataclass

from hedgebook.engine.refute.verdict import WORTH_HAVING
from hedgebook.universes.checks import check_fields, number, whole

OPTIONS = {
    "dates": whole(100, 20_000),
    "baskets": whole(20, 10_000),
    "draws": whole(199, 100_000),
    "worth": number(0.01, 10.0),
    "seed": whole(0, 2**62),
}


@dataclass(frozen=True)
class RefuteOptions:
    """How a strategy is tested.

    dates: placebo sessions at most; baskets: random legs; draws: of placebo dates for each p-value; worth: the least
    edge worth having, deviations of the holding period an event; seed: of all draws.
    """

    dates: int = 1000
    baskets: int = 199
    draws: int = 1999
    worth: float = WORTH_HAVING
    seed: int = 0

    def __post_init__(self) -> None:
        check_fields(self, OPTIONS)
