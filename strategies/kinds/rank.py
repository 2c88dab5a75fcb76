"""Long the best and short the worst of many tickers by a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import InputError, ParameterError, did_you_mean
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market
from hedgebook.universes.refusal.problems import flaw

from ..ranks.memory import Memory
from ..ranks.ranking import Ranking, side_counts, weights_of
from ..ranks.scores import betas, deviations, given_scores, momentum
from ..strategy.decisions import Every, EverySessions, decision_rows, fill_mark, require_sessions, scheduled
from ..strategy.members import Members, members_of
from ..strategy.plan import Leg, Plan
from ..strategy.strategy import Names, Strategy
from ..strategy.weights import Fill

Score = Literal["momentum", "reversal", "low_volatility", "beta"]
SCORES: tuple[str, ...] = get_args(Score)
DEFAULT_FRAC = 0.2
# For sweeps: sets that differ in what is held alone are ranked once.
RANKINGS = Memory()


class CrossSectionalRank(Strategy):
    """Long the tickers that rank best by a score, short those that rank worst, at equal weights.

    score: "momentum" (return over the look-back, highest first), "reversal" (lowest return first), "low_volatility"
    (lowest standard deviation of daily returns first), "beta" (lowest slope on the benchmark's daily returns first), or
    a user's, highest first: a function of the market that gives an array (sessions, tickers), or a DataFrame of dates
    by tickers, of which the last row that was known by a close holds at it; lookback_sessions: returns that a score
    uses; skip_sessions: sessions between the last of these and the decision; benchmark: what betas are measured
    against (None: the universe's); among: buckets or tickers (none: the universe's stocks, without the benchmark and
    funds that stand for factors); within: ranked in the whole "universe", or in each "bucket" by itself; names: tickers
    a side, in each bucket where ranked by bucket; frac: fraction of those ranked instead (neither: 0.2); sides: "both",
    "long" or "short"; bucket_neutral: within each bucket as much long as short, every bucket having the same size;
    gross: sum of the absolute weights as a fraction of NAV, half of it on each of two sides; every: decides at the last
    close of each "week", "month" or "quarter"; every_sessions: so many sessions apart instead, from the first close
    with enough sessions before it; fill: "next open" or "next close" after the decision.

    Ranked is a ticker that is listed, has a close at the decision and a score: a close at both ends for a return, 0.8
    of the returns of the look-back for a deviation or a beta. What is not ranked is not held. Ties go by ticker name.
    Sides never overlap: where too few are ranked both take half of them. Before anything can be ranked nothing is held.
    """

    _noun: ClassVar[str] = "a cross-sectional rank"

    score: Any = "momentum"
    lookback_sessions: Annotated[int, Field(ge=1, le=2520)] = 252
    skip_sessions: Annotated[int, Field(ge=0, le=2520)] = 0
    benchmark: str | None = None
    among: Names = ()
    within: Literal["universe", "bucket"] = "universe"
    names: Annotated[int, Field(ge=1, le=100_000)] | None = None
    frac: Annotated[float, Field(gt=0, le=1)] | None = None
    sides: Literal["both", "long", "short"] = "both"
    bucket_neutral: bool = False
    gross: Annotated[float, Field(gt=0, le=20)] = 1.0
    every: Every = "month"
    every_sessions: EverySessions | None = None
    fill: Fill = "next open"

    @field_validator("score")
    @classmethod
    def _known_score(cls, value: Any) -> Any:
        if isinstance(value, str) and value not in SCORES:
            raise flaw("there is no such score", at=(), value=value, remedy=did_you_mean(value, SCORES))
        if not isinstance(value, str | pd.DataFrame) and not callable(value):
            remedy = f"Write one of {', '.join(SCORES)}, a function of the market or a DataFrame of dates by tickers."
            raise flaw("this is no score", at=(), value=type(value).__name__, remedy=remedy)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> CrossSectionalRank:
        if self.names is not None and self.frac is not None:
            raise ValueError("names and frac both say how many are held; leave one out")
        if self.frac is not None and self.frac > 0.5 and self.sides == "both":
            raise ValueError("frac is above 0.5, so the two sides would overlap; lower it, or give one side alone")
        if self.bucket_neutral and (self.within != "bucket" or self.sides != "both"):
            raise ValueError("bucket_neutral needs both sides in each bucket; add within=bucket and sides=both")
        if self.lookback_sessions < 2 and isinstance(self.score, str) and self.score in ("low_volatility", "beta"):
            raise ValueError(f"lookback_sessions is 1, and {self.score} needs at least 2 returns")
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """Parameters that were given although nothing uses them under the others."""
        own = isinstance(self.score, str)
        found = {
            "benchmark": self.benchmark is not None and not (own and self.score == "beta"),
            "skip_sessions": self.skip_sessions > 0 and not own,
        }
        return tuple(name for name, one in found.items() if one)

    def plan(self, market: Market) -> Plan:
        """Target weights on a market at each decision.

        Raises UniverseError for an unknown name, PriceDataError for a ticker without prices, ParameterError where the
        market has too few sessions or nothing can ever be ranked, LookAheadError for a score that knows later prices.
        """
        ranking = self.ranking(market)
        schedule = self.scheduled(market, ranking)
        notes = fill_mark(market, self.fill)[1]
        legs = () if self.sides == "both" else (Leg(self.sides, ranking.members.tickers, float("nan")),)
        unused = tuple(f"{name} has no part in score {self._score_name()}" for name in self.unused)
        return Plan(schedule=schedule, legs=legs, notes=(*ranking.members.notes, *notes, *unused))

    def plan_many(
        self, market: Market, sets: Sequence[CrossSectionalRank | Mapping[str, Any]]
    ) -> list[Schedule | InputError]:
        """The schedules of many sets of parameters, those not given being this strategy's, or what is wrong with a set.

        Sets that differ in names, frac, sides, gross, bucket_neutral or fill alone share one ranking, which is kept for
        later calls on the same market.
        """
        found: list[Schedule | InputError] = []
        for given in sets:
            try:
                one = given if isinstance(given, CrossSectionalRank) else self.replaced(**given)
                ranking = RANKINGS.recall(market, one._ranked_by(), partial(one.ranking, market))
                found.append(one.scheduled(market, ranking))
            except InputError as problem:
                found.append(problem)
        return found

    def scheduled(self, market: Market, ranking: Ranking) -> Schedule:
        """The schedule that a ranking comes to on a market. Raises ParameterError where nothing is ever held."""
        weights = self.sized(ranking)
        first = self._first(market, weights)
        mark = fill_mark(market, self.fill)[0]
        return scheduled(market, ranking.rows[first:], mark, ranking.members.tickers, weights[first:])

    def _ranked_by(self) -> tuple[Any, ...]:
        """All that a ranking hangs on; a user's score by its identity, which the key keeps alive."""
        score = self.score if isinstance(self.score, str) else _Same(self.score)
        return (
            score, self.lookback_sessions, self.skip_sessions, self.benchmark, self.among, self.within, self.every,
            self.every_sessions,
        )  # fmt: skip

    def ranking(self, market: Market) -> Ranking:
        """Who is in which place on a market at each decision. Raises what `plan` raises for what cannot be ranked."""
        members = members_of(market, self.among, "among")
        before = self.lookback_sessions + self.skip_sessions if isinstance(self.score, str) else 0
        require_sessions(market, before + 2, "lookback_sessions + skip_sessions" if before else "market")
        first = before
        if not isinstance(self.score, str) and self.every_sessions is not None:
            every_row = np.arange(len(market.sessions), dtype=np.int64)
            known = members.tradable(market, every_row) & np.isfinite(
                given_scores(self.score, market, members, every_row)
            )
            first = int(np.argmax(known.any(axis=1)))
        rows = decision_rows(market, first, self.every, self.every_sessions)
        if not len(rows):
            raise ParameterError(
                "these prices have no close to decide at",
                where="every" if self.every_sessions is None else "every_sessions",
                value=self.every if self.every_sessions is None else self.every_sessions,
                bound=f"a last session of a {self.every} from {market.sessions[first]} to {market.sessions[-2]}",
                remedy="Load a longer history or decide more often.",
            )
        scores = self._scores(market, members, rows)
        ranked = np.isfinite(scores) & members.tradable(market, rows)
        return Ranking.of(members, rows, scores, ranked, by_bucket=self.within == "bucket")

    def sized(self, ranking: Ranking) -> Floats:
        """(R, N) fractions of NAV that a ranking comes to; 0 for what is not held."""
        place, count = ranking.place, ranking.count
        # One group needs no number for each member.
        own = ranking.group if count.shape[1] > 1 else slice(None)
        frac = DEFAULT_FRAC if self.names is None and self.frac is None else self.frac
        taken = side_counts(count, self.names, frac, both=self.sides == "both").astype(place.dtype)
        count = count.astype(place.dtype)
        none = np.zeros(place.shape, dtype=np.bool_)
        long = none if self.sides == "short" else place < taken[:, own]
        # What is not ranked has a place after those that are.
        short = none if self.sides == "long" else (place >= (count - taken)[:, own]) & (place < count[:, own])
        side = self.gross / 2 if self.sides == "both" else self.gross
        return weights_of(long, short, side, ranking.group if self.bucket_neutral else None)

    def _scores(self, market: Market, members: Members, rows: Ints) -> Floats:
        if not isinstance(self.score, str):
            return given_scores(self.score, market, members, rows)
        closes, back, skip = members.closes(market), self.lookback_sessions, self.skip_sessions
        if self.score in ("momentum", "reversal"):
            found = momentum(closes, rows, back, skip)
            return found if self.score == "momentum" else -found
        if self.score == "low_volatility":
            return -deviations(closes, rows, back, skip)
        against = market.close[:, market.column(self.benchmark or market.universe.benchmark)]
        return -betas(closes, against, rows, back, skip)

    def _score_name(self) -> str:
        return self.score if isinstance(self.score, str) else str(getattr(self.score, "__name__", "of a table"))

    def _first(self, market: Market, weights: Floats) -> int:
        """The first decision that wants anything. Raises ParameterError where none does."""
        wanted = weights.any(axis=1)
        if not wanted.any():
            raise ParameterError(
                "at no decision could enough tickers be ranked to hold any",
                where="score",
                value=self._score_name(),
                bound=f"{'two tickers' if self.sides == 'both' else 'a ticker'} with a score and a close at once",
                remedy="Name more tickers in among, or look back less than "
                f"{counted(self.lookback_sessions, 'session')}."
                if isinstance(self.score, str)
                else f"Give scores of tickers that have closes from {market.sessions[0]} to {market.sessions[-1]}.",
            )
        return int(np.argmax(wanted))


class _Same:
    """A user's score as a key: the same only as itself."""

    def __init__(self, score: Any) -> None:
        self.score = score

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.score is self.score

    def __hash__(self) -> int:
        return id(self.score)
