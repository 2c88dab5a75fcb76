"""Without docstrings and asserts everything works as with them: python -OO is no other program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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


LATER = """
import sys
from hedgebook.engine.peers import peer

empyrical = peer("empyrical")
before = "yfinance" in sys.modules
import pandas
print(before, empyrical.utils.yf.Ticker.__name__, "yfinance.data" in sys.modules)
import yfinance
print(empyrical.utils.yf.Ticker is yfinance.Ticker, round(empyrical.sharpe_ratio(pandas.Series([0.01, -0.02])), 9))
"""


def test_what_downloads_prices_is_loaded_once_it_is_used() -> None:
    pytest.importorskip("yfinance")
    done = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, timeout=300, check=True)
    # By hand: the mean -0.005 over the deviation 0.015 * sqrt(2), times sqrt(252).
    assert done.stdout.split() == [
        "False",
        "Ticker",
        "True",
        "True",
        str(round(-0.005 / (0.015 * 2**0.5) * 252**0.5, 9)),
    ]
