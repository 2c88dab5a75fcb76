"""Money by currency in a backtest: what there is, what it earned, and what exchange rates made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hedgebook.universes.exchanges.currencies import BASE

from ..kernels.book.records import Booked, Cause

if TYPE_CHECKING:
    from ..backtest.result import Backtest

COLUMNS = ("units", "usd", "interest", "rate", "costs")


def held_currencies(backtest: Backtest) -> dict[str, int]:
    """Column number of each currency that was held or owed at any time."""
    columns, record = backtest.market.currency_columns, backtest.record
    return {n: i for n, i in columns.items() if record.shares[:, i].any() or record.pnl[:, i].any()}


def balances_table(backtest: Backtest) -> pd.DataFrame:
    """As Backtest.balances."""
    record = backtest.record
    found = {BASE: record.cash} | {n: record.shares[:, i] for n, i in held_currencies(backtest).items()}
    return pd.DataFrame(found, index=backtest.sessions)


def money_table(backtest: Backtest) -> pd.DataFrame:
    """As Backtest.money."""
    record = backtest.record
    cash = float(record.cash[-1])
    rows = {BASE: (cash, cash, float(record.interest.sum()), 0.0, 0.0)}
    for name, i in held_currencies(backtest).items():
        units, pnl = float(record.shares[-1, i]), record.pnl[:, i]
        booked = {cause: float(pnl[:, n].sum()) for n, cause in enumerate(record.causes)}
        interest = booked[Cause.BORROW] + booked.get(Cause.CASH_FLOW, 0.0)
        moved = sum(usd for cause, usd in booked.items() if cause.booked in Booked.MOVE)
        paid = -sum(usd for cause, usd in booked.items() if cause.booked in Booked.TRADING)
        worth = units * float(record.price[-1, i]) if units else 0.0
        rows[name] = (units, worth, interest, moved, paid + 0.0)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS), dtype=np.float64)
    return frame.rename_axis("currency")
