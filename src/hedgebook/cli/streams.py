"""Standard streams as they come: closed, full, without a reader, or unable to take a letter."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

HANDLER = "hedgebook.plain"
# What stands for a symbol where it cannot be written: one letter each, so that tables keep their columns.
PLAIN = {
    **dict.fromkeys("–—−‐‑‒―─━┄┈╌═╴╶", "-"),
    **dict.fromkeys("│┃║┆┊", "|"),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("“”″", '"'),
    **dict.fromkeys("→⟶⇒", ">"),
    **dict.fromkeys("←⇐", "<"),
    **dict.fromkeys("•·∙", "."),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
    **dict(zip("…×±≈≤≥✓✗σβαρμµ²³√é", "~x~~<>ynsbaruu23ve", strict=True)),
}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG, errno.ENXIO, errno.EINVAL, errno.EPIPE)
_kept: list[str] = []
_closed: list[int] = []


def prepare_streams() -> None:
    """Make standard streams that a command can write to without failing half-way; to be called once, first of all.

    A closed one becomes one that leads nowhere, or the first file to be opened would take its place. A letter that an
    encoding lacks is replaced by a plain one or a question mark.
    """
    _kept.clear()
    _closed.clear()
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            _closed.append(number)
            os.open(os.devnull, os.O_RDWR)  # The lowest number that is free: this one.
    # They live as long as the process does.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    codecs.register_error(HANDLER, _replace)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors=HANDLER)  # type: ignore[union-attr]


def stdout_was_closed() -> bool:
    """Whether the command was started without a standard output."""
    return 1 in _closed


def speaks_unicode() -> bool:
    """Whether standard output takes every letter."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("_", "-")
    return encoding in ("utf-8", "utf8")


def quiet_stdout() -> None:
    """Let what is still to be written to standard output lead nowhere."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def refused_by_stdout(problem: OSError) -> bool:
    """Whether an error is that of a stream: those of files carry a name, and are turned into hedgebook's own."""
    return problem.filename is None and problem.errno in FULL


def keep(folder: Path) -> None:
    """Remember what a command has written, for a message where its output cannot be shown."""
    _kept.append(str(folder))


def kept() -> tuple[str, ...]:
    """The folders that this command has written."""
    return tuple(_kept)


def _replace(problem: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    letters = problem.object[problem.start : problem.end]
    plain = "".join(PLAIN.get(letter, "?") for letter in letters)
    # A replacement has to be in the encoding itself.
    return plain.encode("ascii", "replace").decode("ascii"), problem.end
