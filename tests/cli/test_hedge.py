"""`hedgebook hedge`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import hedgebook as hb

from .console import hedgebook

BOOK = "Ticker,Dollars\nMETA,500000\nNVDA,300000\nMU,200000\n"
FOLDER = {"summary.json", "sessions.parquet", "positions.parquet", "fills.parquet", "report.html"}
FOLDER |= {"report.json.gz", "manifest.json"}
PARTS = ("book", "hedge", "trading", "borrow", "interest")


def write(folder: Path, text: str = BOOK) -> Path:
    (folder / "book.csv").write_text(text)
    return folder / "book.csv"


def test_the_sample_market_and_the_defaults_are_enough(tmp_path: Path) -> None:
    write(tmp_path)
    done = hedgebook("hedge", "book.csv", "--with", "neocloud,memory", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Simulated history, reported event-day moves" in done.out
    assert "min_variance" in done.out
    assert "out of sample" in done.out
    assert max(len(line) for line in done.out.splitlines() if "Report:" not in line) <= 80
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("book-")
    assert {file.name for file in folder.iterdir()} == FOLDER


def test_real_prices_give_the_known_numbers(tmp_path: Path, real_prices: Path) -> None:
    write(tmp_path)
    done = hedgebook(
        "hedge", "book.csv", "--with", "SMH", "--method", "beta", "--costs", "none", "--prices", real_prices,
        "--from", "2025-07-01", "--to", "2026-07-31", "--out", "mine", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    found = done.json
    assert found["pnl"]["book"] == pytest.approx(1_099_016, abs=1)
    assert found["hedge_effectiveness"] == pytest.approx(0.699, abs=1e-3)
    assert found["out_of_sample_sessions"] == 272
    assert sum(found["pnl"][part] for part in PARTS) == pytest.approx(found["pnl"]["together"], abs=1e-3)
    (window,) = found["windows"]
    assert (window["first"], window["last"], window["capital"]) == ("2025-07-01", "2026-07-31", pytest.approx(1e6))
    assert window["decisions"][0]["decided_at_close_of"] == "2025-06-30"
    assert json.loads((tmp_path / "mine" / "summary.json").read_text()).items() <= found.items()
    sessions = pd.read_parquet(tmp_path / "mine" / "sessions.parquet")
    assert sessions["together"].sum() == pytest.approx(found["pnl"]["together"], abs=1e-3)
    again = hedgebook("hedge", "book.csv", "--with", "SMH", "--out", "mine", cwd=tmp_path)
    assert again.code == 2
    assert "not empty" in again.err
    replaced = hedgebook("hedge", "book.csv", "--with", "SMH", "--out", "mine", "--overwrite", cwd=tmp_path)
    assert replaced.code == 0, replaced.err


def test_events_and_tags(tmp_path: Path, real_prices: Path) -> None:
    write(tmp_path)
    arguments = ("hedge", "book.csv", "--with", "SMH,neocloud", "--prices", real_prices)
    done = hedgebook(*arguments, "--tags", "demand-shock", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "By event" in done.out
    assert "microsoft-leases-2025-02" in done.out
    assert max(len(line) for line in done.out.splitlines() if "Report:" not in line) <= 80
    assert "…" not in done.out
    two = ("--event", "meta-compute-2026", "--event", "deepseek-2025", "--before", "2", "--after", "3", "--json")
    found = hedgebook(*arguments, *two, cwd=tmp_path).json
    assert [w["name"] for w in found["windows"]] == ["deepseek-2025", "meta-compute-2026"]
    assert found["out_of_sample_sessions"] == 10
    assert found["windows"][1]["decisions"][0]["decided_at_close_of"] == "2026-06-26"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--with", "neoclod"), "Did you mean 'neocloud'?"),
        (("--with", ","), "needs instruments"),
        ((), "--with"),
        (("--with", "SMH", "--method", "bta"), "Did you mean 'beta'?"),
        (("--with", "META"), "held in the book"),
        (("--with", "SMH", "--cap", "0"), "cap: out of range"),
        (("--with", "SMH", "--cap", "x"), "--cap"),
        (("--with", "SMH", "--lookback", "1"), "lookback"),
        (("--with", "SMH", "--rehedge", "daily"), "every:N"),
        (("--with", "SMH", "--from", "2026-13-01"), "not a day"),
        (("--with", "SMH", "--from", "1990-01-02"), "do not cover"),
        (("--with", "SMH", "--from", "2026-07-01", "--event", "deepseek-2025"), "not both"),
        (("--with", "SMH", "--event", "deepseek-2024"), "Did you mean 'deepseek-2025'?"),
        (("--with", "SMH", "--tags", "demand-shok"), "Did you mean 'demand-shock'?"),
        (("--with", "SMH", "--event", "deepseek-2025", "--before", "0"), "before: out of range"),
        (("--with", "SMH", "--costs", "defalt"), "Did you mean 'default'?"),
        (("--with", "SMH", "--account", "strct"), "Did you mean 'strict'?"),
        (("--with", "SMH", "--prices", "nothing.parquet"), "nothing.parquet"),
        (("--with", "SMH", "--cash", "-1000000"), "worth nothing or less"),
        (("--with", "SMH", "--neutral-to", "market"), "Use factor_neutral."),
        (("--with", "SMH", "--method", "factor_neutral", "--neutral-to", "markt"), "Did you mean 'market'?"),
        (("--with", "SMH", "--benchmark", "SPYY"), "Did you mean 'SPY'?"),
    ],
)
def test_bad_input_exits_2_with_one_message_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    write(tmp_path)
    done = hedgebook("hedge", "book.csv", *arguments, cwd=tmp_path)
    assert done.code == 2, done.out
    assert says in done.err
    assert done.err.startswith("hedgebook: ")
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""
    assert [file.name for file in tmp_path.iterdir()] == ["book.csv"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "book.csv: the file is empty"),
        ("ticker,dollars\n", "there is no holding"),
        ("ticker,dollars\nMTA,5\n", "book.csv, line 2, column 'ticker'"),
        ("ticker,dollars\nMTA,5\n", "Did you mean 'META'?"),
        ("ticker,dollars\nMETA,many\n", "line 2, column 'dollars': this is not a number (got 'many')"),
        ("ticker,dollars\nMETA,0\n", "a holding of zero"),
        ("ticker,dollars\nMETA,5\nMETA,6\n", "stands twice, first on line 2"),
        ("ticker,dollars,shares\nMETA,5,6\n", "both shares and dollars"),
        ("ticker,amount\nMETA,5\n", "no column 'shares' or 'dollars'"),
    ],
)
def test_bad_books_exit_2_with_one_message(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, text)
    done = hedgebook("hedge", "book.csv", "--with", "SMH", "--json", cwd=tmp_path)
    assert done.code == 2
    assert says in done.json["error"]["message"]
    assert done.json["error"]["message"] in done.err
    assert [file.name for file in tmp_path.iterdir()] == ["book.csv"]


def test_a_script_reads_as_the_command_does(market: hb.Market, tmp_path: Path) -> None:
    asked = hb.HedgeBook(write(tmp_path), "neocloud,memory", method="min_variance", cap=0.5)
    run = hb.hedge_book(asked, market, hb.Period(events=("meta-compute-2026",)), costs="none")
    assert run.summary["hedge_effectiveness"] == run.effect.effectiveness
    assert "simulated history" in repr(run)
    assert run.report(tmp_path / "report.html").is_file()
    assert {file.name for file in run.save(tmp_path / "mine").iterdir()} == FOLDER
    assert hb.read_book(tmp_path / "book.csv", market).tickers == ("META", "NVDA", "MU")
    assert hb.Book({"META": 1.0}).unit == "shares"
