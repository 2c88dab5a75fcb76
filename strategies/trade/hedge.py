"""The hedge of an event trade: the one place that turns its parameters into a hedge ratio."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hedgebook.engine.exposure.freshness import check_fresh
from hedgebook.engine.hedging.ratio import BetaEstimate, HedgeRatio, beta_ratio, dollar_ratio
from hedgebook.engine.hedging.request import DOLLARS, HEDGE_PARAMETERS, Bounds, HedgeRequest, Method
from hedgebook.errors import InputError, LookAheadError, ParameterError, PriceDataError, did_you_mean
from hedgebook.universes.calendar import as_utc, row_before
from hedgebook.universes.market import Market

if TYPE_CHECKING:
    from hedgebook.engine.exposure.factor_sets import FactorSet
    from hedgebook.engine.hedging.estimate import HedgeTable

    from .trade import EventTrade

NEUTRAL_TO = ("market",)
RIDGE_PENALTY = 0.1
# What a parameter of the hedge is where nothing is given, None but for these.
UNSET: dict[str, Any] = {"neutral_to": ()}
# What a solver leaves of a weight of nothing, as a share of the ratio: not worth an order.
DUST_FRAC = 1e-12


class HedgeTerms(NamedTuple):
    """The parameters of a trade that its hedge depends on, under their own names."""

    hedge: Method
    lookback: int
    half_life_sessions: float | None
    ridge_penalty: float | None
    neutral_to: tuple[str, ...]
    short_cap_frac: float | None
    benchmark: str | None

    @classmethod
    def of(cls, trade: EventTrade) -> HedgeTerms:
        """The terms of a trade."""
        return cls(*(getattr(trade, name) for name in cls._fields))

    @property
    def request(self) -> HedgeRequest:
        """What is asked of the estimators, parameters that the method does not have left out."""
        unused: dict[str, Any] = {
            n: UNSET.get(n) for n, methods in HEDGE_PARAMETERS.items() if self.hedge not in methods
        }
        own = self._replace(**unused)
        return HedgeRequest(
            method=own.hedge,
            lookback=own.lookback,
            half_life_sessions=own.half_life_sessions,
            benchmark=own.benchmark,
            neutral_to=(own.neutral_to or NEUTRAL_TO) if own.hedge is Method.FACTOR_NEUTRAL else (),
            ridge_penalty=own.ridge_penalty or RIDGE_PENALTY,
            bounds=None if own.short_cap_frac is None else Bounds(0.0, own.short_cap_frac),
        )


def trade_hedge(
    trade: EventTrade, market: Market, long: tuple[str, ...], short: tuple[str, ...], announced: datetime
) -> HedgeRatio:
    """The hedge that a trade asks for, from closes strictly before the news.

    Raises ParameterError where the method finds none, or asks to buy the short leg on balance: a single ticker
    of it may be bought where the method wants that, the leg as a whole may not.
    """
    found = trade_hedges([HedgeTerms.of(trade)], market, long, short, announced)[0]
    if isinstance(found, InputError):
        raise found
    return found


def trade_hedges(
    terms: Sequence[HedgeTerms], market: Market, long: tuple[str, ...], short: tuple[str, ...], announced: datetime
) -> list[HedgeRatio | InputError]:
    """The hedges of one pair of legs under many terms, in their order, each the same as if it were asked for alone.

    Where there is none, the error that says why. Raises LookAheadError.
    """
    moment = as_utc(announced)
    known = row_before(market.close_at, moment)
    found: dict[HedgeTerms, HedgeRatio | InputError] = {}
    together: dict[tuple[tuple[str, ...], str | None], dict[HedgeTerms, HedgeRequest]] = {}
    for one in dict.fromkeys(terms):
        if one.benchmark is not None and one.benchmark not in market.columns:
            # Told whether the method reads it or not: a name that nothing reads hides a slip of the pen.
            what, remedy = market.why_unpriced(one.benchmark)
            found[one] = PriceDataError(what, where="benchmark", value=one.benchmark, remedy=remedy)
        elif one.hedge is Method.DOLLAR:
            found[one] = dollar_ratio()
        elif one.hedge is Method.BETA and one.half_life_sessions is None:
            # Without estimators that a machine must load, and in the order of sums that its published numbers have.
            benchmark = one.benchmark or market.universe.benchmark
            found[one] = _attempt(partial(beta_ratio, market, long, short, benchmark, known, one.lookback))
        else:
            # One call for all that rest on the same series, so that a series that is missing is told to them alone.
            request = one.request
            series = request.neutral_to, request.benchmark if request.method is Method.BETA else None
            together.setdefault(series, {})[one] = request
    for requests in together.values():
        found |= _estimate(requests, market, long, short, moment)
    return [found[one] for one in terms]


def _attempt(ask: Callable[[], HedgeRatio]) -> HedgeRatio | InputError:
    try:
        return ask()
    except LookAheadError:
        raise
    except InputError as problem:
        return problem


def _estimate(
    requests: Mapping[HedgeTerms, HedgeRequest],
    market: Market,
    long: tuple[str, ...],
    short: tuple[str, ...],
    moment: np.datetime64,
) -> dict[HedgeTerms, HedgeRatio | InputError]:
    # The estimators' machine code takes a while to load, and most runs need none of it.
    from hedgebook.engine.hedging.estimate import estimate_hedges
    from hedgebook.engine.hedging.legs import HedgeLegs

    asked = list(dict.fromkeys(requests.values()))
    known = row_before(market.close_at, moment)
    try:
        for ticker in (*long, *short):
            check_fresh(market, ticker, known, f"hedge={asked[0].method}")
        factors = _factors(market, known, asked[0].neutral_to)
        table = estimate_hedges(market, HedgeLegs(long, short), asked, np.array([moment]), factors)
    except LookAheadError:
        raise
    except InputError as problem:
        return dict.fromkeys(requests, problem)
    place = {request: k for k, request in enumerate(asked)}
    return {one: _attempt(partial(_ratio, table, place[request], market)) for one, request in requests.items()}


def _ratio(table: HedgeTable, k: int, market: Market) -> HedgeRatio:
    """An estimate as a trade uses it."""
    found = table.at(k, 0)
    method = found.request.method
    if not found.ratio > 0.0:
        raise ParameterError(
            "this method asks to buy the short leg, not to sell it",
            where=f"hedge={method}",
            value=round(found.ratio, 4),
            bound="a ratio above 0",
            remedy="Use another method, another lookback or hedge=dollar.",
        )
    betas: tuple[BetaEstimate, ...] = ()
    if method is Method.BETA:
        slopes = {ticker: next(iter(by_factor.values())) for ticker, by_factor in found.betas.items()}
        betas = tuple(BetaEstimate(t, beta, found.sessions[t]) for t, beta in slopes.items())
    return HedgeRatio(
        method=method,
        ratio=found.ratio,
        benchmark=(found.request.benchmark or market.universe.benchmark) if betas else None,
        known_at=found.known_at,
        betas=betas,
        weights=tuple(0.0 if abs(w) < DUST_FRAC * found.ratio else w for w in found.weights.values()),
        factors=found.request.neutral_to,
        sessions=found.shared,
        repaired=found.repaired,
    )


def _factors(market: Market, known: int, neutral_to: tuple[str, ...]) -> FactorSet | None:
    """The exchange-traded factors that a request names, their slopes from sessions up to `known`."""
    from hedgebook.engine.exposure.factor_sets import SPREADS, etf_factors

    names = tuple(name for name in neutral_to if name != DOLLARS)
    for name in names:
        if name not in SPREADS:
            raise ParameterError(
                f"no factor is called {name!r}", where="neutral_to", remedy=did_you_mean(name, (DOLLARS, *SPREADS))
            )
    return etf_factors(market, names, until=str(market.sessions[known])) if names else None
