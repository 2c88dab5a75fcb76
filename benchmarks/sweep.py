"""`hedgebook sweep` of 100,000 and of a million sets of the flagship on real prices, as whole processes.

Run as `python -m benchmarks.sweep`. Each process sweeps delay, hold, hedge, lookback, gross, stop and bucket, estimates
the hedges, cross-validates on 16 blocks, writes Parquet and the report. First a sample of sets must equal single runs.
The exit code is 1 when one differs, when 100,000 sets take more than 10 s or 1 GB, a million more than 60 s or 1.5 GB,
or ten times the sets more than eleven times as long.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hedgebook.errors import VerificationError

SCRIPT = str(Path(sys.executable).with_name("hedgebook"))
PRICES: Path | None = Path(__file__).resolve().parents[2] / "shared" / "data" / "prices.parquet"
AXES = {
    "delay": "0:4",
    "hold": "1:16",
    "hedge": "dollar,beta,min_variance,volatility_parity,equal_risk",
    "lookback": "60:180:30",
    "gross": "0.5:1.5:0.25",
    "stop_loss": "none,0.02,0.04,0.06,0.08",
    "short": "neocloud,miner",
}
# Ten times the sets: ten times the values of gross.
MANY = {**AXES, "gross": "0.50:1.48:0.02"}
BOUNDS = ((10.0, 1000.0), (60.0, 1500.0))
GROWTH, SAMPLE, RUNS = 11.0, 25, 3
# What a run at a size of seconds, which only checks the answers, has in place of these.
FEW = {"delay": "0:1", "hold": "1:16:5", "hedge": "dollar,beta", "gross": "0.5:1.5:0.5"}
TINY = {"PRICES": None, "AXES": FEW, "MANY": {**FEW, "gross": "0.5:1.5:0.25"}, "SAMPLE": 5, "RUNS": 1}
MEASURED = ("final_nav", "total_return", "sharpe", "max_drawdown", "worst_session", "hit_rate")


def swept(axes: dict[str, str], out: Path) -> tuple[float, float]:
    """Seconds and peak MB of one sweep as a process of its own."""
    grid = [part for name, values in axes.items() for part in ("--grid", f"{name}={values}")]
    prices = [] if PRICES is None else ["--prices", str(PRICES)]
    command = [SCRIPT, "sweep", *prices, *grid, "--out", str(out), "--overwrite", "--json"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise VerificationError("the sweep failed")
    return took, usage.ru_maxrss / 1024.0


def check(out: Path) -> None:
    """Raise VerificationError unless a sample of sets equals their single runs."""
    import pandas as pd

    import hedgebook as hb

    market = hb.sample_market() if PRICES is None else hb.load_market(PRICES)
    table = pd.read_parquet(out / "sets")
    for index in random.Random(1).sample(range(len(table)), SAMPLE):
        row = table.iloc[index]
        chosen = {name: None if pd.isna(row[name]) else row[name] for name in AXES}
        found = hb.backtest(hb.trade(**chosen), market).to_dict()
        for name in MEASURED:
            ours, theirs = row[name], found[name]
            if theirs is None or pd.isna(theirs):
                same = bool(pd.isna(ours))
            else:
                same = abs(ours - theirs) <= 1e-10 * max(1.0, abs(theirs))
            if not same:
                raise VerificationError(f"set {index}: {name} is {ours!r}, its single run has {theirs!r}")
    results = json.loads((out / "sweep.json").read_text())["results"]
    if results["overfitting"]["overfitting"]["blocks"] != 16:
        raise VerificationError("the sweep was not cross-validated on 16 blocks")


def main() -> int:
    """Print times, memory and growth; 1 where a bound is broken."""
    if PRICES is not None and not PRICES.is_file():
        print("real prices: ../shared is absent, not measured")
        return 0
    failed, best = False, []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "sweep"
        swept(AXES, out)  # loads prices and machine code into the cache of the disk
        check(out)
        print(f"{SAMPLE} of the sets equal their single runs to 1e-10")
        for axes, runs, (limit, most) in ((AXES, RUNS, BOUNDS[0]), (MANY, 1, BOUNDS[1])):
            seconds, memory = zip(*(swept(axes, out) for _ in range(runs)), strict=True)
            count = json.loads((out / "sweep.json").read_text())["results"]["sets"]
            best.append(min(seconds))
            failed |= min(seconds) > limit or max(memory) > most
            print(
                f"{count:>9,} sets: {min(seconds):6.2f} s (at most {limit:.0f}), "
                f"{max(memory):5.0f} MB (at most {most:.0f}), {count / min(seconds):,.0f} sets a second"
            )
    growth = best[1] / best[0]
    failed |= growth > GROWTH
    print(f"ten times the sets: {growth:.1f} times the time (at most {GROWTH:.0f})")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
