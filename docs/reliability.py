"""`python docs/reliability.py [--kills N]`: does to hedgebook what can happen to it, and writes docs/reliability.md.

Every row is measured: nothing in the table is written down by hand but what was done.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HEDGEBOOK = [sys.executable, "-m", "hedgebook"]
RUN = ("run", "--set", "hold=5")
SWEEP = ("sweep", "--grid", "hold=2:60", "--grid", "hedge=dollar,beta,min_variance")
REPORT = ("run", "--set", "hold=5", "--overwrite", "--xlsx")
KILLS, SEED = 50, 17
SMALL_DISK_BYTES = 20_000
PAGE = Path(__file__).with_suffix(".md")
HEAD = """# What happens when something goes wrong

This page is written by `python docs/reliability.py`, which does each of these things and looks at what is left.
"Whole" is a folder of which `hedgebook replay` says that it is identical.

| What was done | How often | What was left |
|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """A line of the table; sound: whether nothing was lost and nothing half-written passed for whole."""

    done: str
    times: int
    left: str
    sound: bool


def start(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, preexec_fn: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """A command in a new process, whose ledger is the folder's own; env: what else its environment has."""
    whole_env = {**os.environ, "HEDGEBOOK_LEDGER": str(cwd / "ledger.sqlite"), **(env or {})}
    pipe, words = subprocess.PIPE, [*HEDGEBOOK, *arguments]
    return subprocess.Popen(words, cwd=cwd, env=whole_env, preexec_fn=preexec_fn, stdout=pipe, stderr=pipe, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    _, told = process.communicate()
    return process.returncode, told


def whole(folder: Path) -> bool:
    """Whether a folder is made again to the bit; in this process, for it is the folder that is asked about."""
    from hedgebook import replay
    from hedgebook.errors import HedgebookError

    try:
        return replay(folder).identical
    except HedgebookError:
        return False


def killed(words: tuple[str, ...], name: str, cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill a command at random moments, then run it to its end in the same folder."""
    begun = time.monotonic()
    if finish(start(*words, "--out", f"{name}-first", cwd=cwd))[0] != 0:
        raise SystemExit(f"{name} does not run at all")
    lasted, states = time.monotonic() - begun, {"nothing": 0, "whole": 0, "a part, which --resume went on with": 0}
    sound = True
    for i in range(kills):
        out = cwd / f"{name}-{i}"
        if "--overwrite" in words:
            finish(start(*words, "--out", out.name, cwd=cwd))
        process = start(*words, "--out", out.name, cwd=cwd)
        time.sleep(draw.uniform(0.05, lasted))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if not out.exists():
            # An older one that was being replaced is put back by whoever comes next.
            states["nothing"] += 1
            again = finish(start(*words, "--out", out.name, cwd=cwd))[0] == 0
        elif name == "sweep" and not (out / "manifest.json").exists():
            states["a part, which --resume went on with"] += 1
            more = ("--resume",) if (out / "sweep.json").exists() else ()
            again = finish(start(*words, *more, "--out", out.name, cwd=cwd))[0] == 0
        else:
            states["whole"] += 1
            again = True
        sound &= again and whole(out)
    left = ", ".join(f"{count} times {state}" for state, count in states.items() if count)
    after = "afterwards all of them were whole" if sound else "NOT ALL WERE WHOLE AFTERWARDS"
    return Row(f"`kill -9` at a random moment of a {name}", kills, f"{left}; {after}", sound)


def full_disk(cwd: Path) -> Row:
    """No file may grow beyond a few kilobytes, as where a disk is full."""

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK_BYTES, SMALL_DISK_BYTES))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    code, told = finish(start(*RUN, "--out", "full", cwd=cwd, preexec_fn=small))
    sound = code == 2 and not (cwd / "full").exists() and "Traceback" not in told
    return Row(
        "No room for the files of a run", 1, f"exit code {code}, no folder, one message" if sound else told, sound
    )


def read_only(cwd: Path) -> Row:
    """A folder to write to in which nothing can be made."""
    code, told = finish(start(*RUN, "--out", "/proc/hedgebook/run", cwd=cwd))
    sound = code == 2 and "Traceback" not in told
    return Row("An output folder that cannot be written", 1, f"exit code {code}, one message" if sound else told, sound)


def two_at_once(cwd: Path) -> Row:
    """Two runs into one new folder."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(finish, [start(*RUN, "--out", "both", cwd=cwd) for _ in range(2)]))
    codes = sorted(code for code, _ in found)
    sound = codes == [0, 2] and whole(cwd / "both")
    return Row(
        "Two runs into one folder at once", 1, f"exit codes {codes[0]} and {codes[1]}; the folder is whole", sound
    )


def two_resumes(cwd: Path) -> Row:
    """Two processes that go on with one sweep."""
    process = start(*SWEEP, "--out", "twice", cwd=cwd)
    while not (cwd / "twice" / "sweep.json").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with ThreadPoolExecutor(2) as pool:
        pair = [start(*SWEEP, "--resume", "--out", "twice", cwd=cwd) for _ in range(2)]
        found = list(pool.map(finish, pair))
    refused = [told for code, told in found if code == 2]
    sound = all(code in (0, 2) for code, _ in found) and len(refused) < 2 and whole(cwd / "twice")
    said = "one was refused, as the other was at work" if refused else "one after the other, both went through"
    return Row("Two resumes of one sweep at once", 1, f"{said}; the sweep is whole", sound)


def no_caches(cwd: Path) -> Row:
    """Nowhere to keep compiled code, and no home."""
    env = {"NUMBA_CACHE_DIR": "/proc/none", "HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none"}
    code, told = finish(start("trades", cwd=cwd, env=env))
    sound = code == 0 and "Traceback" not in told
    return Row("Caches that cannot be written", 1, f"exit code {code}" if sound else told, sound)


def no_ledger(cwd: Path) -> Row:
    """A ledger that cannot be written."""
    code, told = finish(start(*RUN, "--out", "noted", cwd=cwd, env={"HEDGEBOOK_LEDGER": "/proc/none/ledger.sqlite"}))
    lines = [line for line in told.splitlines() if line.startswith("hedgebook: note:")]
    sound = code == 0 and len(lines) == 1 and whole(cwd / "noted")
    return Row("A trial ledger that cannot be written", 1, "exit code 0, one note, the folder is whole", sound)


def clock(cwd: Path) -> Row:
    """A clock that was set back between two lines of the ledger."""
    from hedgebook.front.ledger.store import Ledger, Record

    store = Ledger(cwd / "clock.sqlite")
    for year in ("2030", "2020"):
        store.append(Record(f"{year}-01-01T00:00:00+00:00", "run", "x", 1, year, "", "", "{}", ""))
    sound = [line["made_at"][:4] for line in store.lines()] == ["2020", "2030"]
    return Row("A clock set back", 1, "the ledger's lines stay in the order in which they were written", sound)


def main(kills: int, page: Path = PAGE) -> int:
    """Do all of it and write the page; 1 where anything was lost."""
    draw, rows = random.Random(SEED), []
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        for name, words in (("run", RUN), ("sweep", SWEEP), ("report", REPORT)):
            rows.append(killed(words, name, cwd, kills, draw))
            print(rows[-1], flush=True)
        others: tuple[Callable[[Path], Row], ...] = (
            full_disk, read_only, two_at_once, two_resumes, no_caches, no_ledger, clock,
        )  # fmt: skip
        for other in others:
            rows.append(other(cwd))
            print(rows[-1], flush=True)
    table = "".join(
        f"| {row.done} | {row.times} | {row.left if row.sound else 'UNSOUND: ' + row.left} |\n" for row in rows
    )
    page.write_text(HEAD + table, encoding="utf-8")
    print(json.dumps({row.done: row.sound for row in rows}, indent=2))
    return int(not all(row.sound for row in rows))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[sys.argv.index("--kills") + 1]) if "--kills" in sys.argv else KILLS))
