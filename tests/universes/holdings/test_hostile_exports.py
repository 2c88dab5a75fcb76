"""Exports as they leave brokers' sites and users' spreadsheets: read as they mean, or refused by line and value."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hedgebook.errors import ParameterError
from hedgebook.strategies.book.file import Book, holds_positions, read_book
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.holdings.contracts import contract_of
from tests import markets

MARKET = markets.dirty_market(40)
SAYS = (
    '\n"The data in this spreadsheet is provided solely for your use, and is not an offer, a solicitation\n'
    'or advice."\n'
    '"Brokerage services are provided by somebody, Member NYSE, SIPC."\n"Date downloaded Nov-28-2025 1:15 p.m ET"\n'
)
FIDELITY = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type\n"
SCHWAB = '"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Security Type",\n'
TITLE = '"Positions for account Roth ...77 as of 01:10 PM ET, 2025/11/28"\n""\n'
IBKR = (
    "\ufeffStatement,Header,Field Name,Field Value\nStatement,Data,BrokerName,Interactive Brokers LLC\n"
    'Statement,Data,Period,"November 28, 2025"\nAccount Information,Header,Field Name,Field Value\n'
    "Account Information,Data,Base Currency,USD\n"
)
CASH = "Cash Report,Header,Currency Summary,Currency,Total,Securities,Futures,\n"
HELD = "Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Value,Code\n"
PUT = Listed("ACME", date(2027, 1, 15), "put", 62.5)

Amounts = dict[str, float]
READ: dict[str, tuple[str, Amounts, float | None]] = {
    "a mark of byte order, signs, blanks and a footer": (
        f"\ufeff{FIDELITY}Z1,TOD,SPAXX**,HELD IN MONEY MARKET,,,$1000.25,,Cash,\n"
        f"Z1,TOD,ACME,ACME INC,12.125,$5.00,$60.63,--,Cash,\nZ1,TOD,BOLT,BOLT,-3,n/a,-$9.00,n/a,Short,\n"
        f"Z1,TOD,Pending Activity,,,,-$0.25,,,\n{SAYS}",
        {"ACME": 12.125, "BOLT": -3.0}, 1000.0,
    ),
    "an older header, two accounts and lines of Windows": (
        ("Account Number/Name,Symbol,Description,Quantity,Last Price,Current Value\nZ1,FZFXX**,MM,,,$5.50\n"
         "Z1,ACME,A,10,$1.00,$10.00\nY2,ACME,A,2.5,$1.00,$2.50\nY2,CORE**,FDIC,,,$4.50\n" + SAYS).replace("\n", "\r\n"),
        {"ACME": 12.5}, 10.0,
    ),
    "brackets, groups and rows without anything": (
        TITLE + SCHWAB + '"ACME","A","1,234.50","$9","$11,110.50","Equity",\n'
        '"BOLT","B","(1,234.50)","$9","($11)","Equity",\n'
        '"Futures Cash","--","--","--","$0.00","--",\n"Futures Positions Market Value","--","--","--","--","--",\n'
        '"Cash & Cash Investments","--","--","--","$7.00","Cash and Money Market",\n'
        '"Positions Total","","--","--","$11,106.50","--",\n',
        {"ACME": 1234.5, "BOLT": -1234.5}, 7.0,
    ),
    "all accounts in one": (
        f'"All-Accounts Positions as of 01:10 PM ET"\n\n"Individual ...1"\n'
        f'{SCHWAB}"ACME","","4","$9","$36","Equity",\n'
        f'"Account Total","","--","--","$36","--",\n\n"Roth ...2"\n{SCHWAB}"ACME","","3","$9","$27","Equity",\n'
        '"Cash & Cash Investments","--","--","--","$2","Cash and Money Market",\n'
        '"Account Total","","--","--","$29","--",\n',
        {"ACME": 7.0}, 2.0,
    ),
    "a statement with other sections": (
        f"{IBKR}{CASH}Cash Report,Data,Starting Cash,Base Currency Summary,1,1,0,\n"
        'Cash Report,Data,Ending Cash,Base Currency Summary,"2,500.75","2,500.75",0,\n'
        "Cash Report,Data,Ending Cash,EUR,900,900,0,\n"
        "Cash Report,Data,Ending Settled Cash,Base Currency Summary,9,9,0,\n"
        f'{HELD}Open Positions,Data,Summary,Stocks,USD,ACME,"-1,200.5",1,5,\nOpen Positions,Total,,Stocks,USD,,,,5,\n'
        'Trades,Header,Symbol,Date/Time,Quantity\nTrades,Data,ACME,"2025-11-28, 10:00:00",50\n',
        {"ACME": -1200.5}, 2500.75,
    ),
    "cash of a statement without its sum": (
        f"{IBKR}{CASH}Cash Report,Data,Ending Cash,USD,12,12,0,\n"
        f"{HELD}Open Positions,Data,Summary,Stocks,USD,ACME,1,1,5,\n",
        {"ACME": 1.0}, 12.0,
    ),
    "a second header in another order": (
        f"{IBKR}{HELD}Open Positions,Data,Summary,Stocks,USD,ACME,1,1,5,\n"
        "Open Positions,Header,DataDiscriminator,Asset Category,Currency,Quantity,Symbol\n"
        "Open Positions,Data,Summary,Stocks,USD,-8,BOLT\n",
        {"ACME": 1.0, "BOLT": -8.0}, None,
    ),
    "a section of positions alone": (
        "Positions,Header,Symbol,Quantity,Currency\nPositions,Data,ACME,6,USD\nPositions,Total,,6,\n",
        {"ACME": 6.0}, None,
    ),
    "titles above a table": ("My book\nAs of,2025-11-28\n\nSymbol,Quantity\nACME,3\n", {"ACME": 3.0}, None),
    "a line for spreadsheets": ("sep=,\nSymbol,Quantity\nACME,3\n", {"ACME": 3.0}, None),
    "the same with quotes and other marks": ('"SEP=;"\nSymbol,Quantity\nACME,3\n', {"ACME": 3.0}, None),
    "groups of other countries": (
        "Symbol,Quantity\nACME,1'250\nBOLT,1\u00a0000.5\nSPARE,-2 500\n",
        {"ACME": 1250.0, "BOLT": 1000.5, "SPARE": -2500.0}, None,
    ),
    "minus signs": ('Symbol,Quantity\nACME,"1,000.5-"\nBOLT,\u22127\n', {"ACME": -1000.5, "BOLT": -7.0}, None),
    "empty lines and quoted lines": (
        '\n,,\nSymbol,Description,Quantity\n\nACME,"ACME\nINC, CLASS ""A""",3\n,,\n\n', {"ACME": 3.0}, None
    ),
    "a portfolio of a workstation": (
        "Financial Instrument,Position,Last,Market Value,Currency\nACME,10,7,70,USD\nCash,,,5,USD\n",
        {"ACME": 10.0}, 5.0,
    ),
    "totals and nothing held": (
        "Symbol,Qty,Market Value\nACME,3,9\nBOLT,0,0\nCASH,,4\nTOTAL,,13\nGrand Total,--,13\n", {"ACME": 3.0}, 4.0
    ),
}  # fmt: skip
REFUSED = {
    "a quantity that is not there": (f"{FIDELITY}Z1,I,ACME,A,n/a,$1,--,,Cash,\n{SAYS}",
    ("line 2, column 'Quantity'", "'n/a'")),
    "won and euro": (f"{IBKR}{HELD}Open Positions,Data,Summary,Stocks,KRW,ACME,1,1,5,\n",
    ("line 7", "'KRW'", "in USD")),
    "euro beside dollars without a sum": (
        f"{IBKR}{CASH}Cash Report,Data,Ending Cash,USD,1,1,0,\nCash Report,Data,Ending Cash,EUR,5,5,0,\n"
        f"{HELD}Open Positions,Data,Summary,Stocks,USD,ACME,1,1,5,\n",
        ("line 8", "no sum in the base currency", "'EUR'"),
    ),
    "cash that is no number": (
        f"{IBKR}{CASH}Cash Report,Data,Ending Cash,Base Currency Summary,many,1,0,\n"
        f"{HELD}Open Positions,Data,Summary,Stocks,USD,ACME,1,1,5,\n",
        ("line 7", "no amount of cash", "'many'"),
    ),
    "a future": (
        TITLE + SCHWAB + '"ACME","A","1","$9","$9","Equity",\n'
        '"Futures Positions Market Value","--","--","--","$5.00","--",\n',
        ("line 5", "futures are held", "'$5.00'"),
    ),
    "a bond": ("Symbol,Quantity,Security Type\n912828XX1,5,Fixed Income\n",
    ("line 2", "Fixed Income", "Remove the row")),
    "semicolons and decimal commas": ("Symbol;Quantity\nACME;1,5\n", ("line 1", "semicolons", "points in decimals")),
    "semicolons below a line for spreadsheets": (
        "sep=;\nSymbol;Quantity\nACME;1,5\n", ("line 2", "semicolons", "'Symbol;Quantity'"),
    ),
    "tabs": ("Symbol\tQuantity\nACME\t1\n", ("line 1", "tabs", "Save it with commas")),
    "a column below a title": ("Mine\nSymbol,Quantity,Leverage\nACME,1,2\n", ("line 2", "'Leverage'")),
    "nine contracts and a half": ("Symbol,Quantity\nACME270115P62.5,9.5\n",
    ("line 2, column 'Quantity'", "whole", "'9.5'")),
    "a small contract": ("Symbol,Quantity,Mult\nACME270115P62.5,1,10\n", ("line 2", "100 shares", "'10.0'")),
    "a contract in dollars": ("Symbol,Market Value\nACME270115P62.5,100\n",
    ("line 2", "counted in contracts", "quantities")),
    "an option of another kind": ("Symbol,Quantity,Asset Class\nACME,5,OPT\n",
    ("line 2", "no share but OPT", "'ACME'")),
}  # fmt: skip


