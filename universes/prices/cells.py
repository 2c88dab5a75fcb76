"""Turning cells into numbers and days, without ever guessing."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

TICKER_NAMES = ("ticker", "symbol")
# What spreadsheets and pandas write for a cell without a value.
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "<NA>", "NaT")
NUMBER = r"^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?)$"
FIRST_YEAR, LAST_YEAR = 1950, 2100
OUTSIDE_YEARS = f"the year lies outside {FIRST_YEAR} to {LAST_YEAR}"

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ].+", re.ASCII)
COMPACT_DAY = re.compile(r"\d{8}", re.ASCII)
DAY_AND_MONTH = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}")


def to_numbers(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """(K,) float64 of an Arrow column, NaN where a cell is empty, and a mask of cells that are no numbers.

    The mask is None when every cell is a number or empty. Text is parsed to the nearest float64.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _from_text(column)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _floats(column.cast(pa.float64(), safe=False)), None
    bad = column.is_valid().to_numpy(zero_copy_only=False)
    return np.full(len(column), np.nan), bad if bad.any() else None


def _floats(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _from_text(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
    text = pc.if_else(pc.is_in(text, pa.array(MISSING, pa.large_string())), None, text)
    try:
        return _floats(text.cast(pa.float64())), None
    except pa.ArrowInvalid:
        numeric = pc.match_substring_regex(text, NUMBER)
        bad = pc.fill_null(pc.invert(numeric), False).to_numpy(zero_copy_only=False)
        values = _floats(pc.if_else(numeric, text, None).cast(pa.float64()))
        return values, bad


def to_days(column: Any) -> tuple[NDArray[np.datetime64], dict[int, str], NDArray[np.int64]]:
    """Days of an Arrow column: its distinct values, why one of them is no day, and which each row has.

    Returns (U,) datetime64[D] with NaT for what is no day, reasons by position in it, (K,) positions in it.
    Each distinct value is parsed once, so 200,000 rows cost no more than their few thousand days.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    coded = column.dictionary_encode(null_encoding="encode")
    codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return *_from_moments(coded.dictionary), codes
    plain = _iso_days(coded.dictionary)
    if plain is not None:
        return plain, {}, codes
    values = coded.dictionary.to_pylist()
    days = np.full(len(values), "NaT", dtype="datetime64[D]")
    reasons: dict[int, str] = {}
    for i, value in enumerate(values):
        day = parse_day(value)
        if isinstance(day, str):
            reasons[i] = day
        else:
            days[i] = day
    return days, reasons, codes


def _iso_days(values: Any) -> NDArray[np.datetime64] | None:
    """Days of text that is year-month-day throughout, at once; None where any is not, or lies outside the years."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(values.type) or values.null_count or not len(values):
        return None
    if not pc.all(pc.match_substring_regex(values, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).as_py():
        return None
    try:
        days: NDArray[np.datetime64] = values.cast(pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    except pa.ArrowInvalid:
        return None
    first, last = np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64(f"{LAST_YEAR}-12-31")
    return days if bool((days >= first).all() and (days <= last).all()) else None


def _from_moments(values: Any) -> tuple[NDArray[np.datetime64], dict[int, str]]:
    """Days of distinct dates or timestamps, and why some are none; also of years that Python's dates cannot hold."""
    import pyarrow as pa

    zoned = pa.types.is_timestamp(values.type) and values.type.tz is not None
    moments = values.to_numpy(zero_copy_only=False)
    days = moments.astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    reasons: dict[int, str] = {}
    for i in range(len(moments)):
        if np.isnat(moments[i]):
            reasons[i] = "the date is missing"
        elif zoned:
            reasons[i] = "the date has a time zone"
        elif moments[i] != days[i]:
            reasons[i] = "the date has a time of day"
        elif not FIRST_YEAR <= years[i] <= LAST_YEAR:
            reasons[i] = OUTSIDE_YEARS
    days[list(reasons)] = np.datetime64("NaT")
    return days, reasons


def text_of(column: Any, row: int) -> str:
    """What stands in a cell; of a day beyond Python's own dates what numpy makes of it."""
    try:
        return str(column[row].as_py())
    except (OverflowError, ValueError):
        return str(column.slice(row, 1).to_numpy(zero_copy_only=False)[0])


MONTH_WORDS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
# What says which part is which: the year first, or the month as a word.
YEAR_FIRST = re.compile(r"\d{4}[/.]\d{2}[/.]\d{2}", re.ASCII)
MONTH_NAMED = re.compile(r"(?P<day>\d{1,2})[ -](?P<month>[A-Za-z]{3,9})\.?[ ,-]+(?P<year>\d{4})", re.ASCII)
MONTH_FIRST = re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}), ?(?P<year>\d{4})", re.ASCII)
MONTHS = {name[:3]: n for n, name in enumerate(MONTH_WORDS, 1)}


def parse_day(value: object) -> date | str:
    """The day that a cell means, or in words why it means none.

    Understood are dates, datetimes at midnight without a time zone, ISO text, YYYYMMDD as text or integer, and text
    whose month is a word or whose year comes first.
    """
    if isinstance(value, str):
        value = _from_day_text(value.strip())
    elif isinstance(value, float) and value.is_integer():
        value = _from_day_text(str(int(value)))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = _from_day_text(str(value))
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return "the date has a time zone"
        if value.time() != time(0) or getattr(value, "nanosecond", False):
            return "the date has a time of day"
        value = value.date()
    if value is None:
        return "the date is missing"
    if isinstance(value, date):
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            return OUTSIDE_YEARS
        return value
    return value if isinstance(value, str) else "this is not a date"


def _from_day_text(text: str) -> date | str | None:
    if text in MISSING:
        return None
    if YEAR_FIRST.fullmatch(text):
        text = text.replace("/", "-").replace(".", "-")
    elif named := MONTH_NAMED.fullmatch(text) or MONTH_FIRST.fullmatch(text):
        month = MONTHS.get(named["month"][:3].lower())
        if month is not None and MONTH_WORDS[month - 1].startswith(named["month"].lower()):
            text = f"{named['year']}-{month:02d}-{int(named['day']):02d}"
    if DAY_AND_MONTH.fullmatch(text):
        return "the date does not say which part is the day and which the month"
    try:
        if ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
        if COMPACT_DAY.fullmatch(text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if ISO_MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        return "there is no such date"
    return "this is not a date"
