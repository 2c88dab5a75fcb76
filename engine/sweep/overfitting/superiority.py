"""Is the best of many better than the benchmark, once it is counted how many were tried?

White's reality check, Hansen's test of superior predictive ability and the stepdown of Romano and Wolf, from the same
draws of the stationary bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import COLUMN, DRAWS, FLAG, NUMBERS, REAL, SEED, either, maybe, number, takes
from hedgebook.universes.counted import counted

from ...arrays import Floats, Ints
from ...kernels.series.reality_check import largest, stationary_counts, step_down
from ...risk.bootstrap import chosen_block_length
from ...risk.series import check_whole, returns_matrix
from .checks import check_share, complete_returns, excess_over
from .ties import best_first, first_of_best, moves, slack

CHUNK = 256
SERIES_AT_ONCE = 64


@brief
@dataclass(frozen=True, eq=False)
class Superiority:
    """How likely such results are if no strategy is better than the benchmark.

    reality_check: p-value of White (2000), means as they are. spa_lower, spa_consistent, spa_upper: p-values of Hansen
    (2005); the second is the test, the others bound it. table: by strategy: mean_excess (a session), omega (long-run
    deviation of a session's excess), t (its root-n mean over omega), adjusted_p_value (Romano and Wolf 2005, 2016:
    chance of any false discovery among the strategies up to this one). best: the strategy with the highest statistic;
    studentised: whether SPA and stepdown divide by omega; block_length: average, sessions. draws, seed: of the
    bootstrap.
    """

    reality_check: float
    spa_lower: float
    spa_consistent: float
    spa_upper: float
    table: pd.DataFrame
    best: Any
    studentised: bool
    sessions: int
    draws: int
    block_length: float
    seed: int

    def superior(self, level: float = 0.05) -> list[Any]:
        """The strategies that beat the benchmark, with at most that chance of one false name among them.

        level: that chance. Raises ParameterError for one outside 0 and 1.
        """
        return list(self.table.index[self.table["adjusted_p_value"] <= check_share("level", level)])

    def to_dict(self) -> dict[str, Any]:
        """The figures of all strategies together."""
        return {
            "reality_check_p": self.reality_check,
            "spa_lower_p": self.spa_lower,
            "spa_consistent_p": self.spa_consistent,
            "spa_upper_p": self.spa_upper,
            "best": self.best,
            "best_adjusted_p": float(self.table["adjusted_p_value"].min()),
            "superior_at_5_percent": len(self.superior(0.05)),
            "strategies": len(self.table),
            "studentised": self.studentised,
            "sessions": self.sessions,
            "draws": self.draws,
            "block_length": self.block_length,
            "seed": self.seed,
        }


@takes(
    returns=NUMBERS,
    benchmark=maybe(either(number(-1, 1), COLUMN)),
    studentised=FLAG,
    draws=DRAWS,
    block_length=maybe(REAL),
    seed=SEED,
)
def superiority(
    returns: Any,
    benchmark: Any = None,
    *,
    studentised: bool = True,
    draws: int = 10_000,
    block_length: float | None = None,
    seed: int = 0,
    drawn_sessions: Ints | None = None,
) -> Superiority:
    """All three tests of (T, K) returns against a benchmark.

    benchmark: a series of T returns or one number (None: 0). Sessions in which any strategy or the benchmark has a NaN
    are left out; at least 20 must remain. block_length: average sessions (None: the optimal length of the strategy
    with the highest mean). drawn_sessions: (draws, T) sessions to use instead of drawing them, for other software's
    draws. A strategy that never differs from the benchmark has statistic 0. p-values of reality check and SPA are
    shares of draws that reach the statistic, which for SPA is at least 0 (so that its p-values are 1 when no strategy
    is above the benchmark); those of the stepdown are (hits + 1) / (draws + 1). studentised: divide by the long-run
    deviation; seed: of the draws. Raises ParameterError.
    """
    given, names = returns_matrix(returns)
    if isinstance(benchmark, pd.Series) and isinstance(returns, pd.DataFrame | pd.Series):
        _check_same_sessions(returns.index, benchmark.index)
    excess = excess_over(given, benchmark)
    values, columns = complete_returns(pd.DataFrame(excess, columns=names), at_least=20)
    sessions, means = len(values), values.mean(axis=0)
    length = chosen_block_length(values[:, first_of_best(means)], block_length)
    omega = long_run_deviation(values, length)
    differs = omega > 0.0
    scale = np.where(differs, 1.0, 0.0)
    if studentised:
        np.divide(1.0, omega, out=scale, where=differs)
    if drawn_sessions is None:
        chunks = _draw(sessions, check_whole("draws", draws, 1), length, check_whole("seed", seed, 0))
    else:
        chunks = _drawn(drawn_sessions, sessions)
    tally = _Tally(values, means, omega, scale)
    for counts in chunks:
        tally.add(counts)
    lower, consistent, upper = tally.spa()
    frame = {
        "mean_excess": means,
        "omega": omega,
        "t": np.where(differs, math.sqrt(sessions) * means / np.where(differs, omega, 1.0), 0.0),
        "adjusted_p_value": tally.adjusted(),
    }
    return Superiority(
        reality_check=tally.reality_check(),
        spa_lower=lower,
        spa_consistent=consistent,
        spa_upper=upper,
        table=pd.DataFrame(frame, index=columns),
        best=columns[int(tally.order[0])],
        studentised=studentised,
        sessions=sessions,
        draws=tally.drawn,
        block_length=length,
        seed=seed,
    )


def long_run_deviation(values: Floats, block_length: float) -> Floats:
    """(K,) omega of (T, K) series: root-T times the deviation of the mean under the stationary bootstrap.

    Autocovariances at all lags i weighted with (T - i) / T (1 - q)^i + i / T (1 - q)^(T - i), q = 1 / block_length;
    0 for a constant series. Source: Politis and Romano (1994), Hansen (2005).
    """
    n = len(values)
    lags = np.arange(1, n)
    stay = 1.0 - 1.0 / block_length
    weights = np.concatenate([[1.0], (n - lags) / n * stay**lags + lags / n * stay ** (n - lags)])
    # Lags i and n - i weigh the same, so the sum is one over a circle of n sessions, and over its frequencies.
    twice = np.full(n // 2 + 1, 2.0)
    twice[0] = 1.0
    if n % 2 == 0:
        twice[-1] = 1.0
    gains = twice * np.fft.rfft(weights).real / n**2
    variance = np.empty(values.shape[1])
    for start in range(0, values.shape[1], SERIES_AT_ONCE):
        part = np.ascontiguousarray(values[:, start : start + SERIES_AT_ONCE].T)
        spectrum = np.fft.rfft(part - part.mean(axis=1, keepdims=True), axis=1)
        variance[start : start + len(part)] = (spectrum.real**2 + spectrum.imag**2) @ gains
    return np.where(moves(values), np.sqrt(np.maximum(variance, 0.0)), 0.0)


def _check_same_sessions(ours: pd.Index[Any], theirs: pd.Index[Any]) -> None:
    if not ours.equals(theirs):
        raise ParameterError(
            "has other sessions than the returns",
            where="benchmark",
            value=f"{counted(len(theirs), 'session')}",
            remedy="Reindex it to the sessions of the returns.",
        )


class _Tally:
    """What the draws add up to: maxima by centring, maxima as they are, and hits of the stepdown."""

    def __init__(self, values: Floats, means: Floats, omega: Floats, scale: Floats) -> None:
        self.values, self.means, self.scale = values, means, scale
        self.order = best_first(means * scale, np.arange(len(means)))
        self.bars = (means * scale)[self.order]
        # Hansen's lower, consistent and upper choices of what the draws are centred at.
        bar = -omega * math.sqrt(2.0 * math.log(math.log(len(values))) / len(values))
        self.centres = np.vstack([np.maximum(means, 0.0), np.where(means >= bar, means, 0.0), means])
        self.hits = np.zeros(len(means), dtype=np.int64)
        self.maxima: list[Floats] = []
        self.plain: list[Floats] = []
        self.drawn = 0

    def add(self, counts: Floats) -> None:
        """Draws of which (D, T) counts say how often each session was taken."""
        means = counts @ self.values / len(self.values)
        out, plain = np.empty((len(counts), 3)), np.empty((len(counts), 1))
        largest(means, self.centres, self.scale, out)
        largest(means, self.means[None, :], np.ones_like(self.scale), plain)
        step_down(means, self.means, self.scale, self.order, self.bars, self.hits)
        self.maxima.append(out)
        self.plain.append(plain[:, 0])
        self.drawn += len(counts)

    def reality_check(self) -> float:
        """Share of draws whose largest centred mean is at least the largest mean."""
        bar = float(self.means.max())
        return float((np.concatenate(self.plain) >= bar - float(slack(bar))).mean())

    def spa(self) -> list[float]:
        """The same of statistics, none below 0, by centring: 1 when no strategy is above the benchmark."""
        bar = max(float(self.bars[0]), 0.0)
        reached = np.maximum(np.vstack(self.maxima), 0.0) >= bar - float(slack(bar))
        return [float(share) for share in reached.mean(axis=0)]

    def adjusted(self) -> Floats:
        """(K,) p-values of the stepdown, never falling from the best strategy down."""
        out = np.empty(len(self.means))
        out[self.order] = np.maximum.accumulate((self.hits + 1.0) / (self.drawn + 1.0))
        return out


def _draw(sessions: int, draws: int, length: float, seed: int) -> Iterator[Floats]:
    for start in range(0, draws, CHUNK):
        counts = np.empty((min(CHUNK, draws - start), sessions))
        stationary_counts(1.0 / length, seed, start, counts)
        yield counts


def _drawn(given: Ints, sessions: int) -> Iterator[Floats]:
    drawn = np.asarray(given)
    if (
        drawn.ndim != 2
        or drawn.shape[1] != sessions
        or not np.issubdtype(drawn.dtype, np.integer)
        or drawn.size == 0
        or drawn.min() < 0
        or drawn.max() >= sessions
    ):
        raise ParameterError(
            "are no draws of these sessions",
            where="drawn_sessions",
            value=drawn.shape,
            bound=f"(draws, {sessions}) whole numbers from 0 to {sessions - 1}",
        )
    for start in range(0, len(drawn), CHUNK):
        part = drawn[start : start + CHUNK]
        yield np.array([np.bincount(row, minlength=sessions) for row in part], dtype=np.float64)
