"""What is fixed when a journal is opened: of a trade on paper, or of own fills."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import SimulationTerms
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.live.alarm import LONGEST_LIFE_SESSIONS
from hedgebook.engine.live.fills import OwnFill
from hedgebook.engine.rules import Rules
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.calendar import Mark
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, EventLibrary, beside_shipped
from hedgebook.universes.fingerprint.program import version_of
from hedgebook.universes.market import Market

from ..strategy.setting import RunSetting
from ..strategy.strategy import Strategy
from ..ticket.forecast import Forecast
from ..ticket.limits import GREEK_KINDS, KINDS
from ..trade.plan import TradePlan
from ..trade.trade import EventTrade
from .ahead import plan_ahead
from .forecast import forecast_of_weights
from .kept import KeptPrices
from .source import with_heirs
from .standing import DESK, LIMITS
from .trade import PAPER, REAL, JournalTrade

# Sessions before the first fill that costs and estimates may look back on.
HISTORY_SESSIONS = 300
# Limits of a ticket that are of its orders and of the past, and that its journal leaves to it.
OF_THE_TICKET = ("factor_beta", "var", "es", "adv", "stress")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


def check_name(name: str) -> str:
    """A name that a journal may have. Raises ParameterError for another."""
    if NAME.fullmatch(name) is None:
        bound = "up to 80 letters, digits, dots, - and _, a letter or digit first"
        raise ParameterError("a journal cannot be named so", where="name", value=name, bound=bound)
    return name


def check_limits(limits: Mapping[str, Any]) -> dict[str, float]:
    """Limits by name, fractions of NAV. Raises ParameterError for an unknown one and what is no bound."""
    found = {}
    for name, value in limits.items():
        if name not in LIMITS:
            raise ParameterError("there is no such limit", where="limit", value=name, remedy=did_you_mean(name, LIMITS))
        try:
            bound = float(value)
        except (TypeError, ValueError):
            bound = -1.0
        if not 0.0 <= bound <= 1000.0:
            what = "this is no bound"
            raise ParameterError(what, where=f"limit {name}", value=value, bound="a fraction of NAV, 0 to 1000")
        found[name] = bound
    return found


def paper_trade(
    strategy: Strategy, setting: RunSetting, name: str, limits: Mapping[str, float]
) -> tuple[JournalTrade, KeptPrices]:
    """A trade on paper as fixed on this market, with the prices before its entry.

    Raises ParameterError for a strategy that decides more than once, and what its plan raises.
    """
    if not isinstance(strategy, EventTrade):
        what = "this strategy decides again and again, and a journal keeps what was decided when it was opened"
        remedy = "Open it for its ticket, whose orders are held as they are, an event trade, or own fills."
        raise ParameterError(what, where=strategy.name, remedy=remedy)
    market = setting.market
    plan = plan_ahead(strategy, market, setting.library, setting.account.max_stale_sessions)
    setting.costs.check_names(market.universe, market.named)
    setting.account.check_names(market.universe, market.named)
    account = setting.funded(strategy.capital).account
    entry = plan.schedule.session[0]
    first = int(np.searchsorted(market.sessions, entry))
    known = int(np.searchsorted(market.sessions, plan.known_at))
    life = min(strategy.hold + 1, LONGEST_LIFE_SESSIONS)
    fan, why = forecast_of_weights(
        name, market, known, plan.weights(), setting.costs, account, sessions=life, first_session=str(entry)
    )
    trade = JournalTrade(
        name=check_name(name),
        title=strategy.title,
        kind=PAPER,
        tickers=_in_order(market, plan.tickers),
        terms=SimulationTerms(setting.costs, account, strategy.rules, plan.sides()),
        universe=market.universe,
        provenance=market.provenance,
        schedule=plan.schedule,
        until=str(plan.until),
        fan=fan,
        limits=dict(limits),
        notes=tuple(str(one) for one in (*plan.warnings, why) if one),
        version=version_of("hedgebook"),
        **_said(strategy, plan),
    )
    return trade, _history(market, trade.tickers, first)


class AsTicket(Protocol):
    """What a journal takes of a ticket."""

    @property
    def strategy(self) -> Strategy: ...
    @property
    def event(self) -> Event | None: ...
    @property
    def as_of(self) -> np.datetime64: ...
    @property
    def entry_session(self) -> np.datetime64: ...
    @property
    def entry_mark(self) -> str: ...
    @property
    def orders(self) -> pd.DataFrame: ...
    @property
    def account(self) -> Account: ...
    @property
    def terms(self) -> Costs: ...
    @property
    def forecast(self) -> Forecast | None: ...


def ticket_trade(
    ticket: AsTicket, market: Market, events: EventLibrary, name: str, limits: Mapping[str, float]
) -> tuple[JournalTrade, KeptPrices]:
    """What a ticket asks for, on paper: its shares, its costs, its account and its forecast.

    Of a strategy that decides again and again the orders are held as they are until the journal is closed. Raises
    ParameterError for prices that cannot be followed.
    """
    strategy = ticket.strategy
    if len(getattr(ticket, "option_orders", ())):
        raise ParameterError(
            "this ticket orders options, and a journal follows shares alone", where=strategy.name,
            remedy="Open one of the ticket without options.",
        )  # fmt: skip
    if not isinstance(strategy, EventTrade):
        return _held_trade(ticket, market, name, limits)
    library = events if ticket.event is None else beside_shipped((ticket.event,), events)
    setting = RunSetting(market.until(ticket.as_of), ticket.terms, ticket.account, library)
    funded = strategy.replaced(capital=ticket.account.capital_usd)
    trade, _ = paper_trade(funded, setting, name, limits)
    # Of a ticket whose book counts, what the trade then has; a table of orders alone has no more than these.
    column = "trade_shares" if "trade_shares" in ticket.orders else "shares"
    orders = ticket.orders[ticket.orders[column].fillna(0.0) != 0.0]
    shares = dict(zip(orders["ticker"].astype(str), orders[column].astype(float), strict=True))
    assert trade.schedule is not None
    shares = _without_money(ticket, shares, trade.schedule.tickers)
    first = int(np.searchsorted(market.sessions, trade.schedule.session[0]))
    fan = trade.fan if ticket.forecast is None else ticket.forecast
    made = replace(
        trade, shares=shares, fan=fan, limits=_bounds(ticket, limits), provenance=market.provenance,
        notes=(*trade.notes, *_not_looked_at(ticket)),
    )  # fmt: skip
    return made, _history(market, trade.tickers, first)


def _without_money(ticket: AsTicket, shares: Mapping[str, float], named: Sequence[str]) -> dict[str, float]:
    """Shares of a ticket less the money abroad that its account adds by itself to what the trade names."""
    money = getattr(ticket, "money", None)
    added = {} if money is None or not len(money) else dict(zip(money["ticker"], money["units"], strict=True))
    left = {t: n - added[t] if t in added and t in named else n for t, n in shares.items()}
    return {t: n for t, n in left.items() if n != 0.0}


def _bounds(ticket: AsTicket, limits: Mapping[str, float]) -> dict[str, Any]:
    """The limits of a journal, and those that its ticket was checked by and that can be looked at every day."""
    desk = getattr(ticket, "asked_limits", None)
    if desk is None:
        return dict(limits)
    left = dict.fromkeys(GREEK_KINDS) if _has_options(ticket) else {}
    return {**limits, DESK: {**desk.model_dump(mode="json"), **left}}


def _has_options(ticket: AsTicket) -> bool:
    """Whether the account of a ticket holds options, which a journal of the ticket's shares does not."""
    return getattr(ticket, "held_options", None) is not None


