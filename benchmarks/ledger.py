"""The trial ledger under many writers: none of their lines is lost, and a run waits for its own at most a millisecond.

Eight processes write at once; how long one `append` takes is measured in each of them. What a command adds once, to
open the file, stands beside it.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import hedgebook as hb
from hedgebook.errors import VerificationError
from hedgebook.front.ledger.record import record_of
from hedgebook.front.ledger.store import Ledger, Record

RECORDS, WRITERS, NOTED = 10_000, 8, 40
TINY = {"RECORDS": 80, "WRITERS": 4, "NOTED": 5}
MOST_MS = 1.0


def write_many(path: Path, writer: int, count: int, times: Any = None) -> None:
    """Append `count` lines; times: a queue that is given the seconds of each."""
    ledger, seconds = Ledger(path), []
    for i in range(count):
        line = Record("2026-01-01T00:00:00+00:00", "run", "x", 1, f"{writer}-{i}", "s" * 64, "d" * 64, "{}", "r" * 64)
        begun = time.perf_counter()
        ledger.append(line)
        seconds.append(time.perf_counter() - begun)
    ledger.close()
    if times is not None:
        times.put(seconds)


def measure(path: Path) -> list[float]:
    """Seconds of every append of all writers. Raises VerificationError where a line is lost or stands twice."""
    context = multiprocessing.get_context("fork")
    times, each = context.Queue(), RECORDS // WRITERS
    jobs = [context.Process(target=write_many, args=(path, writer, each, times)) for writer in range(WRITERS)]
    for job in jobs:
        job.start()
    found = [seconds for _ in jobs for seconds in times.get()]
    for job in jobs:
        job.join()
    lines = Ledger(path).lines()
    if len(lines) != each * WRITERS or len({line["identity"] for line in lines}) != each * WRITERS:
        raise VerificationError(f"{len(lines)} lines of {each * WRITERS} are in the ledger")
    return found


def noting(path: Path) -> list[float]:
    """Seconds of `record_of` and `append` together, of runs of which each was never looked at before.

    The first run is left out: it hashes the prices, which a process does once.
    """
    market, ledger, out = hb.sample_market(), Ledger(path), []
    for hold in range(2, NOTED + 3):
        run = hb.backtest(hb.trade(hold=hold), market)
        begun = time.perf_counter()
        record = record_of(run)
        if record is None:
            raise VerificationError("a run is a trial")
        ledger.append(record)
        out.append(time.perf_counter() - begun)
    return out[1:]


def main() -> int:
    """Print the times; 1 where a line, or noting a run whole, takes longer than it may."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        Ledger(Path(folder) / "first.sqlite").append(Record("", "run", "x", 1, "a", "", "", "{}", ""))
        first = 1e3 * (time.perf_counter() - begun)
        found = 1e3 * np.array(measure(Path(folder) / "ledger.sqlite"))
        noted = 1e3 * np.array(noting(Path(folder) / "runs.sqlite"))
    middle, most = np.median(found), np.quantile(found, 0.99)
    print(f"{len(found):,} lines of {WRITERS} writers, none lost: {found.mean():.3f} ms each, median {middle:.3f} ms,")
    print(f"99 of 100 within {most:.2f} ms, longest {found.max():.1f} ms")
    print(f"noting a run whole, hashes included: median {np.median(noted):.3f} ms, mean {noted.mean():.3f} ms")
    print(f"opening the file: {first:.1f} ms once a process")
    return int(found.mean() > MOST_MS or np.median(noted) > MOST_MS)
