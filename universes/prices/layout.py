"""What the columns of a price file mean: long (a row per date and ticker) or wide (a column per ticker)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hedgebook.errors import PriceDataError, did_you_mean

from ..market import FIELDS, Field
from .cells import TICKER_NAMES
from .read import UNNAMED_INDEX, RawTable

DATE_NAMES = ("date", "session", "datetime", "timestamp")
ADJUSTED_CLOSE = {"adjclose", "adjustedclose", "closeadj", "closeadjusted"}


@dataclass(frozen=True)
class FileLayout:
    """Positions of the columns that are read: fields of a long file, ticker columns of a wide one.

    tickers: name and position of each column of a wide file that may be a ticker, in the order of the file;
    unread: names of the columns of a long file that mean nothing here.
    """

    kind: Literal["long", "wide"]
    date: int
    ticker: int | None
    fields: dict[Field, int]
    tickers: dict[str, int]
    unread: tuple[str, ...] = ()


def find_layout(table: RawTable) -> FileLayout:
    """The meaning of the columns of `table`; their case does not matter, except in tickers of a wide file.

    Raises PriceDataError for a required column that is missing, one that stands twice, and a close beside an
    adjusted close.
    """
    ticker = _find(table, TICKER_NAMES, "ticker")
    if ticker is None and not _has_close(table):
        return _wide(table)
    if ticker is None:
        raise _missing(table, "ticker", "Add it, or give one column per ticker, named after it.")
    _refuse_adjusted(table)
    date = _date(table)
    fields: dict[Field, int] = {}
    for field in FIELDS:
        at = _find(table, (field,), field)
        if at is not None:
            fields[field] = at
    if "close" not in fields:
        raise _missing(table, "close", "Add it; prices must be adjusted for splits and dividends.")
    read = {date, ticker, *fields.values()}
    unread = tuple(n for i, n in enumerate(table.names) if i not in read and n and n != UNNAMED_INDEX)
    return FileLayout("long", date, ticker, fields, {}, unread)


def _wide(table: RawTable) -> FileLayout:
    date = _date(table)
    tickers: dict[str, int] = {}
    for i, raw_name in enumerate(table.names):
        name = raw_name.strip()
        if i == date or not name or name == UNNAMED_INDEX:
            continue
        if name in tickers:
            raise _twice(table, name, [raw_name])
        tickers[name] = i
    return FileLayout("wide", date, None, {}, tickers)


def _key(name: str) -> str:
    return name.strip().lower()


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _has_close(table: RawTable) -> bool:
    return any(_key(n) == "close" or _squeezed(n) in ADJUSTED_CLOSE for n in table.names)


def _find(table: RawTable, names: tuple[str, ...], wanted: str) -> int | None:
    """Position of the one column called by any of `names`, in any case."""
    found = [i for i, name in enumerate(table.names) if _key(name) in names]
    if len(found) > 1:
        raise _twice(table, wanted, [table.names[i] for i in found])
    return found[0] if found else None


def _date(table: RawTable) -> int:
    for name in DATE_NAMES:
        found = _find(table, (name,), "date")
        if found is not None:
            return found
    # pandas writes an index without a name as "" (CSV) or as __index_level_0__ (Parquet).
    if table.names[0] == "":
        return 0
    if UNNAMED_INDEX in table.names:
        return table.names.index(UNNAMED_INDEX)
    raise _missing(table, "date", "Add it, with days such as 2026-07-01.")


def _refuse_adjusted(table: RawTable) -> None:
    adjusted = [name for name in table.names if _squeezed(name) in ADJUSTED_CLOSE]
    plain = [name for name in table.names if _key(name) == "close"]
    if not adjusted:
        return
    if plain:
        raise PriceDataError(
            f"there are two closes, {plain[0]!r} and {adjusted[0]!r}, and only one can be used",
            where=table.source,
            remedy="Prices must be adjusted for splits and dividends: rename the adjusted one to 'close', "
            "drop the other, and adjust open, high and low by the same factor.",
        )
    raise PriceDataError(
        "the column 'close' is missing",
        where=table.source,
        value=adjusted[0],
        remedy=f"Rename {adjusted[0]!r} to 'close'; adjust open, high and low by the same factor.",
    )


def _missing(table: RawTable, wanted: str, remedy: str) -> PriceDataError:
    names = [name for name in table.names if name]
    hint = did_you_mean(wanted, names)
    if hint.startswith("Choose"):
        hint = f"Its columns are {', '.join(names[:8])}{' and more' if len(names) > 8 else ''}."
    return PriceDataError(f"the column {wanted!r} is missing", where=table.source, remedy=f"{hint} {remedy}")


def _twice(table: RawTable, wanted: str, names: list[str]) -> PriceDataError:
    return PriceDataError(
        f"the column {wanted!r} stands more than once",
        where=table.source,
        value=", ".join(names),
        remedy="Keep one of them.",
    )
