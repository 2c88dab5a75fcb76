"""What is wrong with a universe file is said also where no prices are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from .console import hedgebook

BAD = """title = "Two"
benchmark = "SPY"
[[buckets]]
name = "pair"
role = "r"
members = [
  { ticker = "SPY", company = "Index", first_session = 2024-01-02 },
  { ticker = "SPY", compny = "Index", first_session = 2024-01-02 },
]
"""
COMMANDS = (
    ("run",), ("capacity",), ("hedges",), ("study", "meta-compute-2026"), ("events-backtest",), ("claims",),
    ("sweep", "--grid", "hold=3:4"), ("risk", "b.csv"), ("hedge", "b.csv", "--with", "pair"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_problems_of_the_file_come_first(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "b.csv").write_text("ticker,shares\nMETA,1\n")
    (tmp_path / "bad.toml").write_text(BAD)
    done = hedgebook(*command, "--universe", "bad.toml", cwd=tmp_path)
    assert done.code == 2
    assert "Did you mean 'company'?" in done.err
    assert "this ticker stands twice in bucket 'pair'" in done.err
    assert "sample market" not in done.err


def test_a_right_file_still_needs_prices(tmp_path: Path) -> None:
    lines = [line for line in BAD.splitlines() if "compny" not in line]
    (tmp_path / "good.toml").write_text("\n".join(lines))
    done = hedgebook("run", "--universe", "good.toml", cwd=tmp_path)
    assert done.code == 2
    assert "the sample market has a universe of its own" in done.err
    missing = hedgebook("run", "--universe", "ai_infrastructur", cwd=tmp_path)
    assert "Did you mean 'ai_infrastructure'?" in missing.err
