"""What is asked of a database, what it cannot be made to do, and what is said where it cannot be used."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest

import hedgebook as hb
from hedgebook.cli import main
from hedgebook.errors import InputError
from hedgebook.universes.sources import package as packages
from hedgebook.universes.sources.open import read_table
from hedgebook.universes.sources.source import Needed
from hedgebook.universes.sources.sqlite_file import SQLiteConnection

from ...postgres import Cluster


def refused(given: str, **options: object) -> str:
    with pytest.raises(InputError) as problem:
        hb.load_market(given, **options)
    return str(problem.value)


def test_only_needed_tickers_days_and_columns_are_read(folder: Path, in_postgres: Cluster) -> None:
    span = Needed(("META", "SPY"), datetime.date(2026, 6, 30), datetime.date(2026, 7, 2))
    secret = in_postgres.url.replace("quant@", f"quant:{in_postgres.password.replace('!', '%21')}@")
    for url in (
        f"duckdb:///{folder}/prices.duckdb?table=prices",
        f"sqlite:///{folder}/prices.sqlite?query=SELECT * FROM prices",
        f"{secret}?query=SELECT * FROM desk.prices WHERE ticker LIKE '%25'",
    ):
        table = read_table(url, span)
        assert table.names == ("date", "ticker", "open", "high", "low", "close", "volume")
        assert table.columns[1].to_pylist() == ["META"] * 3 + ["SPY"] * 3
    market = hb.load_market(f"duckdb:///{folder}/prices.duckdb?table=prices", tickers=["META"])
    assert "ZZZZ" in market.outside  # its name is known, its prices were not read
    wide = read_table(f"{secret}?table=Closes&sslmode=disable", Needed(("META",)))
    assert wide.names == ("date", "META")


def test_statements_hold_marks_and_not_values(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, list[object]]] = []
    columns = SQLiteConnection.columns

    def noted(self: SQLiteConnection, statement: str, values: list[object]) -> object:
        seen.append((statement, list(values)))
        return columns(self, statement, values)

    monkeypatch.setattr(SQLiteConnection, "columns", noted)
    read_table(f"sqlite:///{folder}/prices.sqlite?start=2026-07-01", Needed(("META", "' OR 1=1 --")))
    ((statement, values),) = [one for one in seen if " IN (" in one[0]]
    assert "META" not in statement
    assert "OR 1=1" not in statement
    assert values == ["2026-06-30", "META", "' OR 1=1 --"]


SESSIONS = 689  # of the sample market
EVIL = (
    "'; DROP TABLE prices; --",
    "META'); DELETE FROM prices; --",
    'x" OR "1"="1',
    "META' UNION SELECT 1 --",
    "%s",
    "?",
)


@pytest.mark.parametrize("evil", EVIL)
def test_names_of_tickers_and_tables_do_nothing_but_name(evil: str, folder: Path, in_postgres: Cluster) -> None:
    secret = in_postgres.url.replace("quant@", f"quant:{in_postgres.password.replace('!', '%21')}@")
    quoted = evil.replace("%", "%25").replace("&", "%26")
    for url, table in (
        (f"duckdb:///{folder}/prices.duckdb?table=", "prices"),
        (f"sqlite:///{folder}/prices.sqlite?table=", "prices"),
        (f"{secret}?table=", "desk.prices"),
    ):
        said = refused(f"{url}{quoted}")
        assert "no such table" in said
        assert len(read_table(f"{url}{table}", Needed((evil, "META"))).places) == SESSIONS
        said = refused(f"{url}{table}&columns=close={quoted}") if "," not in evil else "no column"
        assert "no column" in said or "not a field and its column" in said
    with psycopg.connect(
        host="127.0.0.1", port=in_postgres.port, user=in_postgres.user, password=in_postgres.password, dbname="market"
    ) as straight:
        assert straight.execute("SELECT count(*) FROM desk.prices WHERE ticker = 'META'").fetchone() == (SESSIONS,)


WRITES = (
    "DROP TABLE prices",
    "SELECT 1; DROP TABLE desk.prices",
    "DELETE FROM desk.prices RETURNING *",
    "WITH gone AS (DELETE FROM desk.prices RETURNING *) SELECT * FROM gone",
    "SELECT * FROM desk.prices) AS q; DROP TABLE desk.prices; --",
    "/* SELECT */ INSERT INTO desk.prices DEFAULT VALUES",
    "SELECT nextval('desk.counter')",
    "SELECT lo_create(4711) AS close",
    "COPY desk.prices TO STDOUT",
    "",
)


@pytest.mark.parametrize("query", WRITES)
def test_a_query_cannot_write(query: str, folder: Path, in_postgres: Cluster) -> None:
    with psycopg.connect(
        host="127.0.0.1", port=in_postgres.port, user=in_postgres.user, password=in_postgres.password, dbname="market"
    ) as straight:
        straight.execute("CREATE SEQUENCE IF NOT EXISTS desk.counter")
        straight.commit()
        before = straight.execute("SELECT count(*) FROM desk.prices").fetchone()
        secret = in_postgres.url.replace("quant@", f"quant:{in_postgres.password.replace('!', '%21')}@")
        refused(f"{secret}?query={query}")
        refused(f"duckdb:///{folder}/prices.duckdb?query={query}")
        refused(f"sqlite:///{folder}/prices.sqlite?query={query}")
        assert straight.execute("SELECT count(*) FROM desk.prices").fetchone() == before
        assert straight.execute("SELECT is_called FROM desk.counter").fetchone() == (False,)
        assert straight.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)


def test_a_driver_option_cannot_undo_that_nothing_is_written(in_postgres: Cluster) -> None:
    said = refused(f"{in_postgres.url}?table=desk.prices&options=-c default_transaction_read_only=off")
    assert "no such option" in said


def test_a_password_is_shown_nowhere(
    in_postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    secret = in_postgres.url.replace("quant@", f"quant:{in_postgres.password.replace('!', '%21')}@")
    address = f"{secret}?table=desk.prices"
    texts, codes = [], [0, 0, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0]
    for command in (
        ["run", "--prices", address, "--out", "one"],
        ["check", address, "--json"],
        ["run", "--prices", f"{secret}?table=desk.nothing"],
        ["run", "--prices", f"{secret}?query=SELECT nothing FROM desk.prices", "--json"],
        ["run", "--prices", secret.replace("Pa55w0rd", "Pa55w0rd-wrong")],
        ["run", "--prices", address.replace("//", "", 1)],
        ["run", "--prices", secret.replace("postgresql:", "mysql:")],
        ["run", "--prices", f"{in_postgres.url}?table=desk.prices&password={in_postgres.password}&nothing=1"],
        ["verify", "one", "--prices", address, "--json"],
        ["fetch", "--source", address, "--json"],
        ["data", "info"],
        ["data", "ls"],
    ):
        monkeypatch.setenv("HEDGEBOOK_DATA", str(tmp_path / "data"))
        with pytest.raises(SystemExit) as end:
            main(command)
        shown = capsys.readouterr()
        assert end.value.code == codes.pop(0), shown
        texts += [shown.out, shown.err]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parts[-2] for path in written} >= {"one", "data"}
    for text in [*texts, *(path.read_bytes().decode("latin-1") for path in written)]:
        assert "Pa55w0rd" not in text
    assert any("does not accept this user and password" in text for text in texts)


def test_passwords_come_from_the_environment_or_a_file(
    in_postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    address = f"{in_postgres.url}?table=desk.prices"
    assert "wants a password" in refused(address)
    own = tmp_path / "pgpass"
    own.write_text(f"127.0.0.1:{in_postgres.port}:market:quant:{in_postgres.password}\n")
    own.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(own))
    assert hb.load_market(address, tickers=["META"]).tickers == ("META",)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    monkeypatch.setenv("HEDGEBOOK_DB_PASSWORD", in_postgres.password)
    assert hb.load_market(address, tickers=["META"]).tickers == ("META",)
    assert "no such database" in refused(address.replace("/market?", "/markt?"))
    nobody = address.replace("quant@", "nobody@")
    assert "does not accept this user" in refused(nobody)


def test_what_is_meant_is_asked(folder: Path, in_postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", in_postgres.password)
    assert "Did you mean 'prices'" in refused(f"duckdb:///{folder}/prices.duckdb?table=price")
    assert "Did you mean 'desk.prices'" in refused(f"{in_postgres.url}?table=desk.prixes")
    assert "Did you mean 'close'" in refused(f"sqlite:///{folder}/prices.sqlite?columns=close=clsoe")
    assert "no such table" in refused(f"{in_postgres.url}?table=closes.META")
    assert "Did you mean 'prices.duckdb'" in refused(f"duckdb:///{folder}/price.duckdb")
    assert "Did you mean 'META'" in refused(f"duckdb:///{folder}/prices.duckdb", tickers=["METAA"])
    assert "sqlite:///" in refused(f"duckdb:///{folder}/prices.sqlite")
    assert "not a SQLite file" in refused(f"sqlite:///{folder}/prices.duckdb")
    assert "nothing answers" in refused("postgresql://quant@127.0.0.1:1/market?table=prices")
    assert "duckdb" in refused("duckbd:///prices.duckdb")
    assert "a table and a query" in refused(f"duckdb:///{folder}/prices.duckdb?table=prices&query=SELECT 1")


def test_a_column_is_called_as_the_user_says(folder: Path, tmp_path: Path) -> None:
    frame = pd.read_parquet(folder / "prices.parquet").rename(
        columns={"close": "px last", "ticker": "ric", "date": "d"}
    )
    made = sqlite3.connect(tmp_path / "own.db")
    frame[["d", "ric", "px last"]].to_sql('Daily "bars"', made, index=False)
    made.close()
    market = hb.load_market(f'sqlite:///{tmp_path}/own.db?table=Daily "bars"&columns=date=d,ticker=ric,close=px last')
    np.testing.assert_array_equal(market.close, hb.sample_market().close)


def test_an_absent_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(packages, "import_module", gone)
    assert 'pip install "hedgebook[postgres]"' in refused("postgresql://quant@127.0.0.1/market?table=prices")
    assert 'pip install "hedgebook[yfinance]"' in refused("yfinance:")


def test_days_are_told_apart_however_they_are_written(tmp_path: Path) -> None:
    days = pd.bdate_range("2026-06-22", "2026-06-30")
    made = sqlite3.connect(tmp_path / "days.db")
    for table, form in (("iso", "%Y-%m-%d"), ("compact", "%Y%m%d"), ("moments", "%Y-%m-%d 00:00:00")):
        held = pd.DataFrame({"date": days.strftime(form), "ticker": "META", "close": 700.0 + np.arange(len(days))})
        held.to_sql(table, made, index=False)
    held.assign(date=days.strftime("%Y%m%d").astype(int)).to_sql("whole", made, index=False)
    made.close()
    for table in ("iso", "compact", "moments", "whole"):
        url = f"sqlite:///{tmp_path}/days.db?table={table}&start=2026-06-24&until=2026-06-26"
        market = hb.load_market(url, tickers=["META"])
        assert market.sessions.astype(str).tolist() == ["2026-06-24", "2026-06-25", "2026-06-26"]
        assert market.close[:, 0].tolist() == [702.0, 703.0, 704.0]
        assert market.provenance.source == url
