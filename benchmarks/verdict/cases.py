"""The tests of a verdict on one history, with the rule and the statistics of the command itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.refute.placebos import PlaceboDates
from hedgebook.engine.refute.scaled import Scores, independent, p_above, p_below, pair_sum, power
from hedgebook.engine.refute.verdict import PLANTED, WORTH_HAVING, Evidence, Verdict, decide

from .markets import TICKERS, History, histories

VOLATILITY_SESSIONS, BETA_SESSIONS = 60, 120
PLACEBOS = 199


Case = list[tuple[Verdict, tuple[float, ...]]]


def verdicts(
    seed: int, count: int, *, events: int, past: int, hold: int = 10, sessions: int = 900,
    edges: Sequence[float] = (0.0,),
) -> Iterator[Case]:  # fmt: skip
    """For each of `count` histories the verdict and the p-values under each planted edge, deviations of an event's
    holding period."""
    rng = np.random.default_rng([seed, events, past])
    for case in histories(rng, count, events=events, past=past, hold=hold, sessions=sessions):
        scored, found = _Scored(case, hold, rng), []
        for edge in edges:
            tests = scored.tests(edge, rng)
            found.append((decide(tests), tuple(test.p_value for test in tests)))
        yield found


class _Scored:
    """Scores of every session of a history."""

    def __init__(self, case: History, hold: int, rng: np.random.Generator) -> None:
        self.case, self.hold = case, hold
        self.rows = np.concatenate([case.past, case.own])
        self.is_own = np.arange(len(self.rows)) >= len(case.past)
        daily = case.returns @ case.weights
        every = np.arange(BETA_SESSIONS + 1, len(daily) - hold)
        taken = np.zeros(len(daily) + hold, dtype=np.bool_)
        for day in self.rows:
            taken[max(0, day - hold + 1) : day + hold] = True
        self.free = every[~taken[every]]
        self.raw, self.volatility = _standardised(daily[:, None], hold)
        self.beyond = self.raw[:, 0] - _twin(daily, case.market, hold) / self.volatility[:, 0]
        self.baskets = self._basket_scores(rng)

    def _basket_scores(self, rng: np.random.Generator) -> Floats:
        """(B, E) of random legs like the trade's, on its events."""
        case = self.case
        legs = np.flatnonzero(case.weights)
        others = np.setdiff1d(np.arange(TICKERS), legs)
        first = max(0, int(self.rows[-1]) - VOLATILITY_SESSIONS)
        known = case.returns[first : int(self.rows[-1])]
        market = case.market[first : int(self.rows[-1])]
        spread = known.std(axis=0)
        beta = ((known - known.mean(axis=0)) * (market - market.mean())[:, None]).mean(axis=0) / market.var()
        table = np.column_stack([beta, spread])
        table /= table.std(axis=0)
        apart = np.square(table[legs][:, None, :] - table[others][None]).sum(axis=2)
        weights = np.zeros((TICKERS, PLACEBOS))
        # The largest of Gumbel draws plus log-chances is a draw by chance; one for each leg in turn, none twice.
        for b in range(PLACEBOS):
            score = -apart / 2.0 + rng.gumbel(size=apart.shape)
            for leg in rng.permutation(len(legs)):
                pick = int(np.argmax(score[leg]))
                weights[others[pick], b] = case.weights[legs[leg]]
                score[:, pick] = -np.inf
        raw, _ = _standardised(case.returns @ weights, self.hold)
        return np.asarray(raw[self.rows].T)

    def tests(self, edge: float, rng: np.random.Generator) -> list[Evidence]:
        """Placebo dates, benchmark, factor twin and placebo baskets, an edge planted in own scores."""
        volatility = self.volatility[:, 0]
        planted = edge * self.case.ratio
        out = []
        for name, values, centred in (
            ("dates", self.raw[:, 0], False), ("benchmark", self.raw[:, 0], True), ("twin", self.beyond, True),
        ):  # fmt: skip
            pool = values[self.free]
            dates = PlaceboDates(volatility[self.free], pool - pool.mean() if centred else pool)
            out.append(_evidence(name, self._scores(dates, values, planted, rng)))
        together = self._pairs(self.is_own)
        own = self.raw[self.rows[self.is_own], 0] + planted
        past = self.raw[self.rows[~self.is_own], 0]
        scores = Scores(
            own, past, self.baskets[:, self.is_own], self.baskets[:, ~self.is_own], together, together
        )  # fmt: skip
        return [*out, _evidence("baskets", scores)]

    def _scores(self, dates: PlaceboDates, values: Floats, planted: float, rng: np.random.Generator) -> Scores:
        parts = []
        for mask in (self.is_own, ~self.is_own):
            rows = self.rows[mask]
            count = independent(len(rows), self._pairs(mask)) if len(rows) else 0
            parts.append(dates.draw(self.volatility[rows, 0], count, PLACEBOS, rng))
        own, past = self.rows[self.is_own], self.rows[~self.is_own]
        return Scores(values[own] + planted, values[past], parts[0], parts[1], self._pairs(self.is_own))

    def _pairs(self, mask: Floats) -> float:
        rows: Ints = self.rows[mask]
        return pair_sum(rows, rows + self.hold - 1)


def _standardised(daily: Floats, hold: int) -> tuple[Floats, Floats]:
    """(T, n): sums over the holding period from each session on, over the deviation of the sessions before."""
    sums = np.concatenate([np.zeros((1, daily.shape[1])), np.cumsum(daily, axis=0)])
    squares = np.concatenate([np.zeros((1, daily.shape[1])), np.cumsum(daily**2, axis=0)])
    held, recent = np.full_like(daily, np.nan), np.full_like(daily, np.nan)
    held[: len(daily) - hold + 1] = sums[hold:] - sums[: len(daily) - hold + 1]
    n = VOLATILITY_SESSIONS
    mean = (sums[n:-1] - sums[: -n - 1]) / n
    recent[n:] = np.sqrt(np.maximum((squares[n:-1] - squares[: -n - 1]) / n - mean**2, 0.0) * n / (n - 1) * hold)
    return held / recent, recent


def _twin(daily: Floats, market: Floats, hold: int) -> Floats:
    """(T,): what the beta to the market of the sessions before would have earned."""
    n = BETA_SESSIONS
    cross, own, x, y = (np.concatenate([[0.0], np.cumsum(v)]) for v in (daily * market, market**2, market, daily))
    out = np.full(len(daily), np.nan)

    def mean(sums: Floats) -> Floats:
        return np.asarray((sums[n:-1] - sums[: -n - 1]) / n)

    beta = (mean(cross) - mean(x) * mean(y)) / (mean(own) - mean(x) ** 2)
    held = np.full(len(daily), np.nan)
    held[: len(daily) - hold + 1] = x[hold:] - x[: len(daily) - hold + 1]
    out[n:] = beta * held[n:]
    return out


def _evidence(name: str, scores: Scores) -> Evidence:
    null, statistic = scores.null(), scores.statistic
    return Evidence(
        name=name,
        asks="",
        p_value=p_above(statistic, null),
        p_worthless=p_below(statistic, scores.null(WORTH_HAVING)),
        statistic=statistic,
        control=power(scores, PLANTED),
        draws=len(null),
    )
