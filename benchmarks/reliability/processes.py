"""Commands in processes of their own, which can be killed at any moment, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEDGEBOOK = [sys.executable, "-m", "hedgebook"]
RUN = ("run", "--set", "hold=5")
SWEEP = ("sweep", "--grid", "hold=2:60", "--grid", "hedge=dollar,beta,min_variance", "--grid", "gross=0.5:1.45:0.05")
REPLACE = ("run", "--set", "hold=5", "--overwrite", "--xlsx")
FETCH = ("fetch", "--source", "prices.parquet")


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
