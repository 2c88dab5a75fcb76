"""A command that is killed, or has no room, leaves nothing that passes for whole."""

from __future__ import annotations

import random
from pathlib import Path

from docs import reliability


def test_a_killed_run_leaves_nothing_half_written(tmp_path: Path) -> None:
    row = reliability.killed(reliability.RUN, "run", tmp_path, 1, random.Random(1))
    assert row.sound, row


def test_no_room_and_no_permission_are_one_message(tmp_path: Path) -> None:
    for row in (reliability.full_disk(tmp_path), reliability.read_only(tmp_path), reliability.clock(tmp_path)):
        assert row.sound, row
