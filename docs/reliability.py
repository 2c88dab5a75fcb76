"""`python docs/reliability.py [--kills N] [--jobs N]` does to hedgebook what can happen to it: docs/reliability.md.

Needs Linux. Every row is measured: nothing in the table is written down by hand but what was done.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

HEDGEBOOK = [sys.executable, "-m", "hedgebook"]
RUN = ("run", "--set", "hold=5")
SWEEP = ("sweep", "--grid", "hold=2:60", "--grid", "hedge=dollar,beta,min_variance", "--grid", "gross=0.5:1.45:0.05")
REPLACE = ("run", "--set", "hold=5", "--overwrite", "--xlsx")
DOCUMENTS = ("report.html", "report.xlsx")
FETCH = ("fetch", "--source", "prices.parquet")
KILLS, SEED, JOBS = 50, 17, 2
SMALL_DISK_BYTES = 200_000
# prctl's PR_CAPBSET_DROP and the right of root to write where the mode forbids it.
DROP_RIGHT, OVERRIDE_MODE = 24, 1
PAGE = Path(__file__).with_suffix(".md")
HEAD = """# What happens when something goes wrong

This page is written by `python docs/reliability.py`, which does each of these things and looks at what is left.
A folder is "whole" where `hb.replay` makes it again to the bit; a price store where `hedgebook data verify` says so and
its prices are those of a fetch that nobody stopped. A command that is killed runs in a process that had the program
loaded, so that no kill falls on that. Every other kill falls at any moment of the command, the others after it has made
its first file: a command spends most of its time before that.

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


def start(*arguments: str, cwd: Path, before: Sequence[str] = (), **more: Any) -> subprocess.Popen[str]:
    """A command in a new process, whose ledger and price store are the folder's own."""
    own = {"HEDGEBOOK_LEDGER": str(cwd / "ledger.sqlite"), "HEDGEBOOK_DATA": str(cwd / "store")}
    env = {**os.environ, **own, **more.pop("env", {})}
    pipe = subprocess.PIPE
    words = [*before, *HEDGEBOOK, *arguments]
    made: subprocess.Popen[str] = subprocess.Popen(words, cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True, **more)
    return made


class Forked:
    """A command in a process of its own that had the program loaded before it began, so that it begins with its work.
    Asked as a Popen is."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        import hedgebook.cli  # noqa: F401  Loaded here, once for all commands.

        self.returncode: int | None = None
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  Closed once it was read.
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(self._run(arguments, cwd))

    def _run(self, arguments: Sequence[str], cwd: Path) -> int:
        """In the new process: the command, and its exit code."""
        from hedgebook.cli import main

        try:
            os.chdir(cwd)
            os.environ.update(HEDGEBOOK_LEDGER=str(cwd / "ledger.sqlite"), HEDGEBOOK_DATA=str(cwd / "store"))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(self._said.fileno(), 2)
            sys.argv = ["hedgebook", *arguments]
            main(list(arguments))
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else 0
        except BaseException as problem:
            os.write(2, f"Traceback: {problem!r}".encode())
            return 70

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self) -> tuple[str, str]:
        """Wait for its end; what it said on standard error comes second."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        with self._said as file:
            file.seek(0)
            return "", file.read()


def finish(process: subprocess.Popen[str] | Forked) -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    _, told = process.communicate()
    assert process.returncode is not None
    return process.returncode, told


def whole(folder: Path) -> bool:
    """Whether a folder is made again to the bit."""
    import hedgebook as hb

    return folder.is_dir() and (folder / "manifest.json").is_file() and hb.replay(folder).identical


def names(cwd: Path) -> set[str]:
    """All files and folders below a folder, some of which may be moved meanwhile."""
    while True:
        try:
            return {str(path) for path in cwd.rglob("*") if "ledger" not in path.name}
        except FileNotFoundError:
            continue


