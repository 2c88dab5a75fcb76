"""Positions without a price: what halted, what was written off, and what a run ends with if nothing is recovered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

from ..account.account import DEFAULT_STALE_SESSIONS, Account
from ..account.delisting import Delisting, quiet_of
from ..kernels.book.records import Reason, Record, Status, Structs
from .delisting_notes import delisting_notes

# A single session without a price is a hole in the prices; from the second on a position at the end is stale.
STALE_AT_END_SESSIONS = 2
SHOWN = 5
_SILENT: WeakKeyDictionary[Market, NDArray[np.int64]] = WeakKeyDictionary()


@dataclass(frozen=True)
class StalePosition:
    """A position that ends a run without a price of its own.

    sessions: without a price, up to the end; price_usd: the last one, of priced_on, at which it counts (value_usd,
    negative for shorts); exit_waits: whether an order to leave it waits for a price; delisted: its day, None = none
    that is known; recovery_frac: as stated for it, NaN = nobody has. reopened_on, reopened_usd: the first price after
    the run, where the prices go on that far, else None and NaN: nobody knew it then, and nothing in the run uses it.
    """

    ticker: str
    shares: float
    sessions: int
    price_usd: float
    priced_on: date
    value_usd: float
    exit_waits: bool
    delisted: date | None
    recovery_frac: float
    reopened_on: date | None
    reopened_usd: float


def silent_sessions(window: Market) -> NDArray[np.int64]:
    """(T, N): sessions in a row without a price at either mark, up to each session of a window."""
    found = _SILENT.get(window)
    if found is None:
        # A run asks for it several times.
        found = _SILENT[window] = quiet_of(window)
        found.flags.writeable = False
    return found


def stale_positions(
    market: Market, start: int, window: Market, record: Record, delisting: Delisting
) -> tuple[StalePosition, ...]:
    """The positions that stand at an old price after the last session of a window, rows `start` on of a market."""
    stop = start + len(window.sessions)
    silent, days, recovery = silent_sessions(window)[-1], delisting.days(window), delisting.recovery(window)
    found = []
    for i, waits in stale_at_end(record.shares[-1], silent, record.lines).items():
        printed = np.flatnonzero(np.isfinite(market.open[:stop, i]) | np.isfinite(market.close[:stop, i]))
        day, price_after = _reopening(market, stop, i)
        shares, price = float(record.shares[-1, i]), float(record.price[-1, i])
        found.append(
            StalePosition(
                ticker=window.tickers[i],
                shares=shares,
                sessions=stop - 1 - int(printed[-1]),
                price_usd=price,
                priced_on=market.sessions[printed[-1]].astype(object),
                value_usd=shares * price,
                exit_waits=waits,
                delisted=None if np.isnat(days[i]) else days[i].astype(object),
                recovery_frac=float(recovery[i]),
                reopened_on=day,
                reopened_usd=price_after,
            )
        )
    return tuple(found)


def stale_at_end(shares: NDArray[np.float64], silent: NDArray[np.int64], lines: Structs) -> dict[int, bool]:
    """Which positions (N,) stand at an old price after the last session, and whether an order of theirs waits.

    silent: (N,) sessions in a row without a price; lines: of LINE, what became of the orders.
    """
    found = {}
    for i in np.flatnonzero((shares != 0.0) & (silent > 0)).tolist():
        own = lines[lines["ticker"] == i]
        waits = bool(len(own) and own["status"][-1] == Status.DEFERRED)
        if silent[i] >= STALE_AT_END_SESSIONS or waits:
            found[i] = waits
    return found


def _reopening(market: Market, stop: int, i: int) -> tuple[date | None, float]:
    """When a ticker prints next from row `stop` on, and at what."""
    for t in range(stop, len(market.sessions)):
        for price in (market.quoted("open")[t, i], market.quoted("close")[t, i]):
            if np.isfinite(price):
                return market.sessions[t].astype(object), float(price)
    return None, math.nan


def nothing_recovered_nav(final_nav: float, stale: tuple[StalePosition, ...]) -> float:
    """NAV at the end, USD, if stale longs bring nothing and stale shorts are bought back at their last price."""
    return final_nav - math.fsum(max(one.value_usd, 0.0) for one in stale)


def reopened_nav(final_nav: float, stale: tuple[StalePosition, ...]) -> float:
    """NAV at the end, USD, with stale positions at the prices at which they came back later, where they did."""
    back = (one for one in stale if one.reopened_on is not None)
    return final_nav + math.fsum(one.shares * (one.reopened_usd - one.price_usd) for one in back)


def stale_warnings(
    market: Market, window: Market, record: Record, account: Account, ends: tuple[StalePosition, ...]
) -> tuple[str, ...]:
    """What a reader must know of halts while held, of write-offs, and of positions that end without a price.

    market: all prices there are, of which `window` is what was simulated.
    """
    delisting, least_sessions = account.delisting, account.max_stale_sessions
    halts = _halts(window, record, least_sessions)
    return (
        *halts,
        *_meaning(least_sessions, bool(halts) or any(one.sessions >= least_sessions for one in ends)),
        *_write_offs(window, record, delisting),
        *delisting_notes(market, window, record, delisting),
        *(_at_the_end(one) for one in ends),
        *_range(record, ends),
    )


def _meaning(least_sessions: int, met: bool) -> tuple[str, ...]:
    """What max_stale_sessions says, to who set it and met a halt: it used to sell what had halted for so long."""
    if not met or least_sessions == DEFAULT_STALE_SESSIONS:
        return ()
    return (
        f"max_stale_sessions = {least_sessions} sells nothing: it is the number of sessions without a price from which "
        "on a held ticker counts as halted",
    )


def _halts(window: Market, record: Record, least_sessions: int) -> tuple[str, ...]:
    """Halts of held tickers that ended with a price, by their length."""
    silent, found = silent_sessions(window), []
    closes, printed = silent[:-1], silent[1:] == 0
    for t, i in np.argwhere((closes >= least_sessions) & printed & (record.shares[:-1] != 0.0)):
        count, ticker = int(closes[t, i]), window.tickers[i]
        before, marks = float(record.price[t, i]), (window.quoted("open")[t + 1, i], window.quoted("close")[t + 1, i])
        price = next(float(mark) for mark in marks if np.isfinite(mark))
        first, last = window.sessions[t - count + 1], window.sessions[t]
        text = (
            f"{ticker} had no price for {counted(count, 'session')} while held, {first} to {last}: it counted at its "
            "last price, "
            f"{before:,.6g}, and came back at {price:,.6g} ({price / before - 1.0:+.1%})"
        )
        found.append((-count, text))
    texts = [text for _, text in sorted(found)]
    more = [f"{len(texts) - SHOWN} more halts of held tickers"] if len(texts) > SHOWN else []
    return (*texts[:SHOWN], *more)


def _write_offs(window: Market, record: Record, delisting: Delisting) -> tuple[str, ...]:
    recovery, days, found = delisting.recovery(window), delisting.days(window), []
    for line in record.filled[np.isin(record.filled["reason"], (Reason.STALE, Reason.DELISTED))]:
        i = int(line["ticker"])
        why = f"delisted on {days[i]}" if line["reason"] == Reason.DELISTED else "no price at the end of the run"
        text = (
            f"{window.tickers[i]} was written off on {window.sessions[line['session']]} at {recovery[i]:.4g} of its "
            f"last price, as stated ({why})"
        )
        if recovery[i] > 1.0:
            beyond = abs(float(line["shares"])) * float(line["reference"]) * (1.0 - 1.0 / float(recovery[i]))
            who = "the long position was paid" if line["shares"] < 0.0 else "the short position paid"
            text += f"; that is more than the last price, as in a takeover: {who} {beyond:,.2f} USD beyond it"
        found.append(text)
    return tuple(found)


def _at_the_end(one: StalePosition) -> str:
    day = f"; delisted on {one.delisted}" if one.delisted is not None else ""
    waits = "; its exit waits for a price" if one.exit_waits else ""
    back = ""
    if one.reopened_on is not None:
        change = one.reopened_usd / one.price_usd - 1.0
        back = f"; after the run it came back on {one.reopened_on} at {one.reopened_usd:,.6g} ({change:+.1%})"
    return (
        f"{one.ticker} is stale: no price for {one.sessions} session{'s' * (one.sessions > 1)}, marked at the last "
        f"price of {one.priced_on}, {one.price_usd:,.6g}{day}{waits}{back}"
    )


def _range(record: Record, ends: tuple[StalePosition, ...]) -> tuple[str, ...]:
    if not ends:
        return ()
    final = float(record.days["nav_close"][-1])
    parts = [f"final NAV {final:,.2f} USD counts stale positions at their last prices"]
    if any(one.value_usd > 0.0 for one in ends):
        parts.append(f"with recovery 0: {nothing_recovered_nav(final, ends):,.2f}")
    if any(one.reopened_on is not None for one in ends):
        parts.append(f"at the prices at which they came back: {reopened_nav(final, ends):,.2f}")
    if any(one.value_usd < 0.0 for one in ends):
        parts.append("shorts among them cost more if they come back higher")
    remedy = "state what they bring in the account, [delisting] recovery_by_ticker"
    return ("; ".join([*parts, remedy] if any(math.isnan(one.recovery_frac) for one in ends) else parts),)
