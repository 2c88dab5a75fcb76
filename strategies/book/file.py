"""A book of holdings, and the CSV file that a user keeps it in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path

from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.errors import ParameterError, together
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.checks import (
    LIST_OF_NAMES,
    MARKET,
    NAME,
    PATH,
    TEXT,
    Kind,
    check_fields,
    maybe,
    number,
    one_of,
    takes,
    whole,
)
from hedgebook.universes.holdings import Sheet, read_sheet, read_statement
from hedgebook.universes.market import Market
from hedgebook.universes.raw_file import csv_rows, read_or_name_near

from .option_cells import unlisted_notes
from .sheet import AMOUNTS, COLUMNS, CURRENCIES, FORM, LARGEST, OwnSheet, Unit, own_layout


def _is_amount(item: tuple[object, object]) -> bool:
    ticker, amount = item
    return NAME.test(ticker) and isinstance(amount, Real) and not isinstance(amount, bool)


FIELDS = {
    "amounts": Kind(
        "a mapping of numbers by ticker",
        lambda value: isinstance(value, Mapping) and all(_is_amount(item) for item in value.items()),
    ),
    "unit": one_of(*AMOUNTS),
    "cash_usd": maybe(number()),
    "source": TEXT,
    "notes": LIST_OF_NAMES,
    "options": Kind(
        "a mapping of contracts to numbers",
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(one, Listed) and isinstance(n, Real) for one, n in value.items())
        ),
    ),
}


@dataclass(frozen=True)
class Book:
    """Holdings by ticker, negative for shorts: shares, or USD that they are worth when a window starts.

    amounts: by ticker, in `unit` ("shares" or "dollars"); source: what it is called, a file's name for a file;
    cash_usd: None where it is not said; notes: what was left unread; options: contracts by Listed, negative
    where sold, which `hedgebook.risk` and `hedgebook.ticket` revalue, `hedge_book` holds, and nothing else takes.
    """

    amounts: dict[str, float]
    unit: Unit = "shares"
    cash_usd: float | None = None
    source: str = "holdings"
    notes: tuple[str, ...] = field(default=(), compare=False)
    options: Mapping[Listed, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_fields(self, FIELDS)

    @property
    def tickers(self) -> tuple[str, ...]:
        """Every ticker of the book, those of its options among them, in the order of the file."""
        return tuple(dict.fromkeys((*self.amounts, *(one.ticker for one in self.options))))

    @takes(market=MARKET, row=whole(0))
    def holdings(self, market: Market, row: int) -> Holdings:
        """The shares as held at the close of row `row` of a market.

        Raises ParameterError for a ticker without a price by then.
        """
        if self.options:
            raise ParameterError(
                "options of a book are valued in its risk, in hedges of it and beside a ticket alone",
                where=self.source, value=str(next(iter(self.options))),
                remedy="Take the options out, or ask for risk, hedge or ticket.",
            )  # fmt: skip
        held = Holdings(dict(self.amounts))
        prices = held.prices(market, row)
        if self.unit == "shares":
            return held
        return Holdings({ticker: usd / prices[ticker] for ticker, usd in self.amounts.items()})


def check_book(book: Book, market: Market) -> Book:
    """The book itself. Raises ParameterError for one that is empty, holds nothing of a ticker, or an unpriced one."""
    if not book.amounts and not book.options:
        raise ParameterError("the book holds nothing", where=book.source, remedy=FORM)
    for ticker, amount in book.amounts.items():
        where = f"{book.source}, {ticker}"
        if not math.isfinite(amount) or amount == 0.0 or abs(amount) >= LARGEST:
            raise ParameterError(
                f"this is no amount of {book.unit}", where=where, value=amount, bound="a number, negative for shorts"
            )
        if not market.can_price(ticker):
            what, remedy = market.why_unpriced(ticker)
            raise ParameterError(what, where=where, remedy=remedy)
    for contract, size in book.options.items():
        if size != round(size) or size == 0.0 or not abs(size) < LARGEST:
            bound = "a whole number of contracts, negative where sold"
            raise ParameterError("no such contracts", where=f"{book.source}, {contract}", value=size, bound=bound)
        if not market.can_price(contract.ticker):
            what, remedy = market.why_unpriced(contract.ticker)
            raise ParameterError(what, where=f"{book.source}, {contract}", remedy=remedy)
    if book.cash_usd is not None and not abs(book.cash_usd) < LARGEST:
        raise ParameterError("this is no amount of cash", where=book.source, value=book.cash_usd)
    return book


@takes(path=PATH, market=MARKET, ignore=LIST_OF_NAMES)
def read_book(path: str | Path, market: Market, *, ignore: Sequence[str] = ()) -> Book:
    """The book of a CSV file (`path`) with the columns ticker and one of shares or dollars, in any case and order.

    Cash is a row with the ticker CASH, or a cell of a column cash; USD either way, as a column currency may say.
    Exports of Interactive Brokers, Fidelity and Schwab, and columns such as Symbol, Quantity, Market Value and Weight,
    are recognised, which `Book.notes` says. market: gives the tickers that can be valued; ignore: other columns of the
    file, which do not matter. Nothing is guessed. Raises ParameterError that names file, line, column and value of
    every cell, and of every other column, that cannot be used.
    """
    path = Path(path)
    none = f"The folder {path.parent} has no CSV file."
    data = read_or_name_near(path, ".csv", error=ParameterError, what="there is no such file", otherwise=none)
    rows = csv_rows(data, source=path.name, error=ParameterError, form=FORM)
    if not rows:
        raise ParameterError("the file is empty", where=path.name, remedy=FORM)
    header, lines = rows[0][1], rows[1:]
    sheet = read_sheet(rows)
    if sheet is not None and not _is_own(header, sheet):
        return _exported(sheet, path.name, market, ignore)
    layout = own_layout(header, path.name)
    if not lines:
        raise ParameterError("there is no holding in it", where=path.name, remedy=FORM)
    own = OwnSheet(path.name, layout, lines, market)
    left = tuple(name for name in header if name and name.lower() not in (*COLUMNS, *CURRENCIES))
    unread = [name for name in left if name not in ignore]
    problems = [*_unread(unread, f"{path.name}, line 1"), *own.problems()]
    if problems:
        raise together(problems)
    amounts, cash, options = own.holdings()
    notes = (f"columns of {path.name} not read: {', '.join(left)}",) if left else ()
    return Book(amounts, layout.unit, cash, path.name, (*notes, *unlisted_notes(options, market)), options)


def holds_positions(path: str | Path) -> bool:
    """Whether a CSV file holds positions, in this project's columns or as a broker exports them.

    Raises ParameterError for a file that cannot be read.
    """
    path = Path(path)
    if ".csv:" in path.name.lower() and not path.exists():
        return False  # a column of returns
    what, none = "there is no such file or run folder", "Give a run folder, or a CSV of returns or holdings."
    data = read_or_name_near(path, ".csv", error=ParameterError, what=what, otherwise=none)
    rows = csv_rows(data, source=path.name, error=ParameterError, form=FORM)
    names = {name.lower() for name in rows[0][1]} if rows else set()
    return bool(names & {"ticker", *AMOUNTS}) or (not {"date", "return"} <= names and read_sheet(rows) is not None)


def _is_own(header: Sequence[str], sheet: Sheet) -> bool:
    """Whether a file has this project's columns, and no others that are known not to matter beside them."""
    names = {name.lower() for name in header if name}
    if "ticker" not in names or not names & set(AMOUNTS):
        return False
    others = names - {*COLUMNS, *CURRENCIES}
    return not others or not sheet.harmless or "multiplier" in sheet.at or set(AMOUNTS) <= names


