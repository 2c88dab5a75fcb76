"""A result of every kind that has a report, made once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest

import hedgebook as hb


def small_market() -> hb.Market:
    """The market that they were made on."""
    return hb.sample_market(seed=3)


def _book() -> hb.HedgedBook:
    return hb.hedge_book(hb.HedgeBook(hb.Book({"META": 100.0, "NBIS": -50.0}), ("SPY",)), small_market())


def _found() -> hb.HedgeFound:
    book = hb.Book({"META": 100.0, "NBIS": -50.0})
    return hb.find_hedge(book, small_market(), names="1:2", among="memory,benchmark", placebos=19)


def _refuted() -> hb.Refuted:
    options = hb.RefuteOptions(dates=100, baskets=20, draws=199)
    return hb.refute(hb.trade(hold=4), small_market(), options=options)


def _journal() -> Any:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "journal.sqlite"
        hb.journal.open("long-meta-short-neocloud", small_market(), as_of="2026-07-09", file=file)
        return hb.journal.show("long-meta-short-neocloud", file=file)


TRADES = """
[turn]
kind = "buy-and-hold"
tickers = ["META"]

[absent]
event = "meta-compute-2026"
long = "NOWHERE"
"""


def _catalogue() -> hb.CatalogueResults:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mine.toml"
        file.write_text(TRADES)
        return hb.catalogue_results(small_market(), trades=file)


def _prices(*, changed: bool = False) -> pd.DataFrame:
    """A price file of two tickers, with closes that repeat; changed: META ten per cent dearer."""
    market = small_market()
    close = market.frame("close")[["META", "MU"]].iloc[-60:].copy()
    close.iloc[20:40, 1] = 50.0
    if changed:
        close["META"] *= 1.1
    return close.rename_axis("date").reset_index()


RESULTS: dict[str, Callable[[], Any]] = {
    "Run": lambda: hb.backtest(hb.trade(hold=4), small_market()),
    "Study": lambda: hb.event_study("meta-compute-2026", small_market(), window=[(0, 2)]),
    "Series": lambda: hb.event_series(hb.trade(hold=2), small_market(), tags=["contract"]),
    "League": lambda: hb.hedges(hb.trade(hold=4), small_market(), ["dollar", "beta"]),
    "HedgedBook": _book,
    "HedgeFound": _found,
    "Risk": lambda: hb.risk(hb.Book({"META": 10.0}), small_market(), paths=100, sessions=3, confidence=0.9),
    "Claims": lambda: hb.check_claims(small_market(), "meta-compute-2026"),
    "TearSheet": lambda: hb.tearsheet(hb.backtest(hb.trade(), small_market())),
    "Comparison": lambda: hb.compare([hb.backtest(hb.trade(hold=held), small_market()) for held in (8, 12)]),
    "Ticket": lambda: hb.ticket(hb.trade(hold=4), small_market()),
    "Expressed": lambda: hb.express(hb.trade(hold=4), small_market(), only="long-put,collar"),
    "Refuted": _refuted,
    "Journal": _journal,
    "Capacity": lambda: hb.capacity(hb.trade(hold=4), small_market()),
    "CatalogueResults": _catalogue,
    "PriceCheck": lambda: hb.check_prices(_prices()),
    "PriceDifferences": lambda: hb.compare_prices(_prices(), _prices(changed=True)),
    "Sweep": lambda: hb.sweep(hb.trade(), small_market(), hold=[5, 7, 9]),
}


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    """A small result of every kind that has a report."""
    return {name: call() for name, call in RESULTS.items()}
