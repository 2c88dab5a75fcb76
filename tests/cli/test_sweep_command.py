"""`hedgebook sweep`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from .console import SCRIPT, hedgebook, installed

GRID = ("--grid", "hold=3:12", "--grid", "hedge=dollar,beta", "--grid", "stop_loss=none,0.05")
OWN = '''
import numpy as np
import hedgebook as hb

def own(market, wait=0.0, ticker="META"):
    """Long one ticker from a hundred sessions before the end."""
    t = len(market.sessions) - 100
    weights = np.array([[0.5 - wait]])
    return hb.Schedule((ticker,), market.close_at[[t - 1]], market.sessions[[t]], np.array([0]), weights)
'''


def test_the_flagship_on_the_sample_market(tmp_path: Path) -> None:
    done = hedgebook("sweep", *GRID, "--where", "delay + hold <= 11", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Simulated history, reported event-day moves" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "36 of 36 sets ran" in " ".join(done.out.split())
    for word in ("PBO", "Deflated Sharpe", "Plateau", "not told from luck"):
        assert word.lower() in done.out.lower(), word
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("sweep-long-meta-short-neocloud-")
    held = {"sweep.json", "sets", "blocks", "best.parquet", "report.html", "report.json.gz", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == held


def test_json_and_folder(tmp_path: Path) -> None:
    done = hedgebook("sweep", *GRID, "--cv", "cpcv", "--set", "gross=2", "--json", "--out", "s", cwd=tmp_path)
    assert done.code == 0, done.err
    found = done.json
    assert found["ran"] == found["sets"] == 40
    assert found["overfitting"]["overfitting"]["pbo"] is not None
    assert found["out_of_sample"]["scheme"] == "cpcv"
    table = pd.read_parquet(tmp_path / "s" / "sets")
    best = table.loc[table["sharpe"].where(table["sessions"] >= 5).idxmax()]
    assert found["best"]["parameters"]["hold"] == best["hold"]
    kept = json.loads((tmp_path / "s" / "sweep.json").read_text())
    assert kept["status"] == "done"
    assert kept["results"]["best"] == found["best"]
    again = hedgebook("sweep", *GRID, "--out", "s", cwd=tmp_path)
    assert (again.code, again.out) == (2, "")
    assert "--resume" in again.err
    other = hedgebook("sweep", *GRID, "--out", "s", "--resume", cwd=tmp_path)
    assert other.code == 2
    assert "gross" in other.err


def test_one_trade_of_the_table_is_that_run(tmp_path: Path) -> None:
    done = hedgebook("sweep", *GRID, "--costs", "none", "--out", "s", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    row = pd.read_parquet(tmp_path / "s" / "sets").iloc[17]
    sets = ("--set", f"hold={row['hold']}", "--set", f"hedge={row['hedge']}")
    stop = () if pd.isna(row["stop_loss"]) else ("--set", f"stop_loss={row['stop_loss']}")
    run = hedgebook("run", *sets, *stop, "--costs", "none", "--json", cwd=tmp_path)
    for name in ("total_return", "sharpe", "max_drawdown", "worst_session"):
        assert row[name] == pytest.approx(run.json[name], abs=1e-10)


def test_ones_own_function(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    done = hedgebook("sweep", "mine.py:own", "--grid", "ticker=META,SPY", "--set", "wait=0.1", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["ran"] == 2


def test_ctrl_c_keeps_what_is_done_and_resume_finishes(tmp_path: Path) -> None:
    many = ("delay=0:9", "hold=1:20", "lookback=60:180:6", "gross=0.5:1.5:0.05")
    grid = [part for axis in many for part in ("--grid", axis)]
    running = subprocess.Popen(
        [str(SCRIPT), "sweep", *grid, "--threads", "1", "--out", "s"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TERM": "dumb"},
    )
    parts = tmp_path / "s" / "sets"
    deadline = time.monotonic() + 120.0
    while not (parts.is_dir() and any(path.suffix == ".parquet" for path in parts.iterdir())):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, problem = running.communicate(timeout=120)
    if running.returncode == 0:
        pytest.skip("the sweep was done before it could be stopped")
    assert running.returncode == 130
    assert len(problem.strip().splitlines()) == 1
    assert "go on with --resume" in problem
    assert json.loads((tmp_path / "s" / "sweep.json").read_text())["status"] == "interrupted"
    done = hedgebook("sweep", *grid, "--out", "s", "--resume", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    whole = hedgebook("sweep", *grid, "--out", "t", "--json", cwd=tmp_path)
    assert whole.code == 0, whole.err
    for kind in ("sets", "blocks"):
        for path in (tmp_path / "t" / kind).iterdir():
            assert (tmp_path / "s" / kind / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is nothing to sweep"),
        (("--grid", "holt=1:5"), "Did you mean 'hold'?"),
        (("--grid", "hold"), "this is not a parameter and its values"),
        (("--grid", "hold=5:1"), "hold"),
        (("--grid", "hold=1:5", "--grid", "hold=6"), "given twice"),
        (("--grid", "hold=1:5", "--set", "hold=6"), "both swept and set"),
        (("--grid", "hold=1:5", "--set", "holt=6"), "Did you mean 'hold'?"),
        (("--grid", "hedge=dollar,betta"), "Did you mean 'beta'?"),
        (("--grid", "hold=1:5", "--where", "holt < 3"), "Did you mean 'hold'?"),
        (("--grid", "hold=1:5", "--where", "hold <"), "constraint"),
        (("--grid", "hold=1:5", "--metric", "sharp"), "Did you mean 'sharpe'?"),
        (("--grid", "hold=1:5", "--cv", "cvsc"), "Did you mean 'cscv'?"),
        (("--grid", "hold=1:5", "--sample", "sobol"), "how many sets is not said"),
        (("--grid", "hold=1:5", "--resume"), "Name it with --out"),
        (("--grid", "hold=1:5", "--resume", "--out", "s"), "there is no sweep here"),
        (("--grid", "hold=1:5", "--resume", "--overwrite", "--out", "s"), "exclude each other"),
        (("--grid", "event=meta-compute-2025"), "Did you mean 'meta-compute-2026'?"),
        (("--grid", "hold=400:405"), "could be run"),
        (("--grid", "hold=5:9", "--scheduler", "tcp://127.0.0.1:1"), "127.0.0.1:1"),
        (("no-such-trade", "--grid", "hold=1:5"), "no-such-trade"),
        (("absent.py:f", "--grid", "hold=1:5"), "there is no such file"),
    ],
)
def test_bad_input_is_one_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """In this process: twenty more would each load everything anew."""
    from hedgebook.cli import main

    monkeypatch.chdir(tmp_path)
    bare = "--out" in arguments or arguments[-1:] == ("--resume",)
    with pytest.raises(SystemExit) as stopped:
        main(["sweep", *arguments, *(() if bare else ("--out", "s"))])
    found = capsys.readouterr()
    assert stopped.value.code == 2, found.err
    assert message in found.err
    assert len(found.err.strip().splitlines()) == 1
    assert found.out == ""


def test_bad_input_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = installed("sweep", "--grid", "holt=1:5", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'hold'?" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", [("--out", "s"), ()])
def test_a_file_of_rates_that_cannot_be_used_leaves_no_folder(tmp_path: Path, where: tuple[str, ...]) -> None:
    """The file that the costs name is read with the prices' dates: late, but before anything is written."""
    (tmp_path / "rates.csv").write_text("date,ticker,rate_annual\n2026-06-30,CRWV,0.2\n2026-07-02,CRWV,much\n")
    (tmp_path / "mine.toml").write_text('[borrow]\nfile = "rates.csv"\n')
    for command in (("sweep", *GRID), ("run",)):
        done = hedgebook(*command, "--costs", "mine.toml", *where, cwd=tmp_path)
        assert (done.code, done.out) == (2, "")
        assert "rates.csv, line 3: this is not a date and an annual rate" in done.err
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml", "rates.csv"]
