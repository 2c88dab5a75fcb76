"""Runs of options beside stock: one loop, one account, one ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hedgebook.errors import AccountingError, ParameterError
from hedgebook.universes.calendar import as_day
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.checks import ACCOUNT, COSTS, DAY, MARKET, maybe, takes
from hedgebook.universes.market import Market

from ..account import Account, load_account
from ..account.margin import OnMarginCall
from ..actions.orders import flows_and_changes
from ..arrays import Floats, Ints
from ..backtest.flows import CashFlows
from ..backtest.holdings import Holdings
from ..backtest.kept import Asked, kept_span
from ..backtest.neutral import neutral_cells, neutral_tickers, new_record, new_state
from ..backtest.result import identity_gap
from ..backtest.run import IDENTITY_TOLERANCE_FRAC, followed
from ..backtest.schedule import Schedule
from ..backtest.timeline import NO_FLOWS, prices_at
from ..frictions.costs import Costs, load_costs
from ..kernels.book.listed import AfterExercise, listed
from ..kernels.book.loop import simulate
from ..kernels.book.records import ORDER, Conditions, Orders, Prices, Record, State, Structs
from ..options.marks import Marks
from ..rules import Rules
from .beside import BESIDE, StockBeside
from .columns import Columns, Span, columns_of, contract_changes, exercises_of, quotes_of, trades_of, wide
from .result import OptionRun
from .trades import CONTRACT_SHARES, MARKS, TERMS, OptionTerms, OptionTrade, Trades, checked, contracts_of, name_of

# Contracts by number, below zero where sold.
Held = Mapping[Listed, float]


@takes(market=MARKET, marks=MARKS, costs=COSTS, account=ACCOUNT, terms=TERMS, beside=BESIDE, until=maybe(DAY))
def run_options(
    market: Market,
    trades: Any,
    marks: Marks,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    terms: OptionTerms = OptionTerms(),  # noqa: B008 - frozen
    beside: StockBeside = StockBeside(),  # noqa: B008 - frozen
    until: Any = None,
) -> OptionRun:
    """Simulate trades in options and shares from the session of the first to `until` (default: the last session).

    trades: a list of OptionTrade; marks: where contracts are marked, e.g. ModelMarks(market); costs, account: as in
    `run_schedule`; terms: commission and exercise of options; beside: a schedule of stock in the same account with its
    rules and legs, shares that are held already, cash flows. Contracts are marked at mid at each open and close, buy at
    the ask, sell at the bid, end at expiry by exercise, assignment or worthless, are exercised early before a dividend
    that is worth it, and follow splits. Rules that end the trade of the schedule close contracts too.
    Raises ParameterError for markets of several exchanges, accounts that cut positions, trades after expiry and days
    without a session; PriceDataError for tickers without prices; AccountingError when P&L does not add up.
    """
    asked = checked(trades)
    setting = Setting(load_costs(costs), load_account(account), beside.rules or Rules(), dict(beside.legs), terms)
    setting.check(market, beside.schedule)
    span, start = span_of(market, asked, beside.schedule, until, beside.flows)
    return _run(market, (span, start), asked, marks, setting, beside.schedule, (beside.holdings, {}))


def run_between(
    market: Market, rows: tuple[int, int], trades: Sequence[OptionTrade], marks: Marks, setting: Setting,
    holdings: Holdings | None = None, contracts: Held | None = None,
) -> OptionRun:  # fmt: skip
    """As `run_options` sessions number rows[0] to before rows[1], with trades in options and shares, or none.

    setting: what it obeys, as `run_options` makes it; contracts: held from the close before the first session on, below
    zero where sold, at their marks then. Raises as that does, and for one that has ended by then or has no mark.
    """
    asked = checked(list(trades)) if trades else ()
    setting.check(market, None)
    own = contracts or {}
    opening = opening_marks(market, rows[0] - 1, tuple(own), marks)
    return _run(
        market, (span_between(market, *rows), rows[0]), asked, marks, setting, None,
        (holdings, {one: (own[one], opening[one]) for one in own}),
    )  # fmt: skip


def opening_marks(market: Market, row: int, contracts: Sequence[Listed], marks: Marks) -> dict[Listed, float]:
    """Mids of contracts at the close of a row, USD a share. Raises ParameterError for one that has ended or none."""
    found: dict[Listed, float] = {}
    session = market.sessions[row]
    for one in contracts:
        if np.datetime64(one.expiry, "D") <= session:
            bound = f"an expiry after {session}"
            raise ParameterError("this option has expired", where="holdings", value=str(one), bound=bound)
        found[one] = float(marks.marks([one], np.array([session]), "close").mid[0, 0])
        if not np.isfinite(found[one]):
            remedy = "Begin later, or leave it out."
            what = f"this option has no mark at the close of {session}"
            raise ParameterError(what, where="holdings", value=str(one), remedy=remedy)
    return found


def _run(
    market: Market, at: tuple[Span, int], trades: Trades, marks: Marks, setting: Setting, schedule: Schedule | None,
    held: tuple[Holdings | None, Mapping[Listed, tuple[float, float]]],
) -> OptionRun:  # fmt: skip
    span, start = at
    prepared = prepare(market, span, start, trades, marks, setting, schedule, tuple(held[1]))
    begin = partial(_begin, market, start, prepared.columns, setting.account.capital_usd, held)
    record = prepared.record(begin)
    gap = identity_gap(record, setting.account.capital_usd)
    if not gap <= IDENTITY_TOLERANCE_FRAC:
        raise AccountingError(f"P&L differs from the change of NAV by {gap:.3g} of capital")
    opening = begin()
    return OptionRun(
        market=span.window,
        columns=prepared.columns,
        costs=setting.costs,
        account=setting.account,
        terms=setting.terms,
        record=record,
        prices=prepared.prices,
        start_shares=np.array(opening.book["shares"]),
        start_price=np.array(opening.book["price"]),
        marks_label=str(getattr(marks, "label", "given quotes")),
    )


@dataclass(frozen=True)
class Setting:
    """What a run obeys."""

    costs: Costs
    account: Account
    rules: Rules
    legs: dict[str, str]
    terms: OptionTerms

    def check(self, market: Market, schedule: Schedule | None) -> None:
        """Raise the errors of `run_options` for what it cannot simulate."""
        if market.venues is not None:
            what = "options are simulated on one exchange, and this market has several"
            raise ParameterError(what, where="market", remedy="Load the tickers of one exchange.")
        if self.account.margin.on_call is OnMarginCall.REDUCE:
            what = "an account that cuts positions on a margin call cannot hold contracts, which are whole"
            raise ParameterError(what, where="account", remedy='on_call = "report" or "liquidate".')
        if schedule is not None:
            schedule.check_tradable(market)
        self.costs.check_names(market.universe, market.named)
        self.account.check_names(market.universe, market.named)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A run as the loop takes it; columns: of its contracts."""

    prices: Prices
    orders: Orders
    conditions: Conditions
    columns: Columns
    quotes: Structs
    trades: Structs
    exercises: Structs
    terms: OptionTerms

    def record(self, begin: Callable[[], State]) -> Record:
        """Run the loop, again with a longer log where the first guess was too short."""
        sessions, wide = len(self.prices.days), self.prices.marks.shape[2]
        room = 4 * (wide + len(self.trades)) + 2 * len(self.exercises) + 2 * wide * len(self.orders.rows)
        flow = len(self.prices.flows) > 0 or len(self.prices.changes) > 0
        after = AfterExercise[self.terms.after_exercise.upper()]
        while True:
            record = new_record(sessions, wide, log=room, cash_flows=flow)
            given = listed(self.quotes, self.trades, self.exercises, self.terms.per_contract_usd, after)
            logged = simulate(self.prices, self.orders, self.conditions, begin(), record, 0, sessions, given)
            if logged <= room:
                return record._replace(lines=record.lines[:logged])
            room = logged


