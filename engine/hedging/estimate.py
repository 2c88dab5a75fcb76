"""Hedge estimates: one, or all requests at all decisions in one call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import LookAheadError, ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..exposure.factor_sets import FactorSet
from ..exposure.freshness import FRESH_SESSIONS
from ..kernels.fits.hedge import Answers, HedgeCode, Jobs, estimate
from ..kernels.fits.moments import DONE, RAGGED, SHORT_HISTORY
from ..parallel import in_parallel
from .bounded import solve_bounded
from .legs import HedgeLegs
from .request import DOLLARS, HedgeRequest, Method, Ragged

if TYPE_CHECKING:
    import pandas as pd

STALE = -1  # beside the kernels' own reasons: a benchmark or factor that ended before the decision
POLICIES = tuple(Ragged)
GRAIN = 64


@brief
@dataclass(frozen=True, eq=False)
class HedgeEstimate:
    """A hedge and what it rests on.

    weights: USD short of each ticker of the short leg for each USD of the long leg, negative is held long;
    ratio: their sum; effectiveness: 1 - var(hedged)/var(long leg) (Ederington 1979); r_squared: squared
    correlation of the long leg and the hedge; residual_volatility: annual deviation of the hedged return; all
    three over the sessions, `shared` of them, that all tickers have inside the lookback; sessions: used by ticker;
    betas: by ticker and factor where the method uses factors; repaired: whether correlations from different
    sessions contradicted each other and were adjusted; known_at: the last session whose close was used.
    """

    request: HedgeRequest
    legs: HedgeLegs
    weights: dict[str, float]
    ratio: float
    effectiveness: float
    r_squared: float
    residual_volatility: float
    sessions: dict[str, int]
    shared: int
    betas: dict[str, dict[str, float]]
    repaired: bool
    known_at: np.datetime64


@brief
@dataclass(frozen=True, eq=False)
class HedgeTable:
    """Estimates of R requests at D decisions, for one pair of legs.

    decided_at: (D,) datetime64[ns] UTC; known_at: (D,) sessions; the arrays of `answers` have R * D rows, the
    decisions of a request side by side; factors: names of the betas' last axis. A row that could not be estimated
    is NaN, and `problem` says why. per_year: how many of the returns that they rest on make a year.
    """

    market: Market
    legs: HedgeLegs
    requests: tuple[HedgeRequest, ...]
    decided_at: NDArray[np.datetime64]
    known_at: NDArray[np.datetime64]
    factors: tuple[str, ...]
    jobs: Jobs
    answers: Answers
    per_year: float = SESSIONS_PER_YEAR

    @property
    def weights(self) -> Floats:
        """(R, D, S) USD short for each USD long."""
        return self.answers.weights.reshape(len(self.requests), len(self.decided_at), -1)

    @property
    def ratios(self) -> Floats:
        """(R, D) total USD short for each USD long."""
        return np.asarray(self.weights.sum(axis=2))

    def problem(self, request: int, decision: int) -> ParameterError | None:
        """Why an estimate does not exist, or None where it does."""
        row = request * len(self.decided_at) + decision
        status, asked = self.answers.status[row], self.requests[request]
        if status == DONE:
            return None
        where, day = f"hedge={asked.method}", self.known_at[decision]
        if status == STALE:
            name = self.factors[int(self.answers.at[row])]
            return ParameterError(
                f"the returns of {name} end before {day}: too old for an estimate at that close",
                where=where,
                value=name,
                bound=f"a return in the last {FRESH_SESSIONS} sessions",
                remedy="Use another benchmark or factor, prices that go on, or hedge=dollar.",
            )
        if status in (SHORT_HISTORY, RAGGED):
            at = int(self.answers.at[row])
            ticker = self.legs.tickers[at] if at >= 0 else "a factor"
            if status == RAGGED:
                return ParameterError(
                    f"{ticker} lacks sessions in the {asked.lookback} up to {day}",
                    where=where,
                    bound="no gap, with ragged=error",
                    remedy="Use ragged=own or common, or a shorter lookback.",
                )
            return ParameterError(
                f"{ticker} has too few sessions before the decision, counted as ragged={asked.ragged} does",
                where=where,
                value=int(self.answers.sessions[row, max(at, 0)]),
                bound=f"{asked.min_sessions} or more of the {asked.lookback} up to {day}",
                remedy="Use a longer lookback, fewer min_sessions, another ragged policy or hedge=dollar.",
            )
        return ParameterError(
            f"no hedge exists on the data up to {day}: a leg's beta is not positive, tickers move as one, or the "
            "constraints contradict each other",
            where=where,
            remedy="Use another method, fewer constraints or hedge=dollar.",
        )

    def at(self, request: int, decision: int) -> HedgeEstimate:
        """One estimate. Raises ParameterError, saying why, where it does not exist."""
        problem = self.problem(request, decision)
        if problem is not None:
            raise problem
        row = request * len(self.decided_at) + decision
        found, tickers = self.answers, self.legs.tickers
        weights = {t: float(w) for t, w in zip(self.legs.short, found.weights[row], strict=True)}
        used = [f for f in range(len(self.factors)) if np.isfinite(found.betas[row, :, f]).any()]
        return HedgeEstimate(
            request=self.requests[request],
            legs=self.legs,
            weights=weights,
            ratio=math.fsum(weights.values()),
            effectiveness=float(found.effectiveness[row]),
            r_squared=float(found.r_squared[row]),
            residual_volatility=float(found.residual_deviation[row]) * math.sqrt(self.per_year),
            sessions={t: int(n) for t, n in zip(tickers, found.sessions[row], strict=True)},
            shared=int(found.shared[row]),
            betas={t: {self.factors[f]: float(found.betas[row, i, f]) for f in used} for i, t in enumerate(tickers)},
            repaired=bool(found.repaired[row]),
            known_at=self.known_at[decision],
        )

    def frame(self) -> pd.DataFrame:
        """One row for each request and decision: what was asked, ratio, diagnostics, weights by ticker."""
        import pandas as pd

        decisions = len(self.decided_at)
        asked = [(r.method.value, r.lookback, r.half_life_sessions, r.ragged.value) for r in self.requests]
        table = pd.DataFrame(
            [row for row in asked for _ in range(decisions)],
            columns=["method", "lookback", "half_life_sessions", "ragged"],
        )
        table["decided_at"] = np.tile(self.decided_at, len(asked))
        table["known_at"] = np.tile(self.known_at.astype("datetime64[ns]"), len(asked))
        table["ratio"] = self.ratios.ravel()
        table["effectiveness"] = self.answers.effectiveness
        table["r_squared"] = self.answers.r_squared
        table["residual_volatility"] = self.answers.residual_deviation * math.sqrt(self.per_year)
        table["sessions"] = self.answers.shared
        for i, ticker in enumerate(self.legs.short):
            table[ticker] = self.answers.weights[:, i]
        return table


def estimate_hedge(
    market: Market, legs: HedgeLegs, request: HedgeRequest, decided_at: np.datetime64, factors: FactorSet | None = None
) -> HedgeEstimate:
    """One hedge, from closes strictly before the moment `decided_at` (UTC). Raises as estimate_hedges does, and
    ParameterError where the estimate does not exist."""
    return estimate_hedges(market, legs, [request], np.array([decided_at]), factors).at(0, 0)


def estimate_hedges(
    market: Market,
    legs: HedgeLegs,
    requests: Sequence[HedgeRequest],
    decided_at: NDArray[np.datetime64],
    factors: FactorSet | None = None,
) -> HedgeTable:
    """Every request at every decision; decided_at: (D,) moments in UTC, each uses closes strictly before it.

    factors: what factor_neutral may name, on the market's sessions. Raises ParameterError for a decision before
    the first return or a factor that is not there, PriceDataError for a ticker without prices, LookAheadError
    where the factors' own slopes were estimated with later prices than a decision knows.
    """
    moments = np.atleast_1d(np.asarray(decided_at, dtype="datetime64[ns]"))
    _check_factors(market, requests, factors, moments)
    whole = market
    market, factors = _together(market, legs, requests, factors)
    last = np.searchsorted(market.close_at, moments, side="left") - 1
    if not len(moments) or not len(requests):
        raise ParameterError("nothing to estimate", where="requests, decided_at")
    if (last < 1).any():
        early = moments[int(np.argmin(last))]
        raise ParameterError(
            "a decision before the first return",
            where="decided_at",
            value=str(early),
            bound=f"after {market.close_at[1]}",
        )
    names, columns = _factor_columns(market, requests, factors)
    returns = market.close_returns(legs.tickers)
    jobs = _jobs(market, requests, last, names)
    answers = _empty(len(jobs.method), len(legs.tickers), len(legs.short), len(names))
    long = legs.weights()
    in_parallel(lambda a, b: estimate(returns, columns, long, jobs, answers, a, b), len(jobs.method), GRAIN)
    for (r, request), d in product(enumerate(requests), range(len(moments))):
        if request.bounds is not None:
            solve_bounded(returns, columns, long, jobs, answers, r * len(moments) + d, request)
    _refuse_stale(columns, jobs, answers)
    per_year = _per_year(whole, market)
    return HedgeTable(market, legs, tuple(requests), moments, market.sessions[last], names, jobs, answers, per_year)


def _per_year(whole: Market, days: Market) -> float:
    """How many returns between some days of a market make a year of 252 sessions of its first exchange."""
    if whole.venues is None:
        return SESSIONS_PER_YEAR
    counted = whole.sessions[whole.venues.counted]
    inside = int(((counted >= days.sessions[0]) & (counted <= days.sessions[-1])).sum())
    return SESSIONS_PER_YEAR * len(days.sessions) / max(inside, 1)


def _refuse_stale(columns: Floats, jobs: Jobs, answers: Answers) -> None:
    """Take away estimates that rest on a factor or benchmark without a return in the last 5 sessions."""
    at = np.arange(len(columns))[:, None]
    # The last row with a return up to each; a series that has not begun (-1) is too short, and told as such.
    seen = np.maximum.accumulate(np.where(np.isfinite(columns), at, -1), axis=0)
    old = ((seen >= 0) & (at - seen >= FRESH_SESSIONS))[jobs.last] & (jobs.factors[:, 1:] > 0)
    rows = np.flatnonzero(old.any(axis=1))
    if not len(rows):
        return
    answers.status[rows], answers.at[rows] = STALE, old[rows].argmax(axis=1)
    for values in (answers.weights, answers.effectiveness, answers.r_squared, answers.residual_deviation):
        values[rows] = np.nan


def _check_factors(
    market: Market, requests: Sequence[HedgeRequest], factors: FactorSet | None, moments: NDArray[np.datetime64]
) -> None:
    """Whether factors that are named are there, on the market's sessions and known by each decision."""
    wanted = _wanted(requests)
    if not wanted:
        return
    if factors is None:
        raise ParameterError(f"no factors were given, but neutral_to names {wanted[0]!r}", where="factors")
    if not np.array_equal(factors.sessions, market.sessions):
        raise ParameterError(
            "the factors are on other sessions than the market",
            where="factors",
            remedy="Use factors.on(market.sessions).",
        )
    last = np.searchsorted(market.close_at, moments, side="left") - 1
    if not len(last) or last.min() < 0:
        return  # told as a decision before the first return
    known = market.sessions[last.min()]
    if factors.known_at is not None and factors.known_at > known:
        raise LookAheadError(
            f"the factors' slopes rest on prices up to {factors.known_at}",
            where="factors",
            value=f"a decision that knows {known}",
            remedy="Build the factors with until= the session before the first decision.",
        )


