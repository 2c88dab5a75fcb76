"""A book of holdings, and the CSV file that a user keeps it in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Literal

from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.errors import ParameterError, together
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.chains.names import FORM as FORM_OF_CONTRACTS
from hedgebook.universes.chains.names import parse_contract
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
from hedgebook.universes.counted import counted
from hedgebook.universes.holdings import Sheet, amount_of, read_sheet, read_statement
from hedgebook.universes.market import Market
from hedgebook.universes.meant_number import number_hint
from hedgebook.universes.raw_file import csv_rows, read_or_name_near

from .option_cells import meant_option, unlisted_notes, wrong_size

Unit = Literal["shares", "dollars"]
AMOUNTS: tuple[Unit, ...] = ("shares", "dollars")
CASH = "CASH"
COLUMNS = ("ticker", *AMOUNTS, "cash")
CURRENCIES = ("currency", "ccy")
LARGEST = 1e15
FORM = "Write a header and one row a holding, as in ticker,shares and META,100; negative is short."


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
    layout = _layout(header, path.name)
    if not lines:
        raise ParameterError("there is no holding in it", where=path.name, remedy=FORM)
    own = _Sheet(path.name, layout, lines, market)
    left = tuple(name for name in header if name and name.lower() not in (*COLUMNS, *CURRENCIES))
    unread = [name for name in left if name not in ignore]
    problems = [*_unread(unread, f"{path.name}, line 1"), *own.problems()]
    if problems:
        raise together(problems)
    return own.book(left)


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


def _amount(text: str, column: str) -> float | None:
    """The number of a cell; a dollar sign may stand where dollars do."""
    return amount_of(text, money=column != "shares")


@dataclass(frozen=True)
class _Layout:
    """Column numbers, and the header as it stands in the file."""

    header: list[str]
    unit: Unit
    ticker: int
    amount: int
    cash: int | None


def _layout(header: list[str], source: str) -> _Layout:
    names = [name.lower() for name in header]
    where = f"{source}, line 1"
    for name in COLUMNS:
        if names.count(name) > 1:
            raise ParameterError("this column stands twice", where=where, value=name, remedy="Keep one of the two.")
    if "ticker" not in names:
        raise ParameterError(
            "there is no column 'ticker'", where=where, value=", ".join(header), remedy=_near("ticker", header)
        )
    units = [unit for unit in AMOUNTS if unit in names]
    if len(units) != 1:
        what = "both shares and dollars are given" if units else "there is no column 'shares' or 'dollars'"
        remedy = "Keep one of the two columns." if units else _near("dollars", header, "shares")
        raise ParameterError(what, where=where, value=", ".join(header), remedy=remedy)
    cash = names.index("cash") if "cash" in names else None
    return _Layout(header, units[0], names.index("ticker"), names.index(units[0]), cash)


def _near(wanted: str, header: Sequence[str], other: str = "") -> str:
    """Say which column of the file may be meant."""
    from difflib import get_close_matches

    for name in header:
        for choice in (wanted, other):
            if choice and get_close_matches(name.lower(), [choice], cutoff=0.6):
                return f"Is {name!r} meant to be {choice!r}?"
    return FORM


@dataclass(frozen=True)
class _Sheet:
    """The rows of a file with the lines that they stand on."""

    source: str
    layout: _Layout
    lines: list[tuple[int, list[str]]]
    market: Market

    def problems(self) -> Iterator[ParameterError]:
        """Everything wrong with the rows, in the order of the file."""
        seen: dict[str | Listed, int] = {}
        cash_at: int | None = None
        for line, cells in self.lines:
            wrong = self._row(line, cells)
            ticker, cash = self._ticker(cells), self._cash(cells)
            if wrong is None and cash:
                if cash_at is not None:
                    column = "cash" if self._is_cash_cell(cells) else "ticker"
                    wrong = self._wrong(f"cash stands twice, first on line {cash_at}", line, column, cash)
                cash_at = line if cash_at is None else cash_at
            if wrong is None and ticker and ticker.upper() != CASH:
                contract = parse_contract(ticker)  # one contract may be written in two ways
                what, key = ("ticker", ticker) if contract is None else ("contract", contract)
                if key in seen:
                    wrong = self._wrong(
                        f"this {what} stands twice, first on line {seen[key]}",
                        line, "ticker", ticker, "Add the two up and keep one row.",
                    )  # fmt: skip
                seen.setdefault(key, line)
            if wrong is not None:
                yield wrong
        if not seen and cash_at is not None:
            yield ParameterError("there is nothing but cash in it", where=self.source, remedy=FORM)

    def book(self, unread: tuple[str, ...]) -> Book:
        """The book of rows without problems."""
        amounts, cash, options = {}, None, dict[Listed, float]()
        for _, cells in self.lines:
            ticker = self._ticker(cells)
            if self._cash(cells):
                cash = _amount(self._cash(cells), "cash")
            contract = parse_contract(ticker)
            if contract is not None:
                options[contract] = _amount(cells[self.layout.amount], self.layout.unit) or 0.0
            elif ticker and ticker.upper() != CASH:
                amounts[ticker] = _amount(cells[self.layout.amount], self.layout.unit) or 0.0
        notes = (f"columns of {self.source} not read: {', '.join(unread)}",) if unread else ()
        return Book(
            amounts, self.layout.unit, cash, self.source, (*notes, *unlisted_notes(options, self.market)), options
        )

    def _ticker(self, cells: list[str]) -> str:
        return cells[self.layout.ticker] if self.layout.ticker < len(cells) else ""

    def _is_cash_cell(self, cells: list[str]) -> bool:
        at = self.layout.cash
        return at is not None and at < len(cells) and bool(cells[at])

    def _cash(self, cells: list[str]) -> str:
        """What the row says of cash, as text; empty where it says nothing."""
        if self._is_cash_cell(cells):
            return cells[self.layout.cash or 0]
        stated = self._ticker(cells).upper() == CASH and self.layout.amount < len(cells)
        return cells[self.layout.amount] if stated else ""

    def _row(self, line: int, cells: list[str]) -> ParameterError | None:
        """The first thing wrong with one row by itself."""
        header, unit = self.layout.header, self.layout.unit
        if len(cells) != len(header):
            return ParameterError(
                f"the row has {counted(len(cells), 'cell')} for {counted(len(header), 'column')}",
                where=f"{self.source}, line {line}",
                remedy="Put numbers with thousands separators in quotes, and write one cell a column.",
            )
        for k, name in enumerate(header):
            if name.lower() in CURRENCIES and cells[k].upper() not in ("USD", ""):
                remedy = "Prices are in USD: write what it is in USD, as dollars."
                return self._wrong("a holding in another currency", line, name.lower(), cells[k], remedy)
        ticker, amount = self._ticker(cells), cells[self.layout.amount]
        if self._is_cash_cell(cells) and (wrong := self._number(line, "cash", cells[self.layout.cash or 0])):
            return wrong
        if not ticker and not amount and self._is_cash_cell(cells):
            return None
        if not ticker:
            return self._wrong("the ticker is missing", line, "ticker", None, "Name it, or remove the row.")
        if ticker.upper() == CASH:
            if self._is_cash_cell(cells):
                return self._wrong("cash stands twice in this row", line, "cash", cells[self.layout.cash or 0])
            return self._number(line, unit, amount)
        try:
            contract = parse_contract(ticker)
        except ParameterError as problem:
            return self._wrong(problem.what, line, "ticker", ticker, f"Write {FORM_OF_CONTRACTS}.")
        if contract is not None and (size := wrong_size(_amount(amount, "shares"), amount, unit)):
            what, column, value, remedy = size
            return self._wrong(what, line, column, value, remedy)
        name = ticker if contract is None else contract.ticker
        if not self.market.can_price(name):
            if contract is None and (meant := meant_option(ticker, self.market)):
                return self._wrong("this seems to be an option, written otherwise", line, "ticker", ticker, meant)
            what, remedy = self.market.why_unpriced(name)
            return self._wrong(what, line, "ticker", None, remedy)
        if wrong := self._number(line, unit, amount):
            return wrong
        if _amount(amount, unit) == 0.0:
            return self._wrong("a holding of zero", line, unit, amount, "Remove the row.")
        return None

    def _number(self, line: int, column: str, text: str) -> ParameterError | None:
        if not text:
            return self._wrong("the cell is empty", line, column, None, "Write a number, or remove the row.")
        number = _amount(text, column)
        if number is None:
            remedy = number_hint(text) or "Write digits alone, as in 2500 or -120.5; negative is short."
            return self._wrong("this is not a number", line, column, text, remedy)
        if not abs(number) < LARGEST:
            return self._wrong("this number is too large", line, column, text, f"Stay below {LARGEST:.0e}.")
        return None

    def _wrong(
        self, what: str, line: int, column: str, value: str | None, remedy: str = "Keep one of the two."
    ) -> ParameterError:
        names = [name.lower() for name in self.layout.header]
        shown = self.layout.header[names.index(column)]
        where = f"{self.source}, line {line}, column {shown!r}"
        return ParameterError(what, where=where, value=value, remedy=remedy)
