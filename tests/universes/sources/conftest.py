"""The same prices in five places: CSV, Parquet, DuckDB, SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

import hedgebook as hb

from ...postgres import Cluster

COLUMNS = ("open", "high", "low", "close", "volume")


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """The sample market as a long frame, with a ticker more than the universe and a column that says nothing."""
    market = hb.sample_market()
    parts = [market.frame(name).stack().rename(name) for name in COLUMNS]
    long = pd.concat(parts, axis=1).rename_axis(["date", "ticker"]).reset_index()
    other = long[long["ticker"] == "META"].assign(ticker="ZZZZ")
    whole = pd.concat([long, other], ignore_index=True)
    # As a table has its rows: in no order.
    shuffled: pd.DataFrame = whole.sample(frac=1.0, random_state=7).reset_index(drop=True)
    return shuffled


@pytest.fixture(scope="session")
def folder(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same prices in prices.csv, .parquet, .duckdb and .sqlite."""
    home = tmp_path_factory.mktemp("sources")
    frame.to_csv(home / "prices.csv", index=False)
    frame.to_parquet(home / "prices.parquet", index=False)
    with duckdb.connect(str(home / "prices.duckdb")) as made:
        made.register("frame", frame)
        made.execute("CREATE TABLE prices AS SELECT date::DATE AS date, * EXCLUDE (date), 'x' AS note FROM frame")
        made.execute("CREATE TABLE other AS SELECT 1 AS one")
    made_sqlite = sqlite3.connect(home / "prices.sqlite")
    frame.to_sql("prices", made_sqlite, index=False)
    made_sqlite.close()
    return home


@pytest.fixture(scope="session")
def in_postgres(frame: pd.DataFrame, postgres: Cluster) -> Cluster:
    """The same in table prices of schema desk, and a wide table of closes."""
    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, user=postgres.user, password=postgres.password, dbname=postgres.database
    ) as made:
        made.execute("CREATE SCHEMA desk")
        made.execute(
            "CREATE TABLE desk.prices (date date, ticker text, open double precision, high double precision, "
            'low double precision, close double precision, volume double precision, "a""b; drop" text)'
        )
        made.execute('CREATE TABLE "Closes" (date date, "META" double precision, "ZZZZ" double precision)')
        made.execute("""INSERT INTO "Closes" VALUES ('2026-06-30', 700, 1), ('2026-07-01', 760, 1)""")
        with made.cursor().copy("COPY desk.prices (date, ticker, open, high, low, close, volume) FROM STDIN") as copy:
            plain = frame.astype(object).where(frame.notna(), None)
            for row in plain.itertuples(index=False):
                copy.write_row((row[0].date(), *row[1:]))
    return postgres