def _together(
    market: Market, legs: HedgeLegs, requests: Sequence[HedgeRequest], factors: FactorSet | None
) -> tuple[Market, FactorSet | None]:
    """The days on which the exchanges of all that is asked for trade together, and the factors on them."""
    if market.venues is None:
        return market, factors
    benchmarks = [_benchmark(market, request) for request in requests if request.method is Method.BETA]
    common = at_common(market, (*legs.tickers, *benchmarks))
    wanted = _wanted(requests)
    return common, None if factors is None or not wanted else factors.pick(wanted).over(common.sessions)


def _wanted(requests: Sequence[HedgeRequest]) -> tuple[str, ...]:
    """The factors that the requests name."""
    return tuple(dict.fromkeys(name for request in requests for name in request.neutral_to if name != DOLLARS))


def _factor_columns(
    market: Market, requests: Sequence[HedgeRequest], factors: FactorSet | None
) -> tuple[tuple[str, ...], Floats]:
    """Names and (T, F) returns of all factors and benchmarks that the requests use."""
    wanted = _wanted(requests)
    parts = []
    if wanted and factors is not None:
        parts.append(factors.pick(wanted).returns)
    benchmarks = dict.fromkeys(_benchmark(market, r) for r in requests if r.method is Method.BETA)
    parts.append(market.close_returns(tuple(benchmarks)))
    return (*wanted, *benchmarks), np.ascontiguousarray(np.hstack(parts))


