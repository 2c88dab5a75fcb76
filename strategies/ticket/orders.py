"""The orders of a ticket, and what is known of the shorts among them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hedgebook.engine.account.rule_201 import US_EXCHANGES, rule_201_bars
from hedgebook.engine.arrays import Floats
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.recorded import TRADING_CAUSES
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from .entry import is_entry, local_money
from .planned import Planned

HELD = "held"
TOO_LITTLE = ("less_than_one_share", "too_small")


def first_orders(planned: Planned, account: Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row an order of the first session, or over several exchanges of each ticker at its own first mark: ticker,
    side, shares, before_shares and after_shares of the account, sold_short_shares, trade_shares, session, mark,
    reference_usd, notional_usd, adv_usd, adv_frac, the expected costs by cause and cost_usd, status and reason.

    account: shares held by ticker. shares: whole, negative for sales, NaN where an order cannot be filled then, which
    `status` and `reason` say; sold_short_shares: of a sale, those beyond what the account holds; trade_shares: what the
    trade then has of it, the shares of a book that count towards it among them; reference_usd: the last known close;
    adv_usd: average daily value up to it, NaN = unknown. What a book holds already as wanted is an order of 0 shares.
    """
    run = planned.run
    orders, adv = run.orders, np.full(len(run.orders), np.nan)
    filled = (orders["status"] == "filled").to_numpy()
    adv[filled] = run.adv_usd
    frame = orders.assign(adv_usd=adv)
    # A difference that is too small to be ordered: the book has what is wanted.
    if planned.held:
        small = frame["ticker"].astype(str).isin(list(planned.held)) & frame["reason"].astype(str).isin(TOO_LITTLE)
        # Where nothing has to be ordered at the entry, the first orders of the run would be those that end it.
        at_entry = frame["session"] == planned.plan.entry_session
        frame = frame[~small & (at_entry | (planned.known.venues is not None))]
    if planned.known.venues is not None:
        frame = frame[is_entry(planned, frame)]
    elif len(frame):
        frame = frame[frame["session"] == frame["session"].min()]
        frame = frame[frame["mark"] == frame["mark"].iloc[0]]
    held = dict(zip(planned.known.tickers, _references(planned).tolist(), strict=True))
    reference = [held[str(ticker)] for ticker in frame["ticker"]]
    notional = frame["shares"].to_numpy() * np.asarray(reference)
    wanted = planned.plan.weights()
    shares, tickers = frame["shares"].to_numpy(), frame["ticker"].astype(str).tolist()
    capital = run.account.capital_usd
    side = [
        "buy" if (s if s == s else wanted.get(t, 0.0) * capital - planned.held.get(t, 0.0) * held[t]) > 0 else "sell"
        for t, s in zip(tickers, shares, strict=True)
    ]
    before = np.array([(account or {}).get(t, 0.0) for t in tickers])
    counted = np.array([planned.held.get(t, 0.0) for t in tickers])
    made = pd.DataFrame(
        {
            "ticker": tickers,
            "side": side,
            "shares": shares,
            "before_shares": before,
            "after_shares": before + np.nan_to_num(shares),
            "sold_short_shares": sold_short(before, shares),
            "trade_shares": counted + np.nan_to_num(shares),
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
    return _with_held(made, planned, held)


def money_orders(planned: Planned, orders: pd.DataFrame) -> pd.DataFrame:
    """One row a currency in which the account owes, or owns where it sells short, what is held in it abroad: ticker,
    hedge_frac of that, units and usd of it, both negative for debt, session and mark; empty without any.

    As a run orders it: `hedge_frac` of the weights wanted, at the mark of the first of them. Units that the trade asks
    for besides are not in it.
    """
    owed, wanted = local_money(planned), planned.plan.weights()
    rows = []
    for row in orders.to_dict("records"):
        name = str(row["ticker"])
        if name in owed and row["shares"] == row["shares"]:
            part = owed[name] / (owed[name] + wanted.get(name, 0.0))
            units = float(row["trade_shares"]) * part
            frac = planned.run.account.currency_hedge_frac
            rows.append((name, frac, units, units * float(row["reference_usd"]), row["session"], row["mark"]))
    return pd.DataFrame(rows, columns=["ticker", "hedge_frac", "units", "usd", "session", "mark"])


def sold_short(before: Floats, shares: Floats) -> Floats:
    """(N,) of orders, those by which an account is shorter after them, 0 or more; NaN where an order is not filled."""
    more = np.maximum(-(before + shares), 0.0) - np.maximum(-before, 0.0)
    return np.asarray(np.maximum(more, 0.0), dtype=np.float64)


def _with_held(orders: pd.DataFrame, planned: Planned, references: Mapping[str, float]) -> pd.DataFrame:
    """The orders and, of 0 shares each, what a book holds of the plan's tickers as it is wanted."""
    rest = [ticker for ticker in planned.held if ticker not in set(orders["ticker"])]
    if not rest or not len(orders):
        return orders
    none = {name: 0.0 for name in orders.columns if name.endswith(("_usd", "_frac", "shares"))}
    rows = [
        {
            **none, "ticker": ticker, "side": HELD, "before_shares": planned.held[ticker],
            "after_shares": planned.held[ticker], "trade_shares": planned.held[ticker],
            "session": orders["session"].iloc[0], "mark": orders["mark"].iloc[0], "reference_usd": references[ticker],
            "adv_usd": np.nan, "status": HELD, "reason": "held_already",
        }
        for ticker in rest
    ]  # fmt: skip
    return pd.concat([orders, pd.DataFrame(rows)[list(orders.columns)]], ignore_index=True)


def _references(planned: Planned) -> Floats:
    """(N,): the last known close of each ticker that still trades."""
    ahead = planned.carried.close[planned.row + 1 :]
    out = np.array(ahead[0])
    for i in np.flatnonzero(~np.isfinite(out)).tolist():  # its exchange may be closed on the first of these days
        known = np.flatnonzero(np.isfinite(ahead[:, i]))
        out[i] = ahead[known[0], i] if len(known) else np.nan
    return out


def short_states(planned: Planned, orders: pd.DataFrame, costs: Costs) -> pd.DataFrame:
    """One row an order that sells shares short: ticker, shares (those that are sold short alone, negative),
    borrow_annual (the rate of the first night), locate, rule_201.

    locate: "to be found", or "refused" where the account's rules have none; rule_201: "barred" where a trigger on the
    last known session bars market short sales through the session after it, "free" otherwise and outside the United
    States, whose rule it is, "unknown" where the entry comes later than that. A fall at the entry itself cannot be
    known.
    """
    money = orders["ticker"].astype(str).isin(list(planned.carried.currency_columns))
    sold = orders[(orders["side"] == "sell") & (orders["sold_short_shares"] != 0.0) & ~money]
    row, carried = planned.row, planned.carried
    bars = rule_201_bars(planned.carried.rows(0, row + 2))[Mark.OPEN, row + 1]
    found = []
    for ticker, shares, reason, session in zip(
        sold["ticker"], -sold["sold_short_shares"], sold["reason"], sold["session"], strict=True
    ):
        i, entry = carried.column(ticker), carried.session_index(session)
        rates = costs.borrow_rates(carried, entry, entry + 1)[0]
        state = ("barred" if bars[i] else "free") if entry == row + 1 or _abroad(carried, i) else "unknown"
        locate = "refused" if reason == "no_locate" else "to be found"
        found.append((ticker, shares, float(rates[i]), locate, state))
    return pd.DataFrame(found, columns=["ticker", "shares", "borrow_annual", "locate", "rule_201"])


def _abroad(market: Market, column: int) -> bool:
    """Whether a ticker trades outside the United States."""
    venues = market.venues
    return venues is not None and venues.names[venues.of[column]] not in US_EXCHANGES
