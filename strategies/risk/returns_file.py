"""What a file of returns says of itself: which column is the date, which the returns, in which unit, how days are
written."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from hedgebook.errors import ParameterError, did_you_mean

DATES = ("date", "day", "month", "week", "period", "time", "datetime", "timestamp", "session", "")
RETURNS = ("return", "returns", "ret", "rets", "daily_return", "monthly_return", "total_return", "net_return")
PERCENT_NAMES = re.compile(r".*(%|percent|pct)\s*\)?$")
OF_A_COLUMN = re.compile(r"(.+\.csv):(.+)", re.IGNORECASE)
COMPACT = re.compile(r"(19|20)\d{6}", re.ASCII)
MONTH = re.compile(r"((?:19|20)\d{2})[-/]?(\d{2})", re.ASCII)
MONTH_NAME = re.compile(r"([A-Za-z]{3,9})[ -](\d{4}|\d{2})", re.ASCII)
WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.ASCII | re.IGNORECASE)
TWO_NUMBERS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
MONTHS = {name.lower(): k for names in (calendar.month_name, calendar.month_abbr) for k, name in enumerate(names) if k}
Order = Literal["day-first", "month-first"]
FORM = "Write a header and one row a session, as in date,return and 2026-07-01,-0.0123 for -1.23%."

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Shape:
    """Columns of dates and of returns, what the latter are called, whether their name says percent, and the order of
    days such as 07/01/2026, None where there are none or the file does not tell it; header: whether there is one."""

    day_at: int
    return_at: int
    name: str
    percent: bool
    order: Order | None
    header: bool


def file_and_column(path: str | Path) -> tuple[Path, str | None]:
    """The file and the column of "returns.csv:Fund A"; no column where none is named."""
    text = str(path)
    found = OF_A_COLUMN.fullmatch(text)
    return (Path(found[1]), found[2]) if found and not Path(text).exists() else (Path(path), None)


def name_of_series(path: str | Path) -> str:
    """What the returns of a file, or of one of its columns, are called."""
    file, column = file_and_column(path)
    return column or file.stem


def is_csv(given: object) -> bool:
    """Whether a CSV file is named, or one of its columns."""
    return isinstance(given, str | Path) and file_and_column(given)[0].suffix.lower() == ".csv"


def shape_of(rows: Sequence[Row], source: str, column: str | None, prices: Sequence[str]) -> Shape:
    """The shape of a file; column: the name of the returns that are wanted where there are several.

    prices: names of columns that hold prices. Raises ParameterError for a file that does not say what it holds.
    """
    first = [cell.strip() for cell in rows[0][1]]
    if len(first) == 2 and _is_day(first[0]) and _is_number(first[1]):
        order = order_of([cells[0] for _, cells in rows])
        return Shape(0, 1, "return", False, order, header=False)
    names, where = [name.lower() for name in first], f"{source}, line 1"
    for name in ("date", "return"):
        if names.count(name) > 1:
            raise ParameterError("this column stands twice", where=where, value=name, remedy="Keep one of the two.")
    day_at = next((names.index(name) for name in DATES if name in names), None)
    if day_at is None:
        raise _missing("date", names, where)
    return_at = _returns(names, first, day_at, column, where, prices)
    order = order_of([cells[day_at] for _, cells in rows[1:] if day_at < len(cells)])
    name = names[return_at]
    return Shape(day_at, return_at, first[return_at], bool(PERCENT_NAMES.fullmatch(name)), order, header=True)


def _returns(
    names: list[str], first: list[str], day_at: int, column: str | None, where: str, prices: Sequence[str]
) -> int:
    others = [k for k, name in enumerate(names) if k != day_at and name]
    if column is not None:
        if column.strip().lower() not in names:
            remedy = did_you_mean(column, [first[k] for k in others])
            raise ParameterError(f"there is no column {column!r}", where=where, remedy=remedy)
        return names.index(column.strip().lower())
    found = next((names.index(name) for name in RETURNS if name in names), None)
    if found is not None:
        return found
    named = [k for k in others if PERCENT_NAMES.sub("", names[k]).strip(" (_") in RETURNS or "return" in names[k]]
    if len(named) == 1:
        return named[0]
    there = [names[k] for k in others if names[k] in prices]
    if there:
        raise ParameterError(
            "these are prices or levels, and returns are never guessed from them", where=where, value=there[0],
            remedy="Divide each by the one before it, less 1, and call the column return.",
        )  # fmt: skip
    if len(others) == 1 and not get_close_matches("return", [names[others[0]]], n=1, cutoff=0.6):
        return others[0]
    if len(others) > 1 and not get_close_matches("return", [names[k] for k in others], n=1, cutoff=0.6):
        listed = ", ".join(first[k] for k in others[:8])
        remedy = f"Name one: {where.split(',')[0]}:{first[others[0]]}"
        raise ParameterError("there are several columns of returns", where=where, value=listed, remedy=remedy)
    raise _missing("return", names, where)


def _missing(name: str, header: list[str], where: str) -> ParameterError:
    near = get_close_matches(name, header, n=1, cutoff=0.6)
    remedy = f"Is {near[0]!r} meant to be {name!r}?" if near else FORM
    return ParameterError(f"there is no column {name!r}", where=where, value=", ".join(header), remedy=remedy)


def order_of(texts: Sequence[str]) -> Order | None:
    """Which of two numbers is the day, where one of them exceeds 12 in some row."""
    found = [one for one in (TWO_NUMBERS.fullmatch(text.strip()) for text in texts) if one]
    if any(int(one[1]) > 12 for one in found):
        return "day-first"
    return "month-first" if any(int(one[2]) > 12 for one in found) else None


def _is_day(text: str) -> bool:
    return not isinstance(day_text(text, "month-first"), str) or ":" in text or bool(TWO_NUMBERS.fullmatch(text))


def _is_number(text: str) -> bool:
    try:
        float(text.removesuffix("%"))
    except ValueError:
        return False
    return True


def day_text(text: str, order: Order | None) -> date | str:
    """The day that a text means, or in words why it means none. A month is its last day, a week its Friday."""
    text = text.strip()
    try:
        if COMPACT.fullmatch(text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if found := WEEK.fullmatch(text):
            return date.fromisocalendar(int(found[1]), int(found[2]), 5)
        if found := MONTH.fullmatch(text):
            return _month_end(int(found[1]), int(found[2]))
        if (found := MONTH_NAME.fullmatch(text)) and found[1].lower() in MONTHS:
            year = int(found[2])
            return _month_end(year if year > 99 else 1900 + year if year >= 70 else 2000 + year,
                              MONTHS[found[1].lower()])  # fmt: skip
        if found := TWO_NUMBERS.fullmatch(text):
            if order is None:
                return "the dates do not say which part is the day and which the month"
            one, two = int(found[1]), int(found[2])
            day, month = (one, two) if order == "day-first" else (two, one)
            return date(int(found[3]), month, day)
        return date.fromisoformat(text)
    except ValueError:
        return "this is not a date"


def _month_end(year: int, month: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(month)
    return date(year, month, calendar.monthrange(year, month)[1])


def time_of(text: str, order: Order | None, where: str) -> datetime:
    """The day, or the time of an intraday return. Raises ParameterError."""
    if ":" in text:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            bound = "a day as in 2026-07-01, or a time as in 2026-07-01T15:30"
            raise ParameterError("this is not a date", where=where, value=text, bound=bound) from None
    day = day_text(text, order)
    if isinstance(day, str):
        raise ParameterError(day, where=where, value=text, bound="a day as in 2026-07-01")
    return datetime.combine(day, datetime.min.time())
