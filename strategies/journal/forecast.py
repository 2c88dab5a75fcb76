"""The forecast of what is held at the entry, from prices known before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.stress.history import joint_history
from hedgebook.errors import ParameterError
from hedgebook.universes.exchanges.home import adjusted_at_home
from hedgebook.universes.market import Market

from ..ticket.costs import held_costs_usd
from ..ticket.forecast import Forecast, forecast_of


def forecast_of_weights(
    name: str, market: Market, row: int, weights: Mapping[str, float], costs: Costs, account: Account, *,
    sessions: int, first_session: str,
) -> tuple[Forecast | None, str]:  # fmt: skip
    """The forecast of `weights` of an account's capital that are held as they are, by prices up to row `row` of a
    market; or None, and why there is none. Of several exchanges it goes by the sessions of the first."""
    tickers = tuple(ticker for ticker, weight in weights.items() if weight)
    values = np.array([weights[ticker] for ticker in tickers]) * account.capital_usd
    try:
        home = adjusted_at_home(market.rows(0, row + 1))
        history = joint_history(home, tickers, len(home.sessions) - 1)
        costs_usd = held_costs_usd(market, row, tickers, values, costs, sessions)
        found = forecast_of(
            name, values, history, costs_usd, as_of=market.sessions[row], first_session=np.datetime64(first_session),
            capital_usd=account.capital_usd,
        )  # fmt: skip
    except ParameterError as problem:
        return None, f"no forecast and no alarm: {problem.what}"
    if not found.daily_scale_usd > 0.0:
        return None, "no forecast and no alarm: its tickers did not move before the entry"
    return found, ""
