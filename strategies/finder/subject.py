"""What is to be hedged: a book of holdings, or what a trade is about to hold, as known at one close."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import as_day, check_covered, row_before, row_up_to
from hedgebook.universes.market import Market

from ..book.file import Book, check_book, read_book
from ..catalogue.find import find_strategy
from ..strategy.given import planned
from ..strategy.setting import RunSetting
from .request import HedgeSearch


@dataclass(frozen=True, eq=False)
class Subject:
    """What is hedged.

    name; market: its prices up to the close that is known last, and nothing after; values_usd: by ticker at that close,
    negative for shorts; notes: what a reader must know.
    """

    name: str
    market: Market
    values_usd: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def row(self) -> int:
        """The last row of the market."""
        return len(self.market.sessions) - 1

    @property
    def net_usd(self) -> float:
        """Value of all holdings together."""
        return math.fsum(self.values_usd.values())

    @property
    def gross_usd(self) -> float:
        """Absolute value of all holdings."""
        return math.fsum(map(abs, self.values_usd.values()))


def is_book(thing: object) -> bool:
    """Whether a thing is a book, or names the file of one."""
    return isinstance(thing, Book | Path) or (isinstance(thing, str) and thing.lower().endswith(".csv"))


def subject_of(thing: Any, setting: RunSetting, asked: HedgeSearch) -> Subject:
    """A Book, the CSV file of one, or a strategy by name, file or value, as known at `asked.as_of`.

    Raises an InputError for what cannot be used.
    """
    return _book(thing, setting.market, asked) if is_book(thing) else _trade(thing, setting, asked)


def _book(thing: Any, market: Market, asked: HedgeSearch) -> Subject:
    book = thing if isinstance(thing, Book) else read_book(thing, market)
    check_book(book, market)
    market = market.covering(book.tickers)
    row = len(market.sessions) - 1 if asked.as_of is None else _row(market, asked.as_of)
    known = market.rows(0, row + 1)
    holdings = book.holdings(known, row)
    prices = holdings.prices(known, row)
    values = {ticker: shares * prices[ticker] for ticker, shares in holdings.shares.items()}
    return Subject(book.source, known, values, book.notes)


def _trade(thing: Any, setting: RunSetting, asked: HedgeSearch) -> Subject:
    """The weights that a strategy wants at its first decision, of its capital; at `as_of` of what it knows by then."""
    strategy = find_strategy(thing)
    plan = planned(strategy, setting.market, setting.library)
    market = setting.market
    decided = plan.schedule.decided_at[0]
    row = row_before(market.close_at, decided)
    if asked.as_of is not None:
        given = _row(market, asked.as_of)
        if given > row:
            raise ParameterError(
                "the trade is decided before",
                where="as_of",
                value=str(asked.as_of),
                bound=f"{market.sessions[row]} or before",
                remedy="Give what it holds then as a book.",
            )
        row = given
    if row < 1:
        raise ParameterError(
            "the trade is decided before the second session of these prices", where=strategy.name, value=str(decided)
        )
    capital = strategy.capital or setting.account.capital_usd
    values = {ticker: weight * capital for ticker, weight in plan.weights().items()}
    if not values:
        raise ParameterError("the trade holds nothing after its first order", where=strategy.name)
    note = (
        f"{strategy.name} is hedged as its first order on {plan.entry_session} has it, hedge leg included, with "
        f"{capital:,.0f} USD of capital; nothing after the close of {market.sessions[row]} is known"
    )
    return Subject(strategy.name, market.rows(0, row + 1), values, (note,))


def _row(market: Market, day: date | str) -> int:
    """The last session up to a day. Raises ParameterError for a day outside the prices."""
    wanted = as_day(day)
    check_covered(market.sessions, wanted, "as_of")
    return row_up_to(market.sessions, wanted)
