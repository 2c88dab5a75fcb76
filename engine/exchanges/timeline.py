"""A market of several exchanges as the loop takes it: each open and close at its place in the day, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import LookAheadError, ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.exchanges.venues import Venues
from hedgebook.universes.market import Market

from ..arrays import Floats, Ints
from ..kernels.book.records import CLOSE, OPEN, ORDER, Cause, Orders, Record, State, Structs

if TYPE_CHECKING:
    from ..backtest.schedule import Schedule

EARLY, LATE = 0, 1
NONE = -1


@dataclass(frozen=True, eq=False)
class Timeline:
    """The marks of a window of a market of several exchanges.

    marks: (M, T, N) prices at which orders fill, NaN where a ticker's exchange has no open or close; order: the marks
    in time order, the close last; slot: (T, K, 2) the mark of each exchange's open and close, -1 where it has none.
    Mark OPEN is the open of the first exchange, and CLOSE the close of the last one of a day.
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


def refuse_several(market: Market) -> None:
    """Refuse a market of several exchanges where sessions are taken as an open and a close. Raises ParameterError."""
    if market.venues is not None:
        raise ParameterError(
            "prices of several exchanges can only be run one by one",
            where=market.provenance.source,
            value=", ".join(market.venues.names),
            remedy="Run a single strategy, as hedgebook run and hb.backtest do.",
        )


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
    order += [OPEN, *(number[key] for key in keys if key[0] == LATE), CLOSE]
    return Timeline(_marks(window, venues, slot, len(order)), tuple(order), slot, venues.of)


def _marks(window: Market, venues: Venues, slot: Ints, count: int) -> Floats:
    shape = window.close.shape
    out = np.full((count, *shape), np.nan)
    days = np.arange(shape[0])
    for k in range(len(venues.names)):
        columns = np.flatnonzero(venues.of == k)
        for mark, field in ((Mark.OPEN, "open"), (Mark.CLOSE, "close")):
            values = window.quoted("open" if field == "open" else "close")
            there = slot[:, k, mark] != NONE
            if len(columns) and there.any():
                rows = days[there]
                out[slot[rows, k, mark][:, None], rows[:, None], columns] = values[rows[:, None], columns]
    return out


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


def check_exchanges(schedule: Schedule, market: Market, venues: Venues) -> None:
    """Check every row against the exchange of each ticker that it names.

    Raises LookAheadError for a fill at or before its decision, ParameterError for a day without any session.
    """
    of = np.array([venues.of[market.column(ticker)] for ticker in schedule.tickers], dtype=np.int64)
    for k, (session, mark) in enumerate(zip(schedule.session, schedule.mark.tolist(), strict=True)):
        row = market.session_index(session)
        for venue in np.unique(of[~np.isnan(schedule.weights[k])]).tolist():
            moment = venues.moments(Mark(mark))[row, venue]
            if not schedule.hindsight and not np.isnat(moment) and moment <= schedule.decided_at[k]:
                raise LookAheadError(
                    f"the {Mark(mark).label} of {venues.names[venue]} on {session} is not after the decision to trade "
                    "at it",
                    where=f"schedule row {k}",
                    value=f"decided {schedule.decided_at[k]} UTC, filled {moment} UTC",
                    remedy="Fill at a later mark; a study that knows the news before it came needs hindsight.",
                )


def orders_at(schedule: Schedule, market: Market, venues: Venues, timeline: Timeline, start: int) -> Orders:
    """The rows as orders at the marks of each ticker's exchange, sessions counted from row `start`.

    What falls on a day without a session of the exchange stands at its next open. Raises ParameterError where there is
    none any more in the window.
    """
    columns = np.array([market.column(ticker) for ticker in schedule.tickers], dtype=np.int64)
    of, place = venues.of[columns], timeline.place
    rows: list[tuple[int, int, int]] = []
    bank: list[NDArray[np.float64]] = []
    for k, (session, mark) in enumerate(zip(schedule.session, schedule.mark.tolist(), strict=True)):
        row = market.session_index(session) - start
        weights = schedule.weights[k]
        for venue in np.unique(of[~np.isnan(weights)]).tolist():
            found = _slot_from(timeline, row, venue, mark)
            if found is None:
                raise ParameterError(
                    f"{venues.names[venue]} has no session from {session} on in these prices",
                    where=f"schedule row {k}",
                    remedy="Give later prices, or trade earlier.",
                )
            line = np.full(len(market.tickers), np.nan)
            mine = of == venue
            line[columns[mine]] = weights[mine]
            rows.append((*found, len(bank)))
            bank.append(line)
    rows.sort(key=lambda one: (one[0], place[one[1]], one[2]))
    out = np.zeros(len(rows), dtype=ORDER)
    for name, position in (("session", 0), ("mark", 1), ("row", 2)):
        out[name] = [one[position] for one in rows]
    out["scale"] = 1.0
    return Orders(out, np.stack(bank) if bank else np.full((1, len(market.tickers)), np.nan))


def _slot_from(timeline: Timeline, row: int, venue: int, mark: int) -> tuple[int, int] | None:
    slot = int(timeline.slot[row, venue, mark])
    if slot != NONE:
        return row, slot
    later = np.flatnonzero(timeline.slot[row:, venue, Mark.OPEN] != NONE)
    return (row + int(later[0]), int(timeline.slot[row + later[0], venue, Mark.OPEN])) if len(later) else None
