"""Backtests: a schedule run through a market."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from hedgebook.errors import AccountingError, ParameterError
from hedgebook.universes.checks import (
    ACCOUNT,
    CASH_FLOWS,
    COSTS,
    DAY,
    HOLDINGS,
    MARKET,
    RULES,
    SCHEDULE,
    Kind,
    maybe,
    takes,
)
from hedgebook.universes.market import Market

from ..account import Account, load_account
from ..actions.orders import flows_and_changes, follow, legs_after
from ..arrays import Floats
from ..exchanges.financing import check_paid_locally, interest_flows, paid_locally
from ..exchanges.parts import check_reach, in_parts
from ..exchanges.timeline import Timeline, own_nights
from ..frictions.costs import Costs, load_costs
from ..kernels.book.loop import simulate
from ..kernels.book.records import Conditions, Orders, Prices, Record, State
from ..rules import Rules
from .conditions import conditions_of
from .flows import CashFlows
from .holdings import Holdings
from .kept import Asked, kept_span, prices_of
from .neutral import new_record, new_state
from .participation import adv_of_fills, participation_of
from .result import Backtest, identity_gap
from .schedule import Schedule
from .stale import stale_positions, stale_warnings
from .timeline import NO_FLOWS

IDENTITY_TOLERANCE_FRAC = 1e-9
LEGS = Kind(
    '"long" or "short" by ticker',
    lambda legs: isinstance(legs, dict) and all(isinstance(x, str) and x in ("long", "short") for x in legs.values()),
)


@dataclass(frozen=True)
class SimulationTerms:
    """Everything that a schedule is simulated under; legs: "long" or "short" by ticker, for stops of a leg."""

    costs: Costs = field(default_factory=Costs)
    account: Account = field(default_factory=Account)
    rules: Rules = field(default_factory=Rules)
    legs: dict[str, str] = field(default_factory=dict)


@takes(
    market=MARKET,
    schedule=SCHEDULE,
    costs=COSTS,
    account=ACCOUNT,
    rules=maybe(RULES),
    legs=maybe(LEGS),
    holdings=maybe(HOLDINGS),
    until=maybe(DAY),
    flows=maybe(CASH_FLOWS),
)
def run_schedule(
    market: Market,
    schedule: Schedule,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    rules: Rules | None = None,
    legs: dict[str, str] | None = None,
    holdings: Holdings | None = None,
    until: np.datetime64 | str | None = None,
    flows: CashFlows | None = None,
) -> Backtest:
    """Simulate a schedule on a market from the session of its first row to `until` (default: the last session).

    costs: "default", "none", a TOML file or a value; account: "plain" (1,000,000 USD, nothing enforced, margin calls
    reported), "strict", "none", a TOML file or a value; rules: default none; legs: "long" or "short" by ticker, for
    stops of a leg; holdings: shares held from the close before the first session, default none, with the account's
    capital as the NAV of shares and cash together; flows: cash per share beside raw prices, default none, with a cause
    of their own in the P&L. Raises LookAheadError for a fill at or before its decision, ParameterError for fills that
    the prices cannot carry and flows on days without a session, PriceDataError for flows of tickers without prices,
    AccountingError when P&L does not add up.
    """
    setting = SimulationTerms(load_costs(costs), load_account(account), rules or Rules(), legs or {})
    schedule.check_tradable(market)
    setting.costs.check_names(market.universe, market.named)
    setting.account.check_names(market.universe, market.named)
    start = market.session_index(schedule.session[0])
    stop = stop_row(market, schedule, until)
    kept = kept_span(market, start, stop)
    window, changes = kept.window, kept.prices.changes
    check_reach(schedule, market, stop)
    check_paid_locally(market, setting.account.currency_hedge_frac, setting.rules)
    orders = followed(market, start, schedule.orders(market, start), setting.account)
    money = money_of(market, orders, holdings)
    orders = timed(orders, kept.timeline)
    legs = legs_after(changes, setting.legs, market.tickers) if len(changes) else setting.legs
    asked = Asked(setting.costs, setting.account, setting.rules, legs)
    conditions = kept.conditions_for(market, orders.bank, asked)
    capital = setting.account.capital_usd
    begin = partial(new_state, len(market.tickers), capital)
    if holdings is not None:
        begin = partial(holdings.state, market, start, capital)
    paid = NO_FLOWS if flows is None else flows.records(market, start, stop)
    paid = paid if kept.timeline is None else kept.timeline.at_opens(paid)
    if money:
        paid = np.concatenate([paid, interest_flows(window, kept.prices, kept.timeline, setting.costs)])
    prices = kept.prices_with(paid)
    record = _simulate(prices, orders, conditions, begin)
    if kept.timeline is not None:
        record = kept.timeline.labelled(record)
        own_nights(record, window, changes, begin())
    gap = identity_gap(record, capital)
    if not gap <= IDENTITY_TOLERANCE_FRAC:
        raise AccountingError(f"P&L differs from the change of NAV by {gap:.3g} of capital")
    return Backtest(
        market=kept.window,
        prices=market,
        start=start,
        schedule=schedule,
        costs=setting.costs,
        account=setting.account,
        rules=setting.rules,
        record=record,
        flows=prices.flows,
        changes=prices.changes,
        **_start(begin, holdings),
    )


def _start(begin: Callable[[], State], holdings: Holdings | None) -> dict[str, Floats]:
    """What a backtest is told of shares that were held before it."""
    if holdings is None:
        return {}
    book = begin().book
    return {"start_shares": np.array(book["shares"]), "start_price": np.array(book["price"])}


def fill_notes(market: Market, span: tuple[int, int], orders: Orders, setting: SimulationTerms) -> tuple[str, ...]:
    """What a run of orders over rows `span` of a market says of halts, write-offs and orders against volume.

    orders: sessions counted from the first of those rows. For sets of a sweep, of which only figures are kept.
    """
    start, stop = span
    window, account = market.rows(start, stop), setting.account
    prices, timeline = prices_of(window)
    orders = timed(followed(market, start, orders, account), timeline)
    conditions = conditions_of(market, span, orders.bank, setting.costs, account, setting.rules, setting.legs)
    begin = partial(new_state, len(market.tickers), account.capital_usd)
    record = _simulate(prices, orders, conditions, begin)
    record = record if timeline is None else timeline.labelled(record)
    stale = stale_positions(market, start, window, record, account.delisting)
    adv_usd = adv_of_fills(market, start, record, setting.costs.impact.window_sessions)
    return (
        *stale_warnings(market, window, record, account, stale),
        *participation_of(window, record, adv_usd).warnings(),
    )


def followed(market: Market, start: int, orders: Orders, account: Account) -> Orders:
    """Orders, sessions counted from row `start`, whose weights follow what became of their tickers till then, with the
    money that an account owes and owns abroad."""
    if market.quotes is not None:
        _, changes = flows_and_changes(market)
        changes["session"] -= start
        orders = Orders(*follow(orders.rows, orders.bank, changes))
    return paid_locally(orders, market, account.currency_hedge_frac)


def money_of(market: Market, orders: Orders, holdings: Holdings | None) -> bool:
    """Whether a run may hold money in another currency, so that it earns interest."""
    columns = list(market.currency_columns.values())
    wanted = bool((np.nan_to_num(orders.bank[:, columns]) != 0.0).any())
    return wanted or (holdings is not None and any(name in market.currency_columns for name in holdings.shares))


def timed(orders: Orders, timeline: Timeline | None) -> Orders:
    """Orders at the marks of each ticker's exchange; themselves where there is one exchange."""
    return orders if timeline is None else Orders(*in_parts(orders.rows, orders.bank, timeline))


