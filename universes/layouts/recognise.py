"""Which layout a table has, by its columns, and the same prices in the names of this project."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from hedgebook.errors import PriceDataError, did_you_mean

from ..market import FIELDS
from ..prices.read import FRAME, RawTable
from .adjusted import ADJUSTED, PAID, SPLIT, on_adjusted_scale, without_adjusted
from .beside import Beside
from .dates import epoch_days, local_days, ordered_days
from .numbers import plain_numbers
from .pairs import read_pairs
from .price_layout import BY_COLUMNS, PriceLayout
from .table import Recognised, long_table, named, same_ticker
from .tickers import ticker_of_file
from .vendors import NAMES, VENDORS, Vendor

DATED = ("date", "session", "datetime", "timestamp", "time", "t", "windowstart", "day")
TICKER_NAMES = ("ticker", "symbol")
# What these files hold is a long table of this project where there is a column of tickers.
OF_ONE_TICKER = ("one-ticker", "yfinance")


def recognise(table: RawTable, asked: PriceLayout = BY_COLUMNS, known: Collection[str] = ()) -> Recognised:
    """A table as this project names its columns, the layout that it had, and what was decided in reading it.

    asked: what the user said; known: tickers that a file may be named after. A table that is long or wide already, and
    one of no known layout, comes back as it is. Raises PriceDataError for a layout that was asked for and is not
    there, an unknown column, days in an order that cannot be told, and a ticker that nothing names.
    """
    if asked.name is not None and asked.name not in NAMES:
        remedy = did_you_mean(asked.name, NAMES)
        raise PriceDataError("there is no such layout", where="layout", value=asked.name, remedy=remedy)
    if asked.columns:
        return _by_columns(table, asked, known)
    wanted = asked.name
    if asked.raw:
        table = without_adjusted(table)
        # Layouts that are told by their adjusted columns are told by what is left of them.
        wanted = wanted if wanted in (None, "long", "wide", "yfinance") or _vendor(named(table), wanted) else None
    if wanted in (None, "yfinance"):
        pairs = read_pairs(table)
        if pairs is not None:
            return pairs
    table = _dated(table)
    places = named(table)
    vendor = None if wanted in ("long", "wide") else _vendor(places, wanted)
    if vendor is None:
        if wanted not in (None, "long", "wide"):
            raise _not_there(table, str(wanted))
        return _own(table, wanted)
    return _read(table, places, vendor, asked, known)


def _dated(table: RawTable) -> RawTable:
    """The table with its first column called date where that has no name, as an index is written, and no other has it.

    The number of a row, as pandas writes it where no index is set, is none.
    """
    import pyarrow as pa

    places = named(table)
    unnamed = bool(table.names) and not table.names[0].strip() and "close" in places
    if not unnamed or pa.types.is_integer(table.columns[0].type) or any(name in places for name in DATED):
        return table
    return replace(table, names=("date", *table.names[1:]))


def _vendor(places: Mapping[str, int], wanted: str | None) -> Vendor | None:
    """The first layout all of whose columns are there; a file in this project's own names is none of them."""
    for vendor in VENDORS:
        if wanted is not None and vendor.name != wanted:
            continue
        if vendor.needs <= places.keys() and not vendor.without & places.keys():
            own = vendor.name in OF_ONE_TICKER and any(name in places for name in TICKER_NAMES)
            if not own:
                return vendor
    return None


def _own(table: RawTable, wanted: str | None) -> Recognised:
    """A long or wide table, its midnights with a time zone as days."""
    long = any(name in named(table) for name in TICKER_NAMES)
    columns = tuple(
        local_days(column) if name.strip().lower() in ("date", "session", "datetime", "timestamp", "") else column
        for name, column in zip(table.names, table.columns, strict=True)
    )
    if all(new is old for new, old in zip(columns, table.columns, strict=True)):
        return Recognised(table, wanted or ("long" if long else "wide"))
    return Recognised(replace(table, columns=columns), wanted or ("long" if long else "wide"))


def _not_there(table: RawTable, wanted: str) -> PriceDataError:
    needs = [", ".join(sorted(vendor.needs)) for vendor in VENDORS if vendor.name == wanted]
    return PriceDataError(
        f"the file does not have the columns of the layout {wanted!r}",
        where=table.source,
        value=", ".join(table.names[:12]),
        bound=" or ".join(needs) or None,
        remedy="Leave the layout out to have it recognised, or name the columns.",
    )


