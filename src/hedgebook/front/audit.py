"""What a script calls to know whether a strategy looks ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hedgebook.engine.one_thread import on_one_thread
from hedgebook.strategies.audit.audit import DECISIONS, StrategyAudit, audit_strategy
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.strategy.mentioned import mentioned
from hedgebook.universes.checks import EVENTS, MARKET, takes, whole
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Events, load_events
from hedgebook.universes.market import Market

from .result import Figures, of_kind


@dataclass(frozen=True)
class Audit(StrategyAudit, Figures):
    """What an audit of a strategy found: whether a decision changed with prices that it could not know.

    name: of the strategy; decisions: how many moments were tried, of decisions_in_all; plans: how often it was planned;
    leak: the first decision that changed, None where none did; notes: what could not be tried, and why.
    """

    _label = ("strategy",)

    def to_dict(self) -> dict[str, Any]:
        """Everything that `hedgebook audit --json` prints; weights are fractions of NAV, None where undefined."""
        leak = self.leak
        return {
            "strategy": self.name,
            "passed": self.passed,
            "decisions": self.decisions,
            "decisions_in_all": self.decisions_in_all,
            "plans": self.plans,
            "leak": None
            if leak is None
            else {
                "told": leak.told(),
                "decided_at": f"{leak.decided_at}Z",
                "session": leak.session,
                "mark": leak.mark,
                "ticker": leak.ticker or None,
                "weight": None if leak.weight != leak.weight else leak.weight,
                "other_weight": None if leak.other_weight != leak.other_weight else leak.other_weight,
                "future": leak.future,
                "cause": leak.cause,
            },
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        tried = f"{self.decisions} of {counted(self.decisions_in_all, 'decision')} tried"
        found = "no decision changed" if self.leak is None else self.leak.told()
        return f"<Audit {self.name}: {found} ({tried})>"


@takes(market=MARKET, decisions=whole(1, 100_000), seed=whole(0, 2**31), events=EVENTS)
@on_one_thread
def audit(
    strategy: Any, market: Market, *, decisions: int = DECISIONS, seed: int = 0, events: Events = "events"
) -> Audit:
    """Look for look-ahead: plan a strategy again under other futures, and compare what it had decided before them.

    strategy, market, events as in `backtest`; decisions: how many moments of decision are tried, the first, the last
    and some between; seed: of the random futures. After each moment prices are multiplied by random factors, tickers
    fall silent, nothing is listed, no news comes, and the sessions after the fill are cut off; all of it also with
    prices missing here and there. The first decision that changes is named with the number that changed it. Raises an
    InputError for a strategy that cannot be planned, and for one that plans differently each time.
    """
    found = find_strategy(strategy)
    done = audit_strategy(
        found, market.covering(mentioned(found)), decisions=decisions, seed=seed, events=load_events(events)
    )
    return of_kind(Audit, done)
