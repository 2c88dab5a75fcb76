"""Days as vendors write them: midnights of a time zone, seconds since 1970, and days and months in either order."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from hedgebook.errors import PriceDataError

from .price_layout import DateOrder

NEW_YORK = ZoneInfo("America/New_York")
TWO_NUMBERS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})", re.ASCII)
ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})", re.ASCII)
DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
# 1950 to 2100 in seconds: which unit a count since 1970 is in is told by its size.
SECONDS_OF_A_CENTURY = 5e9


def local_days(column: Any) -> Any:
    """A column of midnights with a time zone as the days that they are there; any other column as it stands.

    A midnight of New York that is stored as 04:00 or 05:00 of UTC is New York's day. A moment within a day stays as
    it is: the reader refuses it.
    """
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return _days_of_moments(column)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    coded = column.dictionary_encode()
    texts = coded.dictionary.to_pylist()
    if not any(ZONED.fullmatch(text.strip()) for text in texts if text is not None):
        return column
    days = pa.array([_zoned_day(text) for text in texts], pa.string())
    return pa.DictionaryArray.from_arrays(coded.indices, days).dictionary_decode()


def _days_of_moments(column: Any) -> Any:
    import pyarrow as pa

    moments = pd.Series(column.to_pandas())
    for zone in (None, NEW_YORK):
        local = moments if zone is None else moments.dt.tz_convert(zone)
        known = local.dropna()
        if (known == known.dt.normalize()).all():
            return pa.array(local.dt.tz_localize(None), pa.timestamp("us"), from_pandas=True)
    return column


def _zoned_day(text: str | None) -> str | None:
    """The day of a midnight with a time zone, its text where it is none."""
    if text is None or not ZONED.fullmatch(text.strip()):
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
        for one in (moment, moment.astimezone(NEW_YORK)):
            if (one.hour, one.minute, one.second, one.microsecond) == (0, 0, 0, 0):
                return one.date().isoformat()
    except (ValueError, OverflowError):
        return text
    return text


def epoch_days(column: Any, *, where: str) -> Any:
    """New York's days of counts since 1970 in seconds, or thousandths, millionths, billionths of them, by their size.

    Raises PriceDataError for what is no count, and for a moment that is neither of New York's nor of UTC's midnights.
    """
    import pyarrow as pa

    from ..prices.cells import to_numbers

    counts, bad = to_numbers(column)
    if bad is not None or not np.isfinite(counts).all():
        row = int(np.flatnonzero(~np.isfinite(counts))[0])
        raise PriceDataError("this is not a count since 1970", where=where, value=str(column[row].as_py()))
    largest = float(np.abs(counts).max())
    unit = next((name for name, size in UNITS.items() if largest < size * SECONDS_OF_A_CENTURY), "ns")
    moments = pd.DatetimeIndex(counts.astype(np.int64).astype(f"datetime64[{unit}]"), tz="UTC")
    for zone in (NEW_YORK, ZoneInfo("UTC")):
        local = moments.tz_convert(zone)
        if (local == local.normalize()).all():
            return pa.array(local.tz_localize(None).to_numpy().astype("datetime64[us]"), pa.timestamp("us"))
    local = moments.tz_convert(NEW_YORK)
    at = moments[np.flatnonzero(local != local.normalize())[0]]
    raise PriceDataError(
        "these are bars within a day, and days are read",
        where=where,
        value=f"{at:%Y-%m-%d %H:%M} UTC",
        remedy="Export daily bars.",
    )


def ordered_days(column: Any, order: DateOrder | None, *, where: str) -> tuple[Any, DateOrder]:
    """Days of text such as 07/01/2026, and which of its numbers was taken as the day.

    A file in which one of the two exceeds 12 says it itself. Raises PriceDataError where it does not and `order` is
    None, and where `order` contradicts it.
    """
    import pyarrow as pa

    coded = column.dictionary_encode()
    texts = [None if text is None else text.strip() for text in coded.dictionary.to_pylist()]
    found = [TWO_NUMBERS.fullmatch(text) if text else None for text in texts]
    firsts = [int(one[1]) for one in found if one]
    seconds = [int(one[2]) for one in found if one]
    told = _told(firsts, seconds)
    if told is not None and order is not None and told != order:
        raise PriceDataError(
            "the dates of the file are not in the order that was said", where=where, value=order, bound=told
        )
    chosen = order or told
    if chosen is None:
        raise PriceDataError(
            "its dates do not say which part is the day and which the month",
            where=where,
            value=next(text for text, one in zip(texts, found, strict=True) if one),
            remedy="Say it: --dates day-first or --dates month-first.",
        )
    days = [text if one is None else _day(one, chosen) or text for text, one in zip(texts, found, strict=True)]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(days, pa.string())).dictionary_decode(), chosen


def _told(firsts: list[int], seconds: list[int]) -> DateOrder | None:
    if any(number > 12 for number in firsts):
        return "day-first"
    return "month-first" if any(number > 12 for number in seconds) else None


def _day(found: re.Match[str], order: DateOrder) -> str | None:
    """ISO text of a day, None where there is no such one; years of two digits are 1970 to 2069."""
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    year += 0 if year > 99 else 1900 if year >= 70 else 2000
    day, month = (first, second) if order == "day-first" else (second, first)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
