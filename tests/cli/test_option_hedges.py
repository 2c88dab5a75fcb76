"""Options in `hedgebook hedge` and `hedgebook find-hedge`: what a user sees."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from .console import hedgebook

BOOK = "ticker,shares\nCRWV,2000\nMETA,300\nCASH,100000\n"
DAYS = ("--from", "2026-06-01", "--to", "2026-07-31")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "book.csv").write_text(BOOK)
    return tmp_path


def test_every_document_says_modelled_quotes_and_what_shares_did(book: Path) -> None:
    done = hedgebook(
        "hedge", "book.csv", "--with", "CRWV:put:25d:30d,SMH", "--roll-days", "5", *DAYS, "--out", "mine", "--xlsx",
        "--pdf", cwd=book,
    )  # fmt: skip
    assert done.code == 0, done.err
    for said in ("Modelled option quotes", "Options beside shares", "The hedge by cause", "Contracts", "In shares"):
        assert said in done.out
    assert max(len(line) for line in done.out.splitlines() if "Report:" not in line) <= 80
    page = (book / "mine" / "report.html").read_text()
    for said in ("modelled quotes", "In options and in shares", "Options: spread", "before expiry"):
        assert said in page
    sheets = pd.read_excel(book / "mine" / "report.xlsx", sheet_name=None, header=None)
    told = " ".join(str(cell) for sheet in sheets.values() for cell in sheet.to_numpy().ravel())
    assert "odelled" in told
    assert "Options: theta" in told


def test_a_page_without_costs_speaks_of_no_ask(book: Path) -> None:
    for costs, said in (("none", "bought and sold at mid at the open"), ("default", "bought at the ask of the open")):
        asked = ("hedge", "book.csv", "--with", "CRWV:put:25d:30d", "--costs", costs, *DAYS, "--out", costs)
        done = hedgebook(*asked, cwd=book)
        assert done.code == 0, done.err
        page = (book / costs / "report.html").read_text()
        assert said in page
        assert ("Options: spread" in page) is ("ask" in said)


def test_the_json_has_figures_causes_and_contracts(book: Path) -> None:
    done = hedgebook("hedge", "book.csv", "--with", "CRWV:put:25d:30d", *DAYS, "--json", cwd=book)
    assert done.code == 0, done.err
    found = done.json["options"]
    assert found["modelled"] is True
    assert "modelled quotes" in found["quotes"]
    causes = found["causes"]
    for side in ("options", "shares"):
        parts = sum(row[side] for name, row in causes.items() if name != "total")
        assert parts == pytest.approx(causes["total"][side], abs=1e-3)
        assert causes["total"][side] == pytest.approx(found["compared"]["hedge_pnl"][side], abs=1e-3)
    assert causes["theta"]["options"] < 0.0 < abs(causes["stock"]["shares"])
    first = found["contracts"][0]
    assert first["contract"].startswith("CRWV 2026-0")
    assert first["contracts"] == round(abs(first["asked_shares"] / first["delta"]) / 100)
    plain = hedgebook("hedge", "book.csv", "--with", "SMH", *DAYS, "--json", cwd=book)
    assert "options" not in plain.json
    assert "roll_days" not in plain.json["parameters"]


def test_a_ticket_in_options_shows_what_is_to_be_sent(book: Path) -> None:
    asked = ("ticket", "long-meta-short-neocloud", "--with", "CRWV:put:25d:60d", "--capital", "1e6")
    done = hedgebook(*asked, cwd=book)
    assert done.code == 0, done.err
    for said in ("Orders in options", "and 1 order in options", "Modelled option quotes", "Gamma after"):
        assert said in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80
    refused = hedgebook(*asked[:2], "--chain", "no.csv", cwd=book)
    assert refused.code == 2
    assert "there is no book with options" in refused.err
    missing = hedgebook(*asked, "--chain", "no.csv", cwd=book)
    assert (missing.code, "no such file" in missing.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CRW:put:25d:60d", "Did you mean"),
        ("CRWV:put:25:60d", "25 is a strike"),
        ("CRWV:put:25d:60", "Write 60d"),
        ("CRWV:call:25d:60d", "CRWV:put:25d:60d"),
        ("neocloud:put:25d:60d", "CRWV:put:25d:60d"),
    ],
)
def test_bad_options_are_refused_in_one_sentence(book: Path, text: str, said: str) -> None:
    done = hedgebook("hedge", "book.csv", "--with", text, *DAYS, "--out", "mine", cwd=book)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (book / "mine").exists()


def test_find_hedge_takes_kinds_of_options(book: Path) -> None:
    asked = ("find-hedge", "book.csv", "--among", "neocloud", "--names", "1:2", "--placebos", "19")
    done = hedgebook(*asked, "--options", "put:25d:60d", "--hurdle-sharpe", "8", "--out", "mine", cwd=book)
    assert done.code == 0, done.err
    for said in ("Modelled option quotes", "Options of the best baskets", "CRWV:put:25d:60d"):
        assert said in done.out
    page = (book / "mine" / "report.html").read_text()
    assert "instruments:" in page
    assert "modelled quotes" in page
    wrong = hedgebook(*asked, "--options", "put:25:60d", cwd=book)
    assert wrong.code == 2
    assert "Write put:25d:60d" in wrong.err
