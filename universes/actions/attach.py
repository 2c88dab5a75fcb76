"""A market of raw prices and the corporate actions of its tickers: adjusted for what looks back, quoted for fills."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..arrays import Floats
from ..counted import counted
from ..exchanges.currencies import BASE
from ..market import Market
from .actions import DELIVERS, ActionKind, Actions
from .adjust import adjustment_factors, split_ratios
from .quotes import Quotes

# Splits below this are not told from a day's move by the prices themselves.
TELLING_SPLIT_LOG = math.log(1.4)
SHOWN = 5


def with_actions(market: Market, actions: Actions) -> Market:
    """The market of raw prices (`market`), adjusted for total return by actions, with its quotes beside it.

    Open, high, low and close are then as if dividends and spin-offs had been reinvested at the close of their ex-date,
    those after the last action as quoted; volume is such that close x volume stays the value that was traded. Orders
    fill at what was quoted. Raises PriceDataError for prices that are adjusted already, for a delivered share without
    prices, and for payouts above the price.
    """
    kept, notes = _placed(market, actions)
    kept, more = _deliverable(market, kept)
    _refuse_adjusted(market, kept)
    factors = adjustment_factors(kept, market.sessions, market.columns, market.close)
    fields = {name: getattr(market, name) * factors for name in ("open", "high", "low", "close")}
    source = market.provenance
    told = (*market.warnings, _told(actions, kept), *notes, *more, *_prices_after_the_end(market, kept))
    sha256 = hashlib.sha256(f"{source.sha256}\0{actions.sha256 or kept.frame.to_csv()}".encode()).hexdigest()
    return replace(
        market,
        **fields,
        volume=market.volume / factors,
        provenance=replace(source, sha256=sha256),
        warnings=told,
        quotes=Quotes(market.open, market.close, kept),
    )


def paid_in_usd(market: Market, actions: Actions) -> Actions:
    """Actions whose amounts, which are in the currency of their ticker's prices, are in USD by the rate at the open of
    their day, or the last one before it. Raises PriceDataError where none was known."""
    return _times(actions, _rates(market, actions))


def in_own_currency(market: Market, actions: Actions) -> Actions:
    """What `paid_in_usd` was given, from what it gave. Raises PriceDataError where no rate was known."""
    return _times(actions, 1.0 / _rates(market, actions))


def _rates(market: Market, actions: Actions) -> Floats:
    """(A,): USD of a unit of each action's currency at its open, or the last one before it."""
    assert market.rates is not None
    out = np.ones(len(actions))
    for k, ticker in enumerate(actions.tickers):
        column = market.columns.get(ticker)
        if column is None or market.rates.names[column] == BASE:
            continue
        row = int(np.searchsorted(market.sessions, actions.dates[k]))
        known = market.rates.open[: row + 1, column]
        known = known[np.isfinite(known)]
        if not len(known):
            raise actions.wrong(k, f"no exchange rate of {market.rates.names[column]} is known by then", value=ticker)
        out[k] = known[-1]
    return out


def _times(actions: Actions, rates: Floats) -> Actions:
    """Actions whose amounts of money are multiplied by a rate each, (A,)."""
    money = np.array([kind in (ActionKind.DIVIDEND, ActionKind.DELISTING) for kind in actions.kinds], dtype=np.bool_)
    values = np.where(money, actions.values * rates, actions.values)
    return replace(
        actions, values=values, price=np.asarray(actions.price) * rates, cash=np.asarray(actions.cash) * rates
    )


def _placed(market: Market, actions: Actions) -> tuple[Actions, list[str]]:
    """The actions of the market's tickers during its sessions, each on a session, and what was said of the others."""
    sessions = market.sessions
    there = np.array([ticker in market.columns for ticker in actions.tickers], dtype=np.bool_)
    inside = (actions.dates >= sessions[0]) & (actions.dates <= sessions[-1])
    rows = np.flatnonzero(there & inside)
    at = np.searchsorted(sessions, actions.dates)
    dates = np.where(inside, sessions[np.minimum(at, len(sessions) - 1)], actions.dates)
    notes = []
    moved = [
        f"{actions.tickers[k]} {actions.dates[k]} to {dates[k]}" for k in rows.tolist() if dates[k] != actions.dates[k]
    ]
    if moved:
        more = f" and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
        notes.append(f"actions on days without a session happen on the next one: {', '.join(moved[:SHOWN])}{more}")
    others = sorted({t for t, known in zip(actions.tickers, there.tolist(), strict=True) if not known})
    if others:
        more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
        what = counted(len(others), "ticker")
        notes.append(f"actions of {what} without prices here ignored: {', '.join(others[:SHOWN])}{more}")
    return actions.only(rows, dates), notes


