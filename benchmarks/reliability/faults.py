"""Disks that are full, folders that nothing can be written to, two at once, clocks that were set back."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .kills import write_prices
from .processes import RUN, SWEEP, Row, finish, start, whole

SMALL_DISK_BYTES = 200_000
# prctl's PR_CAPBSET_DROP and the right of root to write where the mode forbids it.
DROP_RIGHT, OVERRIDE_MODE = 24, 1


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
