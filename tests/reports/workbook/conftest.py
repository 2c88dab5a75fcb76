"""Workbooks of runs, made once, and what LibreOffice calculates of them, in one start of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.front.result import Documents
from hedgebook.front.run import Run
from hedgebook.reports.workbook import ledger, orders
from hedgebook.reports.workbook.run import run_workbook, said_of_run

from ..told import AllTold
from .office import SOFFICE, Calculated, cells_of, edited, recalculated
from .runs import RUNS

# Results whose workbooks have formulas.
WITH_TOTALS = ("sweep", "study", "risk", "book", "compare", "tearsheet", "capacity")
# Kinds that commands make and that are not among the results.
ALSO_TOLD = ("check", "trades", "ticket", "hedges", "series", "finder", "refute", "express", "journal")
# By the name of a run, what is changed: the sheet, the row of its data and the column, and what is added.
ALTERED = {"flagship": ("P&L", 40, "F", 25_000.0), "basket": ("P&L", 800, "F", -12_345.6)}
# By the name of a result, a cell of data that is changed.
CHANGED = {"sweep": {("All sets", "J7"): 1.25}, "compare": {("Returns", "B20"): 0.05}}


def made(run: Run) -> bytes:
    values = run.to_dict()
    return run_workbook(run, values, said_of_run(run, values))


@dataclass(frozen=True)
class Judged:
    """runs, books: by name; office: the same as LibreOffice calculates them, and more of them."""

    runs: dict[str, Run]
    books: dict[str, bytes]
    office: Calculated


@pytest.fixture(scope="session")
def runs() -> dict[str, Run]:
    return {name: make() for name, make in RUNS.items()}


@pytest.fixture(scope="session")
def books(runs: dict[str, Run]) -> dict[str, bytes]:
    return {name: made(run) for name, run in runs.items()}


def drawn() -> tuple[pd.Series[float], pd.Series[float]]:
    """Two series of a year of daily returns that move together."""
    draw, days = np.random.default_rng(5), pd.bdate_range("2025-01-02", periods=260)
    shared = draw.normal(0.0004, 0.01, len(days))
    mine = 0.7 * shared + draw.normal(0.0, 0.006, len(days))
    return pd.Series(mine, days, name="mine"), pd.Series(shared, days, name="theirs")


@pytest.fixture(scope="session")
def results() -> dict[str, Documents]:
    """One of each other kind of result."""
    market, trade = hb.sample_market(), hb.trade("long-meta-short-neocloud")
    return {
        "sweep": hb.sweep(trade, market, hold=range(3, 6), hedge=["dollar", "beta"]),
        "study": hb.event_study("meta-compute-2026", market),
        "risk": hb.risk(hb.backtest(trade, market), paths=500),
        "league": hb.hedges(trade, market),
        "compare": hb.compare(list(drawn())),
        "tearsheet": hb.tearsheet(drawn()[0], benchmark=drawn()[1]),
        "capacity": hb.capacity(hb.trade("long-meta-short-neocloud", event="oracle-capex-2025"), market),
        "book": hb.hedge_book(hb.HedgeBook(hb.Book({"META": 100.0, "NBIS": -50.0}), ("SPY",)), market),
    }


@pytest.fixture(scope="session")
def written(results: dict[str, Documents]) -> Callable[[str], bytes]:
    """The workbook of a result by its name, written once."""
    return lru_cache(maxsize=None)(lambda kind: results[kind]._workbook())


@pytest.fixture(scope="session")
def judged(
    runs: dict[str, Run],
    books: dict[str, bytes],
    written: Callable[[str], bytes],
    told: AllTold,
    tmp_path_factory: pytest.TempPathFactory,
) -> Judged:
    if SOFFICE is None:
        pytest.skip("soffice (Debian: libreoffice-calc-nogui) is not installed")
    more = {f"{name} altered": altered(books[name], *ALTERED[name]) for name in ALTERED}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "MOST_COMPARISONS", 0)
        patch.setattr(orders, "MOST_COMPARISONS", 0)
        more["combined by blocks"] = made(runs["combined"])
    own = {name: written(name) for name in WITH_TOTALS}
    more |= {f"told {kind}": (told[kind].folder / "report.xlsx").read_bytes() for kind in ("run", *ALSO_TOLD)}
    more |= own | {f"{name} changed": edited(own[name], change) for name, change in CHANGED.items()}
    return Judged(runs, books, recalculated({**books, **more}, _folder(tmp_path_factory)))


def _folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of a run of tests, who share what LibreOffice calculated."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "office"
    folder.mkdir(exist_ok=True)
    return folder


def altered(data: bytes, sheet: str, row: int, column: str, more: float) -> bytes:
    address = f"{column}{row + 5}"
    return edited(data, {(sheet, address): cells_of(data)[sheet][address].value + more})
