"""A book run alone and with its hedge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.universes.market import Market
from hedgebook.universes.note import NoteKind, kind_of

from ..option_hedge.run import run_with_options
from ..strategy.mentioned import mentioned
from ..strategy.setting import RunSetting
from .capital import capital_of
from .file import Book, check_book, read_book
from .path import HedgePath, path_notes
from .request import HedgeBook, Period
from .result import BookRun, WindowRun
from .windows import HedgeWindow, every_window, windows_of


def run_hedge_book(asked: HedgeBook, period: Period, setting: RunSetting) -> BookRun:
    """Run a book with and without its hedge over every window of a period.

    Raises ParameterError, PriceDataError, UniverseError or EventError for what cannot be used; a window of an event
    that only a tag named is left out, with a note, where book or hedge cannot be set up.
    """
    market = setting.market
    book = asked.book if isinstance(asked.book, Book) else read_book(asked.book, market)
    check_book(book, market)
    asked.check_chain(book)
    market = market.covering([*book.tickers, *mentioned(asked)])
    setting = replace(setting, market=market)
    market.resolve(asked.in_shares.instruments, market.sessions[-1].item())
    market.column(asked.benchmark or market.universe.benchmark)
    windows, notes = windows_of(period, market, setting.library)
    if asked.options or book.options:
        return run_with_options(asked, book, (period, windows, notes), setting)
    runs, left_out = every_window(windows, notes, lambda window: _run_window(asked, book, window, setting))
    return BookRun(market, asked, book, period, setting.costs, setting.account, runs, left_out)


def _run_window(asked: HedgeBook, book: Book, window: HedgeWindow, setting: RunSetting) -> WindowRun:
    market, before = setting.market, window.start - 1
    holdings = book.holdings(market, before)
    capital = capital_of(book, holdings, market, before, asked.cash)
    held = replace(setting.funded(capital.usd), holdings=holdings)
    path = HedgePath(asked, held, window, holdings)
    schedule = path.schedule()
    until = market.sessions[window.stop - 1]
    alone, hedged = held.run(_untouched(schedule), until=until), held.run(schedule, until=until)
    benchmark = asked.benchmark or market.universe.benchmark
    decisions = tuple(decision for _, decision in path.decisions)
    return WindowRun(
        window=window,
        capital=capital,
        alone=alone,
        hedged=hedged,
        decisions=decisions,
        book_tickers=book.tickers,
        instruments=schedule.tickers,
        opening=alone.opening,
        benchmark=_benchmark_returns(market, window, benchmark),
        notes=(*path_notes(asked, book, capital, path), *_engine_notes(alone, hedged, book)),
    )


def _benchmark_returns(market: Market, window: HedgeWindow, benchmark: str) -> NDArray[np.float64]:
    """(n,) returns of the benchmark in the sessions that the effect of a hedge is measured in."""
    rows = np.arange(window.start - 1, window.stop)
    if market.venues is not None:
        rows = rows[market.venues.trades[rows, 0] | (rows == window.start - 1)]
    closes = market.close[rows, market.column(benchmark)]
    return np.asarray(closes[1:] / closes[:-1] - 1.0)


def _untouched(schedule: Schedule) -> Schedule:
    """A row that orders nothing, at the session at which the hedge is first filled."""
    return Schedule(
        tickers=schedule.tickers,
        decided_at=schedule.decided_at[:1],
        session=schedule.session[:1],
        mark=schedule.mark[:1],
        weights=np.full((1, len(schedule.tickers)), np.nan),
    )


def _engine_notes(alone: Backtest, hedged: Backtest, book: Book) -> list[str]:
    """The engine's warnings, without the one that book and hedge are held at the end, which is the plan."""
    shared = hedged.setting_notes

    def others(run: Backtest) -> list[str]:
        return [note for note in run.warnings if kind_of(note) is not NoteKind.STILL_HELD and note not in shared]

    own = [f"the book alone: {note}" for note in others(alone)]
    both = [f"with the hedge: {note}" for note in others(hedged)]
    fills = hedged.fills
    forced = sorted(set(fills.loc[fills["ticker"].isin(book.tickers), "ticker"]) - set(alone.fills["ticker"]))
    if forced:
        both.append(f"margin calls or recalls changed the book itself: {', '.join(forced)}")
    return [*shared, *own, *both]
