"""A row of the journal for each session: what the book is worth, and how it stands against plan and forecast."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedgebook.engine.backtest import Booked, causes
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.backtest.stale import silent_sessions
from hedgebook.engine.live.alarm import LONGEST_LIFE_SESSIONS, DriftAlarm, drift_alarm
from hedgebook.engine.live.book import ROUNDING_FRAC, LiveBook, live_book
from hedgebook.engine.live.fills import OwnFill, filled_book
from hedgebook.engine.recorded import REASON_NAMES, STATUS_NAMES
from hedgebook.universes.calendar import Mark
from hedgebook.universes.exchanges.currencies import BASE
from hedgebook.universes.market import Market

from ..ticket.forecast import Forecast
from ..ticket.known import counted_days
from .kept import KeptPrices
from .standing import standing_of
from .trade import REAL, JournalTrade

MARKS = ("open", "close")
WAITS, ON, OVER = "waits", "on", "over"
COSTS = causes(Booked.COST)


@dataclass(frozen=True, eq=False)
class Followed:
    """A trade followed through the kept sessions.

    market: of all of them, history included; book: None before the first fill; start: its first row of the market;
    entry: the row of the first fill, None before it; alarm: of the sessions since, None where there is no forecast.
    """

    trade: JournalTrade
    market: Market
    book: LiveBook | None
    start: int
    entry: int | None
    alarm: DriftAlarm | None

    def row(self, row: int, kept: KeptPrices) -> dict[str, Any]:
        """The journal's row of a session, by its row of the market: values of JSON alone."""
        body = kept.day(row)
        t = row - self.start
        if self.book is None or self.entry is None or row < self.entry:
            return {**body, "state": WAITS, "nav_usd": self.trade.capital_usd, "pnl_usd": 0.0, "total_usd": 0.0,
                    "alerts": [], "notes": self._waiting(t)}  # fmt: skip
        record, capital = self.book.record, self.trade.capital_usd
        nav, before = float(record.days["nav_close"][t]), float(record.days["nav_close"][t - 1]) if t else capital
        held = bool(record.shares[t].any())
        since = self.sessions_to(row)
        standing = standing_of(self.trade, self.book, t, self.entry - self.start)
        fan = self.trade.fan
        body |= {
            "state": ON if held or bool(self.book.accounts["active"][t]) else OVER,
            "since_entry": since,
            "nav_usd": nav,
            "pnl_usd": nav - before,
            "total_usd": nav - capital,
            "cash_usd": float(record.days["cash"][t]),
            "interest_usd": float(record.days["interest"][t]),
            "tickers": self._tickers(t),
            "costs_usd": {cause.column: -float(record.pnl[t, :, cause].sum()) + 0.0 for cause in COSTS},
            "orders": self._orders(t),
            "requirement_usd": float(record.days["requirement"][t]),
            "headroom_usd": nav - float(record.days["requirement"][t]),
            "borrow_annual": standing.borrow_annual,
            "stops": standing.stops,
            "limits": standing.limits,
            "percentile": place_of(fan, since, nav - capital),
            "alarm": self._alarm(since),
            "notes": standing.notes,
        }
        if fan is not None and body["percentile"] == 0.0:
            body["notes"] = [*standing.notes, f"P&L is below the {fan.levels[0]:.0%} line of its forecast"]
        return {**body, "alerts": [*self._alarm_alerts(since), *self._overdue(body), *standing.alerts]}

    def sessions_to(self, row: int) -> int:
        """How many sessions the trade has been on: of several exchanges the first counts them, 0 before its own."""
        assert self.entry is not None
        return len(counted_days(self.market, self.entry, row + 1))

    def _waiting(self, t: int) -> list[str]:
        if self.book is None:
            return []
        return [f"{one['ticker']}: {one['status']}, {one['reason'].replace('_', ' ')}" for one in self._orders(t)]

    def _tickers(self, t: int) -> dict[str, dict[str, Any]]:
        assert self.book is not None
        record, silent = self.book.record, silent_sessions(self.book.window)
        gains = record.pnl.sum(axis=2)
        out = {}
        for i, ticker in enumerate(self.book.window.tickers):
            if record.shares[t, i] or gains[t, i] or gains[: t + 1, i].any():
                out[ticker] = {
                    **self._currency(ticker),
                    "shares": float(record.shares[t, i]),
                    "price_usd": _number(record.price[t, i]),
                    "pnl_usd": float(gains[t, i]),
                    "total_usd": float(gains[: t + 1, i].sum()),
                    "stale_sessions": int(silent[t, i]) if record.shares[t, i] else 0,
                }
        return out

    def _currency(self, ticker: str) -> dict[str, str]:
        """The currency that a ticker's kept prices are in, where that is not USD."""
        rates = self.market.rates
        name = BASE if rates is None else rates.names[self.market.column(ticker)]
        return {} if name in (BASE, ticker) else {"currency": name}

    def _orders(self, t: int) -> list[dict[str, Any]]:
        assert self.book is not None
        lines = self.book.record.lines
        return [
            {
                "ticker": self.book.window.tickers[int(line["ticker"])],
                "mark": MARKS[int(line["mark"])] if int(line["mark"]) < 2 else "own fill",
                "status": str(STATUS_NAMES[line["status"]]),
                "reason": str(REASON_NAMES[line["reason"]]),
                "shares": _number(line["shares"]),
                "price_usd": _number(line["price"]),
            }
            for line in lines[lines["session"] == t]
        ]

    def _alarm(self, since: int) -> dict[str, Any] | None:
        if self.alarm is None or not 0 < since <= len(self.alarm.scores):
            return None
        raised = self.alarm.raised_at
        return {
            "score": _number(self.alarm.scores[since - 1]),
            "bound": _number(self.alarm.bounds[since - 1]),
            "raised_on_session": raised + 1 if raised is not None and raised < since else None,
        }

    def _alarm_alerts(self, since: int) -> list[dict[str, str]]:
        found = self._alarm(since)
        if found is None or found["raised_on_session"] is None:
            return []
        says = f"P&L drifts down: the alarm was raised in session {found['raised_on_session']} of the trade"
        return [{"kind": "alarm", "says": says}]

    def _overdue(self, body: Mapping[str, Any]) -> list[dict[str, str]]:
        until = self.trade.until
        held = [ticker for ticker, one in body["tickers"].items() if one["shares"]]
        if self.trade.kind != REAL or until is None or not held or body["session"] <= until:
            return []
        return [{"kind": "overdue", "says": f"the planned exit was {until}, and {', '.join(held)} are still held"}]


