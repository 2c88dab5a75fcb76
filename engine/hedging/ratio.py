"""Hedge ratios as a trade uses them: USD of the short leg for each USD of the long leg."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..exposure.freshness import check_fresh
from .request import Method

MIN_SESSIONS = 20


@dataclass(frozen=True)
class BetaEstimate:
    """Slope of a ticker's daily returns on the benchmark's, and how many sessions it rests on."""

    ticker: str
    beta: float
    sessions: int


@dataclass(frozen=True)
class HedgeRatio:
    """Short USD per long USD, with what it rests on.

    ratio: of the whole short leg; weights: of each of its tickers, negative is bought, None = equal parts of the
    ratio; benchmark, betas: of beta; factors: of factor_neutral; sessions: that all tickers share in the lookback,
    None where nothing was estimated; repaired: whether correlations from different sessions were adjusted;
    known_at: the last close that was used.
    """

    method: Method
    ratio: float
    benchmark: str | None = None
    known_at: np.datetime64 | None = None
    betas: tuple[BetaEstimate, ...] = ()
    weights: tuple[float, ...] | None = None
    factors: tuple[str, ...] = ()
    sessions: int | None = None
    repaired: bool = False

    @property
    def gross_ratio(self) -> float:
        """USD in the short leg per long USD, what is bought in it counted as well."""
        return self.ratio if self.weights is None else math.fsum(map(abs, self.weights))


def dollar_ratio() -> HedgeRatio:
    """As many USD short as long."""
    return HedgeRatio(Method.DOLLAR, 1.0)


def beta_ratio(
    market: Market, long: Sequence[str], short: Sequence[str], benchmark: str, last: int, lookback: int
) -> HedgeRatio:
    """The ratio at which the legs' betas to the benchmark cancel: beta of the long leg over the short leg's.

    A leg's beta is the mean of its tickers' OLS slopes over the `lookback` sessions that end at row `last`; a
    ticker with a shorter history uses what it has, at least 20 sessions. Raises ParameterError where a history
    is too short or ended more than 5 sessions before, or a leg's beta is not positive.
    """
    for ticker in (benchmark, *long, *short):
        check_fresh(market, ticker, last, "hedge=beta")
    if market.venues is not None:
        day = market.sessions[last]
        market = at_common(market, (benchmark, *long, *short))
        last = row_up_to(market.sessions, day)
    benchmark_returns = _returns(market, benchmark, last, lookback)
    betas = []
    for ticker in (*long, *short):
        returns = _returns(market, ticker, last, lookback)
        both = np.isfinite(returns) & np.isfinite(benchmark_returns)
        sessions = int(both.sum())
        if sessions < MIN_SESSIONS:
            raise ParameterError(
                f"{ticker} and {benchmark} share {counted(sessions, 'session')} before the decision",
                where="hedge=beta",
                bound=f"{MIN_SESSIONS} or more",
                remedy="Use a longer lookback, another benchmark or hedge=dollar.",
            )
        betas.append(BetaEstimate(ticker, ols_slope(returns[both], benchmark_returns[both]), sessions))
    leg_betas = [float(np.mean([b.beta for b in part])) for part in (betas[: len(long)], betas[len(long) :])]
    for side, beta in zip(("long", "short"), leg_betas, strict=True):
        if not beta > 0:
            raise ParameterError(
                f"the {side} leg's beta to {benchmark} is not positive, so no beta hedge exists",
                where="hedge=beta",
                value=round(beta, 4),
                remedy="Use hedge=dollar.",
            )
    return HedgeRatio(
        Method.BETA,
        leg_betas[0] / leg_betas[1],
        benchmark=benchmark,
        known_at=market.sessions[last],
        betas=tuple(betas),
    )


def ols_slope(y: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """Slope of the least-squares line of y on x, both (n,) and finite; NaN where x does not vary."""
    deviation = x - x.mean()
    variation = float(deviation @ deviation)
    return float(deviation @ (y - y.mean())) / variation if variation > 0 else math.nan


def _returns(market: Market, ticker: str, last: int, lookback: int) -> NDArray[np.float64]:
    """(at most lookback,): simple close-to-close returns up to row `last`, NaN where a close is missing."""
    close = market.close[max(0, last - lookback) : last + 1, market.column(ticker)]
    return np.asarray(close[1:] / close[:-1] - 1.0)
