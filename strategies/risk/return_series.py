"""Return series as users give them: read, their dates understood, and anything that is no return refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.risk.frequency import Frequency, frequency_of, is_intraday
from hedgebook.engine.risk.series import own_clock
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.checks import NAME, check
from hedgebook.universes.counted import counted
from hedgebook.universes.meant_number import NUMBER, number_hint
from hedgebook.universes.raw_file import csv_rows, read_or_name_near

from .returns_file import file_and_column, order_of, shape_of, time_of

ReturnsIn = Literal["fraction", "percent"]
RETURNS_FORM = "Write a header and one row a session, as in date,return and 2026-07-01,-0.0123 for -1.23%."
PRICE_WORDS = ("price", "close", "adj close", "adj_close", "open", "nav", "value", "level", "equity", "index")
# Which column of levels is taken where a file has several: those that dividends are in first.
LEVEL_WORDS = ("adj close", "adj_close", "nav", "equity", "value", "level", "index", "close", "price", "open")
# A return above this is 500 %: a price, or a percentage without its sign.
LARGEST_RETURN = 5.0
# What fractions hardly reach. Volatility a year from the middle of the sizes, which one outlier does not move: above
# the first for returns that come once a week or more often, above the second for rarer ones.
PERCENT_VOLATILITY, PERCENT_VOLATILITY_RARE, RARE_PER_YEAR = 2.0, 1.0, 26.0
# Or a sum of more than 100 % a year at a Sharpe ratio of more than 50: interest in percent.
PERCENT_MEAN, PERCENT_SHARPE, DAYS_PER_YEAR = 1.0, 50.0, 366.0
FEW, LARGE = 5, 0.1
# Marks a series whose unit its file told, so that nothing divides or judges it again.
IN_FRACTIONS = "hedgebook: returns are fractions"
NORMAL_QUARTILE = 0.6744897501960817


@dataclass(frozen=True, eq=False)
class ReadReturns:
    """Returns without the empty ones, by plain days (with times where they are intraday); how often they come; and
    what a reader must know."""

    returns: pd.Series[float]
    frequency: Frequency
    notes: tuple[str, ...]


def checked_returns(
    returns: pd.Series[float], name: str, returns_in: ReturnsIn | None = None, option: str = "returns_in"
) -> ReadReturns:
    """A series of simple returns with dates for an index, checked.

    A time zone is dropped, not converted: a return belongs to the day that its own clock shows. Times of day are
    dropped where a day has one return. returns_in: "percent" divides by 100; "fraction" takes what is there; None
    takes fractions and refuses what looks like percent points or prices. Raises ParameterError for what is no series
    of returns, for a day that stands twice and for a series without a return. name: of the file or series, option: of
    the parameter that says the unit, both for messages.
    """
    if isinstance(returns, pd.Series) and returns.attrs.get(IN_FRACTIONS):
        returns_in = "fraction"
    if returns_in is not None and returns_in not in get_args(ReturnsIn):
        remedy = did_you_mean(str(returns_in), get_args(ReturnsIn))
        raise ParameterError("unknown unit", where=option, value=returns_in, remedy=remedy)
    check("name of the returns", name, NAME)
    series, notes = _dated(returns, name)
    try:
        values = np.asarray(series, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError("a value is not a number", where=name, value=str(series.dtype)) from None
    frequency = frequency_of(pd.DatetimeIndex(series.index))
    series = pd.Series(values / 100.0 if returns_in == "percent" else values, index=series.index, name=returns.name)
    kept = series.dropna()
    if not len(kept):
        raise ParameterError("there is no return in it", where=name, remedy=RETURNS_FORM)
    most = largest(returns_in)
    for day, value in kept[~((kept >= -1.0) & (kept <= most))].items():
        raise _no_return(float(value), f"{name}, {day:%Y-%m-%d}")
    if returns_in is None:
        found = np.asarray(kept, dtype=np.float64)
        _no_prices(found, name, option)
        _no_percent(found, pd.DatetimeIndex(kept.index), frequency, name, option)
    if len(kept) < len(series):
        notes = (*notes, f"{counted(len(series) - len(kept), 'empty return')} left out")
    if not frequency.regular:
        notes = (*notes, frequency.basis.rstrip("."))
    return ReadReturns(kept, frequency, notes)


def largest(returns_in: ReturnsIn | None) -> float:
    """The highest return that is taken, a fraction; finite, and unlimited where fractions were asked for."""
    return float(np.finfo(np.float64).max) if returns_in == "fraction" else LARGEST_RETURN


def _dated(returns: pd.Series[float], name: str) -> tuple[pd.Series[float], tuple[str, ...]]:
    """The series by ascending plain dates, each once."""
    index = returns.index if isinstance(returns, pd.Series) else None
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp(how="end").normalize()
    if not isinstance(index, pd.DatetimeIndex):
        raise ParameterError(
            "a pandas Series with dates for an index is needed", where=name, value=type(returns).__name__
        )
    if not len(index):
        raise ParameterError("there is no return in it", where=name, remedy=RETURNS_FORM)
    if index.isna().any():
        row = int(np.flatnonzero(index.isna())[0])
        raise ParameterError("a date is missing", where=f"{name}, row {row + 1}")
    notes: tuple[str, ...] = ()
    if index.tz is not None:
        notes = (f"time zone {index.tz} dropped: a return belongs to the day on its own clock",)
    ascending, index = index.is_monotonic_increasing, own_clock(index).as_unit("ns")
    if not ascending or (not index.is_monotonic_increasing and not is_intraday(index)):
        row = int(np.flatnonzero(np.diff(index.asi8) < 0)[0]) + 1 if not index.is_monotonic_increasing else 0
        raise ParameterError(
            "the dates do not ascend, each once", where=f"{name}, rows {row} and {row + 1}",
            value=f"{index[row - 1]} and {index[row]}", remedy="Sort by date.",
        )  # fmt: skip
    days = index.normalize()
    if not days.is_unique:
        if is_intraday(index):
            days = index
        else:
            raise _twice(days, [f"rows {k + 1} and {k + 2}" for k in range(len(days) - 1)], name)
    return pd.Series(returns.to_numpy(), index=days, name=returns.name), notes


def _twice(days: pd.DatetimeIndex, pairs: list[str], name: str) -> ParameterError:
    """What is wrong with ascending days of which some stand twice; pairs: where each neighbouring two stand."""
    again = np.flatnonzero(days[1:] == days[:-1])
    first = int(again[0])
    others = f", and {len(again) - 1} more" if len(again) > 1 else ""
    return ParameterError(
        f"the dates do not ascend, each once: this day stands twice{others}", where=f"{name}, {pairs[first]}",
        value=f"{days[first]:%Y-%m-%d}", remedy="Keep one return a day, or several on most days for intraday returns.",
    )  # fmt: skip


def read_returns(path: str | Path, returns_in: ReturnsIn | None = None) -> pd.Series[float]:
    """The returns of a CSV file with a column of dates and one of returns, or of FILE:COLUMN where it has several.

    Values as they stand, also where they are in percent: checked_returns divides them; percent signs and a column
    called "return (%)" are fractions already, which `attrs` says. An empty cell is NaN; a date is a day, a month
    (2026-07, its last day), a week (2026-W27) or, as in 2026-07-01T15:30, a time, whose zone is dropped. Nothing is
    guessed: prices and dates that do not ascend raise a ParameterError that names file, line, column and value.
    """
    path, column = file_and_column(path)
    lines = _lines(path)
    if not lines:
        raise ParameterError("the file is empty", where=path.name, remedy=RETURNS_FORM)
    shape, width = shape_of(lines, path.name, column, PRICE_WORDS), len(lines[0][1])
    below = lines[1:] if shape.header else lines
    texts = [cells[shape.return_at] for _, cells in below if len(cells) == width]
    signs = _signs(texts, path.name, returns_in) or (shape.percent and returns_in is None)
    times: list[datetime] = []
    values: list[float] = []
    for line, cells in below:
        where = f"{path.name}, line {line}"
        if len(cells) != width:
            raise ParameterError(
                f"the row has {counted(len(cells), 'cell')} for {counted(width, 'column')}",
                where=where,
                value=",".join(cells),
            )
        time = time_of(cells[shape.day_at], shape.order, f"{where}, column 'date'")
        if times and _instant(time) <= _instant(times[-1]):
            raise ParameterError(
                "the dates do not ascend" if _instant(time) < _instant(times[-1]) else "this date stands twice",
                where=f"{where}, column 'date'", value=cells[shape.day_at],
                remedy="Sort the rows by date, one row a session.",
            )  # fmt: skip
        times.append(time)
        text = cells[shape.return_at].removesuffix("%").strip()
        value = _return(text, f"{where}, column {shape.name!r}", "percent" if signs else returns_in)
        values.append(value / 100.0 if signs else value)
    if not times:
        raise ParameterError("there is no return in it", where=path.name, remedy=RETURNS_FORM)
    index = pd.DatetimeIndex([time.replace(tzinfo=None) for time in times], name="session")
    if not index.normalize().is_unique and not is_intraday(index):
        numbers = [n for n, _ in below]
        pairs = [f"lines {a} and {b}" for a, b in pairwise(numbers)]
        raise _twice(index.normalize(), pairs, path.name)
    found = pd.Series(values, index=index, name="return")
    if signs:
        found.attrs[IN_FRACTIONS] = True
    return found


def _signs(texts: list[str], source: str, returns_in: ReturnsIn | None) -> bool:
    """Whether the returns have percent signs. Raises ParameterError where only some have, and where fractions were
    asked for."""
    signed = [text.endswith("%") for text in texts if text]
    if not any(signed):
        return False
    if not all(signed):
        raise ParameterError(
            "some returns have a percent sign and others none", where=source, value=f"{sum(signed)} of {len(signed)}",
            remedy="Write all of them in one unit.",
        )  # fmt: skip
    if returns_in == "fraction":
        raise ParameterError(
            "the returns have percent signs, so they are no fractions", where=source, value=returns_in,
            remedy="Leave the unit out: the signs say it.",
        )  # fmt: skip
    return True


def holds_levels(header: list[str]) -> bool:
    """Whether a file has dates and prices or levels of one thing, and no returns."""
    return "date" in header and not {"return", "ticker"} & set(header) and bool(set(LEVEL_WORDS) & set(header))


def read_levels(path: str | Path) -> tuple[pd.Series[float], str]:
    """The prices or levels of a CSV file with the columns date and, in any case, one of LEVEL_WORDS, and which it was.

    Empty cells are left out. Raises ParameterError that names file, line, column and value for a level that is not
    above zero and for dates that do not ascend.
    """
    path = Path(path)
    lines = _lines(path)
    header = [cell.lower() for cell in lines[0][1]]
    column = next(word for word in LEVEL_WORDS if word in header)
    day_at, level_at = header.index("date"), header.index(column)
    order = order_of([cells[day_at] for _, cells in lines[1:] if day_at < len(cells)])
    times: list[datetime] = []
    values: list[float] = []
    for line, cells in lines[1:]:
        where = f"{path.name}, line {line}"
        if len(cells) != len(header):
            raise ParameterError(
                f"the row has {counted(len(cells), 'cell')} for {counted(len(header), 'column')}",
                where=where,
                value=",".join(cells),
            )
        time, text = time_of(cells[day_at], order, f"{where}, column 'date'"), cells[level_at]
        if times and _instant(time) <= _instant(times[-1]):
            raise ParameterError(
                "the dates do not ascend, each once", where=f"{where}, column 'date'", value=cells[day_at],
                remedy="Sort the rows by date, one row a session.",
            )  # fmt: skip
        if not text:
            continue
        if not NUMBER.fullmatch(text) or not 0.0 < float(text) < math.inf:
            raise ParameterError(
                "this is no price or level", where=f"{where}, column {column!r}", value=text, bound="a number above 0",
                remedy=number_hint(text),
            )  # fmt: skip
        times.append(time)
        values.append(float(text))
    if len(values) < 2:
        raise ParameterError("a return needs two prices", where=path.name, value=len(values))
    index = pd.DatetimeIndex([time.replace(tzinfo=None) for time in times], name="session")
    return pd.Series(values, index=index, name=column), column


def header_of(path: str | Path) -> list[str]:
    """The column names of a CSV file in lower case. Raises ParameterError for a file that cannot be read."""
    for _, cells in _lines(Path(path))[:1]:
        return [cell.lower() for cell in cells]
    raise ParameterError("the file is empty", where=Path(path).name, remedy=RETURNS_FORM)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    what, otherwise = "there is no such file or run folder", "Give a run folder, or a CSV of returns or holdings."
    path, _ = file_and_column(path)
    data = read_or_name_near(path, ".csv", error=ParameterError, what=what, otherwise=otherwise)
    return csv_rows(data, source=path.name, error=ParameterError, form=RETURNS_FORM)


def day_of(text: str, where: str = "as_of") -> date:
    """A day as in 2026-07-01. Raises ParameterError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterError("this is not a date", where=where, value=text, bound="a day as in 2026-07-01") from None