def stop_row(market: Market, schedule: Schedule, until: np.datetime64 | str | None) -> int:
    """The row after the last simulated session."""
    stop = len(market.sessions) if until is None else market.session_index(until) + 1
    if schedule.session[-1] > market.sessions[stop - 1]:
        raise ParameterError(
            "the simulation would stop before the schedule's last row",
            where="until",
            value=str(until),
            bound=f"from {schedule.session[-1]}",
        )
    return stop


def _simulate(prices: Prices, orders: Orders, conditions: Conditions, begin: Callable[[], State]) -> Record:
    """Run the kernel, again with a longer log where the first guess was too short."""
    sessions, tickers = len(prices.days), prices.marks.shape[2]
    flow = len(prices.flows) > 0 or len(prices.changes) > 0
    record = new_record(sessions, tickers, log=_likely_lines(orders, tickers), cash_flows=flow)
    logged = simulate(prices, orders, conditions, begin(), record, 0, sessions)
    if logged > len(record.lines):
        record = new_record(sessions, tickers, log=logged, cash_flows=flow)
        simulate(prices, orders, conditions, begin(), record, 0, sessions)
    return record._replace(lines=record.lines[:logged])


def _likely_lines(orders: Orders, tickers: int) -> int:
    """How many lines a log may need: one for each that may find or leave a position, and some for rules and waits."""
    wanted = np.abs(orders.bank[orders.rows["row"]]) > 0.0  # not where a ticker is left alone
    wanted[1:] |= wanted[:-1]
    return 4 * tickers + int(1.25 * wanted.sum())
