"""What makes a price file unusable, found in whole columns and reported for the first row in the file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..market import Field
from ..meant_number import number_hint

if TYPE_CHECKING:
    from .align import Cells

# Open and close may leave [low, high] by this much of the price. Adjusted vendor data that keeps six digits
# needs none (0 of 200,724 rows of real daily prices leave it at all); it allows for float32 arithmetic.
RANGE_TOLERANCE_FRAC = 1e-6
# What no price or volume of a share has ever been, however it was adjusted.
SMALLEST_USD, LARGEST_USD, LARGEST_SHARES = 1e-30, 1e30, 1e30
PRICES: tuple[Field, ...] = ("open", "high", "low", "close")
RANGED: tuple[Field, ...] = ("open", "close")
WRITTEN = "Write numbers without signs and separators of thousands."
DATE_BOUND = "2026-07-01, 20260701, or a date without a time and a time zone"


@dataclass(frozen=True)
class CellProblem:
    """One kind of bad cell: its first row, how many rows or cells are like it, and what to say about it."""

    row: int
    position: int
    count: int
    column: str
    what: str
    value: str | None
    bound: str | None = None
    remedy: str | None = None


def refuse_bad_cells(cells: Cells, *, ranges: bool = True) -> None:
    """Raises PriceDataError for the first bad cell in the order of the file and says how many more exist.

    ranges: whether open and close have to lie within low and high.
    """
    checks = (_blank_tickers, _bad_dates, _duplicates, _bad_values, *((_bad_ranges,) if ranges else ()))
    problems = [problem for check in checks for problem in check(cells)]
    if not problems:
        return
    first = min(problems, key=lambda problem: (problem.row, problem.position))
    more = sum(problem.count for problem in problems) - 1
    remedy = first.remedy or ""
    if more:
        others = "is 1 more problem" if more == 1 else f"are {more} more problems"
        remedy = f"{remedy} There {others} in it.".strip()
    table = cells.table
    where = f"{table.source}, {table.place(first.row)}, column {first.column!r}"
    raise PriceDataError(first.what, where=where, value=first.value, bound=first.bound, remedy=remedy or None)


def closure(day: np.datetime64, calendar: str) -> str:
    """Why an exchange is closed on a day: "a Saturday", "a Friday on which XNYS is closed (Good Friday)"."""
    import exchange_calendars

    as_date: date = day.astype("datetime64[D]").item()
    weekday = as_date.strftime("%A")
    if as_date.weekday() >= 5:
        return f"a {weekday}"
    year = as_date.year
    with warnings.catch_warnings():
        # exchange_calendars 4.13 itself uses what pandas 3.1 will change; names of holidays are not affected.
        warnings.filterwarnings("ignore", message=r"Series\.values returning an ndarray that drops timezone")
        sessions = exchange_calendars.get_calendar(calendar, start=f"{year}-01-01", end=f"{year}-12-31")
    names = sessions.regular_holidays.holidays(str(day), str(day), return_name=True)
    holiday = f" ({names.iloc[0]})" if len(names) else ""
    return f"a {weekday} on which {calendar} is closed{holiday}"


def _blank_tickers(cells: Cells) -> Iterator[CellProblem]:
    """Rows of a long file that name no ticker."""
    if cells.layout.ticker is not None and len(cells.nameless):
        yield CellProblem(
            row=int(cells.nameless[0]),
            position=-2,
            count=len(cells.nameless),
            column=cells.table.names[cells.layout.ticker],
            what="the ticker is missing",
            value=None,
            remedy="Name the ticker of every row, or remove the row.",
        )


def _bad_dates(cells: Cells) -> Iterator[CellProblem]:
    """Cells that are no day, and days without a session."""
    bad = np.isnat(cells.unique_days)[cells.day]
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        what, value = cells.day_reasons[int(cells.day[k])], cells.text(k, cells.layout.date)
        remedy = "Write every date as year-month-day."
        yield _at_date(cells, k, np.flatnonzero(bad), what, value, remedy, DATE_BOUND)
    closed = (cells.session < 0) & ~bad
    if closed.any():
        k = int(np.flatnonzero(closed)[0])
        day = cells.unique_days[cells.day[k]]
        name = cells.calendar_of(k)
        what, value = f"{day} is not a session of {name} but {closure(day, name)}", cells.text(k, cells.layout.date)
        yield _at_date(cells, k, np.flatnonzero(closed), what, value, "Remove the row, or correct its date.")


def _duplicates(cells: Cells) -> Iterator[CellProblem]:
    """Two rows for one ticker and session; the later row is the one to report."""
    good = np.flatnonzero(cells.session >= 0)
    key = cells.session[good] * len(cells.tickers) + cells.column[good]
    if not len(key) or np.bincount(key).max() == 1:
        return
    order = np.argsort(key, kind="stable")
    again = key[order][1:] == key[order][:-1]
    repeats, earlier = good[order[1:][again]], good[order[:-1][again]]
    first = int(np.argmin(repeats))
    k, before = int(repeats[first]), int(earlier[first])
    day = str(cells.unique_days[cells.day[k]])
    of = f" of {cells.tickers[cells.column[k]]}" if cells.layout.kind == "long" else ""
    what = f"the date{of} stands twice; it stood already at {cells.table.place(int(cells.rows[before]))}"
    yield _at_date(cells, k, repeats, what, day, "Keep one of the rows.")


def _bad_values(cells: Cells) -> Iterator[CellProblem]:
    """Cells that are no numbers, infinite, not above zero (prices) or below zero (volume)."""
    for field, values in cells.fields.items():
        words = cells.not_numbers.get(field)
        infinite = np.isinf(values)
        with np.errstate(invalid="ignore"):
            low = (values <= 0 if field in PRICES else values < 0) & ~infinite
        what = "a price must be above zero" if field in PRICES else "volume must not be negative"
        if words is not None and words.any():
            found = _at_cell(cells, field, words, "this is not a number", "Give one, or leave the cell empty.")
            meant = number_hint(found.value)
            yield found if meant is None else replace(found, remedy=f"{meant} {WRITTEN}")
        if infinite.any():
            yield _at_cell(cells, field, infinite, "the value is infinite", "Leave the cell empty.")
        if low.any():
            yield _at_cell(cells, field, low, what, "Correct the cell, or leave it empty.")
        least, most = (SMALLEST_USD, LARGEST_USD) if field in PRICES else (0.0, LARGEST_SHARES)
        with np.errstate(invalid="ignore"):
            far = ((values > most) | (values < least)) & ~infinite & ~low
        if far.any():
            what = f"no {'price' if field in PRICES else 'volume'} lies beyond {least:g} to {most:g}"
            yield _at_cell(cells, field, far, what, "Correct the cell, or leave it empty.")


def _bad_ranges(cells: Cells) -> Iterator[CellProblem]:
    """low > high, and open or close outside [low, high] by more than the tolerance."""
    # A cell that is refused by itself is not refused once more for its neighbours.
    sane = {
        field: np.where(np.isfinite(values) & (values > 0), values, np.nan) for field, values in cells.fields.items()
    }
    low, high = sane.get("low"), sane.get("high")
    if low is not None and high is not None:
        crossed = low > high
        if crossed.any():
            yield _at_row(cells, ("low", "high"), crossed, "low lies above high", "Correct one of the two.")
    for field in RANGED:
        outside = _outside(sane.get(field), low, high)
        if outside is not None and outside.any():
            shown: tuple[Field, ...] = (field, "low", "high")
            what = f"{field} lies outside low to high"
            yield _at_row(cells, shown, outside, what, "Adjust every field of a row by the same factor.")


def _outside(
    values: NDArray[np.float64] | None, low: NDArray[np.float64] | None, high: NDArray[np.float64] | None
) -> NDArray[np.bool_] | None:
    if values is None:
        return None
    out = np.zeros(len(values), dtype=np.bool_)
    if low is not None:
        out |= values < low * (1 - RANGE_TOLERANCE_FRAC)
    if high is not None:
        out |= values > high * (1 + RANGE_TOLERANCE_FRAC)
    if low is not None and high is not None:
        out &= ~(low > high)
    return out


def _at_date(
    cells: Cells, k: int, like: NDArray[np.int64], what: str, value: str | None, remedy: str, bound: str | None = None
) -> CellProblem:
    """A problem of the date of cell k; like: all cells that have it."""
    row, count, column = int(cells.rows[k]), len(np.unique(cells.rows[like])), cells.table.names[cells.layout.date]
    return CellProblem(row, -1, count, column, what, value, bound, remedy)


def _at_cell(cells: Cells, field: Field, bad: NDArray[np.bool_], what: str, remedy: str) -> CellProblem:
    k = int(np.flatnonzero(bad)[0])
    position = cells.position(k, field)
    return CellProblem(
        row=int(cells.rows[k]),
        position=position,
        count=int(bad.sum()),
        column=cells.table.names[position],
        what=f"{what}, for {cells.tickers[cells.column[k]]}",
        value=cells.text(k, position),
        remedy=remedy,
    )


def _at_row(cells: Cells, shown: tuple[Field, ...], bad: NDArray[np.bool_], what: str, remedy: str) -> CellProblem:
    k = int(np.flatnonzero(bad)[0])
    values = [(field, cells.text(k, cells.position(k, field))) for field in shown if field in cells.fields]
    return CellProblem(
        row=int(cells.rows[k]),
        position=len(cells.table.names),
        count=int(bad.sum()),
        column=cells.table.names[cells.position(k, shown[0])],
        what=f"{what}, for {cells.tickers[cells.column[k]]}",
        value=", ".join(f"{field} {text}" for field, text in values),
        remedy=remedy,
    )