def followed(trade: JournalTrade, kept: KeptPrices, fills: Sequence[OwnFill]) -> Followed:
    """A trade followed to the last kept session. Raises what its simulation raises."""
    market = kept.market(trade.universe, trade.provenance)
    if trade.kind == REAL:
        known = [one for one in fills if one.session <= kept.sessions[-1]]
        book = filled_book(market, known, trade.terms) if known else None
    else:
        assert trade.schedule is not None
        wanted = sized(trade.schedule, trade.shares, market, trade.capital_usd)
        later = trade.shares if trade.schedule.joins is not None else {}
        book = live_book(market, wanted, trade.terms, part_shares=later)
    if book is None:
        return Followed(trade, market, None, len(market.sessions), None, None)
    start = market.session_index(book.window.sessions[0])
    filled = book.record.filled["session"]
    if not len(filled):
        return Followed(trade, market, book, start, None, None)
    entry = int(filled.min())
    return Followed(trade, market, book, start, start + entry, _alarm_of(trade, market, book, start, entry))


def _alarm_of(trade: JournalTrade, market: Market, book: LiveBook, start: int, entry: int) -> DriftAlarm | None:
    """The alarm for P&L before the costs of trading, which are paid once and no drift."""
    if trade.fan is None:
        return None
    trading = book.record.of(Booked.TRADING).sum(axis=(1, 2))
    # Sessions in which nothing is held have no P&L, and count for neither side.
    daily = (book.record.pnl.sum(axis=(1, 2)) - trading)[entry:]
    if market.venues is not None:
        # What other exchanges did on a day that is no session of the first belongs to its next one.
        ends = counted_days(market, start + entry, len(market.sessions)) - start - entry
        if not len(ends):
            return None
        daily = np.add.reduceat(daily[: ends[-1] + 1], np.concatenate([[0], ends[:-1] + 1]))
    return drift_alarm(daily, trade.fan.daily_scale_usd, min(trade.fan.sessions, LONGEST_LIFE_SESSIONS))


def sized(schedule: Schedule, shares: Mapping[str, float], market: Market, capital_usd: float) -> Schedule:
    """A schedule whose first row asks for `shares` of each ticker at the price of its mark; itself for none.

    A ticker that has no price at that mark is asked for by its close, and where it has none by its weight; so is one
    that a later part of a trade over several exchanges asks for.
    """
    if not shares or schedule.session[0] > market.sessions[-1]:
        return schedule
    row = market.session_index(schedule.session[0])
    weights = schedule.weights.copy()
    for i, ticker in enumerate(schedule.tickers):
        if ticker not in shares:
            weights[0, i] = np.nan
            continue
        if schedule.joins is not None and np.isnan(weights[0, i]):
            continue
        column = market.column(ticker)
        marks = (market.quoted("open")[row, column], market.quoted("close")[row, column])
        price = marks[1] if schedule.mark[0] == Mark.CLOSE or not np.isfinite(marks[0]) else marks[0]
        if np.isfinite(price):
            # Rounded down to whole shares where it fills: a part of a trillionth keeps the last one.
            weights[0, i] = shares[ticker] * price / capital_usd * (1.0 + ROUNDING_FRAC)
    return replace(schedule, weights=weights)


def place_of(forecast: Forecast | None, session: int, pnl_usd: float) -> float | None:
    """Where a P&L lies in a forecast after so many sessions, 0 to 1; None without one, before its first session and
    beyond its life."""
    if forecast is None or not 0 < session <= forecast.sessions:
        return None
    return forecast.place(session, pnl_usd)


def canonical(body: Mapping[str, Any]) -> str:
    """A row as text: the same values give the same bytes."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
