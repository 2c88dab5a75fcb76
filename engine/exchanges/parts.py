"""Orders of a market of several exchanges: each row in parts, one at the open or close of each exchange."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hedgebook.errors import LookAheadError, ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.exchanges.venues import Venues
from hedgebook.universes.market import Market

from ..arrays import Floats, Ints
from ..kernels.book.records import CLOSE, ORDER, Structs
from .timeline import NONE, Timeline

if TYPE_CHECKING:
    from ..backtest.schedule import Schedule


class Part(NamedTuple):
    """Some tickers of a row at the mark of their exchange; session and place in the day first, to be sorted by."""

    session: int
    place: int
    row: int
    mark: int
    line: int


def check_exchanges(schedule: Schedule, market: Market, venues: Venues) -> None:
    """Check every row against the exchange of each ticker that it names.

    Raises LookAheadError for a fill at or before its decision, ParameterError for a day without any session.
    """
    for k, row, venue in _asked(schedule, market, venues):
        mark = Mark(int(schedule.mark[k]))
        moment = venues.moments(mark)[row, venue]
        if not schedule.hindsight and not np.isnat(moment) and moment <= schedule.decided_at[k]:
            raise LookAheadError(
                f"the {mark.label} of {venues.names[venue]} on {schedule.session[k]} is not after the decision to "
                "trade at it",
                where=f"schedule row {k}",
                value=f"decided {schedule.decided_at[k]} UTC, filled {moment} UTC",
                remedy="Fill at a later mark; a study that knows the news before it came needs hindsight.",
            )


def check_reach(schedule: Schedule, market: Market, stop: int) -> None:
    """Check that each exchange that a row names has a session from then on, before row `stop` of the market.

    Raises ParameterError where there is none any more.
    """
    venues = market.venues
    if venues is None:
        return
    for k, row, venue in _asked(schedule, market, venues):
        if not venues.trades[row:stop, venue].any():
            raise ParameterError(
                f"{venues.names[venue]} has no session from {schedule.session[k]} on in these prices",
                where=f"schedule row {k}",
                remedy="Give later prices, or trade earlier.",
            )


def _asked(schedule: Schedule, market: Market, venues: Venues) -> Iterator[tuple[int, int, int]]:
    """Each row of a schedule, its row of the market, and an exchange of which it names a ticker."""
    of = np.array([venues.of[market.column(ticker)] for ticker in schedule.tickers], dtype=np.int64)
    for k, session in enumerate(schedule.session):
        row = market.session_index(session)
        for venue in np.unique(of[~np.isnan(schedule.weights[k])]).tolist():
            yield k, row, venue


def in_parts(rows: Structs, bank: Floats, timeline: Timeline, *, waiting: bool = False) -> tuple[Structs, Floats]:
    """The rows (R,) of ORDER of one book as orders at the marks of each ticker's exchange, and their bank.

    A part on a day without a session of its exchange stands at its next open; what has none any more is left out, or,
    where it may come after the timeline (`waiting`), stands after its end. The first part of a row that holds anything
    opens its trade, which the others join, and so does a row that joins itself.
    """
    cutter = Cutter(bank, timeline, waiting=waiting)
    return cutter.cut(rows), cutter.bank()


class Cutter:
    """Cuts the orders of one set after another; their lines stand once in one bank."""

    def __init__(self, bank: Floats, timeline: Timeline, *, waiting: bool = False) -> None:
        self._given, self._timeline, self._waiting = bank, timeline, waiting
        self._more: list[Floats] = []
        self._lines: dict[tuple[int, tuple[int, ...]], int] = {}
        self._wholes: dict[tuple[int, ...], int] = {}
        self._place = timeline.place

    def bank(self) -> Floats:
        """The rows that were given and all lines since."""
        return np.concatenate([self._given, np.stack(self._more)]) if self._more else self._given

    def cut(self, rows: Structs) -> Structs:
        """The orders of one set in parts, in time order."""
        parts = sorted(part for k in range(len(rows)) for part in self._parts(k, rows[k]))
        out = np.zeros(len(parts), dtype=ORDER)
        opened: set[int] = set()
        group: list[int] = []
        groups = [group]
        for n, part in enumerate(parts):
            row, line = rows[part.row], self._line(part.line)
            holds = bool((np.nan_to_num(line) != 0.0).any())
            joins = bool(row["joins"]) or part.row in opened or not holds
            if holds and not joins:
                group = []
                groups.append(group)
            if holds:
                opened.add(part.row)
            out[n] = (part.session, part.mark, part.line, row["scale"], int(joins), 0)
            group.append(n)
        for group in groups:
            whole = self._whole(tuple(parts[n].line for n in group))
            out["whole"][group] = whole + 1
        return out

    def _line(self, number: int) -> Floats:
        known = len(self._given)
        return np.asarray(self._given[number] if number < known else self._more[number - known])

    def _parts(self, k: int, row: Structs) -> list[Part]:
        weights = self._given[row["row"]]
        of = self._timeline.of
        at: dict[tuple[int, int], list[int]] = {}
        days, session = len(self._timeline.slot), int(row["session"])
        for venue in np.unique(of[~np.isnan(weights)]).tolist():
            found = None if session >= days else slot_from(self._timeline.slot, session, venue, int(row["mark"]))
            if found is None and self._waiting:
                found = (max(session, days), CLOSE)
            if found is not None:
                at.setdefault(found, []).append(venue)
        return [
            Part(session, int(self._place[mark]), k, mark, self._line_of(int(row["row"]), tuple(those)))
            for (session, mark), those in at.items()
        ]

    def _line_of(self, row: int, venues: tuple[int, ...]) -> int:
        """The number of the line of a row's tickers on some exchanges."""
        if (row, venues) not in self._lines:
            line = np.where(np.isin(self._timeline.of, venues), self._given[row], np.nan)
            same = np.array_equal(line, self._given[row], equal_nan=True)
            self._lines[row, venues] = row if same else self._add(line)
        return self._lines[row, venues]

    def _whole(self, lines: tuple[int, ...]) -> int:
        """The number of the line of all that the parts of a trade ask for."""
        if lines not in self._wholes:
            line = np.full(self._given.shape[1], np.nan)
            for number in lines:
                asked = self._line(number)
                line = np.where(np.nan_to_num(asked) != 0.0, asked, line)
            self._wholes[lines] = self._add(line)
        return self._wholes[lines]

    def _add(self, line: Floats) -> int:
        self._more.append(line)
        return len(self._given) + len(self._more) - 1


def slot_from(slot: Ints, row: int, venue: int, mark: int) -> tuple[int, int] | None:
    """Day and mark of an exchange at which an order of a day stands; slot: as in Timeline."""
    own = int(slot[row, venue, mark])
    if own != NONE:
        return row, own
    later = np.flatnonzero(slot[row:, venue, Mark.OPEN] != NONE)
    return (row + int(later[0]), int(slot[row + later[0], venue, Mark.OPEN])) if len(later) else None