def _exported(sheet: Sheet, source: str, market: Market, ignore: Sequence[str]) -> Book:
    """The book of a broker's export."""
    if not sheet.harmless:
        known = set(sheet.at.values())
        unread = [name for k, name in enumerate(sheet.header) if k not in known and name and name not in ignore]
        if problems := list(_unread(unread, f"{source}, line {sheet.line}")):
            raise together(problems)

    def name_of(symbol: str) -> str | tuple[str, str]:
        for mark in (None, *".-/ "):
            for other in ".-" if mark else ("",):
                name = symbol if mark is None else symbol.replace(mark, other)
                if name in market.columns:
                    return name
        return market.why_unpriced(symbol)

    found = read_statement(sheet, source, name_of)
    notes = (*found.notes, *unlisted_notes(found.options, market))
    return Book(found.amounts, found.unit, found.cash_usd, source, notes, found.options)


def _unread(names: Sequence[str], where: str) -> Iterator[ParameterError]:
    """A column that is not read may say something that changes every number, as a currency or a multiplier does."""
    if names:
        yield ParameterError(
            "there is a column that is not read" if len(names) == 1 else "there are columns that are not read",
            where=where,
            value=", ".join(names),
            bound=f"{', '.join(COLUMNS)}, and currency where it is USD",
            remedy="Remove what does not matter from the file, in Python with read_book(..., ignore=[...]).",
        )
