"""Whose risk is asked for: a run, a book of holdings, or a series of returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.exposure.freshness import stale_reason
from hedgebook.engine.exposure.known import beside_factors
from hedgebook.engine.risk.frequency import DAILY, Frequency
from hedgebook.engine.risk.metrics import ruin_levels, simple_returns
from hedgebook.engine.stress.history import SHORTEST, History, Missing, joint_history, series_history
from hedgebook.engine.stress.positions import Positions, positions_of_shares, positions_of_weights
from hedgebook.engine.stress.responses import Responses, fit_responses
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.common import CommonDays, common_days
from hedgebook.universes.exchanges.home import adjusted_at_home, at_home
from hedgebook.universes.market import Market

from ..book.capital import capital_of
from ..book.file import Book
from .return_series import ReturnsIn
from .return_series import day_of as _day
from .used_returns import used_returns

if TYPE_CHECKING:
    from hedgebook.engine.stress.held.options import HeldOptions

SubjectKind = Literal["run", "book", "returns"]
Valued = Callable[[History], "pd.Series[float]"]
ENOUGH = 250


@brief
@dataclass(frozen=True, eq=False)
class Subject:
    """What a risk report is about.

    positions: None for a series of returns; history: (T,) returns that VaR, rolling figures and simulations rest on;
    rows: the same by ticker; basis: what that history is, in a sentence; own: the returns that really happened, None
    for a book; levels: NAV from the initial capital on, None where there is none; responses: None without factors;
    frequency: how often the returns of `history` come; traded: whether a run ever held anything; opens: (T,) a run's
    NAV at opens, where a ruin counts as well; closing: whether the positions are those that a run ended with;
    options: of a book, whose positions are then the shares with the same delta, None where it has none.
    days: over several exchanges, which days the returns of `history` span, and pnl: what the same weights would have
    earned by session of the first exchange, which drawdowns rest on; None where `history` is that.
    """

    kind: SubjectKind
    name: str
    positions: Positions
    rows: History
    history: pd.Series[float]
    basis: str
    own: pd.Series[float] | None
    levels: pd.Series[float] | None
    market: Market | None
    responses: Responses | None
    notes: tuple[str, ...]
    frequency: Frequency = DAILY
    traded: bool = True
    opens: Floats | None = None
    closing: bool = False
    options: HeldOptions | None = None
    days: CommonDays | None = None
    pnl: pd.Series[float] | None = None

    @property
    def by_session(self) -> pd.Series[float]:
        """The history by session, closes of an exchange that rests at their last."""
        return self.history if self.pnl is None else self.pnl

    @property
    def of_sessions(self) -> Frequency:
        """How often the returns of `by_session` and of a run's own NAV come."""
        return self.frequency if self.days is None else DAILY

    @property
    def history_of(self) -> str:
        """What the history is of, in two words; empty for a series, which is its own."""
        if self.closing:
            return "closing weights"
        return {"run": "entry weights", "book": "today's weights", "returns": ""}[self.kind]


def subject_of_weights(
    name: str,
    market: Market,
    weights: Mapping[str, float],
    known_at: np.datetime64 | str,
    capital_usd: float,
    levels: pd.Series[float],
    missing: Missing = "common",
    opens: Floats | None = None,
) -> Subject:
    """A run: the entry weights at the last close before the news, and the NAV that followed.

    levels: NAV at closes with the initial capital first; opens: NAV at opens. Raises ParameterError for a
    session that the market does not have, and for too short a history.
    """
    home, row = _row_at_home(market, known_at)
    positions = positions_of_weights(home, row, weights, capital_usd)
    count = len(levels) - 1
    tail = "too few for a tail" if count < ENOUGH else "not in it"
    own_part = f"the run's own {counted(count, 'session is', 'sessions are')} {tail}"
    basis = (
        f"the entry weights held constant over {{sessions}} up to {home.sessions[row]}, the last close "
        f"before the news; {own_part}"
    )
    found = _of_positions("run", name, market, positions, missing, basis, levels, ())
    return found if opens is None else with_opens(found, opens)


def with_opens(subject: Subject, opens: Floats) -> Subject:
    """A run with its NAV at opens (T,), where a ruin counts as well."""
    levels = subject.levels
    if levels is None:
        return subject
    returns = simple_returns(ruin_levels(np.asarray(levels, dtype=np.float64), opens))
    return replace(subject, own=pd.Series(returns, index=levels.index[1:], name="return"), opens=opens)


def subject_of_closing_weights(
    name: str,
    market: Market,
    weights: Mapping[str, float],
    last: np.datetime64,
    nav_usd: float,
    levels: pd.Series[float],
    missing: Missing = "common",
) -> Subject:
    """A run of a strategy without an event: what it holds at its last close, and the NAV that led there.

    As `subject_of_weights` otherwise.
    """
    home, row = _row_at_home(market, last)
    positions = positions_of_weights(home, row, weights, nav_usd)
    basis = (
        f"the weights at the run's last close held constant over {{sessions}} up to {home.sessions[row]}; "
        "what the run held before is not in it"
    )
    return replace(_of_positions("run", name, market, positions, missing, basis, levels, ()), closing=True)


