"""The market as it is known at a close, with sessions ahead in which every price stands still."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.frictions.liquidity import average_daily_value
from hedgebook.universes.calendar import TradingCalendar, trading_calendar
from hedgebook.universes.exchanges.currencies import Rates, Series, rates_of
from hedgebook.universes.exchanges.venues import Venues, joint_calendar
from hedgebook.universes.market import FIELDS, Market

ADV_SESSIONS = 20
# As far ahead as the calendars of exchanges are known for certain; a plan that ends later is looked at till then.
YEARS_AHEAD = 1


def known_market(market: Market, row: int) -> Market:
    """The market up to the close of row `row`, its prices on the scale of that close.

    Prices that are adjusted for what came later are brought to those that were quoted then, so that no action of a
    later day is in them; the quotes themselves are left out.
    """
    known = market.rows(0, row + 1)
    if known.quotes is None:
        return known
    scale = _scale(known.close, known.quotes.close)
    prices: dict[str, Any] = {name: getattr(known, name) * scale for name in ("open", "high", "low", "close")}
    return replace(known, quotes=None, volume=known.volume / scale, **prices)


def _scale(adjusted: Floats, quoted: Floats) -> Floats:
    """(N,): the quoted over the adjusted close of each ticker's last session with both, 1 where there is none."""
    out = np.ones(adjusted.shape[1])
    both = np.isfinite(adjusted) & np.isfinite(quoted)
    for i in np.flatnonzero(both.any(axis=0)).tolist():
        last = int(np.flatnonzero(both[:, i])[-1])
        out[i] = quoted[last, i] / adjusted[last, i]
    return out


def carried_market(known: Market, ahead: int, stale_sessions: int) -> Market:
    """The known market and `ahead` sessions more, at whose marks every ticker stands at its last close; of several
    exchanges the first counts them.

    Volume there is the average of the last 20 sessions. A ticker that had no close in the last `stale_sessions`
    sessions has no price there either, as a halted one has none. The days are those of the exchanges' calendars.
    """
    calendar, venues = _ahead(known, ahead)
    last = _last_closes(known, stale_sessions)
    flat = np.repeat(last[None], len(calendar.sessions), axis=0)
    if venues is not None:
        flat = np.where(venues.trades[:, venues.of], flat, np.nan)
    value = average_daily_value(_one_more(known), len(known.sessions), len(known.sessions) + 1, ADV_SESSIONS)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        volume = np.where(np.isfinite(flat), value / last, np.nan)
    more: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close"), flat) | {"volume": volume}
    if not known.has_opens:
        more["open"] = np.full_like(flat, np.nan)
    prices: dict[str, Any] = {
        name: np.ascontiguousarray(np.vstack([getattr(known, name), values])) for name, values in more.items()
    }
    return replace(
        known,
        sessions=np.concatenate([known.sessions, calendar.sessions]),
        open_at=np.concatenate([known.open_at, calendar.open_at]),
        close_at=np.concatenate([known.close_at, calendar.close_at]),
        venues=venues if known.venues is None or venues is None else _joined(known.venues, venues),
        rates=None if known.rates is None else _rates_ahead(known, known.rates, calendar, venues),
        **prices,
    )


def _rates_ahead(known: Market, rates: Rates, calendar: TradingCalendar, venues: Venues | None) -> Rates:
    """The exchange rates as known at the last close, which stand still from then on."""
    now = known.close_at[-1:]
    later = np.concatenate([now, calendar.open_at]).astype("datetime64[ns]")
    series = {}
    for name, one in rates.series.items():
        past = one.moments <= now[0]
        last = np.full(len(later), one.at(now)[0])
        series[name] = Series(np.concatenate([one.moments[past], later]), np.concatenate([one.usd[past], last]))
    of = np.zeros(len(known.tickers), dtype=np.int64)
    there = venues or Venues((calendar.name,), of, calendar.open_at[:, None], calendar.close_at[:, None])
    ahead = rates_of(rates.names, series, there)
    return Rates(rates.names, np.vstack([rates.open, ahead.open]), np.vstack([rates.close, ahead.close]), series)


def _last_closes(known: Market, stale_sessions: int) -> Floats:
    """(N,): the last close of each ticker, NaN where it is older than `stale_sessions` sessions."""
    out = np.full(len(known.tickers), np.nan)
    recent = known.close[-stale_sessions:]
    for i in np.flatnonzero(np.isfinite(recent).any(axis=0)).tolist():
        column = recent[:, i]
        out[i] = column[np.flatnonzero(np.isfinite(column))[-1]]
    return out


def _one_more(known: Market) -> Market:
    """The market with its last row twice, of which a figure for the session after the last one is read."""
    again: dict[str, Any] = {name: np.vstack([getattr(known, name), getattr(known, name)[-1:]]) for name in FIELDS}
    for name in ("sessions", "open_at", "close_at"):
        again[name] = np.append(getattr(known, name), getattr(known, name)[-1])
    return replace(known, venues=None, rates=None, **again)


def _ahead(known: Market, ahead: int) -> tuple[TradingCalendar, Venues | None]:
    """The days of the next `ahead` sessions after the market's last one; of several exchanges the first counts them."""
    last = known.sessions[-1]
    year = int(str(last)[:4])
    until = year + YEARS_AHEAD + ahead // 250
    venues = None
    if known.venues is None:
        whole = trading_calendar(year, until)
    else:
        whole, found = joint_calendar(year, until, known.venues.names)
        venues = replace(found, of=known.venues.of)
    first = int(np.searchsorted(whole.sessions, last, side="right"))
    part = slice(first, first + ahead)
    if venues is not None:
        counted = first + np.flatnonzero(venues.trades[first:, 0])[:ahead]
        part = slice(first, int(counted[-1]) + 1 if len(counted) else first)
    calendar = TradingCalendar(whole.name, whole.sessions[part], whole.open_at[part], whole.close_at[part])
    return calendar, None if venues is None else venues.rows(part)


def _joined(first: Venues, second: Venues) -> Venues:
    return Venues(
        first.names, first.of, np.vstack([first.open_at, second.open_at]), np.vstack([first.close_at, second.close_at])
    )


def counted_days(market: Market, start: int, stop: int) -> Ints:
    """The rows from `start` on, before `stop`, that are sessions of a trade: all, or those of the first exchange."""
    if market.venues is None:
        return np.arange(start, stop)
    days = market.venues.counted
    return np.asarray(days[(days >= start) & (days < stop)])
