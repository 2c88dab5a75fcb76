"""Factor exposure of a trade: of its entry weights before the news, and of its returns while it ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.exposure.factor_file import FactorModel
from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.exposure.factors import PROXIES
from hedgebook.engine.exposure.holdings import returns_between
from hedgebook.engine.exposure.known import (
    NO_PROXY,
    SESSIONS_PER_COEFFICIENT,
    SHORT_PROXIES,
    WINDOW_SESSIONS,
    KnownFactors,
    factors_over,
    known_factors,
    left_out_notes,
    sampled_with,
    usable_factors,
)
from hedgebook.engine.exposure.regression import Exposure, regress
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.market import Market

from ..strategy.plan import Plan
from ..trade.plan import TradePlan

EXPOSURE_SESSIONS = WINDOW_SESSIONS
# Returns (n,), factors (n, K) and the days that they end at.
Sample = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.datetime64]]


@brief
@dataclass(frozen=True)
class TradeExposure:
    """Exposure before the news (entry weights held constant) and during the trade, None where undefined.

    factors: names, with the definition of each; either exposure may lack some. notes: what could not be estimated,
    and why.
    """

    before: Exposure | None
    during: Exposure | None
    factors: tuple[str, ...]
    definitions: tuple[str, ...]
    notes: tuple[str, ...]


def run_exposure(market: Market, plan: Plan, backtest: Backtest) -> TradeExposure:
    """Exposure of a run: of an event trade before the news and while it ran, of any other strategy while it ran."""
    if isinstance(plan, TradePlan):
        return trade_exposure(market, plan, backtest)
    names = tuple(name for name, ticker in PROXIES.items() if ticker in market.columns)
    if not backtest.traded or not names:
        gone = NO_PROXY if not names else "nothing was traded, so there is no exposure"
        return TradeExposure(None, None, names, names, (gone,))
    during, definitions, left_out = _during(market, backtest, names)
    told = left_out_notes(left_out)
    if during is None:
        told = (*told, "too few sessions for factor exposures")
    return TradeExposure(None, during, tuple(definitions), tuple(definitions.values()), told)


def model_exposure(market: Market, plan: Plan, backtest: Backtest, model: FactorModel) -> TradeExposure:
    """Exposure of a run to a vendor's factors: betas of its returns, before the news and while it ran, as with
    proxies. Notes say how many sessions the vendor's file has of either."""
    factors = model.factors.on(market.sessions)
    parts = {"during the run": _sessions_of(backtest, factors)} if backtest.traded else {}
    if isinstance(plan, TradePlan):
        parts["before the news"] = _before(market, plan, factors)
    found, told = {}, []
    for when, (returns, moves, days) in parts.items():
        found[when] = regress(returns, moves, factors.names, days)
        if found[when] is None:
            known = int((np.isfinite(moves).all(axis=1) & np.isfinite(returns)).sum())
            told.append(f"{known} sessions with all factors {when}, too few for exposures to {len(factors.names)}")
    if model.loadings is not None:
        told.append(f"P&L by factor rests on the loadings of {model.loadings.source}, known at the close before")
    return TradeExposure(
        found.get("before the news"), found.get("during the run"), factors.names, factors.definitions, tuple(told)
    )


def trade_exposure(market: Market, plan: TradePlan, backtest: Backtest) -> TradeExposure:
    """Exposure of a trade to the proxies that the market has.

    Before: the 250 sessions that end at the last close before the news. During: the sessions after the entry
    session, whose return does not run from close to close, up to the exit; None where no order was filled. Either way
    factors are net of one another within the very sessions of the regression.
    """
    known = trade_factors(market, plan)
    if known.factors is None:
        names = tuple(name for name, ticker in PROXIES.items() if ticker in market.columns)
        gone = {name: reason for name, reason in known.left_out.items() if name in names}
        notes = left_out_notes(gone) or ((SHORT_PROXIES if names else NO_PROXY),)
        return TradeExposure(None, None, names, names, notes)
    found = known.factors
    returns, moves, days = _before(market, plan, found)
    before = regress(returns, moves, found.names, days)
    # Without a fill there is no trade to be exposed by: what idle cash earns has no betas.
    during, _, gone = _during(market, backtest, found.names) if backtest.traded else (None, {}, {})
    told = [*known.notes, *(f"{note} (during the trade)" for note in left_out_notes(gone))]
    told += [
        f"too few sessions for the exposure {when} the trade"
        for when, exposure in (("before", before), ("during", during))
        if exposure is None and (backtest.traded or when == "before")
    ]
    if not backtest.traded:
        told.append("nothing was traded, so there is no exposure during the trade")
    return TradeExposure(before, during, found.names, found.definitions, tuple(told))


def estimation_days(market: Market, plan: TradePlan, factors: FactorSet) -> tuple[Market, FactorSet]:
    """The days that a trade's betas rest on, and factors of the market's sessions on them: all of its sessions, over
    several exchanges those on which all of them trade."""
    return sampled_with(market, plan.weights(), factors)


def _before(market: Market, plan: TradePlan, factors: FactorSet) -> Sample:
    """The entry weights and factors over the 250 sessions before the news."""
    days, moves = estimation_days(market, plan, factors)
    window = window_before(days, plan)
    return held_returns(days, plan)[window], moves.returns[window], days.sessions[window]


def _sessions_of(backtest: Backtest, factors: FactorSet) -> Sample:
    """A run and factors over its sessions after the first, whose return does not run from close to close."""
    record = backtest.record
    held = tuple(t for i, t in enumerate(backtest.market.tickers) if record.shares[:, i].any())
    days, moves = sampled_with(backtest.market, held, factors.on(backtest.market.sessions))
    first = backtest.market.sessions[0]
    at = np.flatnonzero(days.sessions > first)
    if len(at) and days.sessions[0] > first:
        at = at[1:]  # what ends there began before the first close
    return returns_between(backtest, days)[at], moves.returns[at], days.sessions[at]


def window_before(market: Market, plan: TradePlan) -> slice:
    """The rows of the 250 sessions that end at the last close before the news; market: of the days that count."""
    known = row_up_to(market.sessions, plan.known_at)
    return slice(max(1, known + 1 - EXPOSURE_SESSIONS), known + 1)


def trade_factors(market: Market, plan: TradePlan) -> KnownFactors:
    """The factors of a trade's report, as known at the last close before the news."""
    return known_factors(market, market.session_index(plan.known_at))


def held_returns(market: Market, plan: TradePlan) -> NDArray[np.float64]:
    """(T,): daily return of the entry weights, held constant; NaN where a ticker has none."""
    weights = plan.weights()
    returns = market.close_returns(tuple(weights))
    return np.asarray(returns @ np.array(list(weights.values())))


def _during(
    market: Market, backtest: Backtest, names: tuple[str, ...]
) -> tuple[Exposure | None, dict[str, str], dict[str, str]]:
    """The exposure of a run after its first session, the factors with their definitions, and those without a proxy."""
    first = market.session_index(backtest.market.sessions[0]) + 1
    last = market.session_index(backtest.market.sessions[-1]) + 1
    # Factors that were unrelated before the news may move together after it, so slopes are those of these sessions.
    window = slice(first, last)
    if last - first < SESSIONS_PER_COEFFICIENT:
        return None, {}, {}
    kept, gone = usable_factors(market, {name: PROXIES[name] for name in names}, window)
    factors = factors_over(market, kept, window)
    if factors is None:
        return None, {}, gone
    returns, moves, days = _sessions_of(backtest, factors)
    found = regress(returns, moves, factors.names, days)
    return found, dict(zip(factors.names, factors.definitions, strict=True)), gone
