"""Runs the kernel on the oracle's own inputs, so that both can be held against each other."""

from __future__ import annotations

import numpy as np

from hedgebook.engine.backtest import new_record, new_state
from hedgebook.engine.kernels.loop import simulate
from hedgebook.engine.kernels.records import Orders, Prices, Record, Terms

from .simulator import OracleInput


def run_kernel(case: OracleInput, *, log: int = 5000) -> Record:
    """The kernel's record of a case; the log is cut to what was written."""
    sessions, tickers = len(case.dates), len(case.half_spread)
    record = new_record(sessions, tickers, log=log)
    state = new_state(tickers, case.capital)
    logged = simulate(_prices(case), _orders(case, tickers), _terms(case), state, record)
    assert logged <= log
    return record._replace(
        order_codes=record.order_codes[:logged], order_values=record.order_values[:logged]
    )


def _prices(case: OracleInput) -> Prices:
    ordinals = np.array([day.toordinal() for day in case.dates], dtype=np.float64)
    return Prices(
        marks=np.array([case.opens, case.closes], dtype=np.float64),
        days=np.diff(ordinals, prepend=ordinals[:1]),
    )


def _orders(case: OracleInput, tickers: int) -> Orders:
    rows = case.rows
    return Orders(
        session=np.array([row.session for row in rows], dtype=np.int64),
        mark=np.array([row.mark for row in rows], dtype=np.int64),
        row=np.arange(len(rows), dtype=np.int64),
        scale=np.array([row.scale for row in rows], dtype=np.float64),
        bank=np.array([row.weights for row in rows], dtype=np.float64).reshape(len(rows), tickers),
    )


def _terms(case: OracleInput) -> Terms:
    return Terms(
        half_spread=np.array(case.half_spread, dtype=np.float64),
        slippage=np.array(case.slippage, dtype=np.float64),
        impact=np.array(case.impact_coef, dtype=np.float64),
        borrow=np.array(case.borrow, dtype=np.float64),
        commission=case.commission,
        cash_rate=case.cash_rate,
        margin_rate=case.margin_rate,
        max_stale=case.max_stale,
    )