def _told(actions: Actions, kept: Actions) -> str:
    counts = Counter(str(kind) for kind in kept.kinds)
    each = ", ".join(counted(count, kind) for kind, count in counts.items()) or "none of these tickers and sessions"
    return (
        f"raw prices with the actions of {actions.source} ({each}): fills and positions are as quoted, estimates use "
        "total returns"
    )


def _deliverable(market: Market, actions: Actions) -> tuple[Actions, list[str]]:
    """The actions with what cannot be delivered, for want of prices, turned into the cash that it was stated to be
    worth. Raises PriceDataError where that is not stated."""
    kinds, into = list(actions.kinds), list(actions.into)
    values, cash, price = actions.values.copy(), np.asarray(actions.cash).copy(), np.asarray(actions.price).copy()
    paid = []
    for k, (kind, heir) in enumerate(zip(actions.kinds, actions.into, strict=True)):
        if kind not in DELIVERS or heir in market.columns:
            continue
        if not np.isfinite(price[k]):
            raise actions.wrong(
                k,
                f"the {kind} of {actions.tickers[k]} on {actions.dates[k]} delivers {heir}, which has no prices in "
                f"{market.provenance.source}",
                remedy="Add its prices and its bucket in the universe, or state what one such share was worth in the "
                "column price: it is then paid in cash.",
            )
        ends = kind is not ActionKind.SPINOFF
        values[k] = values[k] * price[k] + (cash[k] if ends else 0.0)
        kinds[k] = ActionKind.DELISTING if ends else ActionKind.DIVIDEND
        into[k], cash[k], price[k] = "", 0.0, np.nan
        paid.append(f"{heir} of {actions.tickers[k]} on {actions.dates[k]}")
    notes = [f"delivered shares without prices are paid in cash, as stated: {', '.join(paid)}"] if paid else []
    changed = replace(actions, kinds=tuple(kinds), into=tuple(into), values=values, cash=cash, price=price)
    return (changed if paid else actions), notes


def _refuse_adjusted(market: Market, actions: Actions) -> None:
    """Refuse prices that do not move as a split says that raw ones do. Raises PriceDataError for the first."""
    splits = split_ratios(actions, market.sessions, market.columns)
    for t, i in np.argwhere(np.abs(np.log(splits)) >= TELLING_SPLIT_LOG).tolist():
        move = _move(market, t, i)
        if math.isnan(move) or abs(move + math.log(splits[t, i])) <= abs(move):
            continue
        raise PriceDataError(
            f"{market.tickers[i]} moved {math.expm1(move):+.1%} on {market.sessions[t]}, where a split of "
            f"{splits[t, i]:g} new shares for an old one moves raw prices {1.0 / splits[t, i] - 1.0:+.1%}: these "
            "prices are adjusted for it already",
            where=market.provenance.source,
            remedy="Give raw prices with --actions, or adjusted prices without them.",
        )


def _move(market: Market, t: int, i: int) -> float:
    """The log move from the last close before session t to the first price in it; NaN without one of the two."""
    known = np.flatnonzero(np.isfinite(market.close[:t, i]))
    first = next((p for p in (market.open[t, i], market.close[t, i]) if np.isfinite(p)), math.nan)
    return math.log(first / market.close[known[-1], i]) if len(known) else math.nan


def _prices_after_the_end(market: Market, actions: Actions) -> list[str]:
    """Tickers that ended and have prices from that day on: who held one was paid already."""
    found = []
    for ticker, kind, day in zip(actions.tickers, actions.kinds, actions.dates, strict=True):
        if kind in (ActionKind.DELISTING, ActionKind.SYMBOL, ActionKind.MERGER):
            after = market.sessions >= day
            priced: NDArray[np.bool_] = np.isfinite(market.close[after, market.columns[ticker]])
            if priced.any():
                count = counted(int(priced.sum()), "price")
                found.append(f"{ticker} ends on {day} ({kind}) and has {count} from that day on; check the day")
    return found
