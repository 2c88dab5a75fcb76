"""A book at the closes so far. Nothing ends with the last of them: what no longer prints is held, and orders wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ..actions.orders import legs_after
from ..arrays import Flags, Floats
from ..backtest.conditions import conditions_of
from ..backtest.kept import financed, prices_of
from ..backtest.neutral import new_record, new_state
from ..backtest.run import SimulationTerms, followed, money_of
from ..backtest.schedule import Schedule
from ..backtest.timeline import prices_at
from ..exchanges.financing import check_paid_locally
from ..exchanges.parts import in_parts
from ..exchanges.timeline import own_nights
from ..kernels.book.loop import simulate
from ..kernels.book.records import Conditions, Orders, Prices, Record, Structs

# Each order is logged once as waiting for each reason at most, and once more as filled.
LINES_AN_ORDER = 4
ROUNDING_FRAC = 1e-12
NONE_ASKED: Mapping[str, float] = MappingProxyType({})


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


def live_book(
    market: Market, schedule: Schedule, terms: SimulationTerms, *, part_shares: Mapping[str, float] = NONE_ASKED
) -> LiveBook | None:
    """A schedule followed to the market's last session, with what its rules decide; None before its first fill.

    part_shares: by ticker, what a later part of a trade over several exchanges buys of it, or sells where negative, in
    place of a part of NAV.

    Orders of sessions that have not come yet wait outside; of a trade over several exchanges they count as its parts.
    Every session is as a backtest would have it that went on after it. Raises LookAheadError for a fill at or before
    its decision, ParameterError for a stop of one leg beside money that is owed abroad.
    """
    known = schedule.session <= market.sessions[-1]
    if not known.any():
        return None
    now = _rows_of(schedule, known)
    now.check_tradable(market)
    check_paid_locally(market, terms.account.currency_hedge_frac, terms.rules)
    start, stop = market.session_index(now.session[0]), len(market.sessions)
    orders = (now if market.venues is None else schedule).orders(market, start)
    if market.venues is not None:
        orders.rows["session"][~known] = stop - start + np.arange((~known).sum())
    orders = followed(market, start, orders, terms.account)
    window = market.rows(start, stop)
    prices, timeline = financed(window, terms.costs) if money_of(market, orders, None) else prices_of(window)
    if timeline is not None:
        orders = Orders(*in_parts(orders.rows, orders.bank, timeline, waiting=True))
    legs = legs_after(prices.changes, terms.legs, market.tickers)
    conditions = conditions_of(market, (start, stop), orders.bank, terms.costs, terms.account, terms.rules, legs)
    conditions, capital = conditions._replace(last=-1), terms.account.capital_usd
    asked = {market.column(ticker): shares for ticker, shares in part_shares.items()}
    if timeline is not None and asked:
        _ask_for_shares(asked, prices, orders, conditions, capital)
    book = followed_on(window, prices, orders, conditions, capital)
    if timeline is None:
        return book
    record = timeline.labelled(book.record)
    own_nights(record, window, prices.changes, new_state(len(window.tickers), book.capital_usd))
    return replace(book, record=record)


def _ask_for_shares(
    asked: dict[int, float], prices: Prices, orders: Orders, conditions: Conditions, capital: float
) -> None:
    """Make the weights of later parts, in place, those whose targets are the shares asked for by column.

    By the price at the part's mark, or the close where there is none; where there is neither, weights stay.
    """
    for k, order in enumerate(orders.rows[orders.rows["session"] < len(prices.days)]):
        line = orders.bank[order["row"]]
        wanted = [i for i in asked if not np.isnan(line[i]) and line[i] != 0.0]
        if not order["joins"] or not wanted:
            continue
        session, mark = int(order["session"]), int(order["mark"])
        nav = nav_before(prices, Orders(orders.rows[:k], orders.bank), conditions, capital, session, mark)
        for i in wanted:
            later = prices.marks[prices.order[np.flatnonzero(prices.order == mark)[0] :], session, i]
            printed = later[np.isfinite(later) & (later >= 0.0)]
            if len(printed) and nav > 0.0:
                # Rounded down to whole shares where it fills: a part of a trillionth keeps the last one.
                line[i] = asked[i] * float(printed[0]) / nav * (1.0 + ROUNDING_FRAC)


def nav_before(
    prices: Prices, orders: Orders, conditions: Conditions, capital: float, session: int, mark: int
) -> float:
    """NAV at a mark before its orders, by the engine: the session with no price after that mark."""
    tickers = prices.marks.shape[2]
    record = new_record(len(prices.days), tickers, log=0, with_pnl=False)
    seen = known_at(prices, session, mark)
    simulate(seen, orders, conditions, new_state(tickers, capital), record, 0, session + 1)
    return float(record.days["nav_close"][session])


def known_at(prices: Prices, session: int, mark: int) -> Prices:
    """Prices with nothing of a session after one of its marks."""
    place = np.argsort(prices.order)
    marks = prices.marks.copy()
    marks[place > place[mark], session] = np.nan
    flows, changes = (
        rows[~((rows["session"] == session) & (place[rows["mark"]] > place[mark]))]
        for rows in (prices.flows, prices.changes)
    )
    return prices_at(marks, prices.days, flows, tuple(prices.order.tolist()), changes)


def _rows_of(schedule: Schedule, which: Flags) -> Schedule:
    """Some rows of a schedule."""
    cut = {name: getattr(schedule, name)[which] for name in ("decided_at", "session", "mark", "weights")}
    return replace(schedule, **cut, joins=None if schedule.joins is None else schedule.joins[which])


def brings_cash(window: Market) -> bool:
    """Whether cash may come of what is held on a market, today or later: it then has a cause of its own throughout."""
    return window.quotes is not None or window.rates is not None


def followed_on(window: Market, prices: Prices, orders: Orders, conditions: Conditions, capital: float) -> LiveBook:
    """The book of orders at every close of a window, whose `conditions` end with none of them."""
    sessions, tickers = len(prices.days), prices.marks.shape[2]
    flows = len(prices.flows) > 0 or brings_cash(window)
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