def kill(process: Forked, cwd: Path, before: set[str], wait: float, *, at_files: bool) -> None:
    """Kill a process after some seconds, counted from its first new file where at_files."""
    while at_files and process.poll() is None and names(cwd) == before:
        time.sleep(0.002)
    until = time.monotonic() + wait
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def seconds(words: tuple[str, ...], cwd: Path) -> tuple[float, float]:
    """How long a command takes in all, and from its first file on."""
    before, begun, first = names(cwd), time.monotonic(), 0.0
    process = Forked(*words, cwd=cwd)
    while process.poll() is None:
        if not first and names(cwd) != before:
            first = time.monotonic()
        time.sleep(0.002)
    code, told = finish(process)
    if code != 0:
        raise SystemExit(f"{' '.join(words)} does not run at all: {told}")
    ended = time.monotonic()
    return ended - begun, ended - (first or ended)


def killed(words: tuple[str, ...], name: str, cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill a command at random moments, look at what stands there, run it to its end, and look again."""
    finish(Forked(*words, "--out", f"{name}-warm", cwd=cwd))
    # Made again in this process, which every command is then forked from, so that all that it needs is loaded.
    whole(cwd / f"{name}-warm")
    lasted, wrote = seconds((*words, "--out", f"{name}-first"), cwd)
    found: Counter[str] = Counter()
    sound = True
    for i in range(kills):
        out, at_files = cwd / f"{name}-{i}", i % 2 == 1
        if "--overwrite" in words:
            shutil.copytree(cwd / f"{name}-first", out)
        process = Forked(*words, "--out", out.name, cwd=cwd)
        kill(process, cwd, names(cwd), draw.uniform(0.0, wrote if at_files else lasted), at_files=at_files)
        more: tuple[str, ...] = ()
        if process.returncode == 0:
            found["it had just ended"] += 1
        elif not out.exists():
            found["no folder"] += 1
        elif name == "sweep" and not (out / "manifest.json").exists():
            found["a part, of which nothing is read but by `--resume`"] += 1
            more = ("--resume",) if (out / "sweep.json").exists() else ()
        else:
            # A new one, or the old one that was to be replaced: either is whole, or the row is unsound.
            found["a whole folder"] += 1
            sound &= whole(out)
        again = 0 if whole(out) else finish(Forked(*words, *more, "--out", out.name, cwd=cwd))[0]
        sound &= again == 0 and whole(out)
    beside = sum(path.name.startswith(f".{name}-") for path in cwd.iterdir())
    left = ", ".join(f"{count} times {state}" for state, count in found.items())
    after = "the same command (a part of a sweep: with `--resume`) then made a whole folder each time"
    if not sound:
        after = "NOT ALL WERE WHOLE AFTERWARDS"
    elif beside:
        after += f"; {beside} hidden folders stayed beside"
    what = {"replace": "run that replaces a folder and writes report.html and report.xlsx"}.get(name, name)
    return Row(f"`kill -9` of a {what}", kills, f"{left}; {after}", sound)


def documents(folder: Path) -> tuple[str, ...]:
    """The documents of a folder that are whole: a page that ends, a workbook whose parts all have their checksums."""
    found = []
    for path in (folder / name for name in DOCUMENTS if (folder / name).is_file()):
        if path.suffix == ".html":
            sound = path.read_text(encoding="utf-8").rstrip().endswith("</html>")
        else:
            sound = zipfile.is_zipfile(path) and zipfile.ZipFile(path).testzip() is None
        found += [path.name] if sound else []
    return tuple(found)


def killed_report(cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill the command that writes the documents of a finished run again, at random moments."""
    finish(Forked(*RUN, "--out", "finished", cwd=cwd))
    words = ("report", "again", "--xlsx")
    found: Counter[str] = Counter()
    sound = whole(cwd / "finished")
    lasted = wrote = 0.0
    for i in range(-1, kills):
        folder = cwd / "again"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(cwd / "finished", folder)
        (folder / "report.html").unlink()
        if i < 0:
            lasted, wrote = seconds(words, cwd)
            sound &= documents(folder) == DOCUMENTS
            continue
        process, at_files = Forked(*words, cwd=cwd), i % 2 == 1
        kill(process, cwd, names(cwd), draw.uniform(0.0, wrote if at_files else lasted), at_files=at_files)
        there = [name for name in DOCUMENTS if (folder / name).exists()]
        found["it had just ended" if process.returncode == 0 else " and ".join(there) or "no document"] += 1
        sound &= documents(folder) == tuple(there) and whole(folder)
        sound &= finish(Forked(*words, cwd=cwd))[0] == 0 and documents(folder) == DOCUMENTS
    left = ", ".join(f"{count} times {state}" for state, count in found.items())
    after = "each whole, as the run; the same command then wrote both" if sound else "NOT ALL WERE WHOLE AFTERWARDS"
    return Row("`kill -9` of a report that is written again", kills, f"{left}; {after}", sound)


def exported(cwd: Path, to: str) -> bytes:
    """The prices of the store, as it exports them; nothing where there is none or it is not sound."""
    if finish(Forked("data", "verify", cwd=cwd))[0] != 0:
        return b""
    (cwd / to).unlink(missing_ok=True)
    return (cwd / to).read_bytes() if finish(Forked("data", "export", to, cwd=cwd))[0] == 0 else b""


def write_prices(cwd: Path) -> None:
    """The sample market as a price file."""
    import hedgebook as hb

    market = hb.sample_market()
    frame = pd.concat({name: market.frame(name).stack() for name in ("open", "high", "low", "close", "volume")}, axis=1)
    frame.index.names = ["date", "ticker"]
    frame.dropna(subset=["close"]).reset_index().to_parquet(cwd / "prices.parquet")


def killed_fetch(cwd: Path, kills: int, draw: random.Random) -> Row:
    """Kill a fetch from a file into an empty store at random moments."""
    write_prices(cwd)
    lasted, wrote = seconds(FETCH, cwd)
    wanted = exported(cwd, "wanted.csv")
    found: Counter[str] = Counter()
    sound = bool(wanted)
    for i in range(kills):
        shutil.rmtree(cwd / "store")
        process, at_files = Forked(*FETCH, cwd=cwd), i % 2 == 1
        kill(process, cwd, names(cwd), draw.uniform(0.0, wrote if at_files else lasted), at_files=at_files)
        there = exported(cwd, "left.csv")
        found["all prices" if there else "none"] += 1
        sound &= there in (b"", wanted)
        sound &= finish(Forked(*FETCH, cwd=cwd))[0] == 0 and exported(cwd, "again.csv") == wanted
    left = ", ".join(f"{count} times {state}" for state, count in found.items())
    after = "the next fetch brought the rest, and the store was whole" if sound else "NOT WHOLE AFTERWARDS"
    return Row("`kill -9` of a fetch into an empty price store", kills, f"{left}; {after}", sound)


def small_disk(cwd: Path, words: tuple[str, ...], name: str) -> Row:
    """A disk of a few kilobytes, mounted for the command alone; where that is forbidden, a bound on files' sizes."""
    folder = cwd / f"small-{name}"
    folder.mkdir()
    if name == "fetch":
        write_prices(cwd)
    script = (
        f'mount -t tmpfs -o size={SMALL_DISK_BYTES} none "$0" && "$@"; code=$?; '
        'find "$0" -name manifest.json -o -name prices.duckdb >&2; exit $code'
    )
    mounts = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    out = () if name == "fetch" else ("--out", str(folder / "out"))
    env = {"HEDGEBOOK_DATA": str(folder)} if name == "fetch" else {}
    if mounts:
        code, told = finish(
            start(*words, *out, cwd=cwd, env=env, before=("unshare", "-m", "sh", "-c", script, str(folder)))
        )
        lines = told.strip().splitlines()
        errors = [line for line in lines if line.startswith("hedgebook: ")]
        # What makes a folder a result, and a store a store.
        left = [line for line in lines if line.startswith(str(folder))]
    else:

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK_BYTES, SMALL_DISK_BYTES))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        code, told = finish(start(*words, *out, cwd=cwd, env=env, preexec_fn=small))
        errors = [line for line in told.splitlines() if line.startswith("hedgebook: ")]
        left = [str(path) for path in folder.rglob("manifest.json")]
    what = "disk" if mounts else "bound on the size of files"
    kept = f"left: {', '.join(left)}" if left else "nothing left that passes for a result"
    sound = code in (1, 2) and "Traceback" not in told and len(errors) == 1 and not left
    said = f"exit code {code}, one message, {kept}" if sound else f"exit code {code}: {told[-600:]}"
    return Row(f"A {what} of {SMALL_DISK_BYTES // 1000} kB for a {name}", 1, said, sound)


