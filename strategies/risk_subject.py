"""Whose risk is asked for: a run, a book of holdings, or a series of returns."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.simulation.history import History, Missing, joint_history, series_history
from hedgebook.engine.stress.positions import Positions, positions_of_shares, positions_of_weights
from hedgebook.engine.stress.responses import Responses, fit_responses
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.market import Market

from .hedge_capital import capital_of
from .holdings_file import NUMBER, Book

SubjectKind = Literal["run", "book", "returns"]
RETURNS_FORM = "Write a header and one row a session, as in date,return and 2026-07-01,-0.0123 for -1.23 %."
PRICE_WORDS = ("price", "close", "adj close", "adj_close", "open", "nav", "value", "level", "equity", "index")
# A return above this is 500 %: a price, or a percentage without its sign.
LARGEST_RETURN = 5.0
ENOUGH = 250


@dataclass(frozen=True, eq=False)
class Subject:
    """What a risk report is about.

    positions: None for a series of returns; history: (T,) returns that VaR, rolling figures and simulations rest on;
    rows: the same by ticker; basis: what that history is, in a sentence; own: the returns that really happened, None
    for a book; levels: NAV from the initial capital on, None where there is none; responses: None without factors.
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


def subject_of_weights(
    name: str,
    market: Market,
    weights: Mapping[str, float],
    known_at: np.datetime64 | str,
    capital_usd: float,
    levels: pd.Series[float],
    missing: Missing = "common",
) -> Subject:
    """A run: the entry weights at the last close before the news, and the NAV that followed.

    levels: NAV at closes with the initial capital first. Raises ParameterError for a session that the market does not
    have, and for too short a history.
    """
    row = market.session_index(known_at)
    positions = positions_of_weights(market, row, weights, capital_usd)
    count = len(levels) - 1
    own_part = f"the run's own {count} sessions are {'too few for a tail' if count < ENOUGH else 'not in it'}"
    basis = (
        f"the entry weights held constant over {{sessions}} sessions up to {market.sessions[row]}, the last close "
        f"before the news; {own_part}"
    )
    return _of_positions("run", name, market, positions, missing, basis, levels, ())


def subject_of_book(
    book: Book, market: Market, as_of: str | None = None, cash: float | None = None, missing: Missing = "common"
) -> Subject:
    """A book at the close of `as_of` (None: the last session). Raises ParameterError."""
    row = len(market.sessions) - 1 if as_of is None else market.session_index(str(_day(as_of)))
    holdings = book.holdings(market, row)
    capital = capital_of(book, holdings, market, row, cash)
    notes = (*book.notes, capital.note) if "assumed" in capital.note or "percentages" in capital.note else book.notes
    positions = positions_of_shares(market, row, holdings.shares, capital.usd)
    basis = f"today's weights held constant over {{sessions}} sessions up to {market.sessions[row]}"
    return _of_positions("book", book.source, market, positions, missing, basis, None, notes)


def subject_of_returns(returns: pd.Series[float], name: str = "returns") -> Subject:
    """A series of simple returns by session. Raises ParameterError for one that is not."""
    if not isinstance(returns, pd.Series) or not isinstance(returns.index, pd.DatetimeIndex):
        raise ParameterError(
            "a pandas Series with dates for an index is needed", where=name, value=type(returns).__name__
        )
    if not (returns.index.is_monotonic_increasing and returns.index.is_unique):
        raise ParameterError("the dates do not ascend, each once", where=name)
    kept = returns.dropna().astype(float)
    for day, value in kept.items():
        if not -1.0 <= value <= LARGEST_RETURN:
            raise _no_return(value, f"{name}, {day:%Y-%m-%d}")
    values = np.asarray(kept, dtype=np.float64)
    _no_prices(values, name)
    days = kept.index.to_numpy().astype("datetime64[D]")
    rows = series_history(values, days, name)
    positions = Positions((name,), np.ones(1), np.ones(1), (None,), 1.0, days[-1])
    levels = pd.Series(
        np.concatenate([[1.0], np.cumprod(1.0 + values)]),
        index=pd.DatetimeIndex([kept.index[0] - pd.Timedelta(days=1), *kept.index]),
    )
    basis = f"the {len(values)} returns from {days[0]} to {days[-1]}"
    notes = (f"{len(returns) - len(kept)} empty returns left out",) if len(kept) < len(returns) else ()
    return Subject("returns", name, positions, rows, kept, basis, kept, levels, None, None, notes)


def read_returns(path: str | Path) -> pd.Series[float]:
    """The returns of a CSV file with the columns date and return, in any case and order.

    Simple returns as fractions; an empty cell is a session without one. Nothing is guessed: prices, percentages
    and dates that do not ascend raise a ParameterError that names file, line, column and value.
    """
    path = Path(path)
    lines = [(n, cells) for n, cells in _lines(path) if any(cells)]
    if not lines:
        raise ParameterError("the file is empty", where=path.name, remedy=RETURNS_FORM)
    day_at, return_at = _columns([cell.lower() for cell in lines[0][1]], path.name)
    days: list[date] = []
    values: list[float] = []
    for line, cells in lines[1:]:
        where = f"{path.name}, line {line}"
        if len(cells) != len(lines[0][1]):
            raise ParameterError(
                f"the row has {len(cells)} cells for {len(lines[0][1])} columns", where=where, value=",".join(cells)
            )
        day = _day(cells[day_at], f"{where}, column 'date'")
        if days and day <= days[-1]:
            raise ParameterError(
                "the dates do not ascend" if day < days[-1] else "this date stands twice",
                where=f"{where}, column 'date'", value=str(day), remedy="Sort the rows by date, one row a session.",
            )  # fmt: skip
        days.append(day)
        values.append(_return(cells[return_at], f"{where}, column 'return'"))
    if not days:
        raise ParameterError("there is no return in it", where=path.name, remedy=RETURNS_FORM)
    _no_prices(np.array([v for v in values if not math.isnan(v)]), path.name)
    return pd.Series(values, index=pd.DatetimeIndex(days, name="session"), name="return")


