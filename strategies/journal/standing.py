"""How a book stands at a close against its rules, its limits, its margin and what its shorts cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hedgebook.engine.backtest.stale import silent_sessions
from hedgebook.engine.live.book import LiveBook
from hedgebook.engine.rules.levels import leg_levels, trade_levels
from hedgebook.universes.counted import counted

from ..ticket.greeks import limited_shares
from ..ticket.limits import KINDS, LimitResult, Limits, Measured, State, evaluate
from ..ticket.positions import sizes_of
from .trade import JournalTrade

# Where a trade's limits hold those of a ticket's file.
DESK = "ticket"
# A fee that has at least doubled since the entry, and by five percentage points a year, is a jump.
JUMP_TIMES, JUMP_ANNUAL = 2.0, 0.05


@dataclass
class Standing:
    """borrow_annual: of each short; stops: what is left to each rule, fractions of the entry NAV; limits: value and
    bound of each; alerts: what asks for somebody; notes: what is said and asks for nobody."""

    borrow_annual: dict[str, float] = field(default_factory=dict)
    stops: dict[str, dict[str, Any]] = field(default_factory=dict)
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def alert(self, kind: str, says: str) -> None:
        """Add an alert."""
        self.alerts.append({"kind": kind, "says": says})


def standing_of(trade: JournalTrade, book: LiveBook, t: int, entry: int) -> Standing:
    """The standing at session `t` of a book that was entered in session `entry`."""
    found = Standing()
    _borrow(found, book, t, entry)
    _stale(found, trade, book, t)
    _margin(found, book, t)
    _stops(found, trade, book, t, entry)
    for one in _desk_limits(found, trade, book, t):
        name = one.limit if one.of in ("book", "account", "nothing") else f"{one.limit} {one.of}"
        found.limits[name] = {"value": one.value, "bound": one.bound, "holds": one.kept}
        if not one.kept:
            found.alert("limit", f"limit {name}: {one.value:.4g} is {one.reason}, {one.bound:.4g}")
        elif one.state is State.WARN:
            found.notes.append(f"limit {name}: {one.value:.4g} is {one.reason}")
    for name, value, bound in _limits(trade, book, t):
        within = value <= bound
        found.limits[name] = {"value": value, "bound": bound, "holds": within}
        if not within:
            found.alert("limit", f"limit {name}: {value:.4g}, at most {bound:.4g}")
    return found


def _borrow(found: Standing, book: LiveBook, t: int, entry: int) -> None:
    for i in np.flatnonzero(book.record.shares[t] < 0.0):
        ticker = book.window.tickers[i]
        rate, first = float(book.borrow_annual[t, i]), float(book.borrow_annual[entry, i])
        found.borrow_annual[ticker] = rate
        if rate >= JUMP_TIMES * first and rate - first >= JUMP_ANNUAL:
            found.alert("borrow", f"{ticker} costs {rate:.1%} a year to borrow, {first:.1%} at the entry")


def _stale(found: Standing, trade: JournalTrade, book: LiveBook, t: int) -> None:
    silent, most = silent_sessions(book.window)[t], trade.terms.account.max_stale_sessions
    for i in np.flatnonzero(book.record.shares[t] != 0.0):
        if not silent[i]:
            continue
        silence = counted(int(silent[i]), "session")
        says = f"{book.window.tickers[i]} has had no price for {silence} and is held at its last one"
        says = says.replace("for 1 session and", "in this session and")
        if silent[i] >= most:
            found.alert("stale", says)
        else:
            found.notes.append(says)


def _margin(found: Standing, book: LiveBook, t: int) -> None:
    day = book.record.days[t]
    if day["requirement"] > 0.0 and day["nav_close"] < day["requirement"]:
        short = float(day["requirement"] - day["nav_close"])
        found.alert("margin", f"margin call: NAV is {short:,.0f} USD below the requirement")


def _stops(found: Standing, trade: JournalTrade, book: LiveBook, t: int, entry: int) -> None:
    account, rules = book.accounts[t], trade.terms.rules
    held, was_on = bool(book.record.shares[t].any()), bool(book.accounts["active"][t - 1]) if t else False
    if was_on and not account["active"] and held:
        found.alert("exit", "a rule ends the trade: everything is closed at the next open")
    for leg, flag in (("long", "long_closed"), ("short", "short_closed")):
        if account[flag] and not (book.accounts[flag][t - 1] if t else 0):
            found.alert("exit", f"the stop of the {leg} leg closes it at the next open")
    if not account["active"] or not account["entry_nav"] > 0.0:
        return
    base = float(account["entry_nav"])
    pnl = (float(book.record.days["nav_close"][t]) - base) / base
    levels = [
        (one.rule, pnl, one.at_frac, one.side) for one in trade_levels(rules, float(account["peak_pnl"])) if one.ends
    ]
    legs = [(f"{leg}_stop", _leg(trade, book, t, entry, leg) / base, at, 1.0) for leg, at in leg_levels(rules)]
    for name, now, at, side in (*levels, *legs):
        left = (now - at) * side
        found.stops[name] = {"now_frac": now, "at_frac": at, "left_frac": left, "left_usd": left * base}


def _leg(trade: JournalTrade, book: LiveBook, t: int, entry: int, leg: str) -> float:
    at = [i for i, ticker in enumerate(book.window.tickers) if trade.terms.legs.get(ticker) == leg]
    return float(book.record.pnl[entry : t + 1][:, at].sum())


def _desk_limits(found: Standing, trade: JournalTrade, book: LiveBook, t: int) -> tuple[LimitResult, ...]:
    """What became of the ticket's limits that can be looked at every day; those of an order or of the past are left, as
    the journal's notes say (`opening`)."""
    nav, asked = float(book.record.days["nav_close"][t]), trade.limits.get(DESK)
    held = np.flatnonzero(book.record.shares[t] != 0.0)
    if asked is None or not nav > 0.0:
        return ()
    values = {book.window.tickers[i]: float(book.record.shares[t, i] * book.record.price[t, i]) for i in held}
    buckets = {ticker: book.window.bucket_of(ticker) for ticker in values}
    figures: dict[str, dict[str, float]] = {
        **sizes_of(values, buckets, nav),
        **limited_shares(values, list(buckets.values())),
        "borrow": found.borrow_annual,
        "headroom": {"account": 1.0 - float(book.record.days["requirement"][t]) / nav},
    }
    limits = Limits.model_validate({**asked, **dict.fromkeys(set(KINDS) - set(figures))})
    return evaluate(limits, Measured(figures, {}))


def _limits(trade: JournalTrade, book: LiveBook, t: int) -> Iterator[tuple[str, float, float]]:
    """Name, value and upper bound of each limit that the trade has."""
    asked = trade.limits
    nav = float(book.record.days["nav_close"][t])
    if not asked or not nav > 0.0:
        return
    values = np.where(book.record.shares[t] != 0.0, book.record.shares[t] * book.record.price[t], 0.0) / nav
    shorts = book.record.shares[t] < 0.0
    required = float(book.record.days["requirement"][t])
    known = {
        "gross_frac": float(np.abs(values).sum()),
        "net_frac": abs(float(values.sum())),
        "name_frac": float(np.abs(values).max(initial=0.0)),
        "borrow_annual": float(book.borrow_annual[t][shorts].max(initial=0.0)),
        "loss_frac": max(1.0 - nav / book.capital_usd, 0.0),
        "margin_used_frac": required / nav,
    }
    for name, value in known.items():
        if name in asked:
            yield name, value, float(asked[name])


LIMITS = ("gross_frac", "net_frac", "name_frac", "borrow_annual", "loss_frac", "margin_used_frac")
