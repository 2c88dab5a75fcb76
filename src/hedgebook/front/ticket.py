"""What a script calls before a trade is put on: its ticket, and whether it is within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.one_thread import figures_on_one_thread, on_one_thread
from hedgebook.errors import ParameterError
from hedgebook.strategies.book.file import Book, check_book, read_book
from hedgebook.strategies.book.with_options import chains_of_book
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.option_hedge.kind import options_alone
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.strategies.ticket.forecast import Forecast
from hedgebook.strategies.ticket.limits import Limits, load_limits
from hedgebook.strategies.ticket.ticket import Ticket as TicketValue
from hedgebook.strategies.ticket.ticket import TicketAsked, ticket_of
from hedgebook.universes.chains.folder import read_chains
from hedgebook.universes.checks import (
    BOOK,
    DAY,
    EVENT,
    FLAG,
    NAMES,
    PATH,
    RUN_ON,
    SEED,
    either,
    instance,
    maybe,
    number,
    takes,
)
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, Events
from hedgebook.universes.market import Market
from hedgebook.universes.names import listed_once

from .replay.call import repeatable
from .result import Result, of_kind

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.kind import ReportKind

LIMITS = instance("hedgebook.strategies.ticket.limits", "Limits", "hb.Limits")
LARGEST_USD = 1e15


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Ticket(Result, TicketValue):
    """A trade before it is put on, with everything that can be asked of it and written about it.

    `orders` has one row an order, in whole shares. Amounts are in USD, weights and losses fractions of NAV, NaN where
    undefined. No price after the close of `as_of` changes anything.
    """

    _label = ("trade",)
    _main = ("orders",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.ticket.page import TICKET_REPORT

        return TICKET_REPORT

    def _frames(self) -> dict[str, pd.DataFrame]:
        options = {"option_orders": self.option_orders} if len(self.option_orders) else {}
        return {"orders": self.orders, **options}

    def __repr__(self) -> str:
        verdict = "no limits" if not self.limits else "within limits" if self.passed else "limits broken"
        count = len(self.orders) + len(self.option_orders)
        return f"<Ticket {self.name}: {counted(count, 'order')} as of {self.as_of}, {verdict}>"


@repeatable
@takes(**RUN_ON, book=maybe(either(BOOK, PATH)), capital=maybe(number(1.0, LARGEST_USD)),
       limits=maybe(either(LIMITS, PATH)), as_of=maybe(DAY), event=maybe(EVENT), scenarios=PATH, seed=SEED,
       net=FLAG, chain=maybe(PATH), with_options=NAMES)  # fmt: skip
@on_one_thread
def ticket(
    trade: Strategy | str | Any,
    market: Market,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    book: Book | str | Path | None = None,
    capital: float | None = None,
    limits: Limits | str | Path | None = None,
    as_of: str | np.datetime64 | None = None,
    events: Events = "events",
    event: Event | str | None = None,
    scenarios: str | Path = "scenarios",
    seed: int = 0,
    net: bool = False,
    chain: str | Path | None = None,
    with_options: str | Sequence[str] = (),
) -> Ticket:
    """The ticket of a trade: its orders in whole shares, what they cost and risk, and whether limits are kept.

    trade, market, costs, account, events, event as in `backtest`; book: what is held already, a CSV of holdings or a
    Book, beside which the orders come (None: cash alone); capital: USD that the trade is sized on (None: its own);
    limits: a TOML file or Limits, checked on the book with the orders in it; as_of: the close that everything is known
    at (None: the last one before the news of an event trade, else the last of the prices); scenarios: as in `risk`;
    seed: of the forecast; net: what the book holds of a ticker counts towards what the trade wants of it, so that
    orders are the difference (False: they come on top, and only what goes below zero is sold short); chain: quotes of
    options, a file or a folder of one file a name (None: modelled quotes); with_options: "CRWV:put:25d:60d", bought in
    place of the shares that the trade orders of their tickers, as many as have their delta. No price after that close
    changes anything. USD and fractions, NaN where undefined. Raises an InputError that says what cannot be used.
    """
    found = find_strategy(trade)
    if event is not None:
        from .run import entered_on

        found, events = entered_on(found, event, events)
    setting = RunSetting.named(market, costs, account, events, about=found)
    if net and book is None:
        raise ParameterError("there is no book to count", where="net", remedy="Give one: --book FILE, book=.")
    held, setting = _held(book, setting)
    wanted = options_alone(listed_once(with_options), "with_options")
    asked = TicketAsked(
        book=held,
        capital_usd=capital,
        limits=None if limits is None else load_limits(limits),
        as_of=as_of,
        scenarios=scenarios,
        seed=seed,
        net=net,
        chains=read_chains(chain) if wanted else chains_of_book(held, chain),
        options=wanted,
    )
    return of_kind(Ticket, ticket_of(found, setting, asked))


def _held(book: Book | str | Path | None, setting: RunSetting) -> tuple[Book | None, RunSetting]:
    """The book that is held, and the setting with prices of its tickers. Raises ParameterError."""
    if book is None:
        return None, setting
    market = setting.market
    read = book if isinstance(book, Book) else read_book(book, market)
    check_book(read, market)
    return read, replace(setting, market=market.covering(read.tickers))


__all__ = ["Forecast", "Limits", "Ticket", "ticket"]
