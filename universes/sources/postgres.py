"""Prices from PostgreSQL, in a transaction that cannot write: postgresql://user@host/database?table=prices.

A password comes from PGPASSWORD, HEDGEBOOK_DB_PASSWORD or ~/.pgpass, or stands in the URL; it is shown nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hedgebook.errors import PriceDataError

from ..prices.read import RawTable, arrow_of_values
from .package import package
from .source import Needed
from .sql import OPTIONS, Asked, asked_in, read_sql
from .url import SCHEMES, SourceURL

PASSWORD = "HEDGEBOOK_DB_PASSWORD"
# What the driver takes beside host, database, user and password; "options" could undo that nothing is written.
DRIVER_OPTIONS = (
    "host", "port", "user", "password", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout",
    "application_name", "target_session_attrs",
)  # fmt: skip
CONNECT_SECONDS = 10
READ_ONLY = "-c default_transaction_read_only=on"
TABLES = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\\_toast%%' AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY NOT pg_catalog.pg_table_is_visible(c.oid), n.nspname, c.relname
"""
# What a message of a connection that failed speaks of, and how it is said here.
REFUSALS = (
    ("no password supplied", "it wants a password, and none is given"),
    ("password authentication failed", "it does not accept this user and password"),
    ("authentication failed", "it does not accept this user"),
    ("no pg_hba.conf entry", "it does not accept this user from this machine"),
    ("role", "it does not know this user"),
    ("database", "it has no such database"),
    ("Connection refused", "nothing answers there"),
    ("could not translate host name", "there is no such host"),
    ("failed to resolve host", "there is no such host"),
    ("No such file or directory", "nothing answers there"),
    ("timeout", "it does not answer in time"),
    ("SSL", "it cannot be reached over SSL as asked"),
)
STATES = {
    "42703": "it names a column that is not there",
    "42P01": "it names a table that is not there",
    "42883": "it compares kinds that cannot be, or names a function that is not there",
    "42501": "this user may not read that",
    "42601": "it is not valid SQL",
    "25006": "it would write, and this connection only reads",
    "57014": "it was stopped",
    "0A000": "it is not a SELECT",
}


@dataclass(frozen=True)
class PostgresSource:
    """A table or a query of a PostgreSQL database; address: SQLAlchemy's URL, never shown."""

    address: Any = field(repr=False)
    asked: Asked
    name: str

    @classmethod
    def of(cls, url: SourceURL) -> PostgresSource:
        """The source that a URL names. Raises PriceDataError."""
        url.only(*OPTIONS, *DRIVER_OPTIONS)
        sqlalchemy = package("sqlalchemy", extra="postgres", purpose="a PostgreSQL database")
        try:
            parts = sqlalchemy.make_url(f"postgresql+psycopg:{url.rest}")
        except (sqlalchemy.exc.ArgumentError, ValueError):
            raise PriceDataError(
                "this is not the address of a database", where="postgresql:", bound=SCHEMES["postgresql"]
            ) from None
        given = {name: url.options[name] for name in DRIVER_OPTIONS if name in url.options}
        password = os.environ.get(PASSWORD)
        if password and not parts.password and "password" not in given:
            parts = parts.set(password=password)
        port = f":{parts.port}" if parts.port else ""
        label = f"postgresql://{parts.host or ''}{port}/{parts.database or ''}{asked_in(url)}"
        return cls(parts.set(query=given), Asked.of(url, label), label)

    @property
    def label(self) -> str:
        """What it is called in output, without user and password."""
        return self.asked.label

    def read(self, needed: Needed) -> RawTable:
        """The needed part of the table or query."""
        with open_postgres(self.address, self.label) as database:
            return read_sql(database, self.asked, needed)


@contextmanager
def open_postgres(address: Any, label: str) -> Iterator[PostgresConnection]:
    """A connection that only reads. Raises PriceDataError."""
    sqlalchemy = package("sqlalchemy", extra="postgres", purpose="a PostgreSQL database")
    psycopg = package("psycopg", extra="postgres", purpose="a PostgreSQL database")
    given: dict[str, Any] = {"options": READ_ONLY}
    if "connect_timeout" not in address.query:
        given["connect_timeout"] = CONNECT_SECONDS
    try:
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool, connect_args=given)
        opened = engine.connect()
    except (sqlalchemy.exc.SQLAlchemyError, psycopg.Error, ValueError, UnicodeError) as problem:
        text = str(problem)
        said = next((meaning for words, meaning in REFUSALS if words in text), "the connection fails")
        remedy = f"Check host, database and user; a password comes from PGPASSWORD, {PASSWORD} or ~/.pgpass."
        raise PriceDataError(f"the database cannot be used: {said}", where=label, remedy=remedy) from None
    try:
        yield PostgresConnection(opened, (sqlalchemy.exc.SQLAlchemyError, psycopg.Error), label)
    finally:
        opened.close()
        engine.dispose()


@dataclass(frozen=True)
class PostgresConnection:
    """A connection whose errors are PriceDataError."""

    opened: Any
    errors: tuple[type[Exception], ...]
    label: str
    mark: str = "%s"

    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of every table and view, those that a bare name means first."""
        return [(str(schema), str(name)) for schema, name in self._run(TABLES.replace("%%", "%"), ()).fetchall()]

    def names(self, statement: str) -> list[str]:
        """The columns that a statement gives."""
        return [str(name) for name in self._run(statement, ()).keys()]  # noqa: SIM118

    def columns(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Its columns as Arrow arrays."""
        found = self._run(statement, values)
        names = list(found.keys())
        try:
            rows = found.fetchall()
        except self.errors as problem:
            raise self._problem(problem) from None
        return [arrow_of_values([row[i] for row in rows]) for i in range(len(names))]

    def _run(self, statement: str, values: Sequence[Any]) -> Any:
        if values:
            # A per cent sign of the statement itself, as in LIKE 'A%', beside the marks of values.
            parts = statement.split(self.mark)
            kept = len(values)
            head, tail = parts[: len(parts) - kept], parts[len(parts) - kept :]
            statement = self.mark.join([self.mark.join(head).replace("%", "%%"), *(t.replace("%", "%%") for t in tail)])
        else:
            statement = statement.replace("%", "%%")
        try:
            # A tuple, also an empty one, makes the driver take marks, and one statement only.
            return self.opened.exec_driver_sql(statement, tuple(values))
        except self.errors as problem:
            raise self._problem(problem) from None

    def _problem(self, problem: Exception) -> PriceDataError:
        """What an error means, without its words: they may repeat what must not be shown."""
        state = str(getattr(getattr(problem, "orig", problem), "sqlstate", "") or "")
        said = STATES.get(state, f"the database refuses it{f' (SQLSTATE {state})' if state else ''}")
        remedy = "Try it in psql."
        return PriceDataError(f"the query cannot be run: {said}", where=self.label, remedy=remedy)
