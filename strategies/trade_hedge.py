"""The hedge of an event trade: the one place that turns its parameters into a hedge ratio."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hedgebook.engine.hedging.ratio import BetaEstimate, HedgeRatio, beta_ratio, dollar_ratio
from hedgebook.engine.hedging.request import DOLLARS, Bounds, HedgeRequest, Method
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.calendar import as_utc
from hedgebook.universes.market import Market

from .event_trade import EventTrade

if TYPE_CHECKING:
    from hedgebook.engine.exposure.factor_sets import FactorSet
    from hedgebook.engine.hedging.estimate import HedgeEstimate

NEUTRAL_TO = ("market",)
RIDGE_PENALTY = 0.1
# What a solver leaves of a weight of nothing, as a share of the ratio: not worth an order.
DUST_FRAC = 1e-12


def trade_hedge(
    trade: EventTrade, market: Market, long: tuple[str, ...], short: tuple[str, ...], announced: datetime
) -> HedgeRatio:
    """The hedge that a trade asks for, from closes strictly before the news.

    Raises ParameterError where the method finds none, or asks to buy the short leg on balance: a single ticker
    of it may be bought where the method wants that, the leg as a whole may not.
    """
    if trade.hedge is Method.DOLLAR:
        return dollar_ratio()
    if trade.hedge is Method.BETA and trade.half_life_sessions is None:
        # Without estimators that a machine must load, and in the order of sums that its published numbers have.
        benchmark = trade.benchmark or market.universe.benchmark
        known = int(market.close_at.searchsorted(as_utc(announced))) - 1
        return beta_ratio(market, long, short, benchmark, known, trade.lookback)
    found = _estimate(trade, market, long, short, announced)
    if not found.ratio > 0.0:
        raise ParameterError(
            "this method asks to buy the short leg, not to sell it",
            where=f"hedge={trade.hedge}",
            value=round(found.ratio, 4),
            bound="a ratio above 0",
            remedy="Use another method, another lookback or hedge=dollar.",
        )
    betas: tuple[BetaEstimate, ...] = ()
    if trade.hedge is Method.BETA:
        slopes = {ticker: next(iter(by_factor.values())) for ticker, by_factor in found.betas.items()}
        betas = tuple(BetaEstimate(t, beta, found.sessions[t]) for t, beta in slopes.items())
    return HedgeRatio(
        method=trade.hedge,
        ratio=found.ratio,
        benchmark=(trade.benchmark or market.universe.benchmark) if betas else None,
        known_at=found.known_at,
        betas=betas,
        weights=tuple(0.0 if abs(w) < DUST_FRAC * found.ratio else w for w in found.weights.values()),
        factors=found.request.neutral_to,
        sessions=found.shared,
        repaired=found.repaired,
    )


def hedge_request(trade: EventTrade) -> HedgeRequest:
    """What the trade asks of the estimators, parameters that its method does not have left out."""
    method, trade = trade.hedge, trade.hedged(trade.hedge)
    return HedgeRequest(
        method=method,
        lookback=trade.lookback,
        half_life_sessions=trade.half_life_sessions,
        benchmark=trade.benchmark,
        neutral_to=(trade.neutral_to or NEUTRAL_TO) if method is Method.FACTOR_NEUTRAL else (),
        penalty=trade.ridge_penalty or RIDGE_PENALTY,
        bounds=None if trade.short_cap_frac is None else Bounds(0.0, trade.short_cap_frac),
    )


def _estimate(
    trade: EventTrade, market: Market, long: tuple[str, ...], short: tuple[str, ...], announced: datetime
) -> HedgeEstimate:
    # The estimators' machine code takes a while to load, and most runs need none of it.
    from hedgebook.engine.hedging.estimate import estimate_hedge
    from hedgebook.engine.hedging.legs import HedgeLegs

    request = hedge_request(trade)
    moment = as_utc(announced)
    known = int(market.close_at.searchsorted(moment)) - 1
    factors = _factors(market, known, request.neutral_to)
    return estimate_hedge(market, HedgeLegs(long, short), request, moment, factors)


def _factors(market: Market, known: int, neutral_to: tuple[str, ...]) -> FactorSet | None:
    """The exchange-traded factors that a request names, their slopes from sessions up to `known`."""
    from hedgebook.engine.exposure.factor_sets import SPREADS, etf_factors

    names = tuple(name for name in neutral_to if name != DOLLARS)
    for name in names:
        if name not in SPREADS:
            raise ParameterError(
                f"no factor is called {name!r}",
                where="neutral_to",
                remedy=did_you_mean(name, (DOLLARS, *SPREADS)),
            )
    return etf_factors(market, names, until=str(market.sessions[known])) if names else None