def _benchmark(market: Market, request: HedgeRequest) -> str:
    return request.benchmark or market.universe.benchmark


def _jobs(market: Market, requests: Sequence[HedgeRequest], last: NDArray[np.int64], names: tuple[str, ...]) -> Jobs:
    flags = np.zeros((len(requests), len(names) + 1), dtype=np.int64)
    for r, request in enumerate(requests):
        used = (_benchmark(market, request),) if request.method is Method.BETA else request.neutral_to
        for name in used:
            # A benchmark may share its name with no factor: benchmarks stand last.
            flags[r, 0 if name == DOLLARS else len(names) - names[::-1].index(name)] = 1
    decisions = len(last)

    def floats(values: list[float]) -> Floats:
        return np.repeat(np.array(values, dtype=np.float64), decisions)

    def ints(values: list[int]) -> NDArray[np.int64]:
        return np.repeat(np.array(values, dtype=np.int64), decisions)

    return Jobs(
        method=ints([HedgeCode[r.method.name] for r in requests]),
        last=np.tile(last.astype(np.int64), len(requests)),
        lookback=ints([r.lookback for r in requests]),
        half_life=floats([r.half_life_sessions or math.inf for r in requests]),
        min_sessions=ints([r.min_sessions for r in requests]),
        policy=ints([POLICIES.index(r.ragged) for r in requests]),
        drift=floats([r.drift_per_session for r in requests]),
        penalty=floats([r.ridge_penalty for r in requests]),
        factors=np.repeat(flags, decisions, axis=0),
    )


def _empty(jobs: int, tickers: int, short: int, factors: int) -> Answers:
    def floats(*shape: int) -> Floats:
        return np.full((jobs, *shape), np.nan)

    def ints(*shape: int) -> NDArray[np.int64]:
        return np.zeros((jobs, *shape), dtype=np.int64)

    return Answers(
        floats(short), floats(), floats(), floats(), floats(tickers, factors),
        ints(tickers), ints(), ints(), ints(), ints(),
    )  # fmt: skip
