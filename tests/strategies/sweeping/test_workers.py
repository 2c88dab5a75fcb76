"""Sweeps in processes of their own: the same numbers as in threads, a clean stop, and errors that say what to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, ParameterError
from hedgebook.strategies.sweeping import FunctionSweep
from tests import markets

MARKET = markets.random_market(6, sessions=120, tickers=6)
SOURCE = """
import os
import sys
import time

import numpy as np

import hedgebook as hb


def mine(market, start: int = 5, tilt: float = 0.1, wait: float = 0.0):
    print("planning", start)
    time.sleep(wait)
    if start == 77:
        raise ValueError("no such start")
    if start == 88:
        os._exit(3)
    t = np.arange(start, len(market.sessions) - 1, 5)
    weights = np.zeros((len(t), len(market.tickers)))
    weights[:, 0], weights[:, 1] = tilt, -tilt
    return hb.Schedule(tickers=market.tickers, decided_at=market.close_at[t], session=market.sessions[t + 1],
                       mark=np.zeros(len(t), dtype=np.int64), weights=weights)


class Mine:
    def schedule(self, market, start: int = 5):
        return mine(market, start)


class Tilt(hb.Strategy):
    start: int = 5
    tilt: float = 0.1

    def plan(self, market):
        return mine(market, self.start, self.tilt)


class Many(Tilt):
    def plan_many(self, market, asked):
        return [one.plan(market) for one in asked]


if __name__ == "__main__":
    sys.exit("this file is no script here")
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    return file


def same(one: Any, other: Any) -> None:
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())


@pytest.mark.parametrize(("name", "workers"), [("mine", 2), ("Mine", 1), ("Tilt", 1), ("Many", 1)])
def test_processes_give_what_threads_give(monkeypatch: pytest.MonkeyPatch, mine: Path, name: str, workers: int) -> None:
    """Of functions, objects and strategies of a file; sets that fail have the same reason."""
    monkeypatch.setattr(FunctionSweep, "chunk_sets", 4)
    # What plan_many fails with is a problem of every set that it was asked about, and how many are depends.
    failing = () if name == "Many" else (77,)
    axes = {"start": [3, 9, *failing, 20, 5, 44, 8, 7, 6, 10]}
    wanted = hb.sweep(f"{mine}:{name}", MARKET, **axes)
    assert len(wanted.problems) == len(failing)
    same(wanted, hb.sweep(f"{mine}:{name}", MARKET, options=hb.SweepOptions(workers=workers), **axes))


def test_trades_run_in_processes(market: hb.Market) -> None:
    trade = "long-meta-short-neocloud"
    wanted = hb.sweep(trade, market, hold=range(1, 9))
    same(wanted, hb.sweep(trade, market, hold=range(1, 9), options=hb.SweepOptions(workers=1)))


def test_what_is_in_this_process_alone_is_refused() -> None:
    def inside(market: hb.Market, start: int) -> hb.Schedule:
        raise AssertionError(market, start)

    for strategy in (inside, lambda market, start: inside(market, start)):
        with pytest.raises(ParameterError, match=r"workers: .* cannot be sent to other processes.*mine.py:function"):
            hb.sweep(strategy, MARKET, start=[1, 2], options=hb.SweepOptions(workers=2))
    with pytest.raises(ParameterError, match="processes here or on a cluster"):
        hb.sweep(inside, MARKET, start=[1], options=hb.SweepOptions(workers=2, scheduler="tcp://127.0.0.1:1"))
    with pytest.raises(ParameterError, match="workers"):
        hb.SweepOptions(workers=0)


def test_a_process_that_ends_is_told(monkeypatch: pytest.MonkeyPatch, mine: Path, tmp_path: Path) -> None:
    """What was done before is kept, and the sweep goes on from there."""
    monkeypatch.setattr(FunctionSweep, "chunk_sets", 1)
    out = tmp_path / "out"
    axes = {"start": [3, 88, 4]}
    monkeypatch.setattr("hedgebook.engine.sweep.calendar.LOOKED", 1)
    with pytest.raises(InputError, match=r"workers: a process ended while it computed.*--resume"):
        hb.sweep(f"{mine}:mine", MARKET, out=out, options=hb.SweepOptions(workers=1), **axes)
    assert json.loads((out / "sweep.json").read_text())["status"] == "interrupted"
    assert (out / "sets" / "part-00000.parquet").is_file()


@pytest.mark.skipif(os.name != "posix", reason="sends Ctrl-C to a group of processes")
def test_ctrl_c_keeps_what_is_done_and_leaves_no_process(mine: Path, tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("hedgebook")
    command = [str(script), "sweep", f"{mine}:mine", "--grid", "tilt=0.001:2:0.001", "--set", "wait=0.01"]
    going = subprocess.Popen(
        [*command, "--workers", "2", "--out", "out"],
        cwd=tmp_path,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 120
        while not (tmp_path / "out" / "sets" / "part-00000.parquet").is_file() and time.monotonic() < until:
            assert going.poll() is None
            time.sleep(0.05)
        os.killpg(going.pid, signal.SIGINT)
        _, told = going.communicate(timeout=120)
    finally:
        going.kill()
        if going.stderr is not None:
            going.stderr.close()
    assert going.returncode == 130, told
    assert "stopped after" in told
    assert json.loads((tmp_path / "out" / "sweep.json").read_text())["status"] == "interrupted"
    assert gone(going.pid, within=30.0)


def gone(group: int, within: float) -> bool:
    """Whether no process of a group is left, those that are ending awaited."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_second_market_of_numbers_is_not_shared() -> None:
    """Processes begin anew with the job that they are sent."""
    other = markets.random_market(7, sessions=120, tickers=6)
    found = [
        hb.sweep(markets_function, market, tilt=[0.1, 0.2], options=hb.SweepOptions(workers=1)).table["final_nav"]
        for market in (MARKET, other)
    ]
    assert (found[0] != found[1]).all()


def markets_function(market: hb.Market, tilt: float) -> hb.Schedule:
    """A function that can be imported."""
    weights = np.zeros((1, len(market.tickers)))
    weights[0, :] = tilt
    at = np.array([10])
    return hb.Schedule(market.tickers, market.close_at[at], market.sessions[at + 1], np.array([0]), weights)
