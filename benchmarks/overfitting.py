"""Probability of overfitting of 100,000 strategies, and tests of 100 at once against arch; correctness first.

Run as `python -m benchmarks.overfitting`. Two threads. The straightforward way in numpy is timed on 1,000 strategies,
where it must give the same ranks. The exit code is 1 when figures differ, when 100,000 strategies take more than
5 s or more than 50 MB beyond their moments, or when ten times the strategies take more than eleven times as long.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from itertools import combinations

import numpy as np

from benchmarks.timing import call_seconds
from hedgebook.engine.sweep.overfitting.block_moments import BlockMoments
from hedgebook.engine.sweep.overfitting.cscv import Cscv, cscv
from hedgebook.engine.sweep.overfitting.superiority import superiority
from hedgebook.errors import VerificationError

BLOCKS, BLOCK_SESSIONS, MANY, FEW = 16, 63, 100_000, 1_000
BOUND_SECONDS, BOUND_MB, BOUND_GROWTH = 5.0, 50.0, 11.0
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"BLOCKS": 8, "MANY": 2_000, "FEW": 200}


def moments(strategies: int) -> BlockMoments:
    """Block moments of normal returns, drawn from their own laws."""
    rng = np.random.default_rng(20260701)
    totals = rng.normal(0.0, 0.01 * np.sqrt(BLOCK_SESSIONS), (strategies, BLOCKS))
    squares = totals**2 / BLOCK_SESSIONS + 0.0001 * rng.chisquare(BLOCK_SESSIONS - 1, (strategies, BLOCKS))
    return BlockMoments.of(np.full(BLOCKS, BLOCK_SESSIONS), totals, squares)


def in_numpy(given: BlockMoments) -> tuple[np.ndarray, np.ndarray]:
    """Best strategy and its rank outside by one pass over all strategies a split."""
    best, rank = [], []
    for chosen in combinations(range(BLOCKS), BLOCKS // 2):
        sides = []
        for blocks in (list(chosen), [b for b in range(BLOCKS) if b not in chosen]):
            n = given.counts[blocks].sum()
            total, square = given.totals[:, blocks].sum(axis=1), given.squares[:, blocks].sum(axis=1)
            sides.append(total / n / np.sqrt((square - total**2 / n) / (n - 1)))
        first = int(sides[0].argmax())
        best.append(first)
        rank.append(int((sides[1] < sides[1][first]).sum()) + 1)
    return np.array(best), np.array(rank)


def peak_mb(given: BlockMoments) -> float:
    """Most memory that the arrays of one run held beyond the moments; the kernels' own tables are under 2 MB."""
    tracemalloc.start()
    cscv(given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2.0**20


def check(found: Cscv, best: np.ndarray, rank: np.ndarray) -> None:
    """Raise VerificationError unless both chose the same strategies and ranked them alike."""
    if not (np.array_equal(found.best, best) and np.array_equal(found.rank, rank)):
        raise VerificationError("best strategies or their ranks differ from numpy's")


def against_numpy() -> float:
    """Seconds of 1,000 strategies in numpy, after the figures were found to agree."""
    small = moments(FEW)
    start = time.perf_counter()
    best, rank = in_numpy(small)
    took = time.perf_counter() - start
    check(cscv(small), best, rank)
    return took


def against_arch() -> tuple[float, float]:
    """Print seconds of the tests of 100 strategies by this package and by arch, and return them; answers compared."""
    from arch.bootstrap import SPA, StationaryBootstrap

    returns = np.random.default_rng(1).normal(0.0002, 0.01, (1_000, 100))
    source = StationaryBootstrap(10, np.arange(1_000), seed=5)
    drawn = np.array([data[0][0] for data in source.bootstrap(1_000)])
    ours = superiority(returns, studentised=False, block_length=10, drawn_sessions=drawn)

    def peer() -> list[float]:
        test = SPA(np.zeros(1_000), -returns, block_size=10, reps=1_000, seed=5)
        test.compute()
        return [float(p) for p in test.pvalues]

    if peer() != [ours.spa_lower, ours.spa_consistent, ours.spa_upper]:
        raise VerificationError("p-values differ from arch's")
    theirs = call_seconds(peer, runs=3)
    took = call_seconds(lambda: superiority(returns, block_length=10, draws=1_000), runs=3)
    print(
        f"reality check, SPA and stepdown of 100 strategies x 1,000 sessions, 1,000 draws: {took * 1000:.0f} ms; "
        f"arch's SPA alone {theirs * 1000:.0f} ms"
    )
    return took, theirs


def main() -> int:
    """Print times, memory and bounds; 0 when all are met."""
    numpy_seconds = against_numpy()
    large, tenth = moments(MANY), moments(MANY // 10)
    grown = peak_mb(large)
    took = call_seconds(lambda: cscv(large), runs=5)
    small = call_seconds(lambda: cscv(tenth), runs=5)
    ragged = BlockMoments(np.tile(large.counts, (MANY, 1)), large.totals, large.squares)
    start = time.perf_counter()
    cscv(ragged)
    unequal = time.perf_counter() - start
    print(
        f"CSCV of {MANY:,} strategies x {BLOCKS} blocks (12,870 splits): {took:.2f} s (bound {BOUND_SECONDS:.0f} s), "
        f"{grown:.0f} MB beyond the moments (bound {BOUND_MB:.0f} MB), {took / small:.1f} times a tenth of them "
        f"(bound {BOUND_GROWTH:.0f})"
    )
    print(f"the same with unequal numbers of returns: {unequal:.1f} s")
    per_strategy = numpy_seconds / FEW / (took / MANY)
    print(f"numpy, {FEW:,} strategies: {numpy_seconds:.1f} s; per strategy {per_strategy:.0f} times as long")
    against_arch()
    return 0 if took <= BOUND_SECONDS and grown <= BOUND_MB and took / small <= BOUND_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
