"""Sweeps of 1,000 sets on noise, and the verdict on the best of them, with the statistics of the command itself.

A set is one of 50 pairs of tickers, long one and short the other, held whenever one of 20 signals without any
information is above its own bar. Sets that share a pair or a signal earn much the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.refute.search import search_evidence, search_scores
from hedgebook.engine.refute.series import SeriesScores, placebo_shifts, resampled_null, root_n_sharpe, series_evidence
from hedgebook.engine.refute.verdict import Evidence, Verdict, decide

from .markets import DAILY, SECTORS, TICKERS, garch, shocks

PAIRS, SIGNALS, SESSIONS = 50, 20, 756
PLACEBOS = 199
# Of a signal from one session to the next.
MEMORY = 0.95
SERIES = 1 + SECTORS + TICKERS

SweepCase = tuple[Verdict, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Noise:
    """(T, N) returns of tickers, (T,) of the market, (PAIRS, 2) tickers long and short, (T, SIGNALS) whether a signal
    is on."""

    returns: Floats
    market: Floats
    pairs: Ints
    on: Floats

    @property
    def sets(self) -> Floats:
        """(T, K) returns of every set, signals of a pair side by side."""
        spread = 0.5 * (self.returns[:, self.pairs[:, 0]] - self.returns[:, self.pairs[:, 1]])
        return (spread[:, :, None] * self.on[:, None, :]).reshape(len(spread), PAIRS * SIGNALS)


def sweep_verdicts(seed: int, count: int) -> Iterator[SweepCase]:
    """The verdict on the set with the highest Sharpe ratio, and the p-values of its tests, for each of `count` sweeps:
    placebo dates, placebo baskets, factor twin, benchmark (cash, as pairs are neutral) and search."""
    rng = np.random.default_rng([seed, PAIRS, SIGNALS])
    driven = garch(shocks(rng, SESSIONS, count * SERIES)).reshape(SESSIONS, count, SERIES)
    for k in range(count):
        tests = best_set_tests(noise(rng, driven[:, k]), int(rng.integers(2**31)))
        yield decide(tests), tuple(test.p_value for test in tests)


def noise(rng: np.random.Generator, driven: Floats) -> Noise:
    """One history of r = b m + c s + e, as those of events, with pairs and signals that know nothing of it."""
    market, sector, own = driven[:, 0], driven[:, 1 : 1 + SECTORS], driven[:, 1 + SECTORS :]
    b, c = rng.uniform(0.5, 1.5, TICKERS), rng.uniform(0.2, 1.0, TICKERS)
    factors = 0.5 * b * market[:, None] + 0.5 * c * sector[:, np.arange(TICKERS) % SECTORS]
    returns = DAILY * (factors + rng.uniform(0.5, 1.5, TICKERS) * own)
    pairs = np.array([rng.choice(TICKERS, 2, replace=False) for _ in range(PAIRS)])
    steps = rng.normal(size=(len(driven), SIGNALS))
    level = np.empty_like(steps)
    level[0] = steps[0]
    for t in range(1, len(steps)):
        level[t] = MEMORY * level[t - 1] + np.sqrt(1.0 - MEMORY**2) * steps[t]
    bars = np.quantile(level, 0.4, axis=0)
    return Noise(returns, DAILY * 0.5 * market, pairs, (level > bars).astype(np.float64))


def best_set_tests(case: Noise, seed: int) -> list[Evidence]:
    """Every test of the best set."""
    sets = case.sets
    best = int(np.argmax(root_n_sharpe(sets.T)))
    own, on, pair = sets[:, best], case.on[:, best % SIGNALS], case.pairs[best // SIGNALS]
    count, rng = len(own), np.random.default_rng(seed)
    statistic = float(root_n_sharpe(own[None, :])[0])
    spread = 0.5 * (case.returns[:, pair[0]] - case.returns[:, pair[1]])
    shifts = placebo_shifts(count, PLACEBOS, rng)
    turned = on[(np.arange(count)[None, :] - shifts[:, None]) % count]
    legs = _baskets(case, pair, rng)
    others = on[:, None] * 0.5 * (case.returns[:, legs[:, 0]] - case.returns[:, legs[:, 1]])
    design = np.column_stack([np.ones(count), case.market])
    beyond = own - case.market * np.linalg.lstsq(design, own, rcond=None)[0][1]
    twin = float(root_n_sharpe(beyond[None, :])[0])
    found = {
        "dates": SeriesScores(statistic, root_n_sharpe(turned * spread), count),
        "baskets": SeriesScores(statistic, root_n_sharpe(others.T), count),
        "twin": SeriesScores(twin, resampled_null(beyond, PLACEBOS, seed), count),
        "benchmark": SeriesScores(statistic, resampled_null(own, PLACEBOS, seed), count),
    }
    tests = [series_evidence(name, "", scores) for name, scores in found.items()]
    return [*tests, search_evidence("search", "", search_scores(sets, PLACEBOS, seed))]


def _baskets(case: Noise, pair: Ints, rng: np.random.Generator) -> Ints:
    """(PLACEBOS, 2) random pairs like the own one in beta and volatility at the middle of the history."""
    known, market = case.returns[: SESSIONS // 2], case.market[: SESSIONS // 2]
    beta = ((known - known.mean(axis=0)) * (market - market.mean())[:, None]).mean(axis=0) / market.var()
    table = np.column_stack([beta, known.std(axis=0)])
    table /= table.std(axis=0)
    apart = np.square(table[pair][:, None, :] - table[None]).sum(axis=2)
    # A ticker does not stand in for itself; the largest of Gumbel draws plus log-chances is a draw by chance.
    apart[[0, 1], pair] = np.inf
    score = -apart / 2.0 + rng.gumbel(size=(PLACEBOS, 2, TICKERS))
    out = np.empty((PLACEBOS, 2), dtype=np.int64)
    first = rng.integers(2, size=PLACEBOS)
    rows = np.arange(PLACEBOS)
    out[rows, first] = np.argmax(score[rows, first], axis=1)
    score[rows, 1 - first, out[rows, first]] = -np.inf
    out[rows, 1 - first] = np.argmax(score[rows, 1 - first], axis=1)
    return out