def _instant(time: datetime) -> datetime:
    """The moment of a time, in UTC where it has a zone, so that a change of the clocks does not turn the order."""
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo is not None else time


def _return(text: str, where: str, returns_in: ReturnsIn | None) -> float:
    if not text:
        return math.nan
    if not NUMBER.fullmatch(text):
        remedy = number_hint(text) or "Write fractions, as in -0.0123."
        raise ParameterError("this is not a number", where=where, value=text, remedy=remedy)
    value = float(text)
    if not -1.0 <= (value / 100.0 if returns_in == "percent" else value) <= largest(returns_in):
        raise _no_return(value, where)
    return value


def _no_return(value: float, where: str) -> ParameterError:
    return ParameterError(
        "this is no simple return", where=where, value=value, bound=f"-1 to {LARGEST_RETURN:g}",
        remedy="Prices are not taken for returns. Write -0.0123 for -1.23%, or say --returns-in percent.",
    )  # fmt: skip


def _units_remedy(option: str) -> str:
    return (
        f"Say which with --{option.replace('_', '-')} or {option}: 'percent' (0.25 is 0.25%) or 'fraction' "
        "(0.25 is 25%)."
    )


def _no_prices(values: NDArray[np.float64], source: str, option: str) -> None:
    """Refuse a series that never falls and moves by a tenth a session: levels between 0 and 5, not returns."""
    if len(values) >= 2 and values.min() > 0.0 and float(np.median(values)) > 0.1:
        raise ParameterError(
            "every value is above zero and half of them above 0.1: these look like prices, not returns",
            where=source, value=float(np.median(values)), remedy=f"{RETURNS_FORM} {_units_remedy(option)}",
        )  # fmt: skip


