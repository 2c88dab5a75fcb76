"""How long something has lasted, in words."""

from __future__ import annotations

import pytest

from hedgebook.engine.locks import lasting


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-3.0, "0 s"), (8.9, "8 s"), (60.0, "1 min"), (125.0, "2 min 5 s"), (3_600.0, "1 h"), (11_400.0, "3 h 10 min"),
        (90_000.0, "1 day 1 h"), (187_200.0, "2 days 4 h"), (172_800.0, "2 days"),
    ],
)  # fmt: skip
def test_a_time_has_two_words_at_most(seconds: float, told: str) -> None:
    assert lasting(seconds) == told
