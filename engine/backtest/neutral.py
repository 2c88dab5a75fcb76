"""Where simulations start and what they leave: fresh states, records and conditions without effect."""

from __future__ import annotations

import numpy as np

from ..kernels.book.records import ACCOUNT, CELL, DAY, LINE, POSITION, TERMS, TICKER, Conditions, Record, State, Structs

NAN = float("nan")
ORDER_AMOUNTS = ("shares", "reference", "price", "commission", "spread", "slippage", "impact")
# What holds where nothing is asked for: no cost, no limit, no margin, no rule. The margin numbers are those of
# Regulation T and FINRA rule 4210(c), without effect while the action is off.
NEUTRAL_TERMS = {
    "commission": 0.0,
    "min_commission": 0.0,
    "cash_rate": 0.0,
    "margin_rate": 0.0,
    "lot": 0,
    "min_order": 0.0,
    "defer_201": 0,
    "margin_action": 0,
    "initial_long": 0.5,
    "initial_short": 0.5,
    "maint_long": 0.25,
    "maint_short": 0.30,
    "short_floor": 5.0,
    "low_price": 5.0,
    "low_frac": 1.0,
    "low_floor": 2.5,
    "stop_loss": NAN,
    "take_profit": NAN,
    "trailing_stop": NAN,
    "long_stop": NAN,
    "short_stop": NAN,
    "max_hold": 0,
    "band": NAN,
    "target_vol": NAN,
    "max_scale": 1.0,
    "derisk_drawdown": NAN,
    "derisk_to": 1.0,
}


def new_state(tickers: int, capital_usd: float) -> State:
    """A portfolio that holds nothing but cash."""
    book = np.zeros(tickers, dtype=POSITION)
    book["price"] = book["pending"] = NAN
    account = np.zeros(1, dtype=ACCOUNT)
    account["cash"] = capital_usd
    account["scale"] = account["base"] = 1.0
    return State(book=book, account=account)


def new_record(sessions: int, tickers: int, log: int) -> Record:
    """Arrays that keep everything of a simulation, with room for `log` orders."""
    lines = np.zeros(log, dtype=LINE)
    for name in ORDER_AMOUNTS:
        lines[name] = NAN
    return Record(
        days=np.zeros(sessions, dtype=DAY),
        shares=np.zeros((sessions, tickers)),
        price=np.zeros((sessions, tickers)),
        pnl=np.zeros((sessions, tickers, 7)),
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
