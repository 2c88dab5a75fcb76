"""The ledger's file: SQLite in WAL mode, appended to by any number of processes."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from hedgebook.errors import InputError

FORMAT = 1
WAIT_SECONDS = 30.0
TABLE = """
CREATE TABLE IF NOT EXISTS trials (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    trials INTEGER NOT NULL,
    identity TEXT NOT NULL,
    strategy_sha256 TEXT NOT NULL,
    data_sha256 TEXT NOT NULL,
    parameters TEXT NOT NULL,
    result_sha256 TEXT NOT NULL,
    command TEXT
)
"""
INDEX = "CREATE INDEX IF NOT EXISTS by_identity ON trials (identity, trials)"


@dataclass(frozen=True)
class Record:
    """A line of the ledger.

    made_at: moment, UTC, told and never sorted by; kind: run, sweep, series, hedges, book, ticket, search, express or
    refute; name: of the strategy; trials: sets of a sweep, expressions of one view, 1 for a run, 0 for a ticket;
    identity: SHA-256 of strategy, data and every argument: lines that share it are one trial, or one sweep, that was
    run again; strategy_sha256, data_sha256, result_sha256: of each; parameters: JSON; command: as it was typed, without
    secrets, None for a script.
    """

    made_at: str
    kind: str
    name: str
    trials: int
    identity: str
    strategy_sha256: str
    data_sha256: str
    parameters: str
    result_sha256: str
    command: str | None = None


COLUMNS = tuple(part.name for part in fields(Record))
INSERT = f"INSERT INTO trials ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
# Of one sweep that was run again with fewer sets stopped in between, the larger count stands. A verdict on a strategy
# that was run is no trial more. ?1: an identity, ?2: a strategy, which are left out; NULL leaves out nothing.
COUNT = """
SELECT (
    SELECT COALESCE(SUM(most), 0) FROM (
        SELECT MAX(trials) AS most FROM trials
        WHERE kind IS NOT 'refute' AND identity IS NOT ?1 AND NOT (kind IS 'run' AND strategy_sha256 IS ?2)
        GROUP BY identity
    )
) + (
    SELECT COUNT(DISTINCT strategy_sha256) FROM trials
    WHERE kind IS 'refute' AND trials > 0 AND identity IS NOT ?1 AND strategy_sha256 IS NOT ?2
    AND strategy_sha256 NOT IN (SELECT strategy_sha256 FROM trials WHERE kind IS 'run')
)
"""


class LedgerError(InputError):
    """The ledger cannot be read or written."""


class Ledger:
    """The ledger of a file, which is made with its folder when something is written. One connection a process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._lock = threading.Lock()

    def append(self, record: Record) -> int:
        """Add a line and return its number, above all before it whatever the clock says. Raises LedgerError."""
        with self._lock, _Told(self.path):
            cursor = self._open(write=True).execute(INSERT, astuple(record))
            return int(cursor.lastrowid or 0)

    def trials(self) -> int:
        """How many different trials all lines hold. Raises LedgerError."""
        if not self.path.exists():
            return 0
        with self._lock, _Told(self.path):
            return int(self._open().execute(COUNT, (None, None)).fetchone()[0])

    def trials_besides(self, identity: str, strategy_sha256: str | None = None) -> int:
        """How many different trials there are besides those of one identity, and besides single runs of a strategy and
        verdicts on it. Raises LedgerError."""
        if not self.path.exists():
            return 0
        with self._lock, _Told(self.path):
            return int(self._open().execute(COUNT, (identity, strategy_sha256)).fetchone()[0])

    def lines(self, most: int | None = None) -> list[dict[str, Any]]:
        """The lines, newest first by number; most: of them, None for all. Raises LedgerError."""
        if not self.path.exists():
            return []
        with self._lock, _Told(self.path):
            names = ("number", *COLUMNS)
            query = f"SELECT {', '.join(names)} FROM trials ORDER BY number DESC LIMIT ?"
            rows = self._open().execute(query, (-1 if most is None else most,)).fetchall()
            return [dict(zip(names, row, strict=True)) for row in rows]

    def count(self) -> int:
        """How many lines there are. Raises LedgerError."""
        if not self.path.exists():
            return 0
        with self._lock, _Told(self.path):
            return int(self._open().execute("SELECT COUNT(*) FROM trials").fetchone()[0])

    def clear(self) -> int:
        """Delete every line and return how many there were; numbers go on from there. Raises LedgerError."""
        if not self.path.exists():
            return 0
        with self._lock, _Told(self.path):
            return int(self._open(write=True).execute("DELETE FROM trials").rowcount)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _open(self, *, write: bool = False) -> sqlite3.Connection:
        # A connection must not be taken along into a forked process.
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        if write:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        found = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            found.execute("PRAGMA journal_mode=WAL")
            # A killed process loses nothing; only a power failure can take the last lines, and never more.
            found.execute("PRAGMA synchronous=NORMAL")
            found.execute(TABLE)
            found.execute(INDEX)
            found.execute(f"PRAGMA user_version={FORMAT}")
        except BaseException:
            found.close()
            raise
        self._connection, self._process = found, os.getpid()
        return found


class _Told:
    """What SQLite and the disk refuse, as a LedgerError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, sqlite3.Error | OSError):
            raise LedgerError(
                f"the ledger cannot be used: {problem}",
                where=str(self.path),
                remedy="Make room or permission there, name another file with HEDGEBOOK_LEDGER=FILE, or switch it off "
                "with HEDGEBOOK_LEDGER=off.",
            ) from problem
