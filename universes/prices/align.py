"""The cells of the tickers that are kept, and their place among the sessions of the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..calendar import TradingCalendar, trading_calendar
from ..exchanges.venues import Venues, joint_calendar, names_of, several
from ..market import FIELDS, Field
from .cells import text_of, to_days, to_numbers
from .layout import FileLayout
from .read import RawTable

OUTSIDE, NAMELESS = -1, -2


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of the kept tickers in the order of the file: K of them, one per date and ticker.

    rows: (K,) rows of `table`; column: (K,) positions in `tickers`; day: (K,) positions in unique_days,
    datetime64[D], with NaT where `day_reasons` says why; session: (K,) positions in the calendar's sessions,
    -1 for a day that has none. fields: (K,) float64 each, NaN for an empty cell; not_numbers: masks of cells
    that hold something else. nameless: rows of `table` without a ticker.
    """

    table: RawTable
    layout: FileLayout
    tickers: tuple[str, ...]
    rows: NDArray[np.int64]
    column: NDArray[np.int64]
    day: NDArray[np.int64]
    unique_days: NDArray[np.datetime64]
    day_reasons: dict[int, str]
    session: NDArray[np.int64]
    calendar: TradingCalendar
    fields: dict[Field, NDArray[np.float64]]
    not_numbers: dict[Field, NDArray[np.bool_]]
    nameless: NDArray[np.int64]
    venues: Venues | None = None

    def calendar_of(self, k: int) -> str:
        """The exchange that the ticker of cell k trades on."""
        if self.venues is None:
            return self.calendar.name
        return self.venues.names[int(self.venues.of[self.column[k]])]

    def position(self, k: int, field: Field) -> int:
        """The position in the file of the column that holds `field` of cell k."""
        if self.layout.kind == "long":
            return self.layout.fields[field]
        return self.layout.tickers[self.tickers[self.column[k]]]

    def text(self, k: int, position: int) -> str:
        """What stands in the file in the row of cell k, as it stands there."""
        return text_of(self.table.columns[position], int(self.rows[k]))

    def in_order(self) -> bool:
        """Whether the dates of each ticker ascend in the file."""
        if self.layout.kind == "wide":
            by_row = self.session[:: max(len(self.tickers), 1)]
            return bool((np.diff(by_row) >= 0).all())
        order = np.argsort(self.column, kind="stable")
        falls = np.diff(self.session[order]) < 0
        return not bool((falls & (np.diff(self.column[order]) == 0)).any())