def without_override() -> None:
    """Take from the process the right of root to write where a folder's mode forbids it."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(DROP_RIGHT, OVERRIDE_MODE, 0, 0, 0) != 0:
        raise OSError("the right could not be dropped")


def forbidden(cwd: Path, name: str) -> Path:
    """A folder of mode 0555: nothing can be made in it, once root has no more rights than others."""
    folder = cwd / name
    folder.mkdir()
    folder.chmod(0o555)
    tried = subprocess.run(["touch", str(folder / "x")], preexec_fn=without_override, capture_output=True, check=False)
    if tried.returncode == 0:
        raise SystemExit("a folder of mode 0555 can be written to here: the row would say nothing")
    return folder


def read_only(cwd: Path) -> Row:
    """A folder to write to in which nothing can be made."""
    folder = forbidden(cwd, "read-only")
    code, told = finish(start(*RUN, "--out", str(folder / "run"), cwd=cwd, preexec_fn=without_override))
    sound = code == 2 and "Traceback" not in told and not list(folder.iterdir())
    return Row(
        "An output folder of mode 0555", 1, f"exit code {code}, one message, nothing in it" if sound else told, sound
    )


def two_at_once(cwd: Path) -> Row:
    """Two runs into one new folder."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(finish, [start(*RUN, "--out", "both", cwd=cwd) for _ in range(2)]))
    codes = sorted(code for code, _ in found)
    sound = codes == [0, 2] and whole(cwd / "both")
    told = " ".join(said for _, said in found)
    left = f"exit codes {codes[0]} and {codes[1]}; the folder is whole"
    return Row("Two runs into one folder at once", 1, left if sound else f"exit codes {codes}: {told}", sound)