def span_of(
    market: Market, trades: Trades, schedule: Schedule | None, until: Any, flows: CashFlows | None
) -> tuple[Span, int]:
    """The sessions that are simulated, and the row of the first."""
    first = min(trade.session for trade in trades)
    last = max(trade.session for trade in trades)
    if schedule is not None:
        first, last = min(first, schedule.session[0]), max(last, schedule.session[-1])
    start = market.session_index(first)
    stop = len(market.sessions) if until is None else market.session_index(until) + 1
    if last > market.sessions[stop - 1]:
        market.session_index(last)
        what = "the simulation would stop before the last trade"
        raise ParameterError(what, where="until", value=str(as_day(until)), bound=f"from {last}")
    return span_between(market, start, stop, flows), start


def span_between(market: Market, start: int, stop: int, flows: CashFlows | None = None) -> Span:
    """Sessions `start` to before `stop` with what happens to shares in them, and what flows to these beside that."""
    kept = kept_span(market, start, stop)
    prices = kept.prices_with(NO_FLOWS if flows is None else flows.records(market, start, stop))
    closes = last_known(market.quoted("open")[:stop], market.quoted("close")[:stop])[start:]
    adjust(closes, kept.window, prices.changes)
    ahead = ahead_of(market, start, stop)
    if flows is not None:
        ahead = np.concatenate([ahead, flows.records(market, start, stop + 1)])
    return Span(kept.window, prices.flows, prices.changes, closes, ahead)


