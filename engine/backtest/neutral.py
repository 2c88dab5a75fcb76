"""Where simulations start and what they leave: fresh states, records and conditions without effect."""

from __future__ import annotations

import numpy as np

from ..account.margin import MarginRules, OnMarginCall
from ..blank import zeros
from ..kernels.book import records
from ..kernels.book.records import NAN, Cause, Conditions, Record, State, Structs


def new_state(tickers: int, capital_usd: float) -> State:
    """A portfolio that holds nothing but cash."""
    book = np.zeros(tickers, dtype=records.POSITION)
    book["price"] = book["pending"] = NAN
    account = np.zeros(1, dtype=records.ACCOUNT)
    account["cash"] = capital_usd
    account["scale"] = account["base"] = 1.0
    return State(book=book, account=account)


def new_record(sessions: int, tickers: int, log: int, *, with_pnl: bool = True, cash_flows: bool = False) -> Record:
    """Arrays that keep everything of a simulation, P&L by cause where it is wanted, with room for `log` orders.

    Shares and prices are those of the sessions that are simulated; before that they may be anything.
    """
    causes = len(Cause) if cash_flows else int(Cause.CASH_FLOW)
    # Lines are written as a whole as orders come; those beyond the count that the kernel gives back mean nothing.
    held, logged = sessions * tickers, log * records.LINE.itemsize // 8
    pnl, rest = zeros((sessions if with_pnl else 0, tickers, causes), unset=2 * held + logged)
    shares, price = rest[: 2 * held].reshape(2, sessions, tickers)
    return Record(
        days=np.zeros(sessions, dtype=records.DAY),
        shares=shares,
        price=price,
        pnl=pnl,
        lines=rest[2 * held :].view(records.LINE),
    )


def neutral_terms() -> Structs:
    """(1,) of TERMS under which nothing costs, limits or decides anything: no margin call either."""
    terms = np.zeros(1, dtype=records.TERMS)
    values = {term.name: term.neutral for term in (*records.COST_TERMS, *records.RULE_TERMS)}
    for name, value in (values | MarginRules(on_call=OnMarginCall.OFF).terms).items():
        terms[name] = value
    return terms


def neutral_tickers(tickers: int) -> Structs:
    """(N,) of TICKER that cost nothing and stand in no leg."""
    each = np.zeros(tickers, dtype=records.TICKER)
    each["house"], each["recovery"], each["share_fee"] = 1.0, NAN, 1.0
    each["leg"] = -1
    return each


def neutral_cells(sessions: int, tickers: int) -> Structs:
    """(T, N) of CELL that cost, bar and cap nothing."""
    cells = np.zeros((sessions, tickers), dtype=records.CELL)
    cells["cap"] = np.inf
    return cells


def neutral_conditions(sessions: int, tickers: int, rows: int) -> Conditions:
    """Conditions in which nothing costs, limits or decides anything; callers set what they need."""
    return Conditions(
        terms=neutral_terms(),
        tickers=neutral_tickers(tickers),
        cells=neutral_cells(sessions, tickers),
        rebalance=np.zeros(sessions, dtype=np.int8),
        vol=np.zeros((rows, sessions + 1)),
    )