def interrupted_sweep(cwd: Path, name: str) -> bool:
    """Kill a sweep between its first file and its last; False where it was never caught in between."""
    for _ in range(5):
        shutil.rmtree(cwd / name, ignore_errors=True)
        process = start(*SWEEP, "--out", name, cwd=cwd)
        while not (cwd / name / "sweep.json").exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (cwd / name / "sweep.json").exists() and not (cwd / name / "manifest.json").exists():
            return True
    return False


def two_resumes(cwd: Path) -> Row:
    """Two processes that go on with one sweep."""
    caught = interrupted_sweep(cwd, "twice")
    with ThreadPoolExecutor(2) as pool:
        pair = [start(*SWEEP, "--resume", "--out", "twice", cwd=cwd) for _ in range(2)]
        found = list(pool.map(finish, pair))
    refused = [told for code, told in found if code == 2]
    sound = caught and all(code in (0, 2) for code, _ in found) and len(refused) < 2 and whole(cwd / "twice")
    sound &= all("which has run for" in told for told in refused)
    said = (
        "one was refused, and told who was at work and for how long"
        if refused
        else "one after the other, both went through"
    )
    left = f"{said}; the sweep is whole" if sound else f"caught: {caught}; {found}"
    return Row("Two resumes of one sweep at once", 1, left, sound)


