"""`python docs/reliability.py [--kills N] [--jobs N]` does to hedgebook what can happen to it: docs/reliability.md.

Needs Linux. Every row is measured: nothing in the table is written down by hand but what was done.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

# What is done stands beside the package, not in it.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reliability.faults import (
    clock,
    future_files,
    no_caches,
    no_ledger,
    read_only,
    small_disk,
    two_at_once,
    two_resumes,
)
from benchmarks.reliability.kills import killed, killed_fetch, killed_report
from benchmarks.reliability.processes import FETCH, REPLACE, RUN, SWEEP, Row
from hedgebook.universes.fingerprint.program import version_of

KILLS, SEED, JOBS = 50, 17, 2
PAGE = Path(__file__).with_suffix(".md")
HEAD = """# What happens when something goes wrong

This page is written by `python docs/reliability.py`, which does each of these things and looks at what is left.
A folder is "whole" where `hb.replay` makes it again to the bit; a price store where `hedgebook data verify` says so and
its prices are those of a fetch that nobody stopped. A command that is killed runs in a process that had the program
loaded, so that no kill falls on that. Every other kill falls at any moment of the command, the others after it has made
its first file: a command spends most of its time before that.

{when}

| What was done | How often | What was left |
|---|---|---|
"""


def steps(kills: int) -> tuple[Callable[[Path], Row], ...]:
    """Everything that is done, each in a folder of its own; what takes longest comes first."""
    named = ((RUN, "run"), (REPLACE, "replace"), (SWEEP, "sweep"))
    return (
        partial(killed_fetch, kills=kills, draw=random.Random(SEED)),
        *(partial(killed, words, name, kills=kills, draw=random.Random(SEED)) for words, name in named),
        partial(killed_report, kills=kills, draw=random.Random(SEED)),
        *(read_only, two_at_once, two_resumes, no_caches, no_ledger, clock, future_files),
        *(partial(small_disk, words=words, name=words[0]) for words in (RUN, SWEEP, FETCH)),
    )


def taken(number: int, kills: int) -> Row:
    """One of the steps, in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HEDGEBOOK_LEDGER="off", HEDGEBOOK_DATA=str(Path(folder) / "store"))
        row = steps(kills)[number](Path(folder))
    print(row, flush=True)
    return row


def main(kills: int, page: Path = PAGE, jobs: int = JOBS) -> int:
    """Do all of it, some of it at a time, and write the page; 1 where anything was lost."""
    begun = datetime.now(UTC)
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows = list(pool.map(partial(taken, kills=kills), range(len(steps(kills)))))
    table = "".join(
        f"| {row.done} | {row.times} | {row.left if row.sound else 'UNSOUND: ' + row.left} |\n" for row in rows
    )
    head = HEAD.format(when=f"Measured in one run on {begun:%Y-%m-%d}, hedgebook {version_of('hedgebook')}.")
    page.write_text(head + table, encoding="utf-8")
    print(json.dumps({row.done: row.sound for row in rows}, indent=2))
    return int(not all(row.sound for row in rows))


def asked(name: str, otherwise: int) -> int:
    """A whole number of the command line."""
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else otherwise


if __name__ == "__main__":
    sys.exit(main(asked("--kills", KILLS), jobs=asked("--jobs", JOBS)))