def _not_looked_at(ticket: AsTicket) -> tuple[str, ...]:
    """Which limits of a ticket its journal does not look at, and why; nothing where it looks at all of them."""
    desk = getattr(ticket, "asked_limits", None)
    asked = [] if desk is None else [kind for kind in KINDS if getattr(desk, kind) is not None]
    past = [kind for kind in asked if kind in OF_THE_TICKET]
    notes = []
    if past:
        notes.append(
            f"limits that are not looked at here: {', '.join(past)}, which are of an order or of the past; the ticket "
            "has them"
        )
    greeks = [kind for kind in asked if kind in GREEK_KINDS]
    if greeks and _has_options(ticket):
        notes.append(
            f"limits that are not looked at here: {', '.join(greeks)}, as this journal follows the shares of the "
            "ticket and not the options of its account; a new ticket has them"
        )
    return tuple(notes)


def _held_trade(
    ticket: AsTicket, market: Market, name: str, limits: Mapping[str, float]
) -> tuple[JournalTrade, KeptPrices]:
    """The orders of a ticket, held as they are: what its strategy decides later cannot be known when it is opened."""
    strategy, orders = ticket.strategy, ticket.orders[ticket.orders["trade_shares"] != 0.0]
    row = market.session_index(ticket.as_of)
    capital = ticket.account.capital_usd
    shares = dict(zip(orders["ticker"].astype(str), orders["trade_shares"].astype(float), strict=True))
    shares = _without_money(ticket, shares, tuple(shares))
    tickers = _in_order(market, tuple(shares))
    at = {str(t): float(price) for t, price in zip(orders["ticker"], orders["reference_usd"], strict=True)}
    schedule = Schedule(
        tickers=tickers,
        decided_at=market.close_at[row : row + 1],
        session=np.array([ticket.entry_session], dtype="datetime64[D]"),
        mark=np.array([Mark.OPEN if ticket.entry_mark == Mark.OPEN.label else Mark.CLOSE], dtype=np.int64),
        weights=np.array([[shares[t] * at[t] / capital for t in tickers]]),
    )
    note = (
        "the orders of the ticket are held as they are until the journal is closed: what the strategy decides later is "
        "not followed; close this journal and open one of a new ticket then"
    )
    trade = JournalTrade(
        name=check_name(name),
        title=strategy.title,
        kind=PAPER,
        tickers=tickers,
        terms=SimulationTerms(
            ticket.terms, ticket.account, strategy.rules, {t: "long" if shares[t] > 0.0 else "short" for t in tickers}
        ),
        universe=market.universe,
        provenance=market.provenance,
        schedule=schedule,
        shares=shares,
        fan=ticket.forecast,
        limits=_bounds(ticket, limits),
        notes=(
            note,
            *(() if ticket.forecast is not None else ("no forecast and no alarm: see the ticket",)),
            *_not_looked_at(ticket),
        ),
        version=version_of("hedgebook"),
    )
    return trade, _history(market, tickers, int(np.searchsorted(market.sessions, ticket.entry_session)))


