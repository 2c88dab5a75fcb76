"""Backtests: a schedule run through a market."""

from __future__ import annotations

from functools import partial

import numpy as np

from hedgebook.errors import AccountingError, ParameterError
from hedgebook.universes.market import Market

from .account import Account
from .costs import Costs, terms_of
from .kernels.loop import simulate
from .kernels.records import Orders, Prices, Record, State, Status, Terms
from .result import Backtest, identity_gap
from .schedule import Schedule

IDENTITY_TOLERANCE_FRAC = 1e-9


def run_schedule(
    market: Market,
    schedule: Schedule,
    costs: Costs | None = None,
    account: Account | None = None,
    *,
    until: np.datetime64 | str | None = None,
) -> Backtest:
    """Simulate a schedule from the session of its first row to `until` (default: the last session).

    costs: default none; account: default 1,000,000 USD. Raises LookAheadError for a fill at or before its
    decision, ParameterError for fills that the prices cannot carry, AccountingError when P&L does not add up.
    """
    costs, account = costs or Costs(), account or Account()
    schedule.check_tradable(market)
    costs.check_names(market.universe)
    start = market.session_index(schedule.session[0])
    stop = len(market.sessions) if until is None else market.session_index(until) + 1
    if schedule.session[-1] > market.sessions[stop - 1]:
        raise ParameterError(
            "the simulation would stop before the schedule's last row",
            where="until",
            value=str(until),
            bound=f"from {schedule.session[-1]}",
        )
    window = market.rows(start, stop)
    terms = terms_of(costs, market, start, stop, account.max_stale_sessions)
    record = _simulate(prices_of(window), schedule.orders(market, start), terms, account.capital_usd)
    gap = identity_gap(record, account.capital_usd)
    if not gap <= IDENTITY_TOLERANCE_FRAC:
        raise AccountingError(f"P&L differs from the change of NAV by {gap:.3g} of capital")
    return Backtest(
        market=window,
        schedule=schedule,
        costs=costs,
        account=account,
        record=record,
        opening=_session_before(market, start),
        warnings=(*_never_filled(schedule, window, record), *_warnings(window, costs, record, market, start)),
    )


def prices_of(window: Market) -> Prices:
    """A market's marks and calendar days as the kernel takes them."""
    days = np.diff(window.sessions, prepend=window.sessions[:1]).astype("timedelta64[D]").astype(np.float64)
    return Prices(marks=np.stack([window.open, window.close]), days=days)


def new_state(tickers: int, capital_usd: float) -> State:
    """A portfolio that holds nothing but cash."""
    return State(
        shares=np.zeros(tickers),
        price=np.full(tickers, np.nan),
        pending=np.full(tickers, np.nan),
        told=np.zeros(tickers, dtype=np.int64),
        stale=np.zeros(tickers, dtype=np.int64),
        cash=np.array([capital_usd]),
        logged=np.zeros(1, dtype=np.int64),
    )


def _simulate(prices: Prices, orders: Orders, terms: Terms, capital_usd: float) -> Record:
    """Run the kernel, again with a longer log where the first guess was too short."""
    tickers = prices.marks.shape[2]
    run = partial(simulate, prices, orders, terms)
    record = new_record(len(prices.days), tickers, log=2 * tickers * len(orders.session))
    logged = run(new_state(tickers, capital_usd), record)
    if logged > len(record.order_codes):
        record = new_record(len(prices.days), tickers, log=logged)
        run(new_state(tickers, capital_usd), record)
    return record._replace(
        order_codes=record.order_codes[:logged], order_values=record.order_values[:logged]
    )


def new_record(sessions: int, tickers: int, log: int) -> Record:
    """Arrays that keep everything of a simulation, with room for `log` orders."""
    return Record(
        nav=np.zeros((sessions, 2)),
        cash=np.zeros(sessions),
        interest=np.zeros(sessions),
        shares=np.zeros((sessions, tickers)),
        price=np.zeros((sessions, tickers)),
        pnl=np.zeros((sessions, tickers, 7)),
        order_codes=np.zeros((log, 5), dtype=np.int64),
        order_values=np.full((log, 7), np.nan),
    )


def _session_before(market: Market, start: int) -> np.datetime64:
    """The session whose close carries the initial capital; the first one of all stands for itself."""
    session: np.datetime64 = market.sessions[max(start - 1, 0)]
    return session


def _never_filled(schedule: Schedule, window: Market, record: Record) -> tuple[str, ...]:
    """Tickers that were to be held and never traded, so that the portfolio was not the one asked for."""
    columns = np.nan_to_num(schedule.weights).T
    wanted = [ticker for ticker, weights in zip(schedule.tickers, columns, strict=True) if weights.any()]
    traded = {window.tickers[i] for i in record.order_codes[record.order_codes[:, 3] == Status.FILLED, 2]}
    missed = [ticker for ticker in wanted if ticker not in traded]
    return (f"ordered but never filled: {', '.join(missed)}",) if missed else ()


def _warnings(
    window: Market, costs: Costs, record: Record, market: Market, start: int
) -> tuple[str, ...]:
    found = []
    filled = record.order_codes[record.order_codes[:, 3] == Status.FILLED]
    if costs.impact.y > 0 and len(filled):
        known = np.isfinite(costs.impact.coefficients(market, start, start + len(window.sessions)))
        blind = sorted({window.tickers[i] for t, i in filled[:, [0, 2]] if not known[t, i]})
        if blind:
            found.append(f"no volume or volatility history, so no market impact, for {', '.join(blind)}")
    if (record.nav <= 0).any():
        first = window.sessions[int(np.argmax((record.nav <= 0).any(axis=1)))]
        found.append(f"NAV fell to zero or below on {first}: the capital was lost")
    held = [window.tickers[i] for i in np.flatnonzero(record.shares[-1])]
    if held and np.isfinite(record.shares[-1]).all():
        found.append(f"still held after the last session: {', '.join(held)}")
    return tuple(found)
