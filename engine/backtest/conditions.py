"""From frozen configuration to what the kernel obeys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from ..account import Account
from ..account.shorts import OnRule201
from ..arrays import Floats
from ..blank import untouched
from ..frictions.costs import Costs
from ..kernels.book.decide import UNCOUNTED
from ..kernels.book.records import CELL, RULE_TERMS, Conditions, Structs
from ..rules import Rules
from ..rules.rebalance import Rebalance
from ..rules.volatility import ex_ante_volatility
from .neutral import neutral_cells, neutral_terms, neutral_tickers

LEGS = {"long": 0, "short": 1}


def conditions_of(
    market: Market,
    window: tuple[int, int],
    bank: NDArray[np.float64],
    costs: Costs,
    account: Account,
    rules: Rules,
    legs: dict[str, str],
) -> Conditions:
    """Costs, account and rules over rows `window` of a market, for a bank (K, N) of weights.

    legs: "long" or "short" by ticker.
    """
    start, stop = window
    vol = no_volatility(len(bank), stop - start)
    if rules.target_vol is not None:
        vol = ex_ante_volatility(market, bank, start, stop, rules.vol_halflife)
    return Conditions(
        terms=terms_of(costs, account, rules),
        tickers=tickers_of(market, start, costs, account, legs),
        cells=cells_of(market, window, costs, account),
        rebalance=rebalance_days(market, rules.rebalance, start, stop, 0),
        vol=vol,
        last=stop - start - 1,
    )


def rebalance_days(market: Market, rebalance: Rebalance, start: int, stop: int, entry: int) -> NDArray[np.int8]:
    """(stop - start,) as in Conditions: 1 where a close decides to rebalance, 2 on a day that is no session of a trade.

    entry: from the first of these rows, where every so many sessions begin to count. Of several exchanges the first
    counts the sessions.
    """
    if market.venues is None:
        following = market.next_session(market.sessions[stop - 1])
        return rebalance.dates(market.sessions[start:stop], following, entry)
    counted = market.venues.counted
    own = counted[(counted >= start) & (counted < stop)] - start
    out = np.full(stop - start, UNCOUNTED, dtype=np.int8)
    if len(own):
        later = counted[counted >= stop]
        following = market.sessions[later[0]] if len(later) else market.next_session(market.sessions[stop - 1])
        out[own] = rebalance.dates(market.sessions[start:stop][own], following, int(np.searchsorted(own, entry)))
    return out


def no_volatility(rows: int, sessions: int) -> Floats:
    """(rows, sessions + 1) where the volatility of weights is unknown; what is not written takes no memory."""
    (vol,) = untouched((rows, sessions + 1))
    return vol


def tickers_of(market: Market, row: int, costs: Costs, account: Account, legs: dict[str, str]) -> Structs:
    """(N,) of TICKER: what costs, account and legs say of each ticker of a market, simulated from session `row` on."""
    out = neutral_tickers(len(market.tickers))
    out["half_spread"] = costs.concession_frac("half_spread", market, row)
    out["slippage"] = costs.concession_frac("slippage", market, row)
    out["house"] = account.margin.house(market)
    out["recovery"] = account.delisting.recovery(market)
    # Money in another currency is worth what it says: no haircut on it, and no commission by the unit.
    money = list(market.currency_columns.values())
    out["house"][money], out["share_fee"][money] = 0.0, 0.0
    out["leg"] = [LEGS.get(legs.get(ticker, ""), -1) for ticker in market.tickers]
    return out


def cells_of(market: Market, window: tuple[int, int], costs: Costs, account: Account) -> Structs:
    """(T, N) of CELL over rows `window` of a market, or (1, N) where every session has the same.

    Where volume or volatility is unknown impact is zero and nothing caps an order, of which a backtest's warnings
    tell.
    """
    start, stop = window
    bars = account.shorts.bars(market, start, stop)
    fields = {
        "impact": costs.impact.charged(market, start, stop),
        "borrow": costs.borrow_rates(market, start, stop),
        "cap": account.orders.cap_usd(market, start, stop),
        "barred_open": bars[Mark.OPEN],
        "barred_close": bars[Mark.CLOSE],
        "recall": account.shorts.recalled(market, start, stop),
        "gone": account.delisting.gone(market, start, stop, account.max_stale_sessions),
    }
    # What holds throughout stands in a first row, of which the others are copies: field by field it took five times
    # as long.
    out = np.empty((max(len(field) for field in fields.values()), len(market.tickers)), dtype=CELL)
    first = neutral_cells(1, len(market.tickers))
    for name, field in fields.items():
        if len(field) == 1:
            first[name] = field
    out[:] = first
    for name, field in fields.items():
        if len(field) > 1:
            out[name] = field
    return out


def terms_of(costs: Costs, account: Account, rules: Rules) -> Structs:
    """(1,) of TERMS: what costs, account and rules say throughout."""
    out = neutral_terms()
    values: dict[str, float | None] = {
        "commission": costs.commission.frac,
        "min_commission": costs.commission.min_usd,
        "per_share": costs.commission.per_share_usd,
        "cash_rate": costs.cash.rate_annual,
        "margin_rate": costs.cash.margin_rate_annual,
        "lot": int(account.orders.whole_shares),
        "min_order": account.orders.min_order_usd,
        "defer_201": int(account.shorts.rule_201 is OnRule201.DEFER),
        **account.margin.terms,
        **{term.name: getattr(rules, term.name) for term in RULE_TERMS},
    }
    for name, value in values.items():
        if value is not None:  # a rule that is off keeps its neutral value
            out[name] = value
    return out
