"""Rows of a book that mean options: what is said of those that name none, and of contracts that nobody lists."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgebook as hb


def read(path: Path, ticker: str) -> hb.Book:
    file = path / "book.csv"
    file.write_text(f"ticker,shares\nMETA,100\n{ticker},-2\n")
    return hb.read_book(file, hb.sample_market())


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("CRWV 18SEP26 80 P", "Write CRWV 2026-09-18 P 80, as in CRWV 2026-09-18 P 80"),
        ("crwv 18sep26 82.5 c", "Write CRWV 2026-09-18 C 82.5, as in"),
        ("CRWV 09/18/2026 P 80", "Write ticker, expiry, C or P and strike, as in CRWV 2026-09-18 P 80"),
        ("CRWV 2026-09-18 X 80", "as in CRWV 2026-09-18 P 80"),
        ("CRWV Sep 18 2026 80 put", "as in CRWV 2026-09-18 P 80"),
        ("CRWV 260918 P80", "as in CRWV 2026-09-18 P 80"),
    ],
)
def test_what_seems_to_be_an_option_is_told_how_to_write_one(tmp_path: Path, cell: str, said: str) -> None:
    with pytest.raises(hb.InputError) as refused:
        read(tmp_path, cell)
    assert "seems to be an option" in str(refused.value)
    assert said in str(refused.value)
    assert "line 3" in str(refused.value)


@pytest.mark.parametrize("cell", ["CRWX", "CRWV 80", "NOPE 18SEP26 80 P", "CRWV US Equity", "CRWV 2026-09-18"])
def test_other_cells_are_unknown_tickers(tmp_path: Path, cell: str) -> None:
    with pytest.raises(hb.InputError) as refused:
        read(tmp_path, cell)
    assert "seems to be an option" not in str(refused.value)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("CRWV 2026-09-18 P 80", ""),
        ("CRWV 2026-09-19 P 80", "2026-09-19 is a Saturday without a session"),
        ("CRWV 2026-12-25 P 80", "2026-12-25 is a Friday without a session"),
        ("CRWV 2026-09-18 C 8000", "and the strike 8000"),
        ("CRWV 2026-09-18 P 0.5", "and the strike 0.5"),
    ],
)
def test_contracts_that_nobody_lists_are_noted(tmp_path: Path, cell: str, why: str) -> None:
    book = read(tmp_path, cell)
    assert len(book.options) == 1
    told = [note for note in book.notes if "is listed by the usual calendar" in note]
    assert len(told) == bool(why)
    assert all(why in note for note in told)
