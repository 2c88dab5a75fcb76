"""The seconds of a warm ticket, and how often its cost bands hold what a backtest then pays.

Run as `python -m benchmarks.ticket [PRICES]`; without a file the embedded sample market is taken. The ticket is the one
of the flagship trade with every limit. Bands: every event trade of the catalogue on every event of the library, each
ticket made at the last close before its news, beside the costs of the backtest on the same prices.
"""

from __future__ import annotations

import math
import sys
import time

import numpy as np

import hedgebook as hb
from hedgebook.engine.backtest.result import COST_CAUSES
from hedgebook.errors import HedgebookError, VerificationError
from hedgebook.strategies.run.run import run_strategy
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.ticket.costs import COVERAGE, expected_costs
from hedgebook.strategies.ticket.planned import plan_ticket

MOST_SECONDS, MOST_WIDTH, LEAST_BANDS = 1.5, 0.5, 30
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


def bands(market: hb.Market) -> np.ndarray:  # type: ignore[type-arg]
    """(B, 4): expected, low, high and paid USD of every trade on every event that can be run."""
    rows = []
    trades = [one for one in hb.trades().values() if isinstance(one, hb.EventTrade)][:TRADES]
    for event in hb.events()[-EVENTS:]:
        for one in trades:
            trade = one.replaced(event=event.id)
            setting = RunSetting.named(market, "default", "plain", about=trade)
            try:
                planned = plan_ticket(trade, setting, None, None)
                found = expected_costs(planned, setting.costs).table.loc["total"]
                paid = run_strategy(trade, setting).backtest.costs_paid
            except HedgebookError:
                continue
            if not math.isnan(found["low_usd"]):
                total = math.fsum(paid[cause] for cause in COST_CAUSES)
                rows.append((found["total_usd"], found["low_usd"], found["high_usd"], total))
    return np.array(rows)


def main() -> int:
    """Print both, 1 where a bound is missed."""
    prices = [one for one in sys.argv[1:] if not one.startswith("-") and "." in one]
    market = hb.load_market(prices[0]) if prices else hb.sample_market()
    seconds = warm_seconds(market)
    print(f"a warm ticket: {seconds:.2f} s (at most {MOST_SECONDS} s)")
    found = bands(market)
    if len(found) < LEAST_BANDS:
        raise VerificationError(f"{len(found)} bands are too few", where="ticket", bound=str(LEAST_BANDS))
    expected, low, high, paid = found.T
    held = (low <= paid) & (paid <= high)
    width = np.quantile((high - low) / expected, (0.5, 0.9))
    print(f"cost bands: {held.mean():.1%} of {len(found)} hold what was paid (stated {COVERAGE:.0%})")
    print(f"{np.mean(paid < low):.1%} paid less, {np.mean(paid > high):.1%} more")
    print(
        f"width {width[0]:.0%} of the cost in the middle (at most {MOST_WIDTH:.0%}), {width[1]:.0%} at the ninth tenth"
    )
    return int(seconds > MOST_SECONDS or held.mean() < COVERAGE or width[0] > MOST_WIDTH)


if __name__ == "__main__":
    sys.exit(main())
