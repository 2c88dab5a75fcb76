"""Claims as a reader sees them: every statement, what was measured, and what was caught."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hedgebook.reports.claims import page as tables
from hedgebook.universes.claims.check import ClaimsCheck, check_claims
from hedgebook.universes.claims.claim import load_claims
from hedgebook.universes.prices import load_market
from hedgebook.universes.sample import sample_market


@pytest.fixture(scope="module")
def sample() -> ClaimsCheck:
    return check_claims(sample_market(), load_claims().claims)


@pytest.fixture(scope="module")
def real(real_prices: Path) -> ClaimsCheck:
    return check_claims(load_market(real_prices), load_claims().claims)


def all_rows(check: ClaimsCheck) -> list[tuple[str, ...]]:
    return [row for table in tables.claims_tables(check) for row in table.rows]


def test_every_claim_has_its_line(sample: ClaimsCheck) -> None:
    rows = all_rows(sample)
    assert [row[0] for row in rows] == [claim.subject for claim in sample.claims]
    verdicts = [row[-1] for row in rows]
    assert [verdicts.count(v) for v in ("confirmed", "rounded", "intraday print", "wrong", "no data")] == list(
        sample.counts.values()
    )
    assert sum(sample.counts.values()) == 39
    assert tables.counts_line(sample).startswith("39 claims: ")
    assert all(table.width <= 80 for table in tables.claims_tables(sample))
    assert tables.contradictions_table(sample).width <= 80


def test_the_sample_market_says_what_cannot_be_checked(sample: ClaimsCheck) -> None:
    lines = " ".join(tables.unknown_lines(sample))
    assert "The history is simulated; only the event's sessions carry reported moves: META" in lines
    assert "SOX has no prices: SOX below -6%" in lines
    assert "low and high are not known: " in lines
    unknown = [row[0] for row in all_rows(sample) if row[-1] == "no data"]
    assert len(unknown) == sum(line.count(" (") for line in tables.unknown_lines(sample))


def test_measured_numbers_are_those_of_the_price_file(real: ClaimsCheck, real_prices: Path) -> None:
    prices = pd.read_parquet(real_prices)
    days = {
        (str(ticker), str(day.date())): bar
        for ticker, day, *bar in prices[["ticker", "date", "open", "high", "low", "close"]].itertuples(index=False)
    }
    checked = 0
    for row in all_rows(real):
        if row[1] == "2026-07-01" and row[-1] != "no data":
            opening, high, low, close = days[(row[0], "2026-07-01")]
            base = days[(row[0], "2026-06-30")][3]
            shown = [float(cell.replace("−", "-").replace(",", "")) for cell in row[3:7]]
            wanted = [100 * (x / base - 1) for x in (close, opening, low, high)]
            assert shown == pytest.approx(wanted, abs=0.0051)
            checked += 1
    assert checked == 30


def test_what_was_caught_is_said(real: ClaimsCheck) -> None:
    found = tables.findings_lines(real)
    kinds = [line.partition(" (")[0] for line in found]
    assert kinds == [
        "Price level contradicts percentage",
        "Names swapped",
        "Closes mixed with early prints",
        "Closes mixed with early prints",
    ]
    assert "above +700% fits SNDK" in found[1]
    notes = tables.notes_lines(real)
    assert any(note.startswith("Gate Square, AVGO -4%: traded between") for note in notes)
    assert not any("as it says" in note or "fits SNDK" in note for note in notes)


def test_contradictions_name_both_articles(real: ClaimsCheck) -> None:
    rows = tables.contradictions_table(real).rows
    assert len(rows) == len(real.contradictions) == 8
    assert ("MU", "2026-07-01", "TradingKey: -9.7%", "36Kr: -10.57%") in rows


@pytest.mark.parametrize(
    ("subject", "words", "when"),
    [
        ("META", "8.81", "2026-07-01"),
        ("NBIS", "< −14.5", "2026-07-01"),
        ("SNDK", "781", "YTD 06-30"),
        ("SOX", "−35", "cycle 2022"),
    ],
)
def test_statements_keep_their_digits(sample: ClaimsCheck, subject: str, words: str, when: str) -> None:
    assert (subject, when, words) in [row[:3] for row in all_rows(sample)]
