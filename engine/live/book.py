"""A book at the closes so far. Nothing ends with the last of them: what no longer prints is held, and orders wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..actions.orders import legs_after
from ..arrays import Floats
from ..backtest.conditions import conditions_of
from ..backtest.kept import prices_of
from ..backtest.neutral import new_record, new_state
from ..backtest.run import SimulationTerms, followed, timed
from ..backtest.schedule import Schedule
from ..kernels.book.loop import simulate
from ..kernels.book.records import Conditions, Orders, Prices, Record, Structs

# Each order is logged once as waiting for each reason at most, and once more as filled.
LINES_AN_ORDER = 4


@brief
@dataclass(frozen=True, eq=False)
class LiveBook:
    """A book through T sessions, as known after each.

    window: the market of those sessions; record: as a backtest has it; accounts: (T,) of ACCOUNT at each close: the
    NAV at the entry, the best P&L since, and whether a trade is on; borrow_annual: (T, N) fee of a short over the
    night after each session; capital_usd: NAV before the first.
    """

    window: Market
    record: Record
    accounts: Structs
    borrow_annual: Floats
    capital_usd: float


def live_book(market: Market, schedule: Schedule, terms: SimulationTerms) -> LiveBook | None:
    """A schedule followed to the market's last session, with what its rules decide; None before its first fill.

    Orders of sessions that have not come yet wait outside. Every session is as a backtest would have it that went on
    after it. Raises LookAheadError for a fill at or before its decision.
    """
    known = schedule.session <= market.sessions[-1]
    if not known.any():
        return None
    now = Schedule(
        schedule.tickers, schedule.decided_at[known], schedule.session[known], schedule.mark[known],
        schedule.weights[known], hindsight=schedule.hindsight,
        joins=None if schedule.joins is None else schedule.joins[known],
    )  # fmt: skip
    now.check_tradable(market)
    start, stop = market.session_index(now.session[0]), len(market.sessions)
    window = market.rows(start, stop)
    prices, timeline = prices_of(window)
    orders = timed(followed(market, start, now.orders(market, start)), timeline)
    legs = legs_after(prices.changes, terms.legs, market.tickers) if len(prices.changes) else terms.legs
    conditions = conditions_of(market, (start, stop), orders.bank, terms.costs, terms.account, terms.rules, legs)
    return followed_on(window, prices, orders, conditions._replace(last=-1), terms.account.capital_usd)


def followed_on(window: Market, prices: Prices, orders: Orders, conditions: Conditions, capital: float) -> LiveBook:
    """The book of orders at every close of a window, whose `conditions` end with none of them."""
    sessions, tickers = len(prices.days), prices.marks.shape[2]
    flows = len(prices.flows) > 0 or len(prices.changes) > 0
    room = LINES_AN_ORDER * tickers * (len(orders.rows) + sessions)
    record = new_record(sessions, tickers, log=room, cash_flows=flows)
    accounts, logged = np.zeros(sessions, dtype=new_state(1, 0.0).account.dtype), 0
    for stop in range(1, sessions + 1):
        # The account's own figures are those of the last session that was run, so each session ends a run of its own.
        state = new_state(tickers, capital)
        last = new_record(sessions, tickers, log=room, cash_flows=flows) if stop < sessions else record
        logged = simulate(prices, orders, conditions, state, last, 0, stop)
        accounts[stop - 1] = state.account[0]
    cells = conditions.cells["borrow"]
    borrow = np.broadcast_to(cells, (sessions, tickers)) if len(cells) == 1 else cells
    return LiveBook(window, record._replace(lines=record.lines[:logged]), accounts, np.array(borrow), capital)
