"""`hedgebook ledger clear`: nothing goes unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgebook.cli.app import app
from hedgebook.cli.records import ledger as command
from hedgebook.front.ledger.store import Ledger, Record

from .console import hedgebook


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of two lines."""
    place = tmp_path / "ledger.sqlite"
    monkeypatch.setenv("HEDGEBOOK_LEDGER", str(place))
    found = Ledger(place)
    for identity in "ab":
        found.append(Record("2026-01-01T00:00:00+00:00", "run", "t", 1, identity, "", "", "{}", ""))
    return found


def test_without_a_terminal_it_takes_a_word(kept: Ledger, tmp_path: Path) -> None:
    for more in ((), ("--json",)):
        done = hedgebook("ledger", "clear", *more, cwd=tmp_path)
        assert done.code == 2
        words = " ".join(done.err.split())
        assert "this deletes 2 lines of" in words
        assert "Add --yes" in words
        assert kept.count() == 2
    done = hedgebook("ledger", "clear", "--yes", cwd=tmp_path)
    assert (done.code, kept.count()) == (0, 0)
    assert "Cleared 2 lines of" in done.out
    # With nothing in it there is nothing to ask.
    assert hedgebook("ledger", "clear", "--json", cwd=tmp_path).json["cleared"] == 0


def test_at_a_terminal_it_asks(kept: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_someone_is_there", lambda: True)
    kept_all = CliRunner().invoke(app, ["ledger", "clear"], input="n\n")
    assert kept_all.exit_code == 1
    assert "Delete 2 lines of" in kept_all.output
    assert "Nothing was deleted." in kept_all.output
    assert kept.count() == 2
    gone = CliRunner().invoke(app, ["ledger", "clear"], input="y\n")
    assert (gone.exit_code, kept.count()) == (0, 0)
