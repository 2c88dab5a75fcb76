"""The examples run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hedgebook as hb

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


def held_decisions(window: int = 40, entry: float = 0.1, every: int = 5) -> float:
    """The share of decisions at which own_trade.py holds its pair, ticker by ticker in plain Python."""
    market = hb.sample_market()
    close, days = market.frame("close"), list(market.sessions)
    sides = {one.name: one.members for one in market.universe.buckets if one.name in ("miner", "neocloud")}
    on, held, count = False, 0, 0
    for t in range(window, len(days) - 1, every):
        mean = {}
        for name, members in sides.items():
            gains = []
            for member in members:
                now, then = close[member.ticker].iloc[t], close[member.ticker].iloc[t - window]
                if member.first_session <= days[t].item() and now == now and then == then:
                    gains.append(now / then - 1.0)
            mean[name] = sum(gains) / len(gains)
        ahead = mean["neocloud"] - mean["miner"]
        on = ahead >= entry or (on and ahead > 0.0)
        held, count = held + on, count + 1
    return held / count


def test_the_own_trade_prints_what_it_found(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "own_trade.py")], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    run, held, swept, luck, audited, reported = done.stdout.splitlines()
    found = hb.backtest(f"{EXAMPLES / 'own_trade.py'}:LandlordTenant", hb.sample_market())
    gain = found.final_nav / 1_000_000 - 1.0
    assert run.startswith(f"run: {gain:+.2%}, Sharpe ")
    assert held == f"held in {held_decisions():.0%} of decisions"
    assert swept.startswith("swept: 9 sets, the best ")
    assert "of 9 sets" in luck
    assert audited == "audited: no decision knew the future, 12 tried"
    assert int(reported.split(" ")[-2]) > 100
    assert list(tmp_path.iterdir()) == []


def test_the_own_trade_shows_each_parameter(tmp_path: Path) -> None:
    done = hedgebook("run", f"{EXAMPLES / 'own_trade.py'}:LandlordTenant", "--parameters", cwd=tmp_path)
    assert "entry_frac = 0.1  (number: >= 0, <= 5)" in done.out
    assert "    how much more the neoclouds gained when the trade begins, a fraction" in done.out
    assert "Halls with power" in done.out


def test_the_strategy_sweeps_from_the_command_line(tmp_path: Path) -> None:
    grid = ("--grid", "window=20,60", "--grid", "every=10,21", "--set", "names=2")
    done = hedgebook("sweep", f"{EXAMPLES / 'momentum.py'}:momentum", *grid, "--json", "--out", "s", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["ran"] == 4
