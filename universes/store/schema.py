"""The tables of the price store: rows are only ever added, each with the fetch that it came by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hedgebook.errors import PriceDataError

from ..market import FIELDS
from ..sources.duckdb_file import CONFIG

VERSION = "1"
ADJUSTED, RAW = "adjusted", "raw"
TABLES = """
CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);
CREATE TABLE fetches (
    fetch_no BIGINT PRIMARY KEY, retrieved_at TIMESTAMP NOT NULL, origin VARCHAR NOT NULL, source VARCHAR NOT NULL,
    universe VARCHAR NOT NULL, program VARCHAR NOT NULL, added BIGINT NOT NULL, revised BIGINT NOT NULL,
    row_count BIGINT NOT NULL, sha256 VARCHAR NOT NULL);
CREATE TABLE asked (
    fetch_no BIGINT NOT NULL, ticker VARCHAR NOT NULL, first_day DATE, last_day DATE, priced BOOLEAN NOT NULL);
CREATE TABLE prices (
    ticker VARCHAR NOT NULL, session DATE NOT NULL, basis VARCHAR NOT NULL, origin VARCHAR NOT NULL,
    open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DOUBLE, fetch_no BIGINT NOT NULL);
CREATE TABLE actions (
    ticker VARCHAR NOT NULL, ex_date DATE NOT NULL, kind VARCHAR NOT NULL, origin VARCHAR NOT NULL,
    value DOUBLE NOT NULL, fetch_no BIGINT NOT NULL);
"""
# The rows that held after fetch number ?: of each cell the last revision up to it.
PRICES_AS_OF = """
SELECT * FROM prices WHERE fetch_no <= ?
QUALIFY row_number() OVER (PARTITION BY ticker, session, basis, origin ORDER BY fetch_no DESC) = 1
"""
ACTIONS_AS_OF = """
SELECT * FROM actions WHERE fetch_no <= ?
QUALIFY row_number() OVER (PARTITION BY ticker, ex_date, kind, origin ORDER BY fetch_no DESC) = 1
"""
# Where the prices of each ticker are from: that of the last fetch, up to number ?, that had any.
ORIGINS_AS_OF = """
SELECT ticker, arg_max(origin, fetch_no) AS origin FROM asked JOIN fetches USING (fetch_no)
WHERE priced AND fetch_no <= ? GROUP BY ticker
"""
VALUES = ", ".join(FIELDS)


@contextmanager
def new_store(path: Path, duckdb: Any) -> Iterator[Any]:
    """A connection to a new store, which has its name as a whole once the block has ended, or not at all.

    What a killed attempt left is cleared away. Needs the lock. Raises what DuckDB and the disk raise.
    """
    fresh = path.with_name(f"{path.name}.new")
    _clear(path)
    try:
        made = duckdb.connect(str(fresh), config=CONFIG)
        try:
            made.execute(TABLES)
            made.execute("INSERT INTO meta VALUES ('version', ?)", [VERSION])
            yield made
            # What is written on closing says nothing of a full disk, and stands in a file beside it then.
            made.execute("CHECKPOINT")
        finally:
            made.close()
        os.replace(fresh, path)
    finally:
        _clear(path)


def _clear(path: Path) -> None:
    """Remove what is left of a store that never had its name."""
    for left in path.parent.glob(f"{path.name}.new*"):
        left.unlink(missing_ok=True)


def check_version(opened: Any, duckdb: Any, path: Path) -> None:
    """Raises PriceDataError for a file that is no price store, and for one of another version."""
    try:
        found = opened.execute("SELECT value FROM meta WHERE key = 'version'").fetchall()
    except duckdb.Error:
        found = []
    if not found:
        raise PriceDataError("this is not a price store", where=str(path), remedy="Set HEDGEBOOK_DATA to its folder.")
    if found[0][0] != VERSION:
        what = "the price store was written by another version of hedgebook"
        raise PriceDataError(what, where=str(path), value=found[0][0], bound=VERSION, remedy="Use that version.")
