"""Where simulations start and what they leave: fresh states, records and conditions without effect."""

from __future__ import annotations

import numpy as np

from ..account.margin import MarginRules, OnMarginCall
from ..causes import TRADING_COLUMNS, Cause
from ..kernels.book.records import (
    ACCOUNT,
    CELL,
    DAY,
    LINE,
    POSITION,
    RULE_TERMS,
    TERMS,
    TICKER,
    Conditions,
    Record,
    State,
    Structs,
)

NAN = float("nan")
ORDER_AMOUNTS = ("shares", "reference", "price", *TRADING_COLUMNS)
# What holds where nothing is asked for: no cost, no limit, no rule, and margin that is not looked at.
NEUTRAL_TERMS: dict[str, float] = {
    **dict.fromkeys(("commission", "min_commission", "cash_rate", "margin_rate", "min_order"), 0.0),
    **dict.fromkeys(("lot", "defer_201"), 0),
    **MarginRules(on_call=OnMarginCall.OFF).terms(),
    **{name: off for name, (_, off) in RULE_TERMS.items()},
}


def new_state(tickers: int, capital_usd: float) -> State:
    """A portfolio that holds nothing but cash."""
    book = np.zeros(tickers, dtype=POSITION)
    book["price"] = book["pending"] = NAN
    account = np.zeros(1, dtype=ACCOUNT)
    account["cash"] = capital_usd
    account["scale"] = account["base"] = 1.0
    return State(book=book, account=account)


def new_record(sessions: int, tickers: int, log: int, *, with_pnl: bool = True) -> Record:
    """Arrays that keep everything of a simulation, P&L by cause where it is wanted, with room for `log` orders."""
    lines = np.zeros(log, dtype=LINE)
    for name in ORDER_AMOUNTS:
        lines[name] = NAN
    return Record(
        days=np.zeros(sessions, dtype=DAY),
        shares=np.zeros((sessions, tickers)),
        price=np.zeros((sessions, tickers)),
        pnl=np.zeros((sessions if with_pnl else 0, tickers, len(Cause))),
        lines=lines,
    )


def neutral_terms() -> Structs:
    """(1,) of TERMS under which nothing costs, limits or decides anything."""
    terms = np.zeros(1, dtype=TERMS)
    for name, value in NEUTRAL_TERMS.items():
        terms[name] = value
    return terms


def neutral_tickers(tickers: int) -> Structs:
    """(N,) of TICKER that cost nothing and stand in no leg."""
    each = np.zeros(tickers, dtype=TICKER)
    each["house"], each["recovery"] = 1.0, NAN
    each["leg"] = -1
    return each


def neutral_cells(sessions: int, tickers: int) -> Structs:
    """(T, N) of CELL that cost, bar and cap nothing."""
    cells = np.zeros((sessions, tickers), dtype=CELL)
    cells["cap"] = np.inf
    return cells


def neutral_conditions(sessions: int, tickers: int, rows: int) -> Conditions:
    """Conditions in which nothing costs, limits or decides anything; callers set what they need."""
    return Conditions(
        terms=neutral_terms(),
        tickers=neutral_tickers(tickers),
        cells=neutral_cells(sessions, tickers),
        rebalance=np.zeros(sessions, dtype=np.int8),
        vol=np.full((rows, sessions + 1), NAN),
    )
