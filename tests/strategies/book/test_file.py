"""Files of holdings: what is read from good ones, and how bad ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgebook.errors import ParameterError
from hedgebook.strategies.book.file import Book, read_book
from tests import markets

MARKET = markets.dirty_market(40)


def read(folder: Path, text: str | bytes) -> Book:
    file = folder / "book.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_book(file, MARKET)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ticker,shares\nACME,100\nBOLT,-50.5\n", Book({"ACME": 100.0, "BOLT": -50.5})),
        ("SHARES,Ticker\n1e3,ACME\n", Book({"ACME": 1000.0})),
        (" Ticker , Dollars \r\n ACME , +2.5 \r\n\r\n", Book({"ACME": 2.5}, "dollars")),
        ("\ufeffticker,dollars\nACME,5\nCASH,-7\n", Book({"ACME": 5.0}, "dollars", -7.0)),
        ("ticker,shares,cash\nACME,5,100\n", Book({"ACME": 5.0}, "shares", 100.0)),
        ("ticker,shares,cash\nACME,5,\n,,100\n", Book({"ACME": 5.0}, "shares", 100.0)),
        ('"ticker","shares"\n"ACME","5"\n', Book({"ACME": 5.0})),
        ("\n\nticker,shares\n,\nACME,5\n", Book({"ACME": 5.0})),
        ('ticker,shares\nACME,"1,234"\nBOLT,(500)\n', Book({"ACME": 1234.0, "BOLT": -500.0})),
        ('ticker,dollars\nACME,"$1,234.50"\nBOLT,($500)\n', Book({"ACME": 1234.5, "BOLT": -500.0}, "dollars")),
        ("ticker,shares,cash\nACME,5,0\n", Book({"ACME": 5.0}, "shares", 0.0)),
    ],
)
def test_good_files(tmp_path: Path, text: str, expected: Book) -> None:
    found = read(tmp_path, text)
    assert (found.amounts, found.unit, found.cash_usd) == (expected.amounts, expected.unit, expected.cash_usd)
    assert found.source == "book.csv"
    assert found.notes == ()


def test_other_columns_are_refused_unless_they_are_said_not_to_matter(tmp_path: Path) -> None:
    text = "ticker,company,shares,multiplier\nACME,Acme Inc.,5,100\n"
    with pytest.raises(ParameterError, match=r"book\.csv, line 1: there are columns.*'company, multiplier'.*ignore="):
        read(tmp_path, text)
    found = read_book(tmp_path / "book.csv", MARKET, ignore=["company", "multiplier"])
    assert found.amounts == {"ACME": 5.0}
    assert found.notes == ("columns of book.csv not read: company, multiplier",)


def test_a_currency_is_read_and_must_be_the_prices_own(tmp_path: Path) -> None:
    assert read(tmp_path, "ticker,shares,Currency\nACME,5,USD\nBOLT,1,usd\n").amounts == {"ACME": 5.0, "BOLT": 1.0}
    with pytest.raises(ParameterError) as caught:
        read(tmp_path, 'ticker,shares,Currency\nACME,5,EUR\nBOLT,"1,23",USD\n')
    assert str(caught.value).splitlines() == [
        "book.csv, line 2, column 'Currency': a holding in another currency (got 'EUR'). Prices are in USD: write what "
        "it is in USD, as dollars.",
        "book.csv, line 3, column 'shares': this is not a number (got '1,23'). Did you mean 1.23?",
        "These are 2 problems.",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ("book.csv: the file is empty",)),
        ("\n \n", ("the file is empty",)),
        ("ticker,shares\n", ("there is no holding in it",)),
        ("ticker,shares\n,\n", ("there is no holding in it",)),
        ("ticker,shares\nCASH,5\n", ("nothing but cash",)),
        ("ticker,shares,dollars\nACME,1,2\n", ("line 1", "both shares and dollars", "Keep one")),
        ("ticker,amount\nACME,1\n", ("line 1", "no column 'shares' or 'dollars'")),
        ("ticker,dolars\nACME,1\n", ("Is 'dolars' meant to be 'dollars'?",)),
        ("tickr,shares\nACME,1\n", ("no column 'ticker'", "Is 'tickr' meant to be 'ticker'?")),
        ("ticker,shares,shares\nACME,1,2\n", ("this column stands twice", "'shares'")),
        ("ticker;shares\nACME;1\n", ("separated by semicolons, not by commas", "Save it with commas")),
        ("\nticker\tshares\nACME\t1,5\n", ("line 2", "separated by tabs, not by commas")),
        ("ticker,shares\nACMEE,1\n", ("line 2, column 'ticker'", "ACMEE has no prices in", "Did you mean 'ACME'?")),
        ("ticker,shares\nacme,1\n", ("Did you mean 'ACME'?",)),
        ("Ticker,Shares\nACME,x\n", ("line 2, column 'Shares'", "not a number", "'x'")),
        ("ticker,shares\nACME,nan\n", ("not a number", "'nan'")),
        ("ticker,shares\nACME,inf\n", ("not a number",)),
        ("ticker,shares\nACME,1_000\n", ("not a number",)),
        ("ticker,shares\nACME,0x10\n", ("not a number",)),
        ("ticker,shares\nACME,$5\n", ("not a number", "Did you mean 5?")),
        ("ticker,shares\nACME,1e400\n", ("too large",)),
        ("ticker,shares\nACME,\n", ("line 2, column 'shares'", "the cell is empty")),
        ("ticker,shares\nACME,0\n", ("line 2, column 'shares'", "a holding of zero", "Remove the row")),
        ("ticker,shares\n,5\n", ("line 2, column 'ticker'", "the ticker is missing")),
        ("ticker,shares\nACME,1\nBOLT,2\nACME,3\n", ("line 4, column 'ticker'", "stands twice, first on line 2")),
        ("ticker,shares\nACME,1,000\n", ("line 2", "3 cells for 2 columns", "thousands separators")),
        ("ticker,shares\nACME\n", ("line 2", "1 cell for 2 columns")),
        ("ticker,shares\nACME,1\nCASH,1\nCASH,2\n", ("line 4", "cash stands twice, first on line 3")),
        ("ticker,shares,cash\nACME,1,5\nBOLT,2,6\n", ("line 3, column 'cash'", "cash stands twice")),
        ("ticker,shares,cash\nACME,1,x\n", ("line 2, column 'cash'", "not a number")),
        ("ticker,shares,cash\nACME,1,5\nCASH,2,\n", ("cash stands twice",)),
        ("ticker,shares\nACME,x\nBOLT,0\nDRFT,1\n", ("line 2", "line 3", "line 4", "These are 3 problems.")),
        ("ticker,shares\nACME,x\nBOLT,0\n", ("line 3", "These are 2 problems.")),
        (b"ticker,shares\nACME,\xff\n", ("not UTF-8",)),
        (b"PK\x03\x04\0\0", ("not a text file",)),
    ],
)
def test_bad_files(tmp_path: Path, text: str | bytes, says: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError) as problem:
        read(tmp_path, text)
    for words in says:
        assert words in str(problem.value)


def test_a_missing_file_brings_the_closest_name(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("ticker,shares\nACME,1\n")
    with pytest.raises(ParameterError, match=r"Did you mean 'book\.csv'"):
        read_book(tmp_path / "bok.csv", MARKET)
    with pytest.raises(ParameterError, match="this is a folder, not a file"):
        read_book(tmp_path, MARKET)


def test_dollars_become_shares_at_the_last_close_known() -> None:
    # BOLT has no close on session 23.
    held = Book({"ACME": 1000.0, "BOLT": -500.0}, "dollars").holdings(MARKET, 23)
    closes = {ticker: MARKET.close[:, MARKET.column(ticker)] for ticker in ("ACME", "BOLT")}
    assert held.shares == {"ACME": 1000.0 / closes["ACME"][23], "BOLT": -500.0 / closes["BOLT"][22]}
