"""One trade on the same prices from five places has one NAV, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.universes.market import FIELDS

from ...postgres import Cluster

FILES = {
    "csv": "{0}/prices.csv",
    "parquet": "{0}/prices.parquet",
    "duckdb": "duckdb:///{0}/prices.duckdb?table=prices",
    "duckdb query": "duckdb:///{0}/prices.duckdb?query=SELECT * FROM prices WHERE close > 0 -- all",
    "sqlite": "sqlite:///{0}/prices.sqlite",
}


@pytest.fixture(scope="module")
def nav() -> pd.DataFrame:
    return hb.backtest(hb.trade(), hb.sample_market()).backtest.nav


@pytest.mark.parametrize("kind", FILES)
def test_files_and_databases_in_files(folder: Path, kind: str, nav: pd.DataFrame) -> None:
    market = hb.load_market(FILES[kind].format(folder))
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(market, field), getattr(hb.sample_market(), field))
    np.testing.assert_array_equal(hb.backtest(hb.trade(), market).backtest.nav, nav)


def test_postgres(in_postgres: Cluster, nav: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", in_postgres.password)
    market = hb.load_market(f"{in_postgres.url}?table=desk.prices")
    np.testing.assert_array_equal(hb.backtest(hb.trade(), market).backtest.nav, nav)
    assert market.provenance.source == f"postgresql://127.0.0.1:{in_postgres.port}/market?table=desk.prices"


def test_the_sample_market_is_a_source_too(nav: pd.DataFrame) -> None:
    market = hb.load_market("sample:")
    assert market.provenance == hb.sample_market().provenance
    np.testing.assert_array_equal(hb.backtest(hb.trade(), market).backtest.nav, nav)
    other = hb.load_market("sample:?seed=7", tickers=["META", "SPY"])
    np.testing.assert_array_equal(other.close[:, 0], hb.sample_market(7).close[:, other.universe.tickers.index("META")])
    assert other.provenance.simulated
    part = hb.load_market("sample:?start=2026-01-02&until=2026-01-30")
    assert (str(part.sessions[0]), str(part.sessions[-1])) == ("2026-01-02", "2026-01-30")
    assert part.provenance.sha256 != market.provenance.sha256
