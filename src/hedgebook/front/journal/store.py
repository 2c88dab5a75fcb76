"""The file of a journal: SQLite in WAL mode; entries are appended and nothing else, each chained to the last."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from hedgebook.errors import InputError
from hedgebook.strategies.journal.state import Entry, NewEntry

from ..ledger.workspace import workspace_file

SWITCH, FILE = "HEDGEBOOK_JOURNAL", "journal.sqlite"
FORMAT, WAIT_SECONDS = 1, 30.0
FIRST = "0" * 64
SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    trade TEXT NOT NULL,
    kind TEXT NOT NULL,
    session TEXT,
    body TEXT NOT NULL,
    prices BLOB,
    previous TEXT NOT NULL,
    sha256 TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_row_a_session ON entries (trade, session) WHERE kind = 'mark';
CREATE UNIQUE INDEX IF NOT EXISTS one_beginning ON entries (trade) WHERE kind = 'open';
CREATE UNIQUE INDEX IF NOT EXISTS one_end ON entries (trade) WHERE kind = 'close';
CREATE TRIGGER IF NOT EXISTS nothing_is_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal is appended to and never changed'); END;
CREATE TRIGGER IF NOT EXISTS nothing_is_deleted BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal is appended to and never changed'); END;
"""
COLUMNS = "number, made_at, trade, kind, session, body, prices, previous, sha256"


class JournalError(InputError):
    """The journal's file cannot be read or written."""


@dataclass(frozen=True)
class Broken:
    """An entry that is not as it was written: its number, its trade, and what is wrong."""

    number: int
    trade: str
    what: str


def journal_path() -> Path:
    """The file that counts where none is named: HEDGEBOOK_JOURNAL, else that of the workspace, else of the user."""
    told = os.environ.get(SWITCH, "").strip()
    return Path(told).expanduser() if told else workspace_file(FILE)


class Writing:
    """One transaction: what is read in it stays so until what is appended stands, all of it or nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def entries(self, trade: str) -> list[Entry]:
        """The entries of a trade, in their order."""
        return _entries(self._connection, trade)

    def append(self, trade: str, entries: Sequence[NewEntry]) -> None:
        """Append entries of a trade, each chained to the last one of the file."""
        last = self._connection.execute("SELECT sha256 FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        highest = self._connection.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence").fetchone()[0]
        previous, moment = last[0] if last else FIRST, datetime.now(UTC).isoformat(timespec="seconds")
        for number, one in enumerate(entries, start=highest + 1):
            row = (number, moment, trade, one.kind, one.session, one.body, one.prices, previous)
            digest = digest_of(row)
            self._connection.execute(
                f"INSERT INTO entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, digest)
            )
            previous = digest


class JournalFile:
    """A journal's file, which is made with its folder when something is first written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction that no other process writes beside. Raises JournalError."""
        with self._connected(write=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writing(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def entries(self, trade: str) -> list[Entry]:
        """The entries of a trade in their order, none where there is no such file. Raises JournalError."""
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return _entries(connection, trade)

    def names(self) -> list[str]:
        """The names of all journals in the file, as they were opened. Raises JournalError."""
        if not self.path.exists():
            return []
        with self._connected() as connection:
            rows = connection.execute("SELECT trade FROM entries WHERE kind = 'open' ORDER BY number").fetchall()
            return [str(row[0]) for row in rows]

    def broken(self) -> list[Broken]:
        """Entries that were changed, taken out or put in after they were written. Raises JournalError."""
        if not self.path.exists():
            return []
        with self._connected() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM entries ORDER BY number").fetchall()
            issued = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence").fetchone()[0]
        found, previous, expected = [], FIRST, 1
        for row in rows:
            *content, digest = row
            if row[0] != expected:
                gone = f"{expected}" if row[0] == expected + 1 else f"{expected} to {row[0] - 1}"
                found.append(Broken(row[0], row[2], f"before it entries are missing: {gone}"))
            elif content[-1] != previous:
                found.append(Broken(row[0], row[2], "it does not follow on the entry before it"))
            if digest_of(tuple(content)) != digest:
                found.append(Broken(row[0], row[2], f"its content was changed ({row[3]}, {row[4] or 'no session'})"))
            previous, expected = digest, row[0] + 1
        if issued >= expected:
            found.append(Broken(expected, "", f"entries are missing at the end: {expected} to {issued}"))
        return found

    @contextmanager
    def _connected(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
            try:
                self._prepare(connection, write=write)
                yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as problem:
            raise JournalError(
                f"the journal cannot be used: {problem}", where=str(self.path),
                remedy="Name another file with --journal FILE, or make room and permission there.",
            ) from problem  # fmt: skip

    def _prepare(self, connection: sqlite3.Connection, *, write: bool) -> None:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "entries" not in tables:
            raise JournalError("this is another program's database", where=str(self.path), remedy="Name another file.")
        kept = connection.execute("PRAGMA user_version").fetchone()[0]
        if tables and kept != FORMAT:
            bound = f"format {FORMAT}"
            raise JournalError("a newer version wrote this journal", where=str(self.path), value=kept, bound=bound)
        connection.execute("PRAGMA journal_mode=WAL")
        # A row that was told of must be there after a power failure too.
        connection.execute("PRAGMA synchronous=FULL")
        if write or not tables:
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")


def digest_of(row: Sequence[object]) -> str:
    """The hash of an entry's columns, that of the entry before among them."""
    told = [sha256(one).hexdigest() if isinstance(one, bytes) else one for one in row]
    return sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _entries(connection: sqlite3.Connection, trade: str) -> list[Entry]:
    query = "SELECT kind, body, session, prices, number, made_at FROM entries WHERE trade = ? ORDER BY number"
    return [Entry(*row) for row in connection.execute(query, (trade,)).fetchall()]
