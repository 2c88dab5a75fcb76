"""Prices from a SQLite file, opened so that nothing can be written: sqlite:///FILE?table=prices."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hedgebook.errors import PriceDataError

from ..prices.read import RawTable, arrow_of_values
from .database_file import DatabaseFile, check_there
from .source import Needed
from .sql import read_sql

SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True)
class SQLiteSource(DatabaseFile):
    """A table or a query of a SQLite file."""

    def read(self, needed: Needed) -> RawTable:
        """The needed part of the table or query."""
        check_there(self.path, SUFFIXES)
        try:
            opened = sqlite3.connect(f"file:{quote(str(self.path.resolve()))}?mode=ro", uri=True)
        except sqlite3.Error:
            raise PriceDataError("the file cannot be opened", where=self.label, remedy="Check what it is.") from None
        with closing(opened):
            opened.execute("PRAGMA query_only = ON")
            return read_sql(SQLiteConnection(opened, self.label), self.asked, needed)


@dataclass(frozen=True)
class SQLiteConnection:
    """A connection whose errors are PriceDataError."""

    opened: sqlite3.Connection
    label: str
    mark: str = "?"

    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of every table and view."""
        rows = self._run("SELECT 'main', name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name", ())
        return [(str(schema), str(name)) for schema, name in rows.fetchall()]

    def names(self, statement: str) -> list[str]:
        """The columns that a statement gives."""
        return [str(column[0]) for column in self._run(statement, ()).description or ()]

    def columns(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Its columns as Arrow arrays."""
        given = [value if isinstance(value, str | int | float) else str(value) for value in values]
        found = self._run(statement, given)
        width = len(found.description or ())
        try:
            rows = found.fetchall()
        except sqlite3.Error as problem:
            raise self._problem(problem) from None
        return [arrow_of_values([row[i] for row in rows]) for i in range(width)]

    def _run(self, statement: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self.opened.execute(statement, list(values))
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as problem:
            raise self._problem(problem) from None

    def _problem(self, problem: Exception) -> PriceDataError:
        """What an error means, without its words: they may repeat what must not be shown."""
        text = str(problem)
        if "not a database" in text or "malformed" in text:
            return PriceDataError("this is not a SQLite file, or it is damaged", where=self.label)
        if "locked" in text:
            return PriceDataError("another program is writing to it", where=self.label, remedy="Try again later.")
        said = "the database refuses it"
        for words, meaning in (
            ("no such column", "it names a column that is not there"),
            ("no such table", "it names a table that is not there"),
            ("syntax error", "it is not valid SQL"),
            ("incomplete input", "it is not valid SQL"),
            ("no such function", "it names a function that is not there"),
        ):
            said = meaning if words in text else said
        remedy = "Try it in the database's own shell."
        return PriceDataError(f"the query cannot be run: {said}", where=self.label, remedy=remedy)
