"""A fetch that is killed loses and corrupts nothing. By hand: python -m tests.universes.store.killed 30."""

from __future__ import annotations

from pathlib import Path

import pytest

from .killed import kill_some


def test_a_killed_fetch_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGEBOOK_DATA", str(tmp_path))
    assert kill_some(3, tmp_path, seed=4) > 0
