"""The rows of a book's CSV file in this project's own columns, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.chains.names import FORM as FORM_OF_CONTRACTS
from hedgebook.universes.chains.names import parse_contract
from hedgebook.universes.counted import counted
from hedgebook.universes.holdings import amount_of
from hedgebook.universes.market import Market
from hedgebook.universes.meant_number import number_hint

from .option_cells import meant_option, wrong_size

Unit = Literal["shares", "dollars"]
AMOUNTS: tuple[Unit, ...] = ("shares", "dollars")
CASH = "CASH"
COLUMNS = ("ticker", *AMOUNTS, "cash")
CURRENCIES = ("currency", "ccy")
LARGEST = 1e15
FORM = "Write a header and one row a holding, as in ticker,shares and META,100; negative is short."


def _amount(text: str, column: str) -> float | None:
    """The number of a cell; a dollar sign may stand where dollars do."""
    return amount_of(text, money=column != "shares")


@dataclass(frozen=True)
class OwnLayout:
    """Column numbers, and the header as it stands in the file."""

    header: list[str]
    unit: Unit
    ticker: int
    amount: int
    cash: int | None


def own_layout(header: list[str], source: str) -> OwnLayout:
    """The columns of a file by its header. Raises ParameterError where they do not fit together."""
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
    return OwnLayout(header, units[0], names.index("ticker"), names.index(units[0]), cash)


def _near(wanted: str, header: Sequence[str], other: str = "") -> str:
    """Say which column of the file may be meant."""
    from difflib import get_close_matches

    for name in header:
        for choice in (wanted, other):
            if choice and get_close_matches(name.lower(), [choice], cutoff=0.6):
                return f"Is {name!r} meant to be {choice!r}?"
    return FORM


@dataclass(frozen=True)
class OwnSheet:
    """The rows of a file with the lines that they stand on."""

    source: str
    layout: OwnLayout
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

    def holdings(self) -> tuple[dict[str, float], float | None, dict[Listed, float]]:
        """Amounts by ticker, cash and contracts of rows without problems; cash is None where none is said."""
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
        return amounts, cash, options

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
