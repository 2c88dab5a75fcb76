"""The report, tables and folder of a hedged book."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from hedgebook.engine.account import Account
from hedgebook.errors import RunFolderError
from hedgebook.reports.book import tables
from hedgebook.reports.book.page import BOOK_REPORT, book_header, book_sections, book_verdict
from hedgebook.reports.book.summary import positions_frame, sessions_frame, summarise_book
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.book.request import HedgeBook, Period
from hedgebook.strategies.book.result import BookRun
from hedgebook.strategies.book.run import run_hedge_book
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import EventLibrary

from ..conftest import BOLD, invented_costs, invented_event, invented_market

BOOK = Book({BOLD: 600_000.0, "ACME": -100_000.0}, "dollars", 50_000.0, "mine <b>.csv")
LATER = invented_event().model_copy(update={"id": "later-news", "announced_on": date(2026, 7, 9)})
LIBRARY = EventLibrary(events=(invented_event(), LATER))


def run_of(period: Period, **more: Any) -> BookRun:
    asked = HedgeBook(BOOK, ("renter", "SMH"), lookback=25, **more)
    return run_hedge_book(asked, period, RunSetting(invented_market(), invented_costs(), Account(), LIBRARY))


@pytest.fixture(scope="module")
def one() -> BookRun:
    return run_of(Period("2026-06-15", "2026-07-24"), rehedge="weekly", cap=0.4)


@pytest.fixture(scope="module")
def several() -> BookRun:
    return run_of(Period(events=("invented-news", "later-news"), before=2, after=3))


@pytest.fixture(params=["one", "several"])
def run(request: pytest.FixtureRequest) -> BookRun:
    found: BookRun = request.getfixturevalue(request.param)
    return found


def test_the_page_is_whole_and_asks_for_nothing(run: BookRun, tmp_path: Path) -> None:
    import html5lib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # html5lib's own
        page = BOOK_REPORT.report(run, tmp_path / "report.html").read_text()
        tree = html5lib.HTMLParser(strict=True).parse(page)
    assert tree is not None
    assert "<b>X" not in page
    assert "&lt;b&gt;X" in page
    for part in ("http://", "https://", "src=", "@import"):
        assert part not in page
    for section in book_sections(run):
        assert f'id="{section.name}"' in page
    assert "Simulated history, reported event-day moves" in page


def test_tables_fit_a_terminal_and_add_up(run: BookRun) -> None:
    shown = [
        tables.effect_table(run),
        tables.parts_table(run),
        tables.worst_days_table(run),
        tables.holdings_table(run),
        tables.windows_table(run),
        *(tables.decisions_table(window) for window in run.windows),
    ]
    for table in shown:
        assert table.width <= 80, table.title
        assert len(table.rows) > 0
    parts = tables.parts_table(run)
    amounts = [float(row[1].replace(",", "").replace("−", "-")) for row in parts.rows]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=3)
    worst = [row[4] for row in tables.worst_days_table(run).rows]
    assert len(worst) == 10
    values = [float(text.rstrip("%").replace("−", "-")) for text in worst]
    assert values == sorted(values)


def test_every_decision_stands_in_the_report(one: BookRun) -> None:
    (window,) = one.windows
    rows = tables.decisions_table(window, full=True).rows
    assert [row[0] for row in rows] == [str(decision.session) for decision in window.decisions]
    assert len(rows) == 6
    assert len(tables.decisions_table(window, full=True).columns) == 4 + len(window.hedged.schedule.tickers)


def test_columns_of_decisions_that_say_the_same_are_one(one: BookRun) -> None:
    (window,) = one.windows
    ticker = next(iter(window.instruments))
    alike = [replace(d, asked_usd={ticker: 5.0}, target_usd={ticker: 5.0}) for d in window.decisions]

    class Alone:
        instruments, decisions = {ticker: ticker}, alike

    table = tables.decisions_table(cast(Any, Alone))
    assert [column.name for column in table.columns] == ["Close of", "Book USD", ticker]
    assert [row[:2] for row in table.rows] == [row[:2] for row in tables.decisions_table(window).rows]
    Alone.decisions = [replace(d, asked_usd={ticker: 900.0 * d.book_usd}) for d in alike]
    table = tables.decisions_table(cast(Any, Alone))
    assert [column.name for column in table.columns] == ["Close of", "Book USD", "Asked", ticker]


def test_the_words_say_what_was_done(one: BookRun, several: BookRun) -> None:
    assert book_header(one).title == f"{BOLD}, ACME hedged with renter, SMH"
    assert "at most 40% of the gross value" in book_header(one).name
    assert book_header(several).event.startswith("2 event windows")
    assert ("took away" if one.effect.effectiveness >= 0 else "added") in book_verdict(one)
    assert any("LATE" in note for note in one.warnings)
    assert any("windows overlap" in note for note in several.warnings)
    assert len(several.worst_days(20)) == 11  # 2026-07-07 stands in both windows, and counts once


def test_the_summary_is_json_and_agrees_with_the_frames(run: BookRun) -> None:
    summary = summarise_book(run)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    frame = sessions_frame(run)
    assert frame["together"].sum() == pytest.approx(summary["pnl"]["together"], abs=1e-6)
    parts = frame[["book", "hedge", "trading", "borrow", "interest"]].sum(axis=1)
    assert (parts - frame["together"]).abs().max() < 1e-3
    changes = frame.groupby("window")["nav_hedged"].last()
    for window in summary["windows"]:
        assert changes[window["name"]] - window["capital"] == pytest.approx(window["pnl"]["together"], abs=1e-6)
    held = positions_frame(run)
    assert set(held["ticker"]) == {"CLOUD", "LATE", "SMH"}
    last = run.windows[0]
    mine = held[(held["window"] == last.name) & (held["session"] == last.sessions[-1])]
    assert mine["value"].sum() == pytest.approx(last.hedge_values.iloc[-1].sum())


def test_the_folder_is_written_whole_or_refused(one: BookRun, tmp_path: Path) -> None:
    folder = BOOK_REPORT.save(one, tmp_path / "mine")
    assert {file.name for file in folder.iterdir()} == set(BOOK_REPORT.files)
    assert len(pd.read_parquet(folder / "fills.parquet")) == len(one.windows[0].hedged.fills)
    with pytest.raises(RunFolderError, match="not empty"):
        BOOK_REPORT.save(one, folder)
    BOOK_REPORT.save(one, folder, overwrite=True)
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(RunFolderError, match=r"thesis\.txt"):
        BOOK_REPORT.save(one, folder, overwrite=True)
    assert (folder / "thesis.txt").read_text() == "years of work"
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]
