"""A book at the closes so far. Nothing ends with the last of them: what no longer prints is held, and orders wait."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..backtest.conditions import conditions_of
from ..backtest.kept import financed
from ..backtest.neutral import new_record, new_state
from ..backtest.run import SimulationTerms, followed
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


def check_followable(market: Market) -> None:
    """Raise ParameterError for prices of several exchanges, and for raw ones with corporate actions beside them."""
    if market.venues is not None:
        raise ParameterError(
            "a trade can be followed on prices of one exchange", where=market.provenance.source,
            value=", ".join(market.venues.names), remedy="Give prices of tickers of one exchange.",
        )  # fmt: skip
    if market.quotes is not None:
        what = "a trade can be followed on adjusted prices, without corporate actions beside them"
        raise ParameterError(what, where=market.provenance.source, remedy="Load the prices without actions.")


def live_book(market: Market, schedule: Schedule, terms: SimulationTerms) -> LiveBook | None:
    """A schedule followed to the market's last session, with what its rules decide; None before its first fill.

    Orders of sessions that have not come yet wait outside. Every session is as a backtest would have it that went on
    after it. Raises LookAheadError for a fill at or before its decision, ParameterError as `check_followable`.
    """
    check_followable(market)
    known = schedule.session <= market.sessions[-1]
    if not known.any():
        return None
    cut = {name: getattr(schedule, name)[known] for name in ("decided_at", "session", "mark", "weights")}
    now = replace(schedule, **cut)
    now.check_tradable(market)
    start, stop = market.session_index(now.session[0]), len(market.sessions)
    orders = followed(market, start, now.orders(market, start), terms.account)
    window = market.rows(start, stop)
    prices, _ = financed(window, terms.costs)
    conditions = conditions_of(market, (start, stop), orders.bank, terms.costs, terms.account, terms.rules, terms.legs)
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
