"""10,000 paths of 60 sessions and 30 tickers by both simulations, paths checked one by one first.

Run as `python -m benchmarks.simulation`. Two threads. The exit code is 1 when a path differs from a plain loop over
the same resampled sessions, when one thread gives other numbers than two, when the simulated variance of normal
factors is not that of the closed form, or when a simulation takes more than two seconds.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from benchmarks.timing import call_seconds
from hedgebook.engine.backtest.neutral import neutral_conditions, new_state
from hedgebook.engine.stress.history import History
from hedgebook.engine.stress.positions import MarginTerms, Positions
from hedgebook.engine.stress.responses import Responses
from hedgebook.engine.stress.simulate import Jumps, PathPlan, simulate_bootstrap, simulate_factors
from hedgebook.errors import VerificationError

TICKERS, SESSIONS, PATHS, ROWS, FACTORS = 30, 60, 10_000, 1_000, 5
BOUND_SECONDS, CHECKED_PATHS, BLOCK = 2.0, 25, 5.0
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"PATHS": 500}


def sample() -> tuple[Positions, History, MarginTerms, Responses]:
    """Fifteen longs and fifteen shorts whose returns follow five factors."""
    rng = np.random.default_rng(20260701)
    names = tuple(f"T{i}" for i in range(TICKERS))
    prices = rng.uniform(3.0, 400.0, TICKERS)
    values = np.where(np.arange(TICKERS) % 2 == 0, 1.0, -1.0) * rng.uniform(2e4, 6e4, TICKERS)
    day = np.datetime64("2026-06-30")
    positions = Positions(names, values / prices, prices, (None,) * TICKERS, 4e5, day)
    betas = rng.normal(0.5, 0.6, (TICKERS, FACTORS))
    factors = rng.standard_t(5, (ROWS, FACTORS)) * 0.01
    residuals = rng.standard_t(5, (ROWS, TICKERS)) * 0.02
    returns = factors @ betas.T + residuals
    nights = 0.4 * returns
    sessions = np.arange(day - ROWS + 1, day + 1)
    history = History(names, sessions, returns, nights, {}, "common")
    plain = neutral_conditions(1, TICKERS, 1)
    book = new_state(TICKERS, positions.nav_usd).book
    book["shares"], book["price"] = positions.shares, prices
    margin = MarginTerms(book, plain.terms, plain.tickers, True)
    responses = Responses(
        names, tuple(f"f{k}" for k in range(FACTORS)), ("",) * FACTORS, betas, betas, np.cov(factors.T),
        factors, residuals, residuals.std(axis=0, ddof=1), np.full(TICKERS, ROWS),
    )  # fmt: skip
    return positions, history, margin, responses


def needed(shares: float, price: float) -> float:
    """FINRA rule 4210(c) for one position, written out."""
    value = abs(shares) * price
    if shares > 0:
        return 0.25 * value
    return max(0.30 * value, 5.0 * -shares) if price >= 5.0 else max(value, 2.5 * -shares)


def by_hand(positions: Positions, history: History, sessions: np.ndarray) -> list[float]:
    """One path in a plain loop: pnl, drawdown, first call, worst night of the shorts, lowest NAV."""
    means = [math.fsum(history.returns[:, i]) / len(history.returns) for i in range(TICKERS)]
    prices = list(positions.prices)
    start = positions.nav_usd
    cash = start - math.fsum(q * p for q, p in zip(positions.shares, prices, strict=True))
    high, deepest, call, gap, lowest, nav = start, 0.0, 0, 0.0, start, start
    for t, row in enumerate(sessions):
        night = -math.fsum(
            q * p * history.nights[row, i]
            for i, (q, p) in enumerate(zip(positions.shares, prices, strict=True))
            if q < 0
        )
        prices = [max(p * (1.0 + history.returns[row, i] - means[i]), 0.0) for i, p in enumerate(prices)]
        nav = cash + math.fsum(q * p for q, p in zip(positions.shares, prices, strict=True))
        high, gap, lowest = max(high, nav), max(gap, night), min(lowest, nav)
        deepest = min(deepest, nav / high - 1.0)
        if not call and nav < math.fsum(needed(q, p) for q, p in zip(positions.shares, prices, strict=True)):
            call = t + 1
    return [nav - start, deepest, call, gap, lowest]


def check(positions: Positions, history: History, margin: MarginTerms, responses: Responses) -> float:
    """The largest relative difference of checked paths. Raises VerificationError."""
    plan = PathPlan(PATHS, SESSIONS, seed=3)
    two = simulate_bootstrap(positions, history, margin, plan, block_length=BLOCK)
    one = simulate_bootstrap(positions, history, margin, PathPlan(PATHS, SESSIONS, 3, threads=1), block_length=BLOCK)
    if not np.array_equal(one.values, two.values):
        raise VerificationError("one thread gives other paths than two")
    worst, calls = 0.0, 0
    drawn = drawn_sessions(len(history.returns), 3)
    for p in range(CHECKED_PATHS):
        hand = by_hand(positions, history, drawn[p])
        gap = max(abs(a - b) / max(abs(b), 1.0) for a, b in zip(two.values[p], hand, strict=True))
        if not gap < 1e-9:
            raise VerificationError(f"path {p} differs by {gap:.1e}: {two.values[p]} and {hand}")
        worst, calls = max(worst, gap), calls + (hand[2] > 0)
    if calls == 0:
        raise VerificationError("no checked path has a margin call, so that part was not tried")
    normal = simulate_factors(
        positions, responses, margin, PathPlan(100_000, 1, 3), factor_df=math.inf, residual_df=math.inf
    )
    values = positions.values_usd
    exposure = responses.betas.T @ values
    variance = exposure @ responses.covariance @ exposure + (values**2 * responses.residual_sd**2).sum()
    ratio = float(normal.values[:, 0].var() / variance)
    # The standard error of a variance from n normal numbers is sqrt(2 / n) of it; five of them.
    if not abs(ratio - 1.0) < 5.0 * math.sqrt(2.0 / 100_000):
        raise VerificationError(f"the simulated variance is {ratio:.4f} of the closed form")
    return worst


def drawn_sessions(rows: int, seed: int) -> np.ndarray:
    """(CHECKED_PATHS, SESSIONS): rows of the first paths, from the public sampler's kernel."""
    from hedgebook.engine.kernels.series.bootstrap import stationary_indices

    out = np.empty((CHECKED_PATHS, SESSIONS), dtype=np.int64)
    stationary_indices(rows, 1.0 / BLOCK, seed, 0, out)
    return out


def main() -> int:
    """Print times and their bound; 0 when all are met."""
    positions, history, margin, responses = sample()
    worst = check(positions, history, margin, responses)
    print(f"{CHECKED_PATHS} paths against a plain loop: largest relative difference {worst:.0e}; threads agree")
    jumps = Jumps(np.random.default_rng(1).normal(0, 0.05, (30, TICKERS)), 0.05)
    met = True
    plan = PathPlan(PATHS, SESSIONS)
    for label, call in (
        ("block bootstrap", lambda: simulate_bootstrap(positions, history, margin, plan)),
        ("factors, t tails and events", lambda: simulate_factors(positions, responses, margin, plan, jumps=jumps)),
    ):
        took = call_seconds(call, runs=5)
        size = f"{PATHS} paths x {SESSIONS} sessions x {TICKERS} tickers"
        print(f"{label}: {size} in {took:.2f} s (bound {BOUND_SECONDS} s)")
        met = met and took <= BOUND_SECONDS
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
