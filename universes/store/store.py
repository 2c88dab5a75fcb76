"""The price store: what was fetched, as it is known now or was known at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from hedgebook.errors import PriceDataError, did_you_mean

from ..checks import DAY, LIST_OF_NAMES, PATH, TEXT, check, either, maybe, one_of, takes
from ..prices.read import RawTable, table_of_columns
from ..sources.duckdb_file import CONFIG, connected
from ..sources.package import package
from .moments import moment_of, moment_text, plain_utc
from .place import store_file
from .schema import ACTIONS_AS_OF, ADJUSTED, ORIGINS_AS_OF, PRICES_AS_OF, RAW, VALUES, check_version

Basis = Literal["adjusted", "raw"]
FETCH_FIRST = "Fetch some first: hedgebook fetch --universe ai_infrastructure --source prices.parquet"


@dataclass(frozen=True)
class StoreInfo:
    """Facts of a price store; revisions: rows of adjusted prices that replaced others; moments are UTC."""

    path: str
    bytes: int
    tickers: int
    rows: int
    revisions: int
    actions: int
    fetches: int
    first: str | None
    last: str | None
    retrieved_first: str
    retrieved_last: str
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "sources": list(self.sources)}


class PriceStore:
    """The price store of a file, None = that of the user's data folder (HEDGEBOOK_DATA). It need not exist yet.

    Rows are only ever added: a price that changed is a new revision beside the old one, and whoever asks as of a
    moment gets what was known then. Prices are in USD, NaN where there is none. Raises PriceDataError for a file that
    is no store.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        check("path", path, maybe(PATH))
        self.path = store_file() if path is None else Path(path)

    def __repr__(self) -> str:
        return f"<PriceStore {self.path}{'' if self.exists else ' (nothing fetched yet)'}>"

    @property
    def exists(self) -> bool:
        """Whether anything was fetched into it."""
        return self.path.is_file()

    @property
    def is_usual(self) -> bool:
        """Whether it is the one of the user's data folder."""
        return self.path == store_file()

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """A connection that only reads. Raises PriceDataError."""
        if not self.exists:
            raise PriceDataError("there is no price store yet", where=str(self.path), remedy=FETCH_FIRST)
        duckdb = package("duckdb", extra=None, purpose="the price store")
        found = connected(lambda: duckdb.connect(str(self.path), read_only=True, config=CONFIG), duckdb, str(self.path))
        try:
            check_version(found, duckdb, self.path)
            yield found
        except duckdb.Error as problem:
            what = f"the price store cannot be read ({type(problem).__name__})"
            raise PriceDataError(what, where=str(self.path), remedy="See hedgebook data verify.") from None
        finally:
            found.close()

    def latest(self) -> datetime:
        """When prices were last retrieved, UTC. Raises PriceDataError for an empty store."""
        with self.opened() as store:
            return self._moment(store, None)[1]

    def _moment(self, store: Any, as_of: datetime | None) -> tuple[int, datetime]:
        """The number and moment of the last fetch up to a moment."""
        rows = store.execute("SELECT fetch_no, retrieved_at FROM fetches ORDER BY fetch_no").fetchall()
        known = [row for row in rows if as_of is None or row[1] <= plain_utc(as_of)]
        if not rows:
            raise PriceDataError("the price store is empty", where=str(self.path), remedy=FETCH_FIRST)
        if not known:
            what = "nothing had been fetched yet"
            first = moment_text(rows[0][1].replace(tzinfo=UTC))
            raise PriceDataError(what, where=str(self.path), value=as_of, bound=f"moments from {first}")
        return int(known[-1][0]), known[-1][1].replace(tzinfo=UTC)

    @takes(tickers=maybe(LIST_OF_NAMES), basis=one_of(ADJUSTED, RAW))
    def frame(
        self,
        tickers: Sequence[str] | None = None,
        *,
        start: str | date | None = None,
        until: str | date | None = None,
        as_of: str | date | datetime | None = None,
        basis: Basis = "adjusted",
    ) -> pd.DataFrame:
        """Prices of tickers (None: all) as a long frame: date, ticker and the fields, NaN without a value.

        start, until: first and last day, both included; as_of: as known at that moment (a day: at its end, UTC);
        basis: "adjusted" for total returns, "raw" as quoted, where the source has both. Raises PriceDataError for a
        store without such prices.
        """
        moment = None if as_of is None else moment_of(as_of, "as_of")
        first, last = (None if day is None else moment_of(day, "start, until").date() for day in (start, until))
        found = self._prices(tickers, (first, last), moment, None, basis)
        frame: pd.DataFrame = found.to_pandas()
        frame["date"] = pd.to_datetime(frame["date"])
        return frame

    def table(
        self, tickers: Sequence[str] | None, first: date | None, last: date | None, as_of: datetime | None,
        origin: str | None, label: str,
    ) -> RawTable:  # fmt: skip
        """Adjusted prices as a table of a source: of tickers (None: all), from first to last day, as known at as_of.

        origin: only those of this source; label: what the table is called. Raises PriceDataError where there are none.
        """
        found = self._prices(tickers, (first, last), as_of, origin, ADJUSTED)
        columns = [column.combine_chunks() for column in found.columns]
        table = table_of_columns(label, list(map(str, found.column_names)), columns)
        return table if tickers is None else replace(table, every=self._every(as_of))

    def _prices(
        self, tickers: Sequence[str] | None, span: tuple[date | None, date | None], as_of: datetime | None,
        origin: str | None, basis: str,
    ) -> Any:  # fmt: skip
        with self.opened() as store:
            number, _ = self._moment(store, as_of)
            conditions, values = ["p.basis = ?"], [number, number, basis]
            if tickers is not None:
                conditions.append("list_contains(?, p.ticker)")
                values.append(list(tickers))
            if origin is not None:
                conditions.append("p.origin = ?")
                values.append(origin)
            for mark, day in zip((">=", "<="), span, strict=True):
                if day is not None:
                    conditions.append(f"p.session {mark} ?")
                    values.append(day)
            same = "" if origin is not None else " AND p.origin = o.origin"
            found = store.sql(
                f"SELECT p.session AS date, p.ticker, {VALUES} FROM ({PRICES_AS_OF}) p JOIN ({ORIGINS_AS_OF}) o "
                f"ON p.ticker = o.ticker{same} WHERE {' AND '.join(conditions)} ORDER BY p.ticker, p.session",
                params=values,
            ).to_arrow_table()
            if not len(found):
                raise self._none(store, tickers, number, basis, origin)
            return found

    def _every(self, as_of: datetime | None) -> tuple[str, ...]:
        """All tickers that were there at a moment."""
        with self.opened() as store:
            number, _ = self._moment(store, as_of)
            rows = store.execute("SELECT DISTINCT ticker FROM prices WHERE fetch_no <= ? ORDER BY 1", [number])
            return tuple(str(row[0]) for row in rows.fetchall())

    def _none(
        self, store: Any, tickers: Sequence[str] | None, number: int, basis: str, origin: str | None
    ) -> PriceDataError:
        known = store.execute("SELECT DISTINCT ticker FROM prices WHERE fetch_no <= ? ORDER BY ticker", [number])
        there = [row[0] for row in known.fetchall()]
        missing = [ticker for ticker in tickers or () if ticker not in there]
        if missing:
            more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
            what, value = "the price store has no prices of these tickers", ", ".join(missing[:8]) + more
            return PriceDataError(what, where=str(self.path), value=value, remedy=did_you_mean(missing[0], there))
        told = f" of {origin}" if origin is not None else ""
        return PriceDataError(f"the price store has no {basis} prices{told} on these days", where=str(self.path))

    @takes(ticker=maybe(TEXT), as_of=maybe(either(TEXT, DAY)))
    def actions(self, ticker: str | None = None, *, as_of: str | date | datetime | None = None) -> pd.DataFrame:
        """Corporate actions: ticker, ex_date, kind ("dividend", USD a share; "split", new shares for one), value.

        ticker: of this one, None = all; as_of: as known then. Raises PriceDataError for a store that is not there.
        """
        moment = None if as_of is None else moment_of(as_of, "as_of")
        with self.opened() as store:
            number, _ = self._moment(store, moment)
            one = "" if ticker is None else "WHERE a.ticker = ?"
            found: pd.DataFrame = store.sql(
                f"SELECT a.ticker, a.ex_date, a.kind, a.value, a.origin AS source FROM ({ACTIONS_AS_OF}) a "
                f"JOIN ({ORIGINS_AS_OF}) o ON a.ticker = o.ticker AND a.origin = o.origin {one} ORDER BY ALL",
                params=[number, number, *([] if ticker is None else [ticker])],
            ).df()
            return found

    def tickers(self) -> pd.DataFrame:
        """What there is of each ticker: source, first and last session, sessions, revisions, last retrieved (UTC)."""
        with self.opened() as store:
            number, _ = self._moment(store, None)
            found: pd.DataFrame = store.sql(
                f"""
                WITH o AS ({ORIGINS_AS_OF}), held AS (
                    SELECT p.ticker, p.origin, min(session) AS first_session, max(session) AS last_session,
                        count(DISTINCT session) AS sessions, count(*) - count(DISTINCT session) AS revisions
                    FROM prices p JOIN o ON p.ticker = o.ticker AND p.origin = o.origin
                    WHERE basis = '{ADJUSTED}' GROUP BY ALL
                ), times AS (
                    SELECT ticker, origin, max(retrieved_at) AS retrieved_at FROM asked JOIN fetches USING (fetch_no)
                    WHERE priced GROUP BY ALL
                )
                SELECT ticker, origin AS source, first_session, last_session, sessions, revisions, retrieved_at
                FROM held JOIN times USING (ticker, origin) ORDER BY ticker
                """,
                params=[number],
            ).df()
            return found.set_index("ticker")

    def lacks(self, tickers: Sequence[str]) -> tuple[str, ...]:
        """Those of `tickers` that were never asked for; one that a source had no prices of was asked for.

        Raises PriceDataError for a store that is not there.
        """
        with self.opened() as store:
            asked = {row[0] for row in store.execute("SELECT DISTINCT ticker FROM asked").fetchall()}
        return tuple(ticker for ticker in tickers if ticker not in asked)

    def info(self) -> StoreInfo:
        """Facts of the store as a whole. Raises PriceDataError for one that is not there."""
        with self.opened() as store:
            self._moment(store, None)
            fetches, earliest, latest = store.execute(
                "SELECT count(*), min(retrieved_at), max(retrieved_at) FROM fetches"
            ).fetchall()[0]
            rows, tickers, first, last, cells = store.execute(
                "SELECT count(*), count(DISTINCT ticker), min(session), max(session), "
                "count(DISTINCT (ticker, session, origin)) FROM prices WHERE basis = ?",
                [ADJUSTED],
            ).fetchall()[0]
            actions = store.execute("SELECT count(*) FROM actions").fetchall()[0][0]
            sources = store.execute("SELECT source FROM fetches GROUP BY source ORDER BY max(fetch_no)").fetchall()
        return StoreInfo(
            path=str(self.path), bytes=self.path.stat().st_size, tickers=int(tickers), rows=int(cells),
            revisions=int(rows - cells), actions=int(actions), fetches=int(fetches),
            first=None if first is None else str(first), last=None if last is None else str(last),
            retrieved_first=moment_text(earliest.replace(tzinfo=UTC)),
            retrieved_last=moment_text(latest.replace(tzinfo=UTC)), sources=tuple(row[0] for row in sources),
        )  # fmt: skip

    def verify(self) -> tuple[str, ...]:
        """What is wrong with the store; nothing where every row is what its fetch wrote. See `verify_store`."""
        from .verify import verify_store

        return verify_store(self)

    def export(self, path: str | Path, *, as_of: str | date | datetime | None = None, basis: Basis = "adjusted") -> int:
        """Write prices to a new .csv, .csv.gz or .parquet file (path), long; the number of rows.

        as_of, basis: as in `frame`. Raises PriceDataError for another type of file, and for one that is there already.
        """
        from .export import export_store

        return export_store(self, path, as_of, basis)