def _read(
    table: RawTable, places: Mapping[str, int], vendor: Vendor, asked: PriceLayout, known: Collection[str]
) -> Recognised:
    at = {field: places[name] for field, names in vendor.fields.items() for name in names[:1] if name in places}
    columns: dict[str, Any] = {field: table.columns[i] for field, i in at.items()}
    if vendor.dressed:
        columns = {field: plain_numbers(column) for field, column in columns.items()}
    notes = [vendor.note] if vendor.note else []
    adjusted = next((places[name] for name in ADJUSTED if name in places), None)
    both = _beside(table, places, adjusted)
    if adjusted is not None and not vendor.needs >= {"adjclose", "adjopen"}:
        columns, note = on_adjusted_scale(columns, table.columns[adjusted])
        notes = [note]
    if "close" not in columns:
        raise PriceDataError("the column of closes is missing", where=table.source, value=", ".join(table.names[:12]))
    date = next(places[name] for name in vendor.dated if name in places)
    days, told = _days(table, date, vendor, asked)
    notes += told
    ticker = _ticker(table, places, vendor.suffix, asked, known)
    held = () if both is None else (replace(both, tickers=ticker, days=days),)
    return Recognised(long_table(table, days, ticker, columns), vendor.name, tuple(notes), held)


def _beside(table: RawTable, places: Mapping[str, int], adjusted: int | None) -> Beside | None:
    """Both closes of a table with what it says of dividends and splits; None where it has one."""
    if adjusted is None or "close" not in places:
        return None
    found = [next((table.columns[places[name]] for name in names if name in places), None) for names in (PAID, SPLIT)]
    return Beside(None, None, table.columns[places["close"]], table.columns[adjusted], *found)


def _days(table: RawTable, date: int, vendor: Vendor, asked: PriceLayout) -> tuple[Any, list[str]]:
    column, where = table.columns[date], f"{table.source}, column {table.names[date]}"
    if vendor.dates == "epoch":
        return epoch_days(column, where=where), []
    if _has_two_numbers(column):
        order = asked.dates or ("month-first" if vendor.dates == "month-first" else None)
        days, chosen = ordered_days(column, order, where=where)
        return days, [f"dates are read {chosen}"]
    return local_days(column), []


def _has_two_numbers(column: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    return bool(pc.any(pc.match_substring_regex(column, r"^\s*\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}\s*$")).as_py())


def _ticker(table: RawTable, places: Mapping[str, int], suffix: str, asked: PriceLayout, known: Collection[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    at = next((places[name] for name in TICKER_NAMES if name in places), None)
    if at is None:
        return same_ticker(asked.ticker or _named_ticker(table, known), len(table.places))
    column = table.columns[at]
    if suffix and pa.types.is_string(column.type):
        return pc.replace_substring_regex(column, rf"(?i){suffix.replace('.', '[.]')}$", "")
    return column


def _named_ticker(table: RawTable, known: Collection[str]) -> str:
    if table.source == FRAME:
        raise PriceDataError(
            "no column says whose prices these are", where=FRAME, remedy="Add a column ticker, or give ticker=."
        )
    return ticker_of_file(table.source, known)


def _by_columns(table: RawTable, asked: PriceLayout, known: Collection[str]) -> Recognised:
    """A long table by the names that the user gave; those that were not given go by their own names."""
    by_name = {name.strip().lower(): i for i, name in enumerate(table.names)}
    allowed = ("date", "ticker", *FIELDS)
    at: dict[str, int] = {name: by_name[name] for name in allowed if name in by_name}
    for field, name in asked.columns.items():
        if field not in allowed:
            remedy = did_you_mean(field, allowed)
            raise PriceDataError("this is no field of prices", where="columns", value=field, remedy=remedy)
        if name.strip().lower() not in by_name:
            remedy = did_you_mean(name, [one for one in table.names if one])
            raise PriceDataError(f"there is no column {name!r}", where=table.source, remedy=remedy)
        at[field] = by_name[name.strip().lower()]
    for needed in ("date", "close"):
        if needed not in at:
            raise PriceDataError(
                f"no column is named for {needed}",
                where="columns",
                value=", ".join(asked.columns),
                remedy=f'Name it: {needed}="{(table.names or ("...",))[0]}".',
            )
    days = table.columns[at["date"]]
    told: list[str] = []
    if _has_two_numbers(days):
        days, chosen = ordered_days(days, asked.dates, where=f"{table.source}, column {table.names[at['date']]}")
        told = [f"dates are read {chosen}"]
    columns: dict[str, Any] = {field: plain_numbers(table.columns[i]) for field, i in at.items() if field in FIELDS}
    ticker = (
        table.columns[at["ticker"]]
        if "ticker" in at
        else same_ticker(asked.ticker or _named_ticker(table, known), len(table.places))
    )
    shown = ", ".join(f"{field}={name}" for field, name in asked.columns.items())
    return Recognised(long_table(table, local_days(days), ticker, columns), "columns", (f"as asked, {shown}", *told))
