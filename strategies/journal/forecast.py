"""The forecast of what is held at the entry, from prices known before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.arrays import Floats
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.stress.history import joint_history
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from ..ticket.forecast import Forecast, forecast_of

# Fees of shorts accrue by calendar day over 360; sessions are 1.45 calendar days apart on average.
DAYS_A_SESSION, YEAR_DAYS = 365.0 / 252.0, 360.0


def forecast_of_weights(
    name: str, market: Market, row: int, weights: Mapping[str, float], costs: Costs, account: Account, *,
    sessions: int, first_session: str,
) -> tuple[Forecast | None, str]:  # fmt: skip
    """The forecast of `weights` of an account's capital that are held as they are, by prices up to row `row` of a
    market; or None, and why there is none."""
    tickers = tuple(ticker for ticker, weight in weights.items() if weight)
    values = np.array([weights[ticker] for ticker in tickers]) * account.capital_usd
    try:
        history = joint_history(market, tickers, row)
        costs_usd = expected_costs_usd(market, row, tickers, values, costs, sessions)
        found = forecast_of(
            name, values, history, costs_usd, as_of=market.sessions[row], first_session=np.datetime64(first_session),
            capital_usd=account.capital_usd,
        )  # fmt: skip
    except ParameterError as problem:
        return None, f"no forecast and no alarm: {problem.what}"
    if not found.daily_scale_usd > 0.0:
        return None, "no forecast and no alarm: its tickers did not move before the entry"
    return found, ""


def expected_costs_usd(
    market: Market, row: int, tickers: tuple[str, ...], values_usd: Floats, costs: Costs, sessions: int
) -> Floats:
    """(sessions,) of costs paid up to each close: the entry in the first, the exit in the last, fees of shorts between.

    By what was known at the close of row `row`: spread, slippage, commission, impact of one order a ticker.
    """
    at = [market.column(ticker) for ticker in tickers]
    notional = np.abs(values_usd)
    bps = sum(rates[at] for rates in costs.rates_bps(market, row).values())
    impact = costs.impact.charged(market, row, row + 1)[0][at]
    one_way = float((notional * bps / 1e4 + impact * notional**1.5).sum())
    fees = costs.borrow_rates(market, row, row + 1)[0][at]
    nightly = float((np.where(values_usd < 0.0, notional, 0.0) * fees).sum()) * DAYS_A_SESSION / YEAR_DAYS
    paid = np.asarray(one_way + nightly * np.arange(sessions), dtype=np.float64)
    paid[-1] += one_way
    return paid