@dataclass(frozen=True, eq=False)
class TickerCodes:
    """Tickers of a file: every name once, in the order of the file, and for a long file the name of each row.

    codes: (R,) positions in `names`, NAMELESS where a row has no ticker; None for a wide file.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64] | None


def ticker_codes(table: RawTable, layout: FileLayout) -> TickerCodes:
    """The tickers of a file; blanks around a name are not part of it."""
    import pyarrow as pa

    if layout.ticker is None:
        return TickerCodes(tuple(layout.tickers), None)
    column: Any = table.columns[layout.ticker]
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    position: dict[str, int] = {name: k for k, name in enumerate(table.every or ())}
    lookup = [NAMELESS] * len(coded.dictionary)
    indices = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    # Of entries that repeat the last one is kept: the first row of each name. A missing ticker is the last entry.
    first_row = np.full(len(coded.dictionary) + 1, -1)
    first_row[indices[::-1]] = np.arange(len(indices) - 1, -1, -1)
    used = np.flatnonzero(first_row[:-1] >= 0)
    for i in used[np.argsort(first_row[used])].tolist():
        name = text_of(coded.dictionary, i).strip() if coded.dictionary[i].is_valid else ""
        if name:
            lookup[i] = position.setdefault(name, len(position))
    # Index -1 is a missing ticker and finds the last entry.
    codes = np.array([*lookup, NAMELESS], dtype=np.int64)[indices]
    return TickerCodes(tuple(position), codes)


def edge_tickers(table: RawTable, layout: FileLayout, tickers: Sequence[str], found: TickerCodes) -> set[str]:
    """Of `tickers` in a long file, one with a close on the first day of any of them and one on the last.

    Days that are none, and cells that hold no number, are passed over: they are refused where they are read.
    """
    import pyarrow as pa

    assert found.codes is not None
    members = set(tickers)
    kept = np.array([*(name in members for name in found.names), False, False])[found.codes]
    dates: Any = table.columns[layout.date]
    coded = dates if pa.types.is_dictionary(dates.type) else dates.dictionary_encode()
    days, _, of_entry = to_days(coded.dictionary)
    at = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    by_entry = days[of_entry]
    order = [int(entry) for entry in np.argsort(by_entry) if not np.isnat(by_entry[entry])]
    out: set[str] = set()
    for entries in (order, order[::-1]):
        for entry in entries:
            rows = np.flatnonzero((at == entry) & kept)
            closes, _ = to_numbers(table.columns[layout.fields["close"]].take(rows))
            rows = rows[np.isfinite(closes)]
            if len(rows):
                out.add(found.names[found.codes[rows[0]]])
                break
    return out


def collect(
    table: RawTable, layout: FileLayout, tickers: Sequence[str], found: TickerCodes, calendars: Sequence[str] = ()
) -> Cells:
    """The cells of `tickers`, parsed but not yet judged; cells of other tickers are not looked at.

    calendars: the exchange of each of the tickers, all of them the usual one where it is left out.
    """
    kept = tuple(tickers)
    fields: dict[Field, NDArray[np.float64]] = {}
    words: dict[Field, NDArray[np.bool_]] = {}
    nameless = np.zeros(0, dtype=np.int64)
    dates = table.columns[layout.date]
    if found.codes is None:
        # Columns in the order of the file, so that the first bad cell is the first that a reader meets.
        in_file = sorted(kept, key=layout.tickers.__getitem__)
        parsed = [to_numbers(table.columns[layout.tickers[ticker]]) for ticker in in_file]
        count = len(table.places)
        rows = np.repeat(np.arange(count), len(kept))
        column = np.tile(np.array([kept.index(ticker) for ticker in in_file], dtype=np.int64), count)
        fields["close"] = np.column_stack([values for values, _ in parsed]).ravel()
        blank = np.zeros(count, dtype=np.bool_)
        words["close"] = np.column_stack([blank if bad is None else bad for _, bad in parsed]).ravel()
        days, reasons, day_of_row = to_days(dates)
        day = np.repeat(day_of_row, len(kept))
    else:
        place = {ticker: i for i, ticker in enumerate(kept)}
        column_of_name = [place.get(name, OUTSIDE) for name in found.names]
        # Two more entries, so that the code of a row without a ticker finds one of them from the end.
        column_of_row = np.array([*column_of_name, OUTSIDE, OUTSIDE], dtype=np.int64)[found.codes]
        nameless = np.flatnonzero(found.codes == NAMELESS)
        rows = np.flatnonzero(column_of_row >= 0)
        column = column_of_row[rows]
        days, reasons, day = to_days(dates.take(rows))
        for field, position in layout.fields.items():
            fields[field], bad = to_numbers(table.columns[position].take(rows))
            if bad is not None:
                words[field] = bad
    venues = None
    if several(calendars):
        calendar, venues, session = _joint_sessions(days, day, column, calendars)
    else:
        calendar, session_of_day = _sessions(days)
        session = session_of_day[day]
    return Cells(
        table=table,
        layout=layout,
        tickers=kept,
        rows=rows,
        column=column,
        day=day,
        unique_days=days,
        day_reasons=reasons,
        session=session,
        calendar=calendar,
        fields=fields,
        not_numbers=words,
        nameless=nameless,
        venues=venues,
    )


def _joint_sessions(
    days: NDArray[np.datetime64], day: NDArray[np.int64], column: NDArray[np.int64], calendars: Sequence[str]
) -> tuple[TradingCalendar, Venues, NDArray[np.int64]]:
    """The days on which any exchange trades, when each does, and the position of each cell's day in them, -1 where its
    own exchange has no session."""
    valid = days[~np.isnat(days)]
    years = valid.astype("datetime64[Y]").astype(np.int64) + 1970
    first, last = (int(years.min()), int(years.max())) if len(years) else (2024, 2024)
    names = names_of(calendars)
    calendar, venues = joint_calendar(first, last, names)
    of = np.array([names.index(name) for name in calendars], dtype=np.int64)
    at = np.searchsorted(calendar.sessions, np.where(np.isnat(days), np.datetime64("1900-01-01"), days))
    at = np.minimum(at, len(calendar.sessions) - 1)
    there = (calendar.sessions[at] == days)[day] & venues.trades[at[day], of[column]]
    return calendar, replace(venues, of=of), np.where(there, at[day], -1)


def _sessions(days: NDArray[np.datetime64]) -> tuple[TradingCalendar, NDArray[np.int64]]:
    """A calendar of the years of `days`, and the position of each day in its sessions, or -1."""
    valid = days[~np.isnat(days)]
    years = valid.astype("datetime64[Y]").astype(np.int64) + 1970
    # Without a single valid day any year serves: every row is refused for its date.
    first, last = (int(years.min()), int(years.max())) if len(years) else (2024, 2024)
    calendar = trading_calendar(first, last)
    at = np.searchsorted(calendar.sessions, np.where(np.isnat(days), np.datetime64("1900-01-01"), days))
    at = np.minimum(at, len(calendar.sessions) - 1)
    return calendar, np.where(calendar.sessions[at] == days, at, -1)


@dataclass(frozen=True, eq=False)
class Grid:
    """Fields of the kept tickers on consecutive sessions: (T, N) float64 each, NaN without a value."""

    sessions: NDArray[np.datetime64]
    fields: dict[Field, NDArray[np.float64]]

    def spanned_by(self, columns: NDArray[np.bool_]) -> Grid:
        """Every ticker, on the sessions from the first to the last that has a number of some of them (`columns`)."""
        some = np.zeros(len(self.sessions), dtype=np.bool_)
        for values in self.fields.values():
            some |= np.isfinite(values[:, columns]).any(axis=1)
        filled = np.flatnonzero(some)
        if not len(filled):
            return self
        rows = slice(int(filled[0]), int(filled[-1]) + 1)
        return Grid(self.sessions[rows], {field: values[rows] for field, values in self.fields.items()})

    def only(self, columns: NDArray[np.bool_]) -> Grid:
        """Some of the tickers, on the sessions from the first to the last that has a number of theirs."""
        kept = {field: values[:, columns] for field, values in self.fields.items()}
        some = np.zeros(len(self.sessions), dtype=np.bool_)
        for values in kept.values():
            some |= np.isfinite(values).any(axis=1)
        filled = np.flatnonzero(some)
        part = slice(int(filled[0]), int(filled[-1]) + 1)
        return Grid(self.sessions[part], {field: values[part] for field, values in kept.items()})


def scatter(cells: Cells) -> Grid | None:
    """The cells of a file on every session from the first to the last that has a number; None without any.

    Nothing is filled: a value of the grid is a cell of the file, all else is NaN.
    """
    present = np.zeros(len(cells.rows), dtype=np.bool_)
    for values in cells.fields.values():
        present |= np.isfinite(values)
    if not present.any():
        return None
    first, last = int(cells.session[present].min()), int(cells.session[present].max())
    shape = (last - first + 1, len(cells.tickers))
    target = (cells.session[present] - first) * shape[1] + cells.column[present]
    fields: dict[Field, NDArray[np.float64]] = {}
    for field in FIELDS:
        grid = np.full(shape, np.nan)
        if field in cells.fields:
            grid.ravel()[target] = cells.fields[field][present]
        fields[field] = grid
    return Grid(cells.calendar.sessions[first : last + 1], fields)