def _no_percent(
    values: NDArray[np.float64], dates: pd.DatetimeIndex, frequency: Frequency, source: str, option: str
) -> None:
    """Refuse fractions of a size that percent points have: see PERCENT_VOLATILITY and PERCENT_MEAN."""
    moving = np.abs(values[values != 0.0])
    # Fewer than FEW returns say little of their size, unless all of them are large.
    if len(moving) < 2 or (len(moving) < FEW and moving.min() <= LARGE):
        return
    year = frequency.per_year
    if not math.isfinite(year):
        year = 365.25 * (len(values) - 1) / max((dates[-1] - dates[0]).days, 1)
    root = math.sqrt(year)
    volatility = float(np.median(moving)) / NORMAL_QUARTILE * root
    limit = PERCENT_VOLATILITY if year >= RARE_PER_YEAR else PERCENT_VOLATILITY_RARE
    if volatility > limit:
        size = f"as fractions their volatility would be about {volatility:.0%} a year"
    else:
        mean, spread = float(values.mean()) * year, float(values.std()) * root
        steady = mean > PERCENT_MEAN and spread < mean / PERCENT_SHARPE
        if year > DAYS_PER_YEAR or values.min() == values.max() or not steady:
            return
        size = f"as fractions they would add up to {mean:.0%} a year with a volatility of {spread:.1%}"
    raise ParameterError(
        f"these look like percent points: {size}", where=source, value=f"half of them above {np.median(moving):.4g}",
        remedy=_units_remedy(option),
    )  # fmt: skip
