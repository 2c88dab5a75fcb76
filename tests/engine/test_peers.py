"""Without docstrings and asserts everything works as with them: python -OO is no other program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import hedgebook as hb


def test_a_run_and_its_verification_under_OO_are_those_without(tmp_path: Path) -> None:  # noqa: N802
    trade = hb.trade(hold=5)
    hb.backtest(trade, hb.sample_market()).save(tmp_path / "plain")
    for arguments in (("run", "--set", "hold=5", "--out", "bare"), ("verify", "bare"), ("capacity", "--help")):
        done = subprocess.run(
            [sys.executable, "-OO", "-m", "hedgebook", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    plain, bare = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("plain", "bare"))
    assert plain == bare
