"""Factor exposure of a trade: of its entry weights before the news, and of its returns while it ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.exposure.factors import available_factors, fit_factor_model, proxy_returns
from hedgebook.engine.exposure.regression import Exposure, regress
from hedgebook.engine.result import Backtest
from hedgebook.universes.market import Market

from .plan import TradePlan

EXPOSURE_SESSIONS = 250


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
        return TradeExposure(None, None, (), ("no factor proxy has prices, so no exposure",))
    known = market.session_index(plan.known_at)
    start = max(1, known + 1 - EXPOSURE_SESSIONS)
    proxies = proxy_returns(market, names)
    window = slice(start, known + 1)
    complete = np.isfinite(proxies[window]).all(axis=1)
    if complete.sum() < 3 * (len(names) + 1):
        return TradeExposure(
            None, None, names, ("the factor proxies have too little history before the news",)
        )
    factors = fit_factor_model(names, proxies[window][complete]).factors(proxies)
    before = regress(_held_returns(market, plan)[window], factors[window], names, market.sessions[window])
    during = _during(market, plan, backtest, factors, names)
    notes = [
        f"too few sessions for the exposure {when} the trade"
        for when, found in (("before", before), ("during", during))
        if found is None
    ]
    return TradeExposure(before, during, names, tuple(notes))


def _held_returns(market: Market, plan: TradePlan) -> NDArray[np.float64]:
    """(T,): daily return of the entry weights, held constant; NaN where a ticker has none."""
    weights = plan.weights()
    close = market.close[:, [market.column(ticker) for ticker in weights]]
    returns = np.vstack([np.full((1, len(weights)), np.nan), close[1:] / close[:-1] - 1.0])
    return np.asarray(returns @ np.array(list(weights.values())))


def _during(
    market: Market, plan: TradePlan, backtest: Backtest, factors: NDArray[np.float64], names: tuple[str, ...]
) -> Exposure | None:
    first = market.session_index(plan.entry_session) + 1
    last = market.session_index(plan.exit_session) + 1
    returns = np.asarray(backtest.returns, dtype=np.float64)[len(backtest.returns) - (last - first) :]
    return regress(returns, factors[first:last], names, market.sessions[first:last])
