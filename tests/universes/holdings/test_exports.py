"""Exports of brokers, written here in their shapes, become the tickers, amounts and cash that they state."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgebook as hb
from hedgebook.errors import ParameterError
from hedgebook.strategies.book.file import Book, holds_positions, read_book
from hedgebook.universes.holdings import amount_of
from tests import markets

MARKET = markets.dirty_market(40)
ACCOUNT = "U7654321"
FIDELITY = (
    "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Percent Of Account,Type\n"
    f'{ACCOUNT},Individual,SPAXX**,HELD IN MONEY MARKET,,,"$1,234.50",10%,Cash,\n'
    f'{ACCOUNT},Individual,ACME,ACME INC,"1,250",$10.00,"$12,500.00",80%,Margin,\n'
    f"{ACCOUNT},Individual,BOLT,BOLT CORP,-40,$5.00,-$200.00,-1%,Short,\n"
    f"{ACCOUNT},Individual,ACME,ACME INC,50,$10.00,$500.00,3%,Cash,\n"
    f"{ACCOUNT},Individual,Pending Activity,,,,-$34.50,,,\n"
    "\n"
    '"The data and information in this spreadsheet is provided to you solely for your use, and is not an offer."\n'
    '"Date downloaded Jul-01-2026 5:15 p.m ET"\n'
)
SCHWAB = (
    f'"Positions for account Individual ...{ACCOUNT} as of 04:15 PM ET, 2026/07/01"\n\n'
    '"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)",'
    '"% of Acct (% of Account)","Security Type"\n'
    '"ACME","ACME INC","1,300","10.00","$13,000.00","90%","Equity"\n'
    '"BOLT","BOLT CORP","-40","5.00","-$200.00","-1%","ETFs & Closed End Funds"\n'
    '"Cash & Cash Investments","--","--","--","$1,200.00","8%","Cash and Money Market"\n'
    '"Account Total","--","--","--","$14,000.00","100%","--"\n'
)
STATEMENT = (
    "Statement,Header,Field Name,Field Value\n"
    "Statement,Data,Title,Activity Statement\n"
    "Account Information,Header,Field Name,Field Value\n"
    f"Account Information,Data,Account,{ACCOUNT}\n"
    "Account Information,Data,Base Currency,USD\n"
    "Cash Report,Header,Currency Summary,Currency,Total,Securities,Futures\n"
    "Cash Report,Data,Ending Cash,Base Currency Summary,1200,1200,0\n"
    "Cash Report,Data,Ending Cash,USD,1200,1200,0\n"
    "Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,"
    "Cost Price,Close Price,Value\n"
    'Open Positions,Data,Summary,Stocks,USD,ACME,"1,300",1,9,10,13000\n'
    "Open Positions,Data,Lot,Stocks,USD,ACME,1300,1,9,10,13000\n"
    "Open Positions,Data,Summary,Stocks,USD,BOLT,-40,1,6,5,-200\n"
    "Open Positions,Total,,Stocks,USD,,,,,,12800\n"
)
FLEX_HEADER = (
    "ClientAccountID,CurrencyPrimary,FXRateToBase,AssetClass,Symbol,Multiplier,Quantity,PositionValue,LevelOfDetail"
)
FLEX = (
    f"{FLEX_HEADER}\n{ACCOUNT},USD,1,STK,ACME,1,1300,13000,SUMMARY\n{ACCOUNT},USD,1,STK,BOLT,1,-40,-200,SUMMARY\n"
    f"{ACCOUNT},USD,1,CASH,USD,1,1200,1200,SUMMARY\n"
)
MARKED = (
    f"BOF,{ACCOUNT},Positions,1,20260701\nBOS,POST,Position; trade date basis\nHEADER,POST,{FLEX_HEADER}\n"
    + "".join(f"DATA,POST,{line}\n" for line in FLEX.splitlines()[1:])
    + "EOS,POST,3\nEOF,1\n"
)
PLAIN = (
    'Instrument,Qty,Market Value,Currency\nACME,"1,300","13,000",USD\nBOLT,(40),(200),USD\n'
    'Cash,,"1,200",USD\nTotal,,"14,000",\n'
)
EVERY = [FIDELITY, SCHWAB, STATEMENT, FLEX, MARKED, PLAIN]
NAMES = ["fidelity positions", "schwab positions", "ibkr activity statement", *["ibkr flex query"] * 2, "holdings"]


def read(folder: Path, text: str) -> Book:
    file = folder / "book.csv"
    file.write_text(text)
    return read_book(file, MARKET)


@pytest.mark.parametrize(("text", "name"), list(zip(EVERY, NAMES, strict=True)))
def test_the_same_account_from_every_broker(tmp_path: Path, text: str, name: str) -> None:
    found = read(tmp_path, text)
    assert (found.amounts, found.unit, found.cash_usd) == ({"ACME": 1300.0, "BOLT": -40.0}, "shares", 1200.0)
    assert f"book.csv is read as {name}, its amounts as shares" in found.notes
    assert holds_positions(tmp_path / "book.csv")
    assert ACCOUNT not in " ".join(found.notes)


@pytest.mark.parametrize("text", EVERY[:5])
def test_what_is_wrong_is_said_without_the_account(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read(tmp_path, text.replace("-40", "many").replace("ACME", "ACMEE"))
    said = str(caught.value)
    assert "'many'" in said
    assert "ACMEE has no prices" in said
    assert ACCOUNT not in said


def test_a_book_of_a_broker_has_its_risk(market: hb.Market, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("ticker,shares,cash\nMETA,100,1200\nMU,-20,\n")
    (tmp_path / "schwab.csv").write_text(
        SCHWAB.replace("1,300", "100").replace("ACME", "META").replace("BOLT", "MU").replace("-40", "-20")
    )
    mine, theirs = (hb.risk(tmp_path / name, market, paths=1000) for name in ("own.csv", "schwab.csv"))
    assert theirs.subject.positions.weights.tolist() == mine.subject.positions.weights.tolist()
    np_mine, np_theirs = mine.subject.history.to_numpy(), theirs.subject.history.to_numpy()
    assert (np_mine == np_theirs).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Symbol,Quantity,Currency\nACME,5,EUR\n", ("line 2, column 'Currency'", "another currency", "dollars")),
        ("Symbol,Market Value,Currency\nACME,5,EUR\n", ("another currency",)),
        ("Symbol,Quantity,Currency\nACME,5,USD\nCash,7,EUR\n", ("line 3", "another currency")),
        ("Symbol,Quantity,Margin Rate\nACME,5,3\n", ("a column that is not read", "'Margin Rate'")),
        ("Symbol,Quantity,Asset Class\nACME,5,OPT\n", ("no share but OPT", "META251219P00600000")),
        ("Symbol,Quantity,Mult\nACME,5,100\n", ("a multiplier is no share's", "'100.0'")),
        ("Symbol,Quantity\nACME260717X00100000,5\n", ("ACME260717X00100000 has no prices",)),
        ("Symbol,Quantity\nACME,\n", ("line 2, column 'Quantity': the cell is empty",)),
        ("Symbol,Quantity\nACME,1,000\n", ("line 2", "in quotes")),
        ('Symbol,Quantity\nACME,"1,5"\n', ("not a number", "'1,5'")),
        ("Symbol,Quantity\n,5\n", ("the ticker is missing",)),
        ("Symbol,Quantity\nCash,5\n", ("nothing but cash",)),
        ("Symbol,Weight\nACME,1\n", ("may be fractions or percent", "5%")),
        ("Symbol,Weight\nACME,0.2\nBOLT,0.3\n", ("may be fractions or percent",)),
        ("Symbol,Weight\nACME,50%\nBOLT,0.3\n", ("some weights have a percent sign",)),
        (STATEMENT.replace("Base Currency,USD", "Base Currency,EUR"), ("cash is in another currency", "EUR")),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str, says: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError) as caught:
        read(tmp_path, text)
    for words in says:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "acme", "cash"),
    [
        ("Symbol,Weight\nACME,0.6\nBOLT,0.3\nCash,0.1\n", 0.6, 0.1),
        ("Symbol,Weight\nACME,60\nBOLT,30\n", 0.6, 0.1),
        ("Symbol,Weight\nACME,60%\nBOLT,30%\n", 0.6, 0.1),
        ("Symbol,weight_frac\nACME,1.5\nBOLT,-0.5\n", 1.5, 0.0),
        ("Symbol,weight_percent\nACME,1.5\nBOLT,-0.5\n", 0.015, 0.99),
    ],
)
def test_weights(tmp_path: Path, text: str, acme: float, cash: float) -> None:
    found = read(tmp_path, text)
    assert found.unit == "dollars"
    assert found.amounts["ACME"] == pytest.approx(acme * 1e6, rel=1e-12)
    assert found.cash_usd == pytest.approx(cash * 1e6, rel=1e-12, abs=1e-6)
    assert any("weights are read as" in note for note in found.notes)


def test_values_are_converted_where_the_file_has_the_rate(tmp_path: Path) -> None:
    text = "Symbol,Market Value,Currency,FXRateToBase\nACME,100,EUR,1.25\nBOLT,-50,USD,1\nCash,10,EUR,1.25\n"
    found = read(tmp_path, text)
    assert (found.amounts, found.unit, found.cash_usd) == ({"ACME": 125.0, "BOLT": -50.0}, "dollars", 12.5)
    assert any("EUR are converted" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "money", "value"),
    [
        ("1,234", False, 1234.0), ("(500)", False, -500.0), ("500-", False, -500.0), ("-1,234.50", False, -1234.5),
        ("$1,234.50", True, 1234.5), ("($5)", True, -5.0), ("$(5)", True, -5.0), ("-$5", True, -5.0),
        ("1e3", False, 1000.0), ("1'234.5", False, 1234.5), ("1 234 567", False, 1234567.0), ("1 234,567", False, None),
        ("$5", False, None), ("1,5", False, None), ("1,23,456", False, None), ("--5", False, None),
        ("(-5)", False, None),
        ("", False, None), ("nan", False, None), ("1.234.567", False, None), ("0,123", False, None),
    ],
)  # fmt: skip
def test_amounts(text: str, money: bool, value: float | None) -> None:
    assert amount_of(text, money=money) == value
