"""Adding a fetch to the store: in one transaction, only what is new or has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hedgebook.errors import PriceDataError

from ..fingerprint.program import version_of
from ..market import FIELDS
from ..sources.duckdb_file import CONFIG, connected
from ..sources.package import package
from .batch import Batch
from .digest import ORDERED, rows_sha256
from .moments import plain_utc
from .schema import ACTIONS_AS_OF, ADJUSTED, PRICES_AS_OF, VALUES, check_version, new_store


@dataclass(frozen=True)
class Written:
    """What a fetch changed: rows of adjusted prices that are new, that replace others, and that were there already."""

    fetch: int
    retrieved_at: datetime
    added: int
    revised: int
    unchanged: int


def write(path: Path, batch: Batch) -> Written:
    """Add a fetch to the store at `path`, whole or not at all; the caller holds the lock.

    Raises PriceDataError for a store that cannot be written.
    """
    duckdb = package("duckdb", extra=None, purpose="the price store")
    try:
        with _old_store(path, duckdb) if path.exists() else new_store(path, duckdb) as opened:
            opened.execute("BEGIN TRANSACTION")
            written = _add(opened, batch)
            opened.execute("COMMIT")
    except (duckdb.Error, OSError) as problem:
        what = f"the price store cannot be written ({type(problem).__name__}); nothing was changed"
        raise PriceDataError(what, where=str(path), remedy="Check the free space and permissions.") from None
    return written


@contextmanager
def _old_store(path: Path, duckdb: Any) -> Iterator[Any]:
    """A connection to the store that is there. Raises PriceDataError for a file that is none."""
    opened = connected(lambda: duckdb.connect(str(path), config=CONFIG), duckdb, str(path))
    try:
        check_version(opened, duckdb, path)
        yield opened
    finally:
        opened.close()


def _add(opened: Any, batch: Batch) -> Written:
    last, latest = opened.execute("SELECT coalesce(max(fetch_no), 0), max(retrieved_at) FROM fetches").fetchall()[0]
    number, now = int(last) + 1, plain_utc(datetime.now(UTC))
    if latest is not None and now <= latest:  # a clock that was set back
        now = latest + timedelta(microseconds=1)
    incoming = batch.rows()
    opened.register("incoming", incoming)
    differs = " OR ".join(f"i.{field} IS DISTINCT FROM c.{field}" for field in FIELDS)
    opened.execute(
        f"CREATE TEMP TABLE changed AS SELECT i.*, c.ticker IS NOT NULL AS known FROM incoming i LEFT JOIN "
        f"(SELECT * FROM ({PRICES_AS_OF}) WHERE origin = ?) c USING (ticker, session, basis) "
        f"WHERE c.ticker IS NULL OR {differs} {ORDERED}",
        [int(last), batch.origin],
    )
    ordered = f"SELECT ticker, session, basis, {VALUES} FROM changed {ORDERED}"
    digest = rows_sha256(opened.sql(ordered).to_arrow_table())
    count = "SELECT count(*), count(*) FILTER (known AND basis = ?), count(*) FILTER (NOT known AND basis = ?)"
    rows, revised, added = opened.execute(f"{count} FROM changed", [ADJUSTED, ADJUSTED]).fetchall()[0]
    opened.execute(
        f"INSERT INTO prices SELECT ticker, session, basis, ?, {VALUES}, ? FROM changed {ORDERED}",
        [batch.origin, number],
    )
    _add_actions(opened, batch, int(last), number)
    opened.executemany(
        "INSERT INTO asked VALUES (?, ?, ?, ?, ?)",
        [[number, one.ticker, one.first, one.last, one.priced] for one in batch.asked],
    )
    opened.execute(
        "INSERT INTO fetches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number,
            now,
            batch.origin,
            batch.source,
            batch.universe,
            version_of("hedgebook"),
            added,
            revised,
            rows,
            digest,
        ],
    )
    offered = sum(one == ADJUSTED for one in incoming.column("basis").to_pylist())
    return Written(number, now.replace(tzinfo=UTC), int(added), int(revised), offered - int(added) - int(revised))


def _add_actions(opened: Any, batch: Batch, last: int, number: int) -> None:
    if not batch.actions:
        return
    opened.execute("CREATE TEMP TABLE acts (ticker VARCHAR, ex_date DATE, kind VARCHAR, value DOUBLE)")
    opened.executemany("INSERT INTO acts VALUES (?, ?, ?, ?)", [list(one) for one in batch.actions])
    opened.execute(
        f"INSERT INTO actions SELECT a.ticker, a.ex_date, a.kind, ?, a.value, ? FROM acts a LEFT JOIN "
        f"(SELECT * FROM ({ACTIONS_AS_OF}) WHERE origin = ?) c USING (ticker, ex_date, kind) "
        f"WHERE c.ticker IS NULL OR a.value IS DISTINCT FROM c.value ORDER BY ALL",
        [batch.origin, number, last, batch.origin],
    )
