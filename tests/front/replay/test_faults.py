"""A command that is killed leaves nothing that passes for whole."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.reliability.kills import killed
from benchmarks.reliability.processes import RUN


def test_a_killed_run_leaves_nothing_half_written(tmp_path: Path) -> None:
    row = killed(RUN, "run", tmp_path, 1, random.Random(1))
    assert row.sound, row