def header_of(path: str | Path) -> list[str]:
    """The column names of a CSV file in lower case. Raises ParameterError for a file that cannot be read."""
    for _, cells in _lines(Path(path)):
        if any(cells):
            return [cell.lower() for cell in cells]
    raise ParameterError("the file is empty", where=Path(path).name, remedy=RETURNS_FORM)


def _returns_of(levels: pd.Series[float]) -> pd.Series[float]:
    values = np.asarray(levels, dtype=np.float64)
    return pd.Series(values[1:] / values[:-1] - 1.0, index=levels.index[1:], name="return")


def _of_positions(
    kind: SubjectKind, name: str, market: Market, positions: Positions, missing: Missing, basis: str,
    levels: pd.Series[float] | None, notes: Sequence[str],
) -> Subject:  # fmt: skip
    told, row = list(notes), market.session_index(positions.session)
    own = None if levels is None else _returns_of(levels)
    responses: Responses | None = None
    try:
        responses = fit_responses(market, positions.tickers, row)
    except ParameterError as problem:
        if missing == "factor":
            raise
        told.append(f"no factor responses, so no factor moves, reverse stress or factor simulation: {problem.what}")
    rows = joint_history(market, positions.tickers, row, missing=missing, responses=responses)
    told += [f"{t}: the factor model stands in for {share:.0%} of its history" for t, share in rows.filled.items()]
    if responses is not None:
        told += [f"{ticker}: {text}" for ticker, text in responses.notes.items()]
    history = pd.Series(
        rows.returns @ positions.weights,
        index=pd.DatetimeIndex(rows.sessions.astype("datetime64[ns]"), name="session"), name="return",
    )  # fmt: skip
    text = basis.format(sessions=len(history))
    return Subject(
        kind, name, positions, rows, history, text, own, levels, market, responses, tuple(told)
    )


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.csv")) if path.parent.is_dir() else []
        remedy = did_you_mean(path.name, near) if near else "Give a run folder, or a CSV of returns or holdings."
        raise ParameterError("there is no such file or run folder", where=str(path), remedy=remedy) from None
    except OSError as problem:
        raise ParameterError(f"the file cannot be read: {problem.strerror}", where=str(path)) from None
    except UnicodeDecodeError as problem:
        raise ParameterError(
            f"byte {problem.start} is not UTF-8", where=path.name, remedy="Save the file as CSV in UTF-8."
        ) from None
    reader = csv.reader(io.StringIO(text))
    try:
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as problem:
        raise ParameterError(
            f"this is not valid CSV: {problem}", where=f"{path.name}, line {reader.line_num}", remedy=RETURNS_FORM
        ) from None


def _columns(header: list[str], source: str) -> tuple[int, int]:
    where = f"{source}, line 1"
    for name in ("date", "return"):
        if header.count(name) > 1:
            raise ParameterError("this column stands twice", where=where, value=name, remedy="Keep one of the two.")
        if name in header:
            continue
        prices = [column for column in header if column in PRICE_WORDS]
        if name == "return" and prices:
            raise ParameterError(
                "these are prices or levels, and returns are never guessed from them", where=where, value=prices[0],
                remedy="Divide each by the one before it, less 1, and call the column return.",
            )  # fmt: skip
        near = get_close_matches(name, header, n=1, cutoff=0.6)
        remedy = f"Is {near[0]!r} meant to be {name!r}?" if near else RETURNS_FORM
        raise ParameterError(f"there is no column {name!r}", where=where, value=", ".join(header), remedy=remedy)
    return header.index("date"), header.index("return")


def _day(text: str, where: str = "as_of") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterError("this is not a date", where=where, value=text, bound="a day as in 2026-07-01") from None


def _return(text: str, where: str) -> float:
    if not text:
        return math.nan
    if text.endswith("%"):
        raise ParameterError(
            "this is a percentage", where=where, value=text, remedy="Write fractions: -0.0123 for -1.23 %."
        )
    if not NUMBER.fullmatch(text):
        raise ParameterError("this is not a number", where=where, value=text, remedy="Write fractions, as in -0.0123.")
    value = float(text)
    if not -1.0 <= value <= LARGEST_RETURN:
        raise _no_return(value, where)
    return value


def _no_return(value: float, where: str) -> ParameterError:
    return ParameterError(
        "this is no simple return", where=where, value=value, bound=f"-1 to {LARGEST_RETURN:g}",
        remedy="Prices and percentages are not taken for returns: write -0.0123 for -1.23 %.",
    )  # fmt: skip


def _no_prices(values: NDArray[np.float64], source: str) -> None:
    """Refuse a series that never falls and moves by a tenth a session: levels between 0 and 5, not returns."""
    if len(values) >= 2 and values.min() > 0.0 and float(np.median(values)) > 0.1:
        raise ParameterError(
            "every value is above zero and half of them above 0.1: these look like prices, not returns",
            where=source, value=float(np.median(values)), remedy=RETURNS_FORM,
        )  # fmt: skip


__all__ = [
    "Subject", "SubjectKind", "header_of", "read_returns", "subject_of_book", "subject_of_returns",
    "subject_of_weights",
]  # fmt: skip
