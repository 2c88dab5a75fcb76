"""The examples run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..cli.console import hedgebook

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", str(path)],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "luck" in done.stdout or "judged" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_strategy_sweeps_from_the_command_line(tmp_path: Path) -> None:
    grid = ("--grid", "window=20,60", "--grid", "every=10,21", "--set", "names=2")
    done = hedgebook("sweep", f"{EXAMPLES / 'momentum.py'}:momentum", *grid, "--json", "--out", "s", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["ran"] == 4