def real_trade(
    strategy: Strategy | None, setting: RunSetting, name: str, fills: Sequence[OwnFill], limits: Mapping[str, float]
) -> tuple[JournalTrade, KeptPrices]:
    """Own fills as fixed on this market, with the prices before the first of them; strategy: what they are of."""
    market = setting.market
    setting.costs.check_names(market.universe, market.named)
    setting.account.check_names(market.universe, market.named)
    capital = None if strategy is None else strategy.capital
    account = setting.funded(capital).account
    first_day = min(one.session for one in fills)
    first = market.session_index(first_day)
    held: dict[str, float] = {}
    for one in fills:
        if one.session == first_day:
            held[one.ticker] = held.get(one.ticker, 0.0) + one.shares * one.price_usd / account.capital_usd
    plan, why_not = None, ""
    if isinstance(strategy, EventTrade):
        plan = plan_ahead(strategy, market, setting.library, account.max_stale_sessions)
        life = min(strategy.hold + 1, LONGEST_LIFE_SESSIONS)
    else:
        life = LONGEST_LIFE_SESSIONS
        why_not = f"no planned life: the forecast reaches {counted(life, 'session')}"
    fan, why = forecast_of_weights(
        name, market, max(first - 1, 0), held, setting.costs, account, sessions=life, first_session=str(first_day)
    )
    tickers = _in_order(market, (*(one.ticker for one in fills), *(() if plan is None else plan.tickers)))
    trade = JournalTrade(
        name=check_name(name),
        title="Own fills" if strategy is None else strategy.title,
        kind=REAL,
        tickers=tickers,
        terms=SimulationTerms(setting.costs, account, Rules(), _sides(plan, held)),
        universe=market.universe,
        provenance=market.provenance,
        schedule=None if plan is None else plan.schedule,
        until=None if plan is None else str(plan.until),
        fan=fan,
        limits=dict(limits),
        notes=tuple(one for one in (why_not, why) if one),
        version=version_of("hedgebook"),
        **({} if strategy is None else _said(strategy, plan)),
    )
    return trade, _history(market, tickers, first)


def _in_order(market: Market, tickers: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order of the market's columns, so that sums of them are the same to the last bit."""
    return tuple(sorted(set(tickers), key=market.column))


def _sides(plan: TradePlan | None, held: Mapping[str, float]) -> dict[str, str]:
    sides = {} if plan is None else plan.sides()
    return {**{ticker: "long" if weight > 0.0 else "short" for ticker, weight in held.items()}, **sides}


def _said(strategy: Strategy, plan: TradePlan | None) -> dict[str, Any]:
    """Thesis, event and sides of a strategy, where it has them."""
    found: dict[str, Any] = {"idea": dict(strategy.idea)}
    if plan is not None:
        found["event"] = plan.event.model_dump(mode="json")
        found["sides"] = {"long": plan.trade.long, "short": plan.trade.short}
    return found


def _history(market: Market, tickers: Sequence[str], first: int) -> KeptPrices:
    """The sessions before row `first`, at most 300. Raises ParameterError where there is none."""
    start = max(first - HISTORY_SESSIONS, 0)
    if first == 0:
        what = "there is no session before the first fill"
        raise ParameterError(what, where=market.provenance.source, remedy="Give prices that begin earlier.")
    return KeptPrices.of(market, with_heirs(market, tickers), start, min(first, len(market.sessions)))
