"""Whether every row of a store is what its fetch wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..counted import counted
from ..market import FIELDS
from .digest import ORDERED, rows_sha256
from .schema import VALUES

if TYPE_CHECKING:
    from .store import PriceStore


def verify_store(store: PriceStore) -> tuple[str, ...]:
    """What is wrong, a sentence each: rows that changed, are missing, stand twice or belong to no fetch.

    Raises PriceDataError for a file that cannot be opened.
    """
    wrong: list[str] = []
    with store.opened() as opened:
        fetches = opened.execute("SELECT fetch_no, row_count, sha256 FROM fetches ORDER BY fetch_no").fetchall()
        for number, count, sha256 in fetches:
            rows = opened.sql(
                f"SELECT ticker, session, basis, {VALUES} FROM prices WHERE fetch_no = ? {ORDERED}", params=[number]
            ).to_arrow_table()
            if len(rows) != count:
                wrong.append(f"fetch {number} wrote {counted(count, 'row')}, and {len(rows):,} are there")
            elif rows_sha256(rows) != sha256:
                wrong.append(f"rows of fetch {number} are not those that it wrote")
        if [row[0] for row in fetches] != list(range(1, len(fetches) + 1)):
            wrong.append("a fetch is missing")
        for table, words in (("prices", "prices"), ("actions", "corporate actions"), ("asked", "requests")):
            stray = opened.execute(
                f"SELECT count(*) FROM {table} WHERE fetch_no NOT IN (SELECT fetch_no FROM fetches)"
            ).fetchall()[0]
            if stray[0]:
                wrong.append(f"{stray[0]:,} {words} belong to no fetch")
        twice = opened.execute(
            "SELECT count(*) FROM (SELECT 1 FROM prices GROUP BY ticker, session, basis, origin, fetch_no "
            "HAVING count(*) > 1)"
        ).fetchall()[0]
        if twice[0]:
            wrong.append(f"{counted(twice[0], 'price stands', 'prices stand')} twice")
        positive = " OR ".join(f"{field} <= 0" for field in FIELDS if field != "volume")
        bad = opened.execute(f"SELECT count(*) FROM prices WHERE {positive} OR volume < 0").fetchall()[0]
        if bad[0]:
            wrong.append(f"{counted(bad[0], 'price is', 'prices are')} not above zero, or volumes below")
    return tuple(wrong)
