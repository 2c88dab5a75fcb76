"""What a strategy would trade next, from what is known at a close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import EventError, ParameterError
from hedgebook.universes.calendar import Mark, as_day, as_utc, row_before, row_up_to, trading_calendar
from hedgebook.universes.event import Event, Timing, event_calendar
from hedgebook.universes.market import Market

from ..book.file import Book
from ..book.with_options import shares_alone
from ..strategy.given import planned
from ..strategy.plan import Plan
from ..strategy.setting import RunSetting
from ..strategy.span import Span
from ..strategy.strategy import Strategy
from ..trade.plan import plan_trade
from ..trade.trade import EventTrade
from .entry import entry_rows
from .forecast import LONGEST_SESSIONS
from .known import carried_market, counted_days, known_market

SPARE_SESSIONS = 3


@dataclass(frozen=True, eq=False)
class Planned:
    """A strategy planned on the sessions ahead, in which prices stand still, and simulated there.

    row: of the close that everything is known at, in `known` and in `carried` alike; run: from the first session ahead
    on, in whole shares; held: shares of a book that count towards what the plan wants, which the run begins with; life:
    sessions from the first order to the end of the plan, at most 60; whole_life: without that bound, None where the
    plan has no end.
    """

    strategy: Strategy
    event: Event | None
    known: Market
    carried: Market
    row: int
    plan: Plan
    run: Backtest
    held: Mapping[str, float]
    life: int
    whole_life: int | None
    notes: tuple[str, ...]

    @property
    def as_of(self) -> np.datetime64:
        """The session of that close."""
        session: np.datetime64 = self.known.sessions[self.row]
        return session


@dataclass(frozen=True, eq=False)
class _Sized:
    """The capital that a plan is sized on, None = the strategy's own, and the book that counts towards it."""

    capital_usd: float | None
    counted: Book | None


def plan_ticket(
    strategy: Strategy, setting: RunSetting, capital_usd: float | None, as_of: date | np.datetime64 | str | None,
    counted: Book | None = None,
) -> Planned:  # fmt: skip
    """Plan a strategy at the close of `as_of`: None = the last close before its news, or the last one of the prices.

    counted: a book whose shares count towards what the plan wants of their tickers, None = nothing is held before.
    Raises an InputError for a day without known prices, for one at which the trade has been entered already, and for
    what cannot be planned.
    """
    if isinstance(strategy, EventTrade):
        if strategy.hindsight:
            raise ParameterError("a trade in hindsight cannot be put on", where="hindsight", remedy="Leave it out.")
        return _event_ticket(strategy, setting, _Sized(capital_usd, counted), as_of)
    row = _row(setting.market, as_of)
    known = known_market(setting.market, row)
    carried = carried_market(known, LONGEST_SESSIONS + SPARE_SESSIONS, setting.account.max_stale_sessions)
    first = carried.sessions[row + 1]
    plan = _from(first, planned(strategy, carried, setting.events), carried, strategy.name)
    return _simulated(strategy, None, setting, _Sized(capital_usd, counted), known, carried, plan, ())


def _from(first: np.datetime64, plan: Plan, carried: Market, name: str) -> Plan:
    """What a plan wants held from a session on. Raises ParameterError where it wants nothing."""
    try:
        return Span(start=first).cut(plan, carried)
    except ParameterError as problem:
        if problem.where not in ("start", "start, until"):
            raise
        raise ParameterError(
            "it holds nothing and orders nothing next", where=name, value=f"from {first} on",
            remedy="Give another day with --as-of, as_of=, or other parameters.",
        ) from None  # fmt: skip


def _event_ticket(
    trade: EventTrade, setting: RunSetting, size: _Sized, as_of: date | np.datetime64 | str | None
) -> Planned:
    market, notes = setting.market, list[str]()
    event = setting.library.get(trade.event)
    known_at = row_before(market.close_at, as_utc(event.known_by(event_calendar(event))))
    fill = event.first_fill(event_calendar(event))
    row = _row(market, as_of) if as_of is not None else known_at
    if row < 0 or known_at < 0:
        raise EventError(
            f"the prices begin after the news of {event.id}",
            where=market.provenance.source,
            value=f"news of {event.announced_on}, prices from {market.sessions[0]}",
            bound="a close before the news",
        )
    entry = _entry_of(fill.session, trade.delay)
    if market.sessions[row] >= entry:
        raise ParameterError(
            f"{trade.name} was entered by then",
            where="as_of",
            value=str(market.sessions[row]),
            bound=f"before its entry on {entry}",
            remedy="Give an earlier day, another event, or a longer delay.",
        )
    known = known_market(market, row)
    placed = event
    if row < known_at or (row == len(market.sessions) - 1 and row == known_at and _gap(known, fill.session) > 1):
        placed = event.model_copy(
            update={"announced_on": market.sessions[row].item(), "timing": Timing.AFTER_CLOSE, "announced_at": None}
        )
        notes.append(
            f"the news of {event.id} is of {event.announced_on} and not out at the close of {market.sessions[row]}: "
            "this is the ticket as if it came after that close"
        )
    ahead = trade.delay + trade.hold + SPARE_SESSIONS + max(0, known_at - row)
    carried = carried_market(known, max(ahead, SPARE_SESSIONS), setting.account.max_stale_sessions)
    plan = plan_trade(trade, placed, carried)
    return _simulated(trade, event, setting, size, known, carried, plan, tuple(notes))


