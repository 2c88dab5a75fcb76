"""What a command notes for people, a script finds in its JSON."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .console import hedgebook

ACCOUNT = '[delisting]\nrecovery_frac = 0.4\ndelisted = { CRWV = 2026-03-16 }\nreason = "made up"\n'
COMMANDS = [("run",), ("events-backtest",)]


@pytest.mark.parametrize("command", COMMANDS, ids=[command[0] for command in COMMANDS])
def test_every_note_is_among_the_warnings(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "account.toml").write_text(ACCOUNT)
    asked = (*command, "--account", "account.toml")
    shown = hedgebook(*asked, "--out", "a", cwd=tmp_path)
    plain = hedgebook(*asked, "--out", "b", "--json", cwd=tmp_path)
    assert (shown.code, plain.code) == (0, 0), shown.err + plain.err
    notes = re.split(r"^(?:Note|Report): ", shown.out, flags=re.MULTILINE)[1:-1]
    told = [" ".join(text.split()) for text in plain.json["warnings"]]
    assert [" ".join(note.split()) for note in notes] == told
    assert any("CRWV is marked as delisted on 2026-03-16" in text for text in told)
