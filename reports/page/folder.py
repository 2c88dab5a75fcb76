"""A folder of results: it appears complete or not at all, and nobody's work is lost to another's."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hedgebook.engine.locks import WRITE_REMEDY, disk_failures, lasting, locked_folder, open_folder, try_lock
from hedgebook.errors import RunFolderError

from .document import COPIES, NO_COPIES, Copies

# While a folder is written it is called .NAME.HEX.part, and one that is being replaced .NAME.HEX.old.
ASIDE = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.(?P<kind>part|old)", re.DOTALL)
SUFFIXES = (".json", ".gz", ".parquet", ".html", ".pdf", ".xlsx", ".tmp")
NAME_LETTERS = 60
TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


def save_folder(
    folder: str | Path,
    names: Sequence[str],
    write: Callable[[Path], None],
    *,
    overwrite: bool = False,
    also: Copies = NO_COPIES,
) -> Path:
    """Let `write` fill a folder with the files `names`; it appears complete or not at all.

    overwrite: replace a folder that holds nothing but such files; also: copies of the report that are written beside
    them, by name. Of two that write to one new folder at once the
    first wins. What killed processes left beside it is cleaned up, and a run that one had set aside is put back.
    Raises RunFolderError as `save_run` does, with the path that the caller gave.
    """
    given = Path(folder)
    target = _resolve(given)
    names = (*names, *COPIES)
    with disk_failures(given):
        tidy(target.parent)
        _check_target(target, given, names, overwrite)
    with disk_failures(given), _parents(target):
        beside, descriptor = _claim(target)
        try:
            with _named(beside, given):
                write(beside)
                for name, copy in also.items():
                    copy(beside / name)
            with locked_folder(target.parent):
                _put(beside, target, given, names, overwrite)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        finally:
            if descriptor is not None:
                os.close(descriptor)
    return given


def check_folder(folder: str | Path, names: Sequence[str], *, overwrite: bool = False) -> None:
    """Raise RunFolderError where `save_folder` would, before anything is worked out that cannot be written."""
    given = Path(folder)
    with disk_failures(given):
        _check_target(_resolve(given), given, (*names, *COPIES), overwrite)


def restore(folder: Path) -> None:
    """Put back a folder that a killed process had set aside to replace it, where there is no newer one."""
    with suppress(OSError, RunFolderError):
        target = _resolve(folder)
        if not target.exists():
            tidy(target.parent)


def tidy(parent: Path) -> None:
    """Clean up in a folder what killed processes left there: half-written results go, replaced ones come back.

    What a living process writes is locked and stays; so does everything where nothing can be locked.
    """
    with suppress(OSError):
        left = [path for path in parent.iterdir() if ASIDE.fullmatch(path.name)]
        if not left:
            return
        with locked_folder(parent) as alone:
            # Replaced first: where both halves of a swap are left, the older is complete for certain.
            for path in sorted(left, key=lambda path: path.suffix) if alone else ():
                with suppress(OSError):
                    _clear(path)


def _clear(path: Path) -> None:
    found = ASIDE.fullmatch(path.name)
    if found is None or path.is_symlink() or not path.is_dir():
        return
    target = path.with_name(found["name"])
    if found["kind"] == "old" and not target.exists():
        path.rename(target)
        return
    descriptor = open_folder(path)
    if descriptor is None:
        return
    try:
        if try_lock(descriptor) and all(entry.is_file() and entry.suffix in SUFFIXES for entry in path.iterdir()):
            shutil.rmtree(path)
    finally:
        os.close(descriptor)


def _claim(target: Path) -> tuple[Path, int | None]:
    """A new folder beside the target, locked for as long as its descriptor is open."""
    beside = target.with_name(f".{target.name[:NAME_LETTERS]}.{secrets.token_hex(4)}.part")
    with locked_folder(target.parent):
        beside.mkdir()
        descriptor = open_folder(beside)
        if descriptor is not None:
            try_lock(descriptor)
    return beside, descriptor


def _resolve(given: Path) -> Path:
    try:
        return given.resolve()
    except (OSError, RuntimeError) as problem:
        raise RunFolderError(f"cannot be used as a folder: {problem}", where=str(given)) from None


def _check_target(target: Path, given: Path, names: Sequence[str], overwrite: bool) -> None:
    where = str(given)
    if not target.name:
        raise RunFolderError("the root of a disk cannot be a run folder", where=where)
    if target.exists() and not target.is_dir():
        raise RunFolderError("a file of this name is in the way", where=where, remedy="Choose another folder.")
    if not target.is_dir():
        return
    entries = sorted(target.iterdir())
    if not entries:
        return
    if not overwrite:
        raise RunFolderError(
            "the folder is not empty", where=where, remedy="Choose another one, or replace it with --overwrite."
        )
    for entry in entries:
        if entry.name not in names or not entry.is_file():
            raise RunFolderError(
                "the folder holds something that no run wrote, so it is not replaced",
                where=where,
                value=entry.name,
                bound=f"nothing but {', '.join(names)}",
                remedy="Move it away or choose another folder.",
            )


@contextmanager
def _named(beside: Path, given: Path) -> Iterator[None]:
    """Name the path that the caller knows, not the one that is written first."""
    try:
        yield
    except RunFolderError as problem:
        if problem.where is None or not problem.where.startswith(str(beside)):
            raise
        where = str(given) + problem.where[len(str(beside)) :]
        raise RunFolderError(
            problem.what, where=where, value=problem.value, bound=problem.bound, remedy=problem.remedy or WRITE_REMEDY
        ) from problem.__cause__


@contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Create the folders above `target`, and take those away again when what follows fails."""
    missing = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in missing:
            with suppress(OSError):
                parent.rmdir()
        raise


def _put(beside: Path, target: Path, given: Path, names: Sequence[str], overwrite: bool) -> None:
    """Move a finished folder to its place; an older one is set aside first and comes back if that fails.

    Raises RunFolderError where another process has put one there since this one began, unless it may be replaced.
    """
    try:
        beside.rename(target)  # Onto nothing or an empty folder; never onto a file, or a folder with anything in it.
        return
    except OSError as problem:
        if problem.errno not in TAKEN or not target.is_dir():
            raise
    if not overwrite and any(target.iterdir()):
        raise RunFolderError(
            f"another run has written this folder in the meantime{_ago(target)}; it was left as it is",
            where=str(given),
            remedy="Choose another one, or replace it with --overwrite.",
        )
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.old")
    try:
        target.rename(aside)
        beside.rename(target)
    except BaseException:
        if aside.is_dir() and not target.exists():
            aside.rename(target)
        raise
    _remove(aside, names)


def _ago(target: Path) -> str:
    """How long ago a folder was written, in brackets; empty where a clock that was set back hides it."""
    with suppress(OSError):
        seconds = time.time() - target.stat().st_mtime
        return f" ({lasting(seconds)} ago)" if seconds >= 0.0 else ""
    return ""


def _remove(old: Path, names: Sequence[str]) -> None:
    """Delete a replaced run, file by file: what came into its folder in the meantime is not ours to delete."""
    for name in names:
        (old / name).unlink(missing_ok=True)
    try:
        old.rmdir()
    except OSError:
        raise RunFolderError(
            "the new run stands, but its old folder holds something that no run wrote and was kept",
            where=str(old),
            remedy="Move what you need and delete that folder.",
        ) from None
