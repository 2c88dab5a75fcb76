"""A market of several exchanges as the loop takes it: each open and close at its place in the day, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.calendar import Mark
from hedgebook.universes.exchanges.venues import Venues
from hedgebook.universes.market import Market

from ..arrays import Floats, Ints
from ..kernels.book.records import CLOSE, OPEN, Cause, Record, State, Structs

EARLY, LATE = 0, 1
NONE = -1


@dataclass(frozen=True, eq=False)
class Timeline:
    """The marks of a window of a market of several exchanges.

    marks: (M, T, N) as in Prices: what prints, and below zero what a ticker is worth while its exchange is closed;
    order: the marks in time order, the close last; slot: (T, K, 2) the mark of each exchange's open and close, -1 where
    it has none. Mark OPEN is the open of the first exchange, and CLOSE the close of the last one of a day.
    """

    marks: Floats
    order: tuple[int, ...]
    slot: Ints
    of: Ints

    @property
    def place(self) -> Ints:
        """(M,): when each mark comes within a day."""
        return np.argsort(np.array(self.order))

    def labelled(self, record: Record) -> Record:
        """A record whose orders stand at the open or close of their own exchange, 0 or 1."""
        lines = record.lines.copy()
        own = self.slot[lines["session"], self.of[lines["ticker"]]]
        lines["mark"] = np.where(lines["mark"] == own[:, Mark.OPEN], Mark.OPEN, Mark.CLOSE)
        return record._replace(lines=lines)

    def at_opens(self, rows: Structs) -> Structs:
        """Flows or changes, which come before the open of their ticker's exchange; on a day without one, before the
        first mark of all."""
        out = rows.copy()
        own = self.slot[rows["session"], self.of[rows["ticker"]], Mark.OPEN]
        out["mark"] = np.where(own == NONE, self.order[0], own)
        return out


def timeline_of(window: Market, venues: Venues) -> Timeline:
    """The timeline of a window; marks are told apart by their minute of the day and whether they come before the open
    of the first exchange."""
    midnight = window.sessions.astype("datetime64[ns]")[:, None]
    minutes = np.stack([(venues.moments(mark) - midnight).astype("timedelta64[m]") for mark in Mark], axis=2)
    known = ~np.isnat(minutes)
    at = np.where(known, minutes, np.timedelta64(0, "m")).astype(np.int64)
    opens, closes = at[:, 0, Mark.OPEN], at[:, 0, Mark.CLOSE]
    usual = int(np.median(opens[known[:, 0, Mark.OPEN]])) if known[:, 0, Mark.OPEN].any() else 0
    opens = np.where(known[:, 0, Mark.OPEN], opens, usual)[:, None, None]
    last = np.where(known[:, 0, Mark.CLOSE], closes, np.iinfo(np.int64).max)[:, None, None]
    part = np.where(at < opens, EARLY, LATE)
    slot = np.full(at.shape, NONE, dtype=np.int64)
    slot[:, 0, Mark.OPEN] = np.where(known[:, 0, Mark.OPEN], OPEN, NONE)
    ends = known & (at >= last)
    slot[ends] = CLOSE
    others = known & ~ends
    others[:, 0, Mark.OPEN] = False
    keys = sorted({(int(p), int(m)) for p, m in zip(part[others], at[others], strict=True)})
    number = {key: 2 + n for n, key in enumerate(keys)}
    for t, k, mark in np.argwhere(others).tolist():
        slot[t, k, mark] = number[int(part[t, k, mark]), int(at[t, k, mark])]
    order = [number[key] for key in keys if key[0] == EARLY]
    order += [OPEN, *(number[key] for key in keys if key[0] == LATE)]
    # What does not print at the last close of a day is seen once more just before it, at the rate of that moment.
    order += [2 + len(keys)] if _is_unseen(window, venues, slot) else []
    order.append(CLOSE)
    return Timeline(_marks(window, venues, slot, order), tuple(order), slot, venues.of)


def _is_unseen(window: Market, venues: Venues, slot: Ints) -> bool:
    """Whether a ticker in another currency that has printed before lacks a print at a last close that is its own."""
    if window.rates is None:
        return False
    abroad = np.array([name in window.rates.series for name in window.rates.names], dtype=np.bool_)
    ends = slot[:, venues.of, Mark.CLOSE] == CLOSE
    printed = np.isfinite(window.quoted("close"))
    begun = np.logical_or.accumulate(printed | np.isfinite(window.quoted("open")), axis=0)
    return bool((abroad & ends & begun & ~printed).any())


def _marks(window: Market, venues: Venues, slot: Ints, order: Sequence[int]) -> Floats:
    """(M, T, N) as in Prices: what prints, and below zero what a ticker is worth while its exchange is closed."""
    shape = window.close.shape
    out = np.full((len(order), *shape), -np.inf)
    days = np.arange(shape[0])
    for k in range(len(venues.names)):
        columns = np.flatnonzero(venues.of == k)
        for mark, field in ((Mark.OPEN, "open"), (Mark.CLOSE, "close")):
            values = window.quoted("open" if field == "open" else "close")
            there = slot[:, k, mark] != NONE
            if len(columns) and there.any():
                rows = days[there]
                out[slot[rows, k, mark][:, None], rows[:, None], columns] = values[rows[:, None], columns]
    if window.rates is not None:
        _value_closed(out, window, venues, slot, order)
    return out


def _value_closed(marks: Floats, window: Market, venues: Venues, slot: Ints, order: Sequence[int]) -> None:
    """Where a ticker in another currency has no print of its own: its last price there at the rate known by then."""
    assert window.rates is not None
    at = _moments(window, venues, slot, order)
    for i, currency in enumerate(window.rates.names):
        series = window.rates.series.get(currency)
        if series is None:
            continue
        usd = np.stack([series.at(moments) for moments in at.T], axis=1)  # (T, M) in time order
        prints = marks[list(order), :, i].T
        printed = prints >= 0.0
        local = np.where(printed, prints / usd, np.nan).ravel()
        latest = np.maximum.accumulate(np.where(np.isfinite(local), np.arange(len(local)), -1))
        known = np.where(latest >= 0, local[np.maximum(latest, 0)], np.nan).reshape(usd.shape)
        value = np.where(np.isneginf(prints), -known * usd, prints)
        value[np.isneginf(prints) & ~np.isfinite(value)] = -np.inf
        marks[list(order), :, i] = value.T


def _moments(window: Market, venues: Venues, slot: Ints, order: Sequence[int]) -> NDArray[np.datetime64]:
    """(T, M) when each mark of a day is, in time order, NaT where no exchange has it; the last is its last close."""
    out = np.full((len(window.sessions), len(order)), np.datetime64("NaT"), dtype="datetime64[ns]")
    place = np.argsort(np.array(order))
    for k in range(len(venues.names)):
        for mark in Mark:
            rows = np.flatnonzero(slot[:, k, mark] != NONE)
            out[rows, place[slot[rows, k, mark]]] = venues.moments(mark)[rows, k]
    out[:, -1] = window.close_at
    if order[-2] != OPEN and not (slot == order[-2]).any():
        out[:, -2] = window.close_at
    return out


def worth_at_ends(market: Market) -> Floats:
    """(T, N) USD of a share at the end of each day: its close, or what its last price is worth by then."""
    closes = market.quoted("close")
    if market.venues is None or market.rates is None:
        return closes
    ends = np.abs(timeline_of(market, market.venues).marks[CLOSE])
    return np.where(np.isfinite(ends), ends, closes)


def own_nights(record: Record, window: Market, changes: Structs, start: State) -> None:
    """Book the moves of tickers of other exchanges as overnight up to their own open, in place; their sum stays.

    The loop calls overnight what comes before the open of the first exchange. A session whose actions changed the
    shares stays as it is.
    """
    assert window.venues is not None
    abroad = np.flatnonzero(window.venues.of != 0)
    opens = window.quoted("open")[:, abroad]
    held = np.concatenate([start.book["shares"][None, abroad], record.shares[:-1, abroad]])
    before = np.concatenate([start.book["price"][None, abroad], record.price[:-1, abroad]])
    total = record.pnl[:, abroad, Cause.OVERNIGHT] + record.pnl[:, abroad, Cause.INTRADAY]
    night = np.where((held != 0.0) & np.isfinite(opens), held * (opens - before), 0.0)
    night = np.where(np.isfinite(night), night, 0.0)
    touched = np.zeros(record.shares.shape, dtype=np.bool_)
    touched[changes["session"], changes["ticker"]] = True
    heirs = changes[changes["into"] >= 0]
    touched[heirs["session"], heirs["into"]] = True
    night = np.where(touched[:, abroad], record.pnl[:, abroad, Cause.OVERNIGHT], night)
    record.pnl[:, abroad, Cause.OVERNIGHT] = night
    record.pnl[:, abroad, Cause.INTRADAY] = total - night
