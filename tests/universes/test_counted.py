"""Counts in words."""

from __future__ import annotations

import pytest

from hedgebook.universes.counted import counted


@pytest.mark.parametrize(
    ("count", "nouns", "text"),
    [
        (1, ("session",), "1 session"),
        (0, ("session",), "0 sessions"),
        (2, ("loss", "losses"), "2 losses"),
        (1009, ("return is", "returns are"), "1,009 returns are"),
        (1, ("return is", "returns are"), "1 return is"),
        (1.0, ("month",), "1 month"),
    ],
)
def test_a_count_and_its_noun_agree(count: float, nouns: tuple[str, ...], text: str) -> None:
    assert counted(count, *nouns) == text
