"""The seconds of a warm ticket, and how often its cost bands hold what a backtest then pays.

Run as `python -m benchmarks.ticket [PRICES]`; without a file the embedded sample market is taken. The ticket is the one
of the flagship trade with every limit. Bands: every event trade of the catalogue on every event of the library, each
ticket made at the last close before its news, beside the costs of the backtest on the same prices. The level of
the bands is set on one half of the events and held against the other, both ways, and events are halved in two ways.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

import numpy as np

import hedgebook as hb
from hedgebook.engine.recorded import COST_CAUSES
from hedgebook.errors import HedgebookError, VerificationError
from hedgebook.strategies.run.run import run_strategy
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.ticket.costs import COVERAGE, PAST_FRAC, band, expected_costs
from hedgebook.strategies.ticket.planned import plan_ticket

MOST_SECONDS, MOST_WIDTH, LEAST_BANDS = 1.5, 0.5, 30
# A level is the least of these whose bands hold this much of the trades that it is set on.
LEVELS, WANTED = (0.80, 0.85, 0.88, 0.90, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0), 0.90
TRADES, EVENTS = 100, 100
TINY = {"TRADES": 1, "EVENTS": 3, "LEAST_BANDS": 1}
LIMITS = hb.Limits.model_validate(
    {
        **{kind: {"max": 2.0} for kind in ("gross", "net", "position", "bucket", "factor_beta", "var", "es", "adv")},
        **{kind: {"max": 1.0} for kind in ("borrow", "stress", "concentration")},
        "headroom": {"min": 0.1},
    }
)


def warm_seconds(market: hb.Market) -> float:
    """Of the second best of three tickets after one that warms up. Raises VerificationError for an odd ticket."""
    took = []
    for _ in range(4):
        start = time.perf_counter()
        made = hb.ticket("long-meta-short-neocloud", market, limits=LIMITS)
        took.append(time.perf_counter() - start)
    if not len(made.orders) or not made.limits or any(r.reason and r.value != r.value for r in made.limits):
        raise VerificationError("the ticket lacks orders or figures", where="ticket")
    return sorted(took[1:])[1]


@dataclass(frozen=True)
class Paid:
    """A trade on an event: its expected cost, past costs of the same plan (A,) and what the backtest paid, USD."""

    event: str
    expected_usd: float
    past_usd: np.ndarray  # type: ignore[type-arg]
    paid_usd: float

    def holds(self, past_frac: float) -> bool:
        """Whether the band of a part of the past holds what was paid."""
        low, high = band(self.past_usd, self.expected_usd, past_frac)
        return low <= self.paid_usd <= high


def trades_paid(market: hb.Market) -> list[Paid]:
    """Every event trade of the catalogue on every event of the library, oldest first, that can be run."""
    rows = []
    trades = [one for one in hb.trades().values() if isinstance(one, hb.EventTrade)][:TRADES]
    for event in sorted(hb.events(), key=lambda one: (one.announced_on, one.id))[-EVENTS:]:
        for one in trades:
            trade = one.replaced(event=event.id)
            setting = RunSetting.named(market, "default", "plain", about=trade)
            try:
                planned = plan_ticket(trade, setting, None, None)
                found = expected_costs(planned, setting.costs)
                paid = run_strategy(trade, setting).backtest.costs_paid
            except HedgebookError:
                continue
            if len(found.past_usd):
                total = math.fsum(paid[cause] for cause in COST_CAUSES)
                rows.append(Paid(event.id, float(found.table["total_usd"]["total"]), found.past_usd, total))
    return rows


def level_of(trades: list[Paid]) -> float:
    """The least part of the past whose bands hold what is wanted of these trades, all of it where none does."""
    return next((one for one in LEVELS if held(trades, one) >= WANTED), LEVELS[-1])


def held(trades: list[Paid], past_frac: float) -> float:
    """How many of the trades have paid what their band holds."""
    return float(np.mean([one.holds(past_frac) for one in trades]))


def crossed(trades: list[Paid]) -> dict[str, float]:
    """How many trades are held by bands whose level was set without their event's half, by how events are halved."""
    events = list(dict.fromkeys(one.event for one in trades))
    half = (len(events) + 1) // 2
    found = {}
    for name, first in (("first and second half", set(events[:half])), ("every other event", set(events[::2]))):
        parts = [[one for one in trades if (one.event in first) is side] for side in (True, False)]
        total = 0.0
        for own, other in (parts, parts[::-1]):
            if not own or not other:
                continue
            level = level_of(own)
            share = held(other, level)
            total += share * len(other)
            print(f"{name}: level {level:.0%}, set on {len(own)}, holds {share:.1%} of the other {len(other)}")
        found[name] = total / len(trades)
        print(f"{name}, together: {found[name]:.1%} (stated {COVERAGE:.0%})")
    return found


def main() -> int:
    """Print both, 1 where a bound is missed."""
    prices = [one for one in sys.argv[1:] if not one.startswith("-") and "." in one]
    market = hb.load_market(prices[0]) if prices else hb.sample_market()
    seconds = warm_seconds(market)
    print(f"a warm ticket: {seconds:.2f} s (at most {MOST_SECONDS} s)")
    trades = trades_paid(market)
    events = len({one.event for one in trades})
    if len(trades) < LEAST_BANDS:
        raise VerificationError(f"{len(trades)} bands are too few", where="ticket", bound=str(LEAST_BANDS))
    whole = held(trades, PAST_FRAC)
    print(f"cost bands as they are: {whole:.1%} of {len(trades)} trades on {events} events hold what was paid")
    crosses = crossed(trades)
    edges = np.array([band(one.past_usd, one.expected_usd) for one in trades])
    width = (edges[:, 1] - edges[:, 0]) / [one.expected_usd for one in trades]
    print(
        f"width {np.median(width):.0%} of the cost in the middle, {width.max():.0%} at most (at most {MOST_WIDTH:.0%})"
    )
    wide = width.max() > MOST_WIDTH + 1e-9
    return int(seconds > MOST_SECONDS or min(whole, *crosses.values()) < COVERAGE or wide)


if __name__ == "__main__":
    sys.exit(main())
