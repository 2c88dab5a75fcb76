"""The orders of a ticket, and what is known of the shorts among them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.engine.account.rule_201 import rule_201_bars
from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.result import TRADING_CAUSES
from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.calendar import Mark

from .planned import Planned


def first_orders(planned: Planned) -> pd.DataFrame:
    """One row an order of the first session: ticker, side, shares, session, mark, reference_usd, notional_usd, adv_usd,
    adv_frac, the expected costs by cause and cost_usd, status and reason.

    shares: whole, negative for sales, NaN where an order cannot be filled then, which `status` and `reason` say;
    reference_usd: the last known close; adv_usd: average daily value up to it, NaN = unknown.
    """
    run = planned.run
    orders, adv = run.orders, np.full(len(run.orders), np.nan)
    filled = (orders["status"] == "filled").to_numpy()
    adv[filled] = run.adv_usd
    frame = orders.assign(adv_usd=adv)
    if len(frame):
        frame = frame[frame["session"] == frame["session"].min()]
        frame = frame[frame["mark"] == frame["mark"].iloc[0]]
    held = dict(zip(planned.known.tickers, _references(planned).tolist(), strict=True))
    reference = [held[str(ticker)] for ticker in frame["ticker"]]
    notional = frame["shares"].to_numpy() * np.asarray(reference)
    wanted = planned.plan.weights()
    shares = frame["shares"].to_numpy()
    side = [
        "buy" if (s if s == s else wanted.get(str(t), 0.0)) > 0 else "sell"
        for t, s in zip(frame["ticker"], shares, strict=True)
    ]
    return pd.DataFrame(
        {
            "ticker": frame["ticker"].astype(str).to_numpy(),
            "side": side,
            "shares": shares,
            "session": [f"{day:%Y-%m-%d}" for day in frame["session"]],
            "mark": frame["mark"].astype(str).to_numpy(),
            "reference_usd": reference,
            "notional_usd": notional,
            "adv_usd": frame["adv_usd"].to_numpy(),
            "adv_frac": np.abs(notional) / frame["adv_usd"].to_numpy(),
            **{f"{cause}_usd": frame[cause].to_numpy() for cause in TRADING_CAUSES},
            "cost_usd": frame["cost"].to_numpy(),
            "status": frame["status"].astype(str).to_numpy(),
            "reason": frame["reason"].astype(str).to_numpy(),
        }
    )


def _references(planned: Planned) -> Floats:
    """(N,): the last known close of each ticker that still trades."""
    return np.asarray(planned.carried.close[planned.row + 1])


def short_states(planned: Planned, orders: pd.DataFrame, costs: Costs) -> pd.DataFrame:
    """One row a short sale: ticker, shares, borrow_annual (the rate of the first night), locate, rule_201.

    locate: "to be found", or "refused" where the account's rules have none; rule_201: "barred" where a trigger on the
    last known session bars market short sales through the session after it, "free" otherwise, "unknown" where the entry
    comes later than that. A fall at the entry itself cannot be known.
    """
    sold = orders[orders["side"] == "sell"]
    row, carried = planned.row, planned.carried
    entry = carried.session_index(planned.plan.entry_session)
    bars = rule_201_bars(planned.carried.rows(0, row + 2))[Mark.OPEN, row + 1]
    rates = costs.borrow_rates(carried, entry, entry + 1)[0]
    found = []
    for ticker, shares, reason in zip(sold["ticker"], sold["shares"], sold["reason"], strict=True):
        i = carried.column(ticker)
        state = ("barred" if bars[i] else "free") if entry == row + 1 else "unknown"
        locate = "refused" if reason == "no_locate" else "to be found"
        found.append((ticker, shares, float(rates[i]), locate, state))
    return pd.DataFrame(found, columns=["ticker", "shares", "borrow_annual", "locate", "rule_201"])
