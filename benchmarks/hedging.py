"""Time of 10,000 hedge ratios, method x lookback x date, with a check against one regression each.

Run as `python -m benchmarks.hedging`.
"""

from __future__ import annotations

import sys

import numpy as np

from hedgebook.engine.hedging.estimate import HedgeTable, estimate_hedges
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.request import HedgeRequest, Method
from hedgebook.errors import VerificationError
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market

from .timing import call_seconds

BOUND_SECONDS = 1.0
ESTIMATES = 10_000
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"ESTIMATES": 800}
LOOKBACKS = (60, 120, 180, 252)
METHODS = tuple(method for method in Method if method is not Method.FACTOR_NEUTRAL)


def legs_of(market: Market) -> HedgeLegs:
    """The ticker with the longest history against the six with the next."""
    order = np.argsort(-np.isfinite(market.close).sum(axis=0), kind="stable")
    names = [market.tickers[i] for i in order if market.tickers[i] != market.universe.benchmark]
    return HedgeLegs((names[0],), tuple(names[1:7]))


def run(market: Market, legs: HedgeLegs) -> HedgeTable:
    """All methods at all lookbacks on as many of the last dates as 10,000 estimates take."""
    requests = [HedgeRequest(method, lookback) for method in METHODS for lookback in LOOKBACKS]
    dates = -(-ESTIMATES // len(requests))
    return estimate_hedges(market, legs, requests, np.resize(market.open_at[-200:], dates))


def check(table: HedgeTable) -> None:
    """Raise VerificationError unless estimates exist and sampled ones equal numpy's least squares."""
    if not np.isfinite(table.ratios).mean() > 0.99:
        raise VerificationError(f"only {np.isfinite(table.ratios).mean():.1%} of the estimates exist")
    at = [(r.method, r.lookback) for r in table.requests].index((Method.MULTI_MIN_VARIANCE, 60))
    for d in (0, len(table.known_at) // 2):
        row = table.market.session_index(table.known_at[d])
        part = table.market.close_returns(table.legs.tickers)[row - 59 : row + 1]
        if not np.isfinite(part).all():
            continue
        slopes = np.linalg.lstsq(np.column_stack([np.ones(60), part[:, 1:]]), part[:, 0], rcond=None)[0][1:]
        if not np.allclose(table.weights[at, d], slopes, rtol=1e-8, atol=1e-10):
            raise VerificationError("a minimum-variance hedge differs from least squares")


def main() -> int:
    """Print the time of all estimates, warm; 0 when it is within the bound."""
    market = sample_market()
    legs = legs_of(market)
    table = run(market, legs)
    check(table)
    took = call_seconds(lambda: run(market, legs))
    print(f"{table.ratios.size} hedge ratios ({len(METHODS)} methods, lookbacks {LOOKBACKS}): {took:.3f} s")
    return 0 if took <= BOUND_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