def no_caches(cwd: Path) -> Row:
    """Nowhere to keep compiled code, and no home: all kernels of the run are compiled, for it alone.

    The package is a copy that nothing can be written into either, as one that an administrator installed: beside its
    own files numba would find a place, or code that was compiled before.
    """
    import hedgebook

    package = cwd / "installed" / "hedgebook"
    shutil.copytree(Path(hedgebook.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (package, *(path for path in package.rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    nowhere = str(forbidden(cwd, "no-cache") / "cache")
    env = {"NUMBA_CACHE_DIR": nowhere, "HOME": nowhere, "XDG_CACHE_HOME": nowhere, "PYTHONPATH": str(package.parent)}
    code, told = finish(start(*RUN, "--out", "uncached", cwd=cwd, env=env, preexec_fn=without_override))
    notes = [line for line in told.splitlines() if line.startswith("hedgebook: ")]
    said = len(notes) == 1 and "compiled code cannot be kept" in notes[0]
    sound = code == 0 and said and "Traceback" not in told and whole(cwd / "uncached")
    left = "exit code 0, one note that code is compiled anew each time, the folder is whole"
    return Row("A run whose cache of compiled code and home cannot be written", 1, left if sound else told, sound)


def no_ledger(cwd: Path) -> Row:
    """A ledger that cannot be written."""
    path = str(forbidden(cwd, "no-ledger") / "ledger.sqlite")
    code, told = finish(
        start(*RUN, "--out", "noted", cwd=cwd, env={"HEDGEBOOK_LEDGER": path}, preexec_fn=without_override)
    )
    lines = [line for line in told.splitlines() if line.startswith("hedgebook: note:")]
    sound = code == 0 and len(lines) == 1 and whole(cwd / "noted")
    left = "exit code 0, one note, the folder is whole"
    return Row("A trial ledger that cannot be written", 1, left if sound else told, sound)


def clock(cwd: Path) -> Row:
    """A clock that was set back between two lines of the ledger."""
    from hedgebook.front.ledger.store import Ledger, Record

    store = Ledger(cwd / "clock.sqlite")
    for year in ("2030", "2020"):
        store.append(Record(f"{year}-01-01T00:00:00+00:00", "run", "x", 1, year, "", "", "{}", ""))
    sound = [line["made_at"][:4] for line in store.lines()] == ["2020", "2030"]
    return Row(
        "A clock set back between two runs", 1, "the ledger's lines stay in the order in which they were written", sound
    )


def future_files(cwd: Path) -> Row:
    """A clock that was set back between a sweep and its resume: its files are of a later day than today."""
    caught = interrupted_sweep(cwd, "later")
    later = time.time() + 1e8
    for path in [cwd / "later", *(cwd / "later").rglob("*")]:
        os.utime(path, (later, later))
    code, told = finish(start(*SWEEP, "--resume", "--out", "later", cwd=cwd))
    sound = caught and code == 0 and whole(cwd / "later")
    left = "the sweep was resumed and is whole"
    return Row("A clock set back between a sweep that was killed and its resume", 1, left if sound else told, sound)


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
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows = list(pool.map(partial(taken, kills=kills), range(len(steps(kills)))))
    table = "".join(
        f"| {row.done} | {row.times} | {row.left if row.sound else 'UNSOUND: ' + row.left} |\n" for row in rows
    )
    page.write_text(HEAD + table, encoding="utf-8")
    print(json.dumps({row.done: row.sound for row in rows}, indent=2))
    return int(not all(row.sound for row in rows))


def asked(name: str, otherwise: int) -> int:
    """A whole number of the command line."""
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else otherwise


if __name__ == "__main__":
    sys.exit(main(asked("--kills", KILLS), jobs=asked("--jobs", JOBS)))
