"""The flagship trade has the same NAV to the cent from prices in every form."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.universes.market import FIELDS

TRADE = "long-meta-short-neocloud"
NEEDED = ("META", "CRWV", "NBIS", "APLD", "CIFR", "WULF", "IREN", "CORZ", "SPY", "SMH", "IBIT", "MTUM")


@cache
def long() -> pd.DataFrame:
    market = hb.sample_market()
    parts = []
    for ticker in NEEDED:
        if ticker in market.columns:
            table = pd.DataFrame({name: market.frame(name)[ticker] for name in FIELDS}).dropna(subset="close")
            parts.append(table.rename_axis("date").reset_index().assign(ticker=ticker))
    return pd.concat(parts, ignore_index=True)[["date", "ticker", *FIELDS]]


@cache
def wanted() -> Any:
    return hb.backtest(TRADE, hb.load_market(long())).nav["nav_close"].to_numpy()


def csv(folder: Path) -> Path:
    long().to_csv(folder / "p.csv", index=False)
    return folder / "p.csv"


def parquet(folder: Path) -> Path:
    long().sort_values(["date", "ticker"]).to_parquet(folder / "p.parquet", row_group_size=500)
    return folder / "p.parquet"


def each(folder: Path) -> Path:
    for k, (ticker, rows) in enumerate(long().groupby("ticker")):
        alone = rows.drop(columns="ticker")
        if k % 2:
            alone.to_csv(folder / f"{ticker}.csv", index=False)
        else:
            alone.to_parquet(folder / f"{ticker}.parquet")
    return folder


def partitioned(folder: Path) -> Path:
    long().to_parquet(folder / "set", partition_cols=["ticker"])
    return folder / "set"


def sheets(folder: Path) -> Path:
    with pd.ExcelWriter(folder / "p.xlsx") as book:
        for ticker, rows in long().groupby("ticker"):
            rows.drop(columns="ticker").to_excel(book, sheet_name=str(ticker), index=False)
    return folder / "p.xlsx"


def pairs(_: Path) -> pd.DataFrame:
    """As yfinance hands them out."""
    table = long().pivot(index="date", columns="ticker")
    names = [(str(pair[0]).capitalize(), str(pair[1])) for pair in table.columns.to_list()]
    table.columns = pd.MultiIndex.from_tuples(names, names=["Price", "Ticker"])
    return table


def pairs_in_parquet(folder: Path) -> Path:
    pairs(folder).to_parquet(folder / "pairs.parquet")
    return folder / "pairs.parquet"


@pytest.mark.parametrize("source", [csv, parquet, each, partitioned, sheets, pairs, pairs_in_parquet])
def test_the_flagship_has_one_nav(tmp_path: Path, source: Callable[[Path], Any]) -> None:
    found = hb.backtest(TRADE, hb.load_market(source(tmp_path))).nav["nav_close"].to_numpy()
    np.testing.assert_allclose(found, wanted(), rtol=0.0, atol=0.005)
