"""Which orders enter a trade, and what money those abroad are paid with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Flags
from hedgebook.engine.backtest.schedule import Schedule

if TYPE_CHECKING:
    from .planned import Planned


def entry_rows(schedule: Schedule) -> Flags:
    """(R,): the rows that the first trade of a schedule is entered by: the first, or over several exchanges all its
    parts."""
    first = (schedule.session == schedule.session[0]) & (schedule.mark == schedule.mark[0])
    if schedule.joins is None:
        return np.asarray(first)
    following = np.flatnonzero(~schedule.joins[1:])
    return np.arange(len(schedule.session)) < (1 + following[0] if len(following) else len(schedule.session))


def entry_tickers(schedule: Schedule) -> frozenset[str]:
    """The tickers that these rows ask for."""
    named = np.asarray(np.isfinite(schedule.weights[entry_rows(schedule)]).any(axis=0))
    return frozenset(ticker for ticker, one in zip(schedule.tickers, named.tolist(), strict=True) if one)


def is_entry(planned: Planned, lines: pd.DataFrame) -> Flags:
    """(L,): which lines of a run over several exchanges, with `session` and `ticker`, enter the trade: the first of
    each ticker that it is entered by, and of the money that those abroad are paid with, on the day that it is due."""
    schedule, rates = planned.plan.schedule, planned.carried.rates
    due: dict[str, np.datetime64] = {}
    for day, row in zip(schedule.session, schedule.weights, strict=True):
        for ticker, weight in zip(schedule.tickers, row.tolist(), strict=True):
            if np.isfinite(weight):
                due.setdefault(ticker, day)
    entered = {ticker: due[ticker] for ticker in entry_tickers(schedule)}
    for name in local_money(planned):
        assert rates is not None
        own = [day for t, day in entered.items() if rates.names[planned.carried.column(t)] == name]
        entered[name] = min(own)
    tickers = lines["ticker"].astype(str)
    days = lines["session"].to_numpy().astype("datetime64[D]")
    in_time = [t in entered and day <= entered[t] for t, day in zip(tickers, days, strict=True)]
    return np.asarray(np.array(in_time, dtype=np.bool_) & ~tickers.duplicated().to_numpy())


def local_money(planned: Planned) -> dict[str, float]:
    """By currency, what the account owes in it, as a weight below zero, or owns for what is held in it abroad: its
    `currency_hedge_frac` of the weights that the trade is entered by. Empty without such an account or such tickers."""
    frac, market, schedule = planned.run.account.currency_hedge_frac, planned.carried, planned.plan.schedule
    if not frac or market.rates is None:
        return {}
    weights: dict[str, float] = {}
    for row in schedule.weights[entry_rows(schedule)]:
        for ticker, weight in zip(schedule.tickers, row.tolist(), strict=True):
            if np.isfinite(weight):
                weights.setdefault(ticker, weight)  # what it is left by may stand among its parts
    found: dict[str, float] = {}
    for ticker, weight in weights.items():
        name = market.rates.names[market.column(ticker)]
        if name in market.currency_columns and name != ticker:
            found[name] = found.get(name, 0.0) - frac * weight
    return {name: weight for name, weight in found.items() if weight}
