"""Runs the kernel on the oracle's own inputs, so that both can be held against each other."""

from __future__ import annotations

import numpy as np

from hedgebook.engine.account.delisting import gone
from hedgebook.engine.backtest.neutral import neutral_conditions, new_record, new_state
from hedgebook.engine.backtest.timeline import prices_at
from hedgebook.engine.kernels.book.loop import simulate
from hedgebook.engine.kernels.book.records import CHANGE, FLOW, ORDER, Conditions, Orders, Prices, Record, Structs

from .inputs import OracleInput


def run_kernel(case: OracleInput, *, log: int = 20_000) -> Record:
    """The kernel's record of a case; the log is cut to what was written."""
    sessions, tickers = len(case.dates), len(case.half_spread)
    record = new_record(sessions, tickers, log=log, cash_flows=len(case.flows) + len(case.changes) > 0)
    logged = simulate(*kernel_inputs(case), new_state(tickers, case.capital), record, 0, sessions)
    return record._replace(lines=record.lines[:logged])


def kernel_inputs(case: OracleInput) -> tuple[Prices, Orders, Conditions]:
    """What the kernel takes of a case, besides the state and the record."""
    return _prices(case), _orders(case), _conditions(case)


def _prices(case: OracleInput) -> Prices:
    ordinals = np.array([day.toordinal() for day in case.dates], dtype=np.float64)
    flows = np.zeros(len(case.flows), dtype=FLOW)
    for k, flow in enumerate(case.flows):
        flows[k] = (flow.session, flow.mark, flow.ticker, flow.usd_per_share)
    changes = np.zeros(len(case.changes), dtype=CHANGE)
    for k, one in enumerate(case.changes):
        into = -1 if one.into is None else one.into
        changes[k] = (one.session, one.mark, one.ticker, into, one.keep, one.given, one.worth, one.cash)
    days = np.diff(ordinals, prepend=ordinals[:1])
    return prices_at(np.array(case.marks, dtype=np.float64), days, flows, case.order, changes)


def _orders(case: OracleInput) -> Orders:
    rows = np.zeros(len(case.rows), dtype=ORDER)
    rows["session"] = [row.session for row in case.rows]
    rows["mark"] = [row.mark for row in case.rows]
    rows["row"] = np.arange(len(rows))
    rows["scale"] = [row.scale for row in case.rows]
    bank = np.array([row.weights for row in case.rows], dtype=np.float64)
    return Orders(rows=rows, bank=bank.reshape(len(rows), len(case.half_spread)))


def _conditions(case: OracleInput) -> Conditions:
    out = neutral_conditions(len(case.dates), len(case.half_spread), max(len(case.rows), 1))
    limits, shorting, margin, rules = case.limits, case.shorting, case.margin, case.rules
    out.tickers["half_spread"], out.tickers["slippage"] = case.half_spread, case.slippage
    out.cells["impact"], out.cells["borrow"] = case.impact_coef, case.borrow
    _set(out.terms, case, "commission", "cash_rate", "margin_rate")
    out.terms["lot"], out.terms["min_order"] = limits.lot, limits.min_order_usd
    out.terms["min_commission"], out.terms["per_share"] = limits.min_commission_usd, limits.commission_per_share_usd
    out.terms["defer_201"], out.terms["margin_action"] = shorting.defer_201, margin.action
    _set(out.terms, margin, "initial_long", "initial_short", "maint_long", "maint_short")
    _set(out.terms, margin, "short_floor", "low_price", "low_frac", "low_floor")
    _set(out.terms, rules, "stop_loss", "take_profit", "trailing_stop", "max_hold", "band", "target_vol")
    _set(out.terms, rules, "max_scale", "derisk_drawdown", "derisk_to")
    out.terms["long_stop"], out.terms["short_stop"] = rules.leg_stop
    for target, name, values in (
        (out.cells, "cap", limits.cap),
        (out.cells, "recall", shorting.recall),
        (out.tickers, "house", margin.house),
        (out.tickers, "leg", rules.leg),
    ):
        if values is not None:
            target[name] = np.array(values)
    if shorting.barred is not None:
        out.cells["barred_open"], out.cells["barred_close"] = np.array(shorting.barred)
    if rules.rebalance is not None:
        out.rebalance[:] = rules.rebalance
    if rules.vol is not None:
        out.vol[:] = np.array(rules.vol)
    _write_offs(case, out)
    return out._replace(last=len(case.dates) - 1)


def _write_offs(case: OracleInput, out: Conditions) -> None:
    sessions, tickers = len(case.dates), len(case.half_spread)
    recovery = np.full(tickers, np.nan) if case.limits.recovery is None else np.array(case.limits.recovery)
    days = case.limits.delisted or [None] * tickers
    delisted = np.array([[day is not None and t >= day for day in days] for t in range(sessions)])
    marks = np.array(case.marks, dtype=np.float64)
    out.tickers["recovery"] = recovery
    out.cells["gone"] = gone(marks, delisted, recovery, case.max_stale)


def _set(terms: Structs, source: object, *names: str) -> None:
    for name in names:
        terms[name] = getattr(source, name)
