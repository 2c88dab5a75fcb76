"""Prices of a table or a query of a database: only the tickers, days and columns that are needed are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from hedgebook.errors import PriceDataError, did_you_mean

from ..layouts.adjusted import ADJUSTED
from ..layouts.price_layout import parse_layout
from ..layouts.table import squeezed
from ..market import FIELDS
from ..prices.cells import COMPACT_DAY, ISO_DAY, TICKER_NAMES
from ..prices.layout import DATE_NAMES
from ..prices.read import RawTable, table_of_columns
from .select_only import only_select
from .source import Needed
from .url import SourceURL, shown_query

DEFAULT_TABLE = "prices"
# Databases take some thousands of values in a statement at most, SQLite of old 999.
MOST_VALUES = 900
OPTIONS = ("table", "query", "columns")


class Connection(Protocol):
    """An open connection that cannot write; what a driver raises comes out as PriceDataError."""

    @property
    def mark(self) -> str:
        """What stands in a statement for a value."""
        ...

    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of every table and view, those that a bare name means first."""
        ...

    def names(self, statement: str) -> list[str]:
        """The columns that a statement gives."""
        ...

    def columns(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Its columns as Arrow arrays."""
        ...


@dataclass(frozen=True)
class Asked:
    """What is read of a database: a table or a query, and what its columns are called."""

    label: str
    table: str | None
    query: str | None
    fields: Mapping[str, str]

    @classmethod
    def of(cls, url: SourceURL, label: str) -> Asked:
        """What the options of a URL ask for. Raises PriceDataError for a table and a query at once."""
        table, query = url.options.get("table"), url.options.get("query")
        if table is not None and query is not None:
            raise PriceDataError("a table and a query are named", where=label, remedy="Name one of them.")
        layout = parse_layout(None, url.options.get("columns"))
        return cls(label, table, query, {} if layout is None else layout.columns)


def asked_in(url: SourceURL) -> str:
    """What stands after the address of a URL to say what is read there: its table or its query, empty for neither."""
    if "table" in url.options:
        return f"?table={url.options['table']}"
    query = url.options.get("query")
    return "" if query is None else f"?query={shown_query(query)}"


def quoted(name: str) -> str:
    """A name as SQL takes it whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def read_sql(database: Connection, asked: Asked, needed: Needed) -> RawTable:
    """The prices that are needed, long or wide as they stand there, ordered by ticker and day.

    Tickers and days are values of the statement, never part of its text. Raises PriceDataError.
    """
    if needed.tickers is not None and not needed.tickers:
        raise PriceDataError("no ticker is asked for", where=asked.label)
    origin = _origin(database, asked)
    names = database.names(f"SELECT * FROM {origin} LIMIT 0")
    by_lower = {name.strip().lower(): name for name in reversed(names)}
    at = {field: _named(asked, names, by_lower, column) for field, column in asked.fields.items()}
    ticker = at.get("ticker") or next((by_lower[one] for one in TICKER_NAMES if one in by_lower), None)
    day = at.get("date") or next((by_lower[one] for one in DATE_NAMES if one in by_lower), None)
    wanted = _columns(names, at, ticker, day, needed)
    conditions, values = _days(database, origin, day, needed)
    groups: list[tuple[str, ...] | None] = [None]
    if ticker is not None and needed.tickers is not None:
        groups = [needed.tickers[i : i + MOST_VALUES] for i in range(0, len(needed.tickers), MOST_VALUES)]
    parts = []
    for group in groups:
        where = [*conditions]
        if group is not None and ticker is not None:
            where.append(f"{quoted(ticker)} IN ({', '.join([database.mark] * len(group))})")
        order = ", ".join(quoted(one) for one in (ticker, day) if one is not None)
        statement = f"SELECT {', '.join(quoted(one) for one in wanted)} FROM {origin}"
        statement += f" WHERE {' AND '.join(where)}" if where else ""
        statement += f" ORDER BY {order}" if order else ""
        parts.append(database.columns(statement, [*values, *(group or ())]))
    columns = [_joined([part[i] for part in parts]) for i in range(len(wanted))]
    if needed.tickers is not None and ticker is not None and not len(columns[0]):
        raise _none(database, origin, ticker, asked, needed)
    title = {column: field for field, column in at.items()}
    table = table_of_columns(asked.label, [title.get(name, name) for name in wanted], columns)
    if ticker is None or needed.tickers is None:
        return table
    return replace(table, every=_every(database, origin, ticker))


def _every(database: Connection, origin: str, ticker: str) -> tuple[str, ...]:
    """All tickers that are there: those that nobody asked for yet may be held by a book, or be meant."""
    column = quoted(ticker)
    statement = f"SELECT DISTINCT {column} FROM {origin} WHERE {column} IS NOT NULL"
    names = (str(name).strip() for name in database.columns(statement, [])[0].to_pylist())
    return tuple(sorted(name for name in names if name))


def _joined(parts: list[Any]) -> Any:
    """The pieces of a column as one, text where they differ in kind."""
    import pyarrow as pa

    kinds = {part.type for part in parts if not pa.types.is_null(part.type)}
    if len(parts) == 1 or not kinds:
        return parts[0]
    kind = kinds.pop() if len(kinds) == 1 else pa.float64() if all(map(_is_number, kinds)) else pa.string()
    return pa.concat_arrays([part.cast(kind) for part in parts])


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _origin(database: Connection, asked: Asked) -> str:
    """What stands after FROM: a table that is there, quoted, or the query in brackets."""
    if asked.query is not None:
        # The line end closes a comment at the end of the query.
        return f"({only_select(asked.query, where=asked.label)}\n) AS {quoted('asked')}"
    there = database.tables()
    names = [name for _, name in there] + [f"{schema}.{name}" for schema, name in there]
    wanted = asked.table
    if wanted is None:
        if len(there) != 1 and DEFAULT_TABLE not in names:
            shown = ", ".join(names[: len(there)][:8]) or "none"
            raise PriceDataError("which table?", where=asked.label, bound=shown, remedy="Add ?table=NAME to the URL.")
        wanted = DEFAULT_TABLE if DEFAULT_TABLE in names else names[0]
    found = [(schema, name) for schema, name in there if wanted in (name, f"{schema}.{name}")]
    if not found:
        found = [(s, n) for s, n in there if wanted.lower() in (n.lower(), f"{s}.{n}".lower())]
    if not found:
        remedy = did_you_mean(wanted, names)
        raise PriceDataError("there is no such table", where=asked.label, value=wanted, remedy=remedy)
    schema, name = found[0]
    return f"{quoted(schema)}.{quoted(name)}"


def _named(asked: Asked, names: list[str], by_lower: Mapping[str, str], column: str) -> str:
    if column in names:
        return column
    found = by_lower.get(column.strip().lower())
    if found is None:
        raise PriceDataError(f"there is no column {column!r}", where=asked.label, remedy=did_you_mean(column, names))
    return found


def _columns(names: list[str], at: Mapping[str, str], ticker: str | None, day: str | None, needed: Needed) -> list[str]:
    """The columns to ask for: those that mean something, or of a wide table the days and the needed tickers."""
    if at:
        left = [field for field in FIELDS if field not in at]
        taken = {ticker, day, *at.values(), *(name for name in names if name.strip().lower() in left)}
        return [name for name in names if name in taken]
    plain = {name.strip().lower() for name in names}
    if ticker is not None and "close" in plain:
        known = {*FIELDS, *ADJUSTED}
        return [name for name in names if name in (ticker, day) or squeezed(name) in known]
    if ticker is None and day is not None and needed.tickers is not None and "close" not in plain:
        kept = {name for name in names if name.strip() in needed.tickers}
        return [name for name in names if name == day or name in kept] if kept else names
    return names


def _days(database: Connection, origin: str, day: str | None, needed: Needed) -> tuple[list[str], list[Any]]:
    """Conditions on the day and their values, by how the column writes days; none where it does so in another way.

    They let a day more pass on both sides, for moments in another time zone: the days are told apart exactly later.
    """
    if day is None or (needed.first is None and needed.last is None):
        return [], []
    column = quoted(day)
    sample = database.columns(f"SELECT {column} FROM {origin} WHERE {column} IS NOT NULL LIMIT 1", [])[0]
    write = _writer(sample[0].as_py()) if len(sample) else None
    if write is None:
        return [], []
    conditions, values = [], []
    if needed.first is not None:
        conditions.append(f"{column} >= {database.mark}")
        values.append(write(needed.first - timedelta(days=1)))
    if needed.last is not None:
        conditions.append(f"{column} < {database.mark}")
        values.append(write(needed.last + timedelta(days=2)))
    return conditions, values


def _writer(cell: object) -> Any:
    """How a day is written in the form of `cell`; None for a form whose order is not that of the days."""
    if isinstance(cell, date | datetime):
        return lambda day: day
    if isinstance(cell, str) and ISO_DAY.match(cell.strip()):
        return lambda day: day.isoformat()
    if isinstance(cell, str) and COMPACT_DAY.fullmatch(cell.strip()):
        return lambda day: day.strftime("%Y%m%d")
    if isinstance(cell, int) and COMPACT_DAY.fullmatch(str(cell)):
        return lambda day: int(day.strftime("%Y%m%d"))
    return None


def _none(database: Connection, origin: str, ticker: str, asked: Asked, needed: Needed) -> PriceDataError:
    """What to say where not one of the wanted tickers is there."""
    wanted, names = needed.tickers or ("",), _every(database, origin, ticker)
    more = f" and {len(wanted) - 8} more" if len(wanted) > 8 else ""
    span = " on these days" if needed.first or needed.last else ""
    what = f"none of these tickers has prices in it{span}"
    remedy = did_you_mean(wanted[0], names) if set(wanted).isdisjoint(names) else "Ask for other days."
    return PriceDataError(what, where=asked.label, value=", ".join(wanted[:8]) + more, remedy=remedy)