def read(folder: Path, data: bytes) -> Book:
    file = folder / "book.csv"
    file.write_bytes(data)
    return read_book(file, MARKET)


@pytest.mark.parametrize("case", READ)
def test_read(tmp_path: Path, case: str) -> None:
    text, amounts, cash = READ[case]
    found = read(tmp_path, text.encode())
    assert (found.amounts, found.unit, found.cash_usd, dict(found.options)) == (amounts, "shares", cash, {})
    assert holds_positions(tmp_path / "book.csv")


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    text, words = REFUSED[case]
    with pytest.raises(ParameterError) as caught:
        read(tmp_path, text.encode())
    for word in ("book.csv", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_two_bytes_a_letter(tmp_path: Path, coding: str) -> None:
    with pytest.raises(ParameterError, match=r"book\.csv: the file is UTF-16.*Save it as CSV in UTF-8"):
        read(tmp_path, "Symbol,Quantity\nACME,1\n".encode(coding))


@pytest.mark.parametrize(
    "text",
    [
        f"{FIDELITY}Z1,I,ACME,A,3,$1,$3,,Margin,\nZ1,I, -ACME270115P62.5,ACME JAN 15 2027,-2,$1,-$200,,Margin,\n{SAYS}",
        f'{TITLE}{SCHWAB}"ACME","A","3","$9","$9","Equity",\n'
        f'"ACME 01/15/2027 62.50 P","PUT","-2","$1","-$200","Option",\n',
        f"{IBKR}{HELD}Open Positions,Data,Summary,Stocks,USD,ACME,3,1,5,\n"
        "Open Positions,Data,Summary,Equity and Index Options,USD,ACME 15JAN27 62.5 P,-2,100,-200,\n",
        "Symbol,Quantity\nACME,3\nACME270115P00062500,-2\n",
    ],
)
def test_options_are_contracts_of_the_book(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text.encode())
    assert (found.amounts, dict(found.options)) == ({"ACME": 3.0}, {PUT: -2.0})


@pytest.mark.parametrize("symbol", ["ACME", "BRK.B", "ACME 13/45/2027 5 P", "ACME 31FEB27 5 C", "-ACME27011P5", ""])
def test_what_is_no_contract(symbol: str) -> None:
    assert contract_of(symbol) is None