def subject_of_book(
    book: Book, market: Market, as_of: str | None = None, cash: float | None = None, missing: Missing = "common",
    chain: str | Path | None = None,
) -> Subject:  # fmt: skip
    """A book at the close of `as_of` (None: the last session); chain: quotes of its options, a file or a folder, None =
    modelled. Raises an InputError."""
    home = at_home(market)
    row = len(home.sessions) - 1 if as_of is None else home.session_index(str(_day(as_of)))
    if book.options:
        return _with_options(book, market, home, row, (cash, chain), missing)
    if chain is not None:
        from ..book.with_options import chains_of_book

        chains_of_book(book, chain)  # which refuses it
    holdings = book.holdings(home, row)
    capital = capital_of(book, holdings, home, row, cash)
    notes = (*book.notes, capital.note) if capital.unusual else book.notes
    old = [why for ticker in holdings.shares if (why := stale_reason(home, ticker, row)) is not None]
    notes = (*notes, *(f"{why}: valued at its last close" for why in old))
    positions = positions_of_shares(home, row, holdings.shares, capital.usd)
    basis = "today's weights held constant over {sessions} up to {last}"
    return _of_positions("book", book.source, market, positions, missing, basis, None, notes)


def _with_options(
    book: Book, market: Market, home: Market, row: int, given: tuple[float | None, str | Path | None], missing: Missing
) -> Subject:
    """A book with options: the shares of the same delta, and a history in which every option is revalued; given: its
    cash and chain."""
    # Tear sheets of returns, which come to this file too, have none.
    from ..book.with_options import book_of_options, chains_of_book, delta_positions, marks_of_options

    cash, chain = given
    marks = marks_of_options(home, chains_of_book(book, chain))
    found = book_of_options(book, home, row, cash, marks)
    positions = delta_positions(found.held, home, row, found.nav_usd)
    basis = "today's shares and options held constant over {sessions} up to {last}"

    def revalued(rows: History) -> pd.Series[float]:
        return _series(found.held.changes(rows.returns) / found.nav_usd, rows)

    of = _of_positions("book", book.source, market, positions, missing, basis, None, found.notes, revalued)
    return replace(of, options=found.held)


def subject_of_returns(
    returns: pd.Series[float], name: str = "returns", returns_in: ReturnsIn | None = None, source: str | None = None
) -> Subject:
    """A series of simple returns by session, by month or as its dates say; source: its file, for messages. Raises
    ParameterError for one that is not."""
    used = used_returns(returns, source or name, returns_in)
    kept, days = used.returns, used.returns.index.to_numpy().astype("datetime64[D]")
    rows = series_history(np.asarray(kept, dtype=np.float64), days, name)
    positions = Positions((name,), np.ones(1), np.ones(1), (None,), 1.0, days[-1])
    return Subject(
        "returns", name, positions, rows, kept, used.basis, kept, used.levels, None, None, used.notes, used.frequency
    )


def _row_at_home(market: Market, session: np.datetime64 | str) -> tuple[Market, int]:
    """The market by the sessions of its first exchange, and the last of them up to a session of any exchange."""
    home, row = at_home(market), market.session_index(session)
    return home, row_up_to(home.sessions, market.sessions[row])


def _series(values: Floats, rows: History) -> pd.Series[float]:
    index = pd.DatetimeIndex(rows.sessions.astype("datetime64[ns]"), name="session")
    return pd.Series(values, index=index, name="return")


def _of_positions(
    kind: SubjectKind, name: str, market: Market, positions: Positions, missing: Missing, basis: str,
    levels: pd.Series[float] | None, notes: Sequence[str], value: Valued | None = None,
) -> Subject:  # fmt: skip
    """value: the returns of NAV by row of a history, None for the positions' weights times it."""
    told, row, tickers = list(notes), market.session_index(positions.session), positions.tickers
    valued = value or (lambda rows: _series(rows.returns @ positions.weights, rows))
    own = None
    if levels is not None:
        own = pd.Series(simple_returns(np.asarray(levels, dtype=np.float64)), index=levels.index[1:], name="return")
    responses: Responses | None = None
    try:
        responses = fit_responses(market, tickers, row)
    except ParameterError as problem:
        if missing == "factor":
            raise
        told.append(f"no factor responses, so no factor moves, reverse stress or factor simulation: {problem.what}")
    rows = joint_history(market, tickers, row, missing=missing, responses=responses)
    told += [f"{t}: the factor model stands in for {share:.0%} of its history" for t, share in rows.filled.items()]
    if responses is not None:
        told += [f"no factor {factor}: {why}" for factor, why in responses.left_out.items()]
        told += [f"{ticker}: {text}" for ticker, text in responses.notes.items()]
    history = valued(rows)
    found = Subject(kind, name, positions, rows, history, "", own, levels, market, responses, tuple(told))
    days = (
        None
        if rows.starts is None
        else common_days(market, beside_factors(market, tickers), rows.starts, rows.sessions)
    )
    many = counted(len(history), "return") if days else f"{len(history):,} sessions"
    text = basis.format(sessions=many, last=rows.sessions[-1]) + (f"; the returns go {days.span}" if days else "")
    if days is None:
        return replace(found, basis=text)
    pnl = valued(_by_session(market, tickers, days, missing, responses))
    return replace(found, basis=text, days=days, pnl=pnl, frequency=_rarer(days))


def _by_session(
    market: Market, tickers: tuple[str, ...], days: CommonDays, missing: Missing, responses: Responses | None
) -> History:
    """The rows of the sessions of the first exchange over the same time, closes abroad at their last."""
    home = adjusted_at_home(market)
    first, last = np.searchsorted(home.sessions, [days.first, days.last])
    most = max(int(last - first), SHORTEST)
    return joint_history(home, tickers, int(last), missing=missing, responses=responses, most_sessions=most)


def _rarer(days: CommonDays) -> Frequency:
    """How often returns come that span more than a session in the mean."""
    return Frequency(DAILY.name, "common session", DAILY.per_year / days.mean_sessions)


__all__ = [
    "Subject", "SubjectKind", "subject_of_book", "subject_of_closing_weights",
    "subject_of_returns", "subject_of_weights",
]  # fmt: skip
