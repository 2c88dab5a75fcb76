"""From the rows of an export to tickers, amounts and cash; whatever cannot be understood is refused, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from hedgebook.errors import ParameterError, together

from ..chains.chain import Listed
from ..counted import counted
from .amounts import NOTHING, amount_of
from .contracts import contract_of
from .sheet import Sheet, squeezed

Unit = Literal["shares", "dollars", "weights"]
NameOf = Callable[[str], str | tuple[str, str]]
CASH_WORDS = {"cash", "cashcashinvestments", "cashandcashinvestments", "usd", "usdcash", "usdollar", "core"}
PENDING = {"pendingactivity"}
# Rows that brokers write whether or not there is anything of the kind.
FUTURES_HELD = "futurespositionsmarketvalue"
FUTURES = {"futurescash", FUTURES_HELD}
TOTALS = {
    "total", "totals", "accounttotal", "grandtotal", "totalinbase", "subtotal", "accounttotals", "positionstotal",
}  # fmt: skip
OPTIONS = {"opt", "option", "options", "equityandindexoptions", "equityoptions"}
STOCKS = {
    "", "stk", "stock", "stocks", "equity", "equities", "etf", "etfs", "etfsclosedendfunds", "commonstock", "adr",
    "cashandmoneymarket", "cash", "mutualfund", "fund", "margin",
}  # fmt: skip
OPTION = re.compile(r"-?[A-Z.]{1,6}\s*\d{6}[CP]\d+(\.\d+)?|.+\s\d{1,2}/\d{1,2}/\d{4}\s.+[CP]|-[A-Z]{1,6}\d{6}[CP].*")
LARGEST = 1e15
# What weights are taken of where a file gives nothing else; it scales every figure in USD and none in percent.
WEIGHTS_OF_USD = 1_000_000.0
WRITE_WEIGHTS = "Write percent signs, as in 5%, or call the column weight_frac or weight_percent."


@dataclass(frozen=True)
class Statement:
    """What an export holds: amounts by ticker, negative for shorts, in `unit`; cash in USD, None where none is said;
    options: contracts, negative where sold."""

    unit: Literal["shares", "dollars"]
    amounts: dict[str, float]
    cash_usd: float | None
    notes: tuple[str, ...]
    options: dict[Listed, float] = field(default_factory=dict)


@dataclass
class _Reading:
    """A statement while it is read."""

    unit: Unit
    amounts: dict[str, float] = field(default_factory=dict)
    options: dict[Listed, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    cash: float | None = None
    signs: int = 0
    cells: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    problems: list[ParameterError] = field(default_factory=list)

    def add(self, ticker: str, amount: float) -> None:
        self.amounts[ticker] = self.amounts.get(ticker, 0.0) + amount
        self.counts[ticker] = self.counts.get(ticker, 0) + 1

    def add_cash(self, amount: float) -> None:
        self.cash = (self.cash or 0.0) + amount


def read_statement(sheet: Sheet, source: str, name_of: NameOf) -> Statement:
    """The positions of a sheet.

    name_of: the ticker that prices know under a broker's symbol, or why there is none and the remedy. Raises
    ParameterError that names line, column and value of all that cannot be used; accounts are never repeated.
    """
    if "ticker" not in sheet.at or not {"shares", "value", "weight"} & set(sheet.at):
        missing = "ticker" if "ticker" not in sheet.at else "amounts"
        what = f"its table of positions has no column of {missing}"
        raise ParameterError(what, where=source, bound="as Symbol and Quantity", remedy="Export it with all columns.")
    unit: Unit = "shares" if "shares" in sheet.at else "dollars" if "value" in sheet.at else "weights"
    reading = _Reading(unit, cash=sheet.stated_cash)
    if sheet.stated_cash is not None and sheet.base.upper() != "USD":
        reading.problems.append(
            ParameterError(
                "its cash is in another currency than the prices", where=source, value=sheet.base, bound="USD",
                remedy="Export the statement with the base currency USD.",
            )
        )  # fmt: skip
    for line, what, value in sheet.problems:
        remedy = "Correct it, or export the file again."
        reading.problems.append(ParameterError(what, where=f"{source}, line {line}", value=value, remedy=remedy))
    for line, cells in sheet.rows:
        _Row(sheet, source, line, cells).read(reading, name_of)
    if not reading.problems and not reading.amounts and not reading.options:
        what = "there is nothing but cash in it" if reading.cash is not None else "there is no holding in it"
        remedy = "Export the positions too, or name another file."
        reading.problems.append(ParameterError(what, where=source, remedy=remedy))
    if reading.problems:
        raise together(reading.problems)
    doubled = [f"{ticker} ({count} rows)" for ticker, count in reading.counts.items() if count > 1]
    notes = [f"{source} is read as {sheet.layout}, its amounts as {unit}", *sheet.notes, *reading.notes]
    if doubled:
        notes.append(f"rows of the same ticker are added up: {', '.join(doubled)}")
    gone = [ticker for ticker, amount in reading.amounts.items() if amount == 0.0]
    for ticker in gone:
        del reading.amounts[ticker]
    if gone:
        notes.append(f"nothing is held of {', '.join(gone)}, left out")
    if unit == "weights":
        return _of_weights(sheet, reading, source, notes)
    kept = {contract: size for contract, size in reading.options.items() if size != 0.0}
    return Statement("shares" if unit == "shares" else "dollars", reading.amounts, reading.cash, tuple(notes), kept)


def _of_weights(sheet: Sheet, reading: _Reading, source: str, notes: list[str]) -> Statement:
    """Weights as dollars of a capital; whether they are fractions or percent is told by signs, name or size."""
    scale = _scale(sheet, reading, source)
    amounts = {ticker: weight * scale * WEIGHTS_OF_USD for ticker, weight in reading.amounts.items()}
    rest = 1.0 - scale * sum(reading.amounts.values()) if reading.cash is None else scale * reading.cash
    kind = "fractions" if scale == 1.0 else "percent"
    notes.append(
        f"weights are read as {kind} of a capital of {WEIGHTS_OF_USD:,.0f} USD, "
        f"{'the rest of it' if reading.cash is None else 'of which'} {rest:.1%} in cash"
    )
    return Statement("dollars", amounts, rest * WEIGHTS_OF_USD, tuple(notes))


def _scale(sheet: Sheet, reading: _Reading, source: str) -> float:
    name = squeezed(sheet.header[sheet.at["weight"]])
    where = f"{source}, column {sheet.header[sheet.at['weight']]!r}"
    if reading.signs:
        if reading.signs < reading.cells:
            raise ParameterError("some weights have a percent sign and others none", where=where, remedy=WRITE_WEIGHTS)
        return 0.01
    if "%" in sheet.header[sheet.at["weight"]] or name.endswith(("percent", "pct")):
        return 0.01
    if name.endswith("frac"):
        return 1.0
    weights = list(reading.amounts.values())
    net = sum(weights) + (reading.cash or 0.0)
    if max(map(abs, weights)) > 3.0 or 90.0 <= net <= 110.0:
        return 0.01
    if 0.9 <= net <= 1.1 and len(weights) > 1:
        return 1.0
    raise ParameterError(
        "these weights may be fractions or percent", where=where, value=f"{net:g} in all, the largest {max(weights):g}",
        remedy=WRITE_WEIGHTS,
    )  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """One row of a sheet."""

    sheet: Sheet
    source: str
    line: int
    cells: list[str]

    def cell(self, part: str) -> str:
        at = self.sheet.at.get(part)
        return self.cells[at].strip() if at is not None and at < len(self.cells) else ""

    def wrong(self, what: str, part: str, value: str | None = None, remedy: str | None = None) -> ParameterError:
        at = self.sheet.at.get(part)
        column = "" if at is None else f", column {self.sheet.header[at]!r}"
        return ParameterError(what, where=f"{self.source}, line {self.line}{column}", value=value, remedy=remedy)

    def read(self, reading: _Reading, name_of: NameOf) -> None:
        """Add the row to a reading, or why it cannot be added."""
        symbol = self.cell("ticker")
        word = squeezed(symbol) or next((squeezed(cell) for cell in self.cells if cell.strip()), "")
        if word in TOTALS or self.cell("detail").lower() == "lot":
            return
        if any(self.cells[len(self.sheet.header) :]) or len(self.cells) <= self.sheet.at["ticker"]:
            what = f"the row has {counted(len(self.cells), 'cell')} for {counted(len(self.sheet.header), 'column')}"
            reading.problems.append(self.wrong(what, "", remedy="Put numbers with commas in quotes."))
        elif word in FUTURES and self._is_nothing():
            return
        elif word == FUTURES_HELD:
            remedy = "Remove the row: futures cannot be held here."
            reading.problems.append(self.wrong("futures are held", "value", self.cell("value"), remedy))
        elif word in PENDING or word in FUTURES or self._is_cash(symbol, word):
            self._cash(reading, word)
        elif not symbol:
            if self._extra_cash(reading):
                return
            reading.problems.append(self.wrong("the ticker is missing", "ticker", None, "Name it, or remove the row."))
        else:
            self._position(reading, symbol, name_of)

    def _is_cash(self, symbol: str, word: str) -> bool:
        return symbol.endswith("**") or word in CASH_WORDS or (self.sheet.layout == "ibkr flex query"
                                                              and self.cell("kind").upper() == "CASH")  # fmt: skip

    def _is_nothing(self) -> bool:
        """Whether every amount of the row is empty or zero."""
        cells = [self.cell(part) for part in ("shares", "value", "weight")]
        return all(text in NOTHING or amount_of(text.removesuffix("%"), money=True) == 0.0 for text in cells)

    def _extra_cash(self, reading: _Reading) -> bool:
        if not self.cell("cash"):
            return False
        self._add_cash(reading, self.cell("cash"), "cash")
        return True

    def _cash(self, reading: _Reading, word: str) -> None:
        order = ("weight",) if reading.unit == "weights" else ("value", "shares")
        part = next((one for one in order if self.cell(one) not in NOTHING), order[0])
        text = self.cell(part)
        if text in NOTHING and word in PENDING:
            return
        self._add_cash(reading, text, part)
        if word in PENDING:
            reading.notes["pending activity counts as cash"] = None

    def _add_cash(self, reading: _Reading, text: str, part: str) -> None:
        amount = self._number(reading, text, part, money=True)
        rate = self._rate(reading, part)
        if amount is not None and rate is not None:
            reading.add_cash(amount * rate)

    def _position(self, reading: _Reading, symbol: str, name_of: NameOf) -> None:
        kind, contract = self.cell("kind"), contract_of(symbol)
        if contract is not None and squeezed(kind) in OPTIONS | STOCKS:
            self._contract(reading, symbol, contract, name_of)
            return
        if squeezed(kind) not in STOCKS or OPTION.fullmatch(symbol):
            what = f"{symbol} is no share but {kind or 'an option'}"
            remedy = "Remove the row: only shares and listed options can be held here."
            if squeezed(kind) in OPTIONS or not kind:
                remedy = "Write the option as META251219P00600000, or remove the row."
            reading.problems.append(self.wrong(what, "kind" if kind else "ticker", symbol, remedy))
            return
        if (many := amount_of(self.cell("multiplier") or "1")) != 1.0:
            remedy = "Remove the row: only shares and listed options can be held here."
            reading.problems.append(self.wrong("a multiplier is no share's", "multiplier", str(many), remedy))
            return
        part = {"shares": "shares", "dollars": "value", "weights": "weight"}[reading.unit]
        amount = self._number(reading, self.cell(part), part, money=reading.unit == "dollars")
        rate = self._rate(reading, part) if reading.unit != "weights" else 1.0
        ticker = name_of(symbol)
        if not isinstance(ticker, str):
            reading.problems.append(self.wrong(ticker[0], "ticker", None, ticker[1]))
        elif amount is not None and rate is not None:
            reading.add(ticker, amount * rate)
        self._extra_cash(reading)

    def _contract(self, reading: _Reading, symbol: str, contract: Listed, name_of: NameOf) -> None:
        """Add an option, which is counted in contracts of 100 shares, negative where sold."""
        found = len(reading.problems)
        if reading.unit != "shares":
            remedy = "Export it with a column of quantities, or remove the row."
            what = f"options are counted in contracts, not in {reading.unit}"
            reading.problems.append(self.wrong(what, "ticker", symbol, remedy))
            return
        if (many := amount_of(self.cell("multiplier") or "100")) != 100.0:
            remedy = "Remove the row: contracts are of 100 shares here."
            reading.problems.append(self.wrong("this is no contract of 100 shares", "multiplier", str(many), remedy))
        size = self._number(reading, self.cell("shares"), "shares", money=False)
        if size is not None and size != round(size):
            remedy = "Write contracts of 100 shares."
            reading.problems.append(self.wrong("contracts are whole", "shares", self.cell("shares"), remedy))
        rate, ticker = self._rate(reading, "shares"), name_of(contract.ticker)
        if not isinstance(ticker, str):
            reading.problems.append(self.wrong(ticker[0], "ticker", symbol, ticker[1]))
        elif size is not None and rate is not None and len(reading.problems) == found:
            held = replace(contract, ticker=ticker)
            reading.options[held] = reading.options.get(held, 0.0) + size

    def _rate(self, reading: _Reading, part: str) -> float | None:
        """USD for one unit of the row's currency; None, with a problem, where the file does not say it.

        Shares need none in USD and have none in other currencies: their prices are those of another listing.
        """
        currency = self.cell("currency").upper()
        if currency in ("", "USD"):
            return 1.0
        rate = amount_of(self.cell("rate")) if part != "shares" and self.sheet.base.upper() == "USD" else None
        if rate is None or not 0.0 < rate < LARGEST:
            what = "a holding in another currency"
            remedy = "Prices are in USD: give the ticker of a listing in USD, or what it is worth in USD, as dollars."
            reading.problems.append(self.wrong(what, "currency", currency, remedy))
            return None
        reading.notes[f"amounts in {currency} are converted at the rate of the file"] = None
        return rate

    def _number(self, reading: _Reading, text: str, part: str, *, money: bool) -> float | None:
        bare = text.removesuffix("%") if part == "weight" else text
        reading.cells += 1
        reading.signs += bare != text
        if text in NOTHING:
            remedy = "Write a number, or remove the row."
            reading.problems.append(self.wrong("the cell is empty", part, text or None, remedy))
            return None
        amount = amount_of(bare, money=money)
        if amount is None or not abs(amount) < LARGEST:
            what = "this is not a number" if amount is None else "this number is too large"
            reading.problems.append(self.wrong(what, part, text, 'Write digits, as in 2500, "1,234.5" or (500).'))
            return None
        return amount
