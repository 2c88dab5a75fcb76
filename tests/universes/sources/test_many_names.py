"""Two thousand tickers named of a database of more, and names beside the universe, holding by holding."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.sources.sql import MOST_VALUES
from hedgebook.universes.sources.sqlite_file import SQLiteConnection

EVERY, NAMED, DAYS = 2400, 2000, 4
TICKERS = [f"N{i:04}" for i in range(EVERY)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Closes that tell ticker and day, in Parquet, DuckDB and SQLite; SPY is among them."""
    folder, days = tmp_path_factory.mktemp("many"), trading_calendar(2026, 2026).sessions[:DAYS]
    every = [*TICKERS, "SPY"]
    frame = pd.DataFrame(
        {
            "date": np.tile(days.astype("datetime64[ns]"), len(every)),
            "ticker": np.repeat(every, DAYS),
            "close": np.repeat(np.arange(len(every)) + 10.0, DAYS) + np.tile(np.arange(DAYS) / 8.0, len(every)),
        }
    )
    frame.to_parquet(folder / "p.parquet", row_group_size=2000)
    with duckdb.connect(str(folder / "p.duckdb")) as made:
        made.register("frame", frame)
        made.execute("CREATE TABLE prices AS SELECT * FROM frame")
    with sqlite3.connect(folder / "p.sqlite") as lite:
        frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d")).to_sql("prices", lite, index=False)
    lite.close()
    return folder


def test_two_thousand_names_and_those_beside_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[object]] = []
    columns = SQLiteConnection.columns

    def noted(self: SQLiteConnection, statement: str, values: list[object]) -> object:
        if " IN (" in statement:
            seen.append(list(values))
        return columns(self, statement, values)

    monkeypatch.setattr(SQLiteConnection, "columns", noted)
    named = TICKERS[300 : 300 + NAMED]
    beside = [TICKERS[3], TICKERS[-1]]
    universe = hb.Universe.of(named, benchmark="SPY")
    for url in (
        home / "p.parquet",
        f"duckdb:///{home}/p.duckdb?table=prices",
        f"sqlite:///{home}/p.sqlite?table=prices",
    ):
        market = hb.load_market(url, universe)
        assert len(market.tickers) == NAMED + 1
        more = market.including(beside)
        for ticker in (named[0], named[-1], "SPY", *beside):
            number = EVERY if ticker == "SPY" else int(ticker[1:])
            assert more.close[:, more.column(ticker)].tolist() == [number + 10.0 + day / 8.0 for day in range(DAYS)]
        assert TICKERS[4] in more.outside
    assert max(map(len, seen)) <= MOST_VALUES
    asked = {str(value) for values in seen for value in values}
    assert {*named, *beside, "SPY"} <= asked
    assert TICKERS[4] not in asked