def prepare(
    market: Market,
    span: Span,
    start: int,
    trades: Trades,
    marks: Marks,
    setting: Setting,
    schedule: Schedule | None = None,
    held: tuple[Listed, ...] = (),
) -> Prepared:
    """A run as the loop takes it; held: contracts that are held before the first session."""
    window = span.window
    own = {name_of(one) for one in held}
    contracts = (*held, *(one for one in contracts_of(trades) if name_of(one) not in own))
    columns = columns_of(span, contracts, _first_rows(window, trades, contracts, own), marks)
    stop = start + len(window.sessions)
    kept = kept_span(market, start, stop)
    orders = Orders(np.zeros(0, dtype=ORDER), np.full((1, len(window.tickers)), np.nan))
    if schedule is not None:
        orders = followed(market, start, schedule.orders(market, start), setting.account)
    asked = Asked(setting.costs, setting.account, setting.rules, setting.legs)
    conditions = wide_conditions(kept.conditions_for(market, orders.bank, asked), len(contracts))
    bank = np.concatenate([orders.bank, np.full((len(orders.bank), len(contracts)), np.nan)], axis=1)
    changes = np.concatenate([span.changes, contract_changes(span, columns)])
    prices = prices_at(
        wide(kept.prices.marks, columns), kept.prices.days, span.flows, kept.prices.order.tolist(), changes
    )
    return Prepared(
        prices=prices,
        orders=Orders(orders.rows, np.ascontiguousarray(bank)),
        conditions=conditions,
        columns=columns,
        quotes=quotes_of(columns, len(window.tickers)),
        trades=trades_of(window, trades, columns),
        exercises=exercises_of(span, columns, marks, setting.terms),
        terms=setting.terms,
    )


def wide_conditions(conditions: Conditions, count: int) -> Conditions:
    """Conditions of stocks with `count` contracts beside them, which no rule of shares touches."""
    tickers = neutral_tickers(count)
    # The requirement of the account is that of its shares; that of the whole book is worked out from its structures.
    tickers["house"] = 0.0
    cells = np.concatenate([conditions.cells, neutral_cells(len(conditions.cells), count)], axis=1)
    return conditions._replace(tickers=np.concatenate([conditions.tickers, tickers]), cells=cells)


def _first_rows(
    window: Market, trades: tuple[OptionTrade, ...], contracts: tuple[Any, ...], held: Collection[str] = ()
) -> Ints:
    """(K,): session of the first trade, -1 of what is held before the first, so that a split of that one counts."""
    first = dict.fromkeys(held, -1)
    for trade in trades:
        if not isinstance(trade.what, str):
            t, name = window.session_index(trade.session), name_of(trade.what)
            first[name] = min(t, first.get(name, t))
    return np.array([first[name_of(one)] for one in contracts], dtype=np.int64)


def _begin(
    market: Market, start: int, columns: Columns, capital: float,
    held: tuple[Holdings | None, Mapping[Listed, tuple[float, float]]],
) -> State:  # fmt: skip
    """Cash, and the shares and contracts that are held already."""
    stocks, (holdings, contracts) = len(market.tickers), held
    state = new_state(stocks + len(columns.contracts), capital)
    if holdings is not None:
        shares = holdings.state(market, start, capital)
        state.book[:stocks] = shares.book
        state.account[:] = shares.account
    place = {name: stocks + k for k, name in enumerate(columns.names)}
    for one, (count, mid) in contracts.items():
        i = place[name_of(one)]
        state.book["shares"][i], state.book["price"][i] = count * CONTRACT_SHARES, mid
        state.account["cash"] -= count * CONTRACT_SHARES * mid
    return state


def ahead_of(market: Market, start: int, stop: int) -> Structs:
    """(F,) of FLOW from row `start` to the one after the last: who holds an option knows of tomorrow's dividend."""
    return flows_and_changes(market.rows(start, min(stop + 1, len(market.sessions))))[0]


def last_known(opens: Floats, closes: Floats) -> Floats:
    """(T, N): the last price up to each close, NaN before the first."""
    latest = np.where(np.isfinite(closes), closes, opens)
    rows = np.where(np.isfinite(latest), np.arange(len(latest))[:, None], -1)
    rows = np.maximum.accumulate(rows, axis=0)
    known = np.take_along_axis(latest, np.maximum(rows, 0), axis=0)
    return np.where(rows >= 0, known, np.nan)


def adjust(known: Floats, window: Market, changes: Structs) -> None:
    """Make last known prices those of the shares after a split that nothing has printed since."""
    for change in changes[(changes["keep"] != 0.0) & (changes["keep"] != 1.0)]:
        t, i = int(change["session"]), int(change["ticker"])
        prints = np.isfinite(window.quoted("open")[t:, i]) | np.isfinite(window.quoted("close")[t:, i])
        silent = int(np.argmax(prints)) if prints.any() else len(prints)
        known[t : t + silent, i] /= change["keep"]
