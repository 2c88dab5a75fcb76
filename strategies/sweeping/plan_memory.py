"""What a user's function has planned, so that it is not called again for sets that are asked about twice."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from hedgebook.engine.sweep.batch.batch import Orders
from hedgebook.universes.market import Market

from .levels import SetProblem

# A plan that does not fit in any more is made again each time; those that came first stay.
MOST_BYTES = 64_000_000
BYTES_OF_A_PLAN = 1_000
FEW = 12


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan on a market: its orders, sessions as rows of the market, and the first and last session of its run.

    sides: pairs of ticker and "long" or "short", for stops of a leg.
    """

    orders: Orders
    first: int
    last: int
    sides: tuple[tuple[str, str], ...] = ()


@dataclass(eq=False)
class PlanMemory:
    """Plans on the market that was last asked about; another process begins with none."""

    market: Market | None = None
    plans: dict[Hashable, Planned | SetProblem] = field(default_factory=dict)
    held_bytes: int = 0

    def __reduce__(self) -> tuple[type[PlanMemory], tuple[()]]:
        return (PlanMemory, ())

    def recall(self, market: Market, key: Hashable) -> Planned | SetProblem | None:
        """The plan of a key on a market, None where there is none."""
        if market is not self.market:
            self.market, self.plans, self.held_bytes = market, {}, 0
        return self.plans.get(key)

    def keep(self, market: Market, key: Hashable, found: Planned | SetProblem, *, again: bool) -> None:
        """Keep a plan, where it fits in and may be asked for `again`; one that may not is kept while there are few."""
        if not again and len(self.plans) >= FEW:
            return
        size = BYTES_OF_A_PLAN
        if isinstance(found, Planned):
            size += found.orders.rows.nbytes + found.orders.bank.nbytes
        if market is self.market and key not in self.plans and self.held_bytes + size <= MOST_BYTES:
            self.plans[key] = found
            self.held_bytes += size
