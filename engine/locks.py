"""Locks between processes that end with their owner, however it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hedgebook.errors import RunFolderError

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows has none: there nothing is locked and nothing of others is cleaned up.
    flock = None  # type: ignore[assignment]

WRITE_REMEDY = "Choose another folder with --out, or make room and permission there."
PARENT_SECONDS = 10.0
TICK_SECONDS = 0.01


@contextmanager
def disk_failures(folder: str | Path) -> Iterator[None]:
    """Turn what the disk refuses into a RunFolderError of a folder, as its user called it."""
    try:
        yield
    except OSError as problem:
        what = f"the folder cannot be written: {problem.strerror or problem}"
        raise RunFolderError(what, where=str(folder), remedy=WRITE_REMEDY) from problem


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file or folder: True = it is ours, False = another has it, None = nothing can be locked here.

    The lock goes with the last descriptor, so a process that was killed holds none.
    """
    if flock is None:
        return None
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def open_folder(folder: Path) -> int | None:
    """A descriptor of a folder that `try_lock` takes, None where a system has no such thing."""
    if flock is None:
        return None
    with suppress(OSError):
        return os.open(folder, os.O_RDONLY)
    return None


@contextmanager
def locked_folder(folder: Path) -> Iterator[bool]:
    """Hold a folder for the moment that renaming in it takes; gives whether it is ours alone.

    Waits for another up to ten seconds; who cannot have it goes on without, and must not touch what may be another's.
    """
    descriptor = open_folder(folder)
    if descriptor is None:
        yield False
        return
    try:
        until = time.monotonic() + PARENT_SECONDS
        while (got := try_lock(descriptor)) is False and time.monotonic() < until:
            time.sleep(TICK_SECONDS)
        yield got is True
    finally:
        os.close(descriptor)


class FolderLock:
    """Keeps other processes from working in a folder; it leaves no file, and goes when its owner does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def acquire(self, what: str, where: str) -> None:
        """Take it, without effect where it is ours already or nothing can be locked.

        Raises RunFolderError that says who works on `what` where another process does.
        """
        if self._descriptor is not None:
            return
        descriptor = open_folder(self._folder)
        if descriptor is None:
            return
        if try_lock(descriptor) is False:
            owner = _owner(descriptor)
            os.close(descriptor)
            raise RunFolderError(
                f"another process{owner} is working on this {what}",
                where=where,
                remedy="Wait until it is done, or choose another folder.",
            )
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it back; without effect where it is not ours."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __del__(self) -> None:
        with suppress(Exception):
            self.release()


def _owner(descriptor: int) -> str:
    """The process that has locked a file and how long it has run, in brackets; empty where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        inode = os.fstat(descriptor).st_ino
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and int(words[5].rpartition(":")[2]) == inode and int(words[4]) > 0:
                return f" ({int(words[4])}{_age(int(words[4]))})"
    return ""


def _age(process: int) -> str:
    """How long a process has run, by the machine's uptime, as clocks are set back; empty where it is not told."""
    with suppress(OSError, ValueError, IndexError):
        # The name in brackets may hold spaces; the moment of the start is the 20th word behind it, in ticks.
        words = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
        return f", which has run for {lasting(uptime - int(words[19]) / os.sysconf('SC_CLK_TCK'))}"
    return ""


def lasting(seconds: float) -> str:
    """A time in two words at most: 8 s, 2 min 5 s, 3 h 10 min, 2 days 4 h."""
    whole = max(0, int(seconds))
    units = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for k, (name, size) in enumerate(units[:-1]):
        if whole >= size:
            smaller, step = units[k + 1]
            left = whole % size // step
            days = "s" if name == "day" and whole >= 2 * size else ""
            return f"{whole // size} {name}{days}" + (f" {left} {smaller}" if left else "")
    return f"{whole} s"
