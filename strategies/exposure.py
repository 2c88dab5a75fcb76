"""Factor exposure of a trade: of its entry weights before the news, and of its returns while it ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.exposure.factors import (
    DEFINITIONS,
    PROXIES,
    FactorModel,
    available_factors,
    fit_factor_model,
    proxy_returns,
)
from hedgebook.engine.exposure.regression import Exposure, regress
from hedgebook.engine.result import Backtest
from hedgebook.universes.market import Market

from .plan import TradePlan

EXPOSURE_SESSIONS = 250
SESSIONS_PER_COEFFICIENT = 3
NO_PROXY = "no factor proxy has prices, so no exposure"
SHORT_PROXIES = "the factor proxies have too little history before the news"


@dataclass(frozen=True)
class TradeExposure:
    """Exposure before the news (entry weights held constant) and during the trade, None where undefined.

    notes: what could not be estimated, and why.
    """

    before: Exposure | None
    during: Exposure | None
    factors: tuple[str, ...]
    notes: tuple[str, ...]


def trade_exposure(market: Market, plan: TradePlan, backtest: Backtest) -> TradeExposure:
    """Exposure of a trade to the proxies that the market has.

    Before: the 250 sessions that end at the last close before the news. During: the sessions after the entry
    session, whose return does not run from close to close, up to the exit.
    """
    names = available_factors(market)
    if not names:
        return TradeExposure(None, None, (), (NO_PROXY,))
    found = entry_factors(market, plan)
    if found is None:
        return TradeExposure(None, None, names, (SHORT_PROXIES,))
    window, factors = window_before(market, plan), found.returns
    before = regress(held_returns(market, plan)[window], factors[window], names, market.sessions[window])
    during = _during(market, plan, backtest, factors, names)
    notes = [
        f"too few sessions for the exposure {when} the trade"
        for when, found in (("before", before), ("during", during))
        if found is None
    ]
    return TradeExposure(before, during, names, tuple(notes))


def window_before(market: Market, plan: TradePlan) -> slice:
    """The rows of the 250 sessions that end at the last close before the news."""
    known = market.session_index(plan.known_at)
    return slice(max(1, known + 1 - EXPOSURE_SESSIONS), known + 1)


def entry_factors(market: Market, plan: TradePlan) -> FactorSet | None:
    """The factors of a trade's report on all sessions, each net of those before it by slopes known before the news.

    Overnight and intraday parts where the market has opens; the daily mean that an orthogonal factor is net of is
    taken from the intraday part. None where the proxies have no prices or too little history.
    """
    names = available_factors(market)
    if not names:
        return None
    proxies = proxy_returns(market, names)
    window = window_before(market, plan)
    complete = np.flatnonzero(np.isfinite(proxies[window]).all(axis=1))
    if len(complete) < SESSIONS_PER_COEFFICIENT * (len(names) + 1):
        return None
    model = fit_factor_model(names, proxies[window][complete])
    night = day = None
    if market.has_opens:
        night, day = _proxy_parts(market, names)
        night = FactorModel(names, np.zeros(len(names)), model.loadings).factors(night)
        day = model.factors(day)
    return FactorSet(
        names=names,
        definitions=tuple(DEFINITIONS[name] for name in names),
        sessions=market.sessions,
        returns=model.factors(proxies),
        overnight=night,
        intraday=day,
        known_at=market.sessions[window.start + complete[-1]],
    )


def _proxy_parts(market: Market, names: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T, K) each: last close to open, and open to close."""
    at = [market.column(PROXIES[name]) for name in names]
    opens, closes = market.open[:, at], market.close[:, at]
    before = np.vstack([np.full((1, len(at)), np.nan), closes[:-1]])
    return opens / before - 1.0, closes / opens - 1.0


def held_returns(market: Market, plan: TradePlan) -> NDArray[np.float64]:
    """(T,): daily return of the entry weights, held constant; NaN where a ticker has none."""
    weights = plan.weights()
    returns = market.close_returns(tuple(weights))
    return np.asarray(returns @ np.array(list(weights.values())))


def _during(
    market: Market, plan: TradePlan, backtest: Backtest, factors: NDArray[np.float64], names: tuple[str, ...]
) -> Exposure | None:
    first = market.session_index(plan.entry_session) + 1
    last = market.session_index(plan.exit_session) + 1
    returns = np.asarray(backtest.returns, dtype=np.float64)[len(backtest.returns) - (last - first) :]
    return regress(returns, factors[first:last], names, market.sessions[first:last])
