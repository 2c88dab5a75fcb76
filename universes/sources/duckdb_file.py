"""Prices from a DuckDB file, opened so that nothing can be written: duckdb:///FILE?table=prices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hedgebook.errors import PriceDataError

from ..prices.read import RawTable
from .database_file import DatabaseFile, check_there
from .package import package
from .source import Needed
from .sql import read_sql

SUFFIXES = (".duckdb", ".db", ".ddb")
# Another program that writes holds the file for the moment of its writing.
PATIENCE_SECONDS = 5.0
# Nothing is downloaded because a file or a query would need it.
CONFIG = {"autoinstall_known_extensions": False}
SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class DuckDBSource(DatabaseFile):
    """A table or a query of a DuckDB file."""

    def read(self, needed: Needed) -> RawTable:
        """The needed part of the table or query."""
        with open_duckdb(self.path, self.label) as database:
            return read_sql(database, self.asked, needed)


def _refuse_sqlite(path: Path) -> None:
    """Raises PriceDataError for a SQLite file, which DuckDB would look for an extension for."""
    try:
        with path.open("rb") as file:
            found = file.read(len(SQLITE)) == SQLITE
    except OSError as problem:
        what = f"the file cannot be read: {problem.strerror or type(problem).__name__}"
        raise PriceDataError(what, where=str(path)) from None
    if found:
        raise PriceDataError("this is a SQLite file", where=str(path), remedy=f"Say so: sqlite:///{path}")


@contextmanager
def open_duckdb(path: Path, label: str) -> Iterator[DuckDBConnection]:
    """A connection for reading. Raises PriceDataError."""
    duckdb = package("duckdb", extra=None, purpose="a DuckDB file")
    check_there(path, SUFFIXES)
    _refuse_sqlite(path)
    opened = connected(lambda: duckdb.connect(str(path), read_only=True, config=CONFIG), duckdb, label)
    try:
        yield DuckDBConnection(opened, duckdb, label)
    finally:
        opened.close()


def connected(connect: Callable[[], Any], duckdb: Any, label: str) -> Any:
    """A connection, waited for while another program holds the file. Raises PriceDataError."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return connect()
        except duckdb.Error as problem:
            text = str(problem)
            held = "lock" in text.lower() or "different configuration" in text
            if held and time.monotonic() < until:
                time.sleep(0.05)
                continue
            if held:
                what, remedy = "another program is writing to it", "Try again when it has ended."
            elif "newer version" in text or "storage version" in text:
                what, remedy = "it was written by another version of DuckDB", "pip install --upgrade duckdb"
            else:
                what, remedy = "this is not a DuckDB file, or it is damaged", "Check what it is."
            raise PriceDataError(what, where=label, remedy=remedy) from None


@dataclass(frozen=True)
class DuckDBConnection:
    """A connection whose errors are PriceDataError."""

    opened: Any
    duckdb: Any
    label: str
    mark: str = "?"

    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of every table and view, those of the main schema first."""
        found = self._table(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database() "
            "ORDER BY table_schema <> 'main', table_schema, table_name",
            (),
        )
        return list(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))

    def names(self, statement: str) -> list[str]:
        """The columns that a statement gives."""
        return list(map(str, self._table(statement, ()).column_names))

    def columns(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Its columns as Arrow arrays."""
        return [column.combine_chunks() for column in self._table(statement, values).columns]

    def _table(self, statement: str, values: Sequence[Any]) -> Any:
        try:
            return self.opened.sql(statement, params=list(values)).to_arrow_table()
        except self.duckdb.Error as problem:
            raise query_problem(type(problem).__name__, self.label) from None


def query_problem(kind: str, label: str) -> PriceDataError:
    """What a driver's error means, without its words: they may repeat what must not be shown."""
    said = {
        "BinderException": "it names a column that is not there",
        "CatalogException": "it names a table or function that is not there",
        "ParserException": "it is not valid SQL",
        "ConversionException": "a value of it cannot be converted",
        "InvalidInputException": "it cannot be run so",
        "PermissionException": "it is not allowed",
        "IOException": "a file cannot be read",
    }.get(kind, "the database refuses it")
    return PriceDataError(f"the query cannot be run: {said}", where=label, remedy="Try it in the database's own shell.")