def _entry_of(session: np.datetime64, delay: int) -> np.datetime64:
    """The session `delay` sessions of the usual exchange after one."""
    year = int(str(session)[:4])
    days = trading_calendar(year, year + 1 + delay // 250).sessions
    found: np.datetime64 = days[int(np.searchsorted(days, session)) + delay]
    return found


def _gap(known: Market, session: np.datetime64) -> int:
    """How many sessions of the usual exchange lie after the market's last one up to `session`."""
    last = known.sessions[-1]
    days = trading_calendar(int(str(last)[:4]), int(str(session)[:4]) + 1).sessions
    return int(((days > last) & (days <= session)).sum())


def _simulated(
    strategy: Strategy, event: Event | None, setting: RunSetting, size: _Sized, known: Market, carried: Market,
    plan: Plan, notes: tuple[str, ...],
) -> Planned:  # fmt: skip
    row = len(known.sessions) - 1
    entry = carried.session_index(plan.entry_session)
    last = len(carried.sessions) - 1 if plan.until is None else carried.session_index(plan.until)
    held = strategy.rules.max_hold
    last = last if held is None else min(last, entry + held)
    ends = plan.until is not None or held is not None
    planned_life = max(len(counted_days(carried, entry, last + 1)), 1)
    life = min(planned_life, LONGEST_SESSIONS)
    sized = size.capital_usd if size.capital_usd is not None else strategy.capital
    counted = _held_of_plan(size.counted, known, plan, hedged=bool(setting.account.currency_hedge_frac))
    whole = setting.account.model_copy(
        update={"orders": setting.account.orders.model_copy(update={"whole_shares": True})}
    )
    terms = replace(
        setting, market=carried, account=_of_capital(whole, sized), holdings=Holdings(counted) if counted else None
    )
    run = _run_until(terms, strategy, plan, last)
    return Planned(
        strategy, event, known, carried, row, plan, run, counted, life, planned_life if ends else None,
        (*plan.warnings, *notes, *parts_later(plan.schedule)),
    )  # fmt: skip


def _run_until(terms: RunSetting, strategy: Strategy, plan: Plan, last: int) -> Backtest:
    """The plan as it is held up to session number `last`: what it wants after that is never ordered."""
    kept = plan.schedule.session <= terms.market.sessions[last]
    rows = {name: getattr(plan.schedule, name)[kept] for name in ("decided_at", "session", "mark", "weights")}
    joins = None if plan.schedule.joins is None else plan.schedule.joins[kept]
    schedule = replace(plan.schedule, **rows, joins=joins)
    return terms.run(schedule, rules=strategy.rules, legs=plan.sides(), until=terms.market.sessions[last])


def without_shares(planned: Planned, tickers: Sequence[str], setting: RunSetting) -> Planned:
    """The same plan, sized as it was, that orders no shares of some tickers."""
    weights = planned.plan.schedule.weights.copy()
    weights[:, [i for i, ticker in enumerate(planned.plan.schedule.tickers) if ticker in tickers]] = np.nan
    plan = replace(planned.plan, schedule=replace(planned.plan.schedule, weights=weights))
    terms = replace(
        setting, market=planned.carried, account=planned.run.account,
        holdings=Holdings(dict(planned.held)) if planned.held else None,
    )  # fmt: skip
    last = planned.carried.session_index(planned.run.sessions[-1].to_numpy())
    return replace(planned, plan=plan, run=_run_until(terms, planned.strategy, plan, last))


def parts_later(schedule: Schedule) -> tuple[str, ...]:
    """A note for each further part of the trade that is entered first, on an exchange with hours of its own."""
    if schedule.joins is None:
        return ()
    notes = []
    for row in np.flatnonzero(schedule.joins & entry_rows(schedule)).tolist():
        weights = schedule.weights[row]
        asked = [t for t, w in zip(schedule.tickers, weights.tolist(), strict=True) if np.isfinite(w) and w != 0.0]
        if asked:
            notes.append(
                f"{', '.join(asked)}: entered later, at the {Mark(int(schedule.mark[row])).name.lower()} of "
                f"{schedule.session[row]} by the hours of its own exchange; until then the trade is less hedged than "
                "these figures, which are of all its parts"
            )
    return tuple(notes)


def _held_of_plan(book: Book | None, known: Market, plan: Plan, *, hedged: bool) -> dict[str, float]:
    """Shares of a book of the tickers that the plan's first orders are of; hedged: and of the money in which those
    abroad are paid for."""
    if book is None:
        return {}
    first = plan.schedule.session == plan.schedule.session[0]
    named = np.isfinite(plan.schedule.weights[first | entry_rows(plan.schedule)]).any(axis=0)
    wanted = {ticker for ticker, one in zip(plan.schedule.tickers, named.tolist(), strict=True) if one}
    if hedged and known.rates is not None:
        wanted |= {known.rates.names[known.column(ticker)] for ticker in wanted} & set(known.currency_columns)
    shares = shares_alone(book).holdings(known, len(known.sessions) - 1).shares
    return {ticker: count for ticker, count in shares.items() if ticker in wanted}


def _of_capital(account: Account, capital_usd: float | None) -> Account:
    return account if capital_usd is None else account.with_capital(capital_usd)


def _row(market: Market, as_of: date | np.datetime64 | str | None) -> int:
    """The row of the last session up to a day, the last one for None. Raises ParameterError for one before all."""
    if as_of is None:
        return len(market.sessions) - 1
    try:
        day = as_day(as_of)
    except ParameterError:
        raise ParameterError("this is not a day", where="as_of", value=as_of, bound="one as in 2026-06-30") from None
    row = row_up_to(market.sessions, day)
    if row < 0 or day > market.sessions[-1] + np.timedelta64(7, "D"):
        raise ParameterError(
            "no close of these prices is known then" if row < 0 else "the prices end long before",
            where="as_of", value=str(day), bound=f"{market.sessions[0]} to {market.sessions[-1]}",
        )  # fmt: skip
    return row
