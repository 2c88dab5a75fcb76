"""Compiled code on disk: kept where that is possible, proved whole when it is read, made again where it is not."""

from __future__ import annotations

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any, cast

from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache, _Cache

DIGEST_BYTES = 32
_told: set[str] = set()


def tell_once(about: str, text: str) -> None:
    """One line on standard error, the first time in a process that anything is said about it."""
    if about not in _told:
        _told.add(about)
        print(f"hedgebook: {text}", file=sys.stderr)


def cache_of(function: Any, stamp: str) -> _Cache:
    """Where a kernel's machine code is kept; where no folder can be written to, code lives in memory alone.

    stamp: a hash over every kernel source: it is in the name of the files and in their index, since numba itself
    looks at the file of the function alone, and not at those of the pieces that it calls.
    """
    try:
        return KernelCache(function, stamp)
    except (OSError, RuntimeError):
        # numba's word for it: no locator available.
        return MemoryOnly()


class MemoryOnly(NullCache):
    """Keeps nothing, and says so once something has been compiled."""

    def save_overload(self, sig: Any, data: Any) -> None:  # noqa: ARG002
        """Say that nothing is kept."""
        _tell_unkept("no folder for it can be written to")


class KernelCache(FunctionCache):
    """numba's cache of a function, to which no state of the disk is an obstacle."""

    def __init__(self, function: Any, stamp: str) -> None:
        parent, files = cast(Any, super()), cast(Any, WholeFiles)
        parent.__init__(function)
        self._cache_file = files(
            cache_path=self._cache_path, filename_base=f"{self._impl.filename_base}-{stamp[:12]}", source_stamp=stamp
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, None where it is not there or cannot be used."""
        try:
            return cast(Any, super()).load_overload(sig, target_context)
        except Exception:  # whatever unpickling and rebuilding raise: it is compiled again, and written anew
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function if that is possible."""
        try:
            cast(Any, super()).save_overload(sig, data)
        except OSError as problem:
            _tell_unkept(f"{problem.strerror or problem}: {Path(self._cache_path)}")


class WholeFiles(IndexDataCacheFile):
    """An index and its files of machine code, each with a digest: code that was cut or changed is never run.

    A file that is damaged counts as absent, so that it is compiled again and replaced.
    """

    def _load_index(self) -> Any:
        try:
            overloads = cast(Any, super())._load_index()
        except Exception:  # pickle raises nearly anything for bytes that are none
            return {}
        return overloads if isinstance(overloads, dict) else {}

    def _load_data(self, name: str) -> Any:
        content = Path(cast(Any, self)._data_path(name)).read_bytes()
        digest, data = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(data).digest() != digest:
            raise OSError(f"{name} is damaged")  # as numba takes a file that is gone
        return pickle.loads(data)

    def _save_data(self, name: str, data: Any) -> None:
        own = cast(Any, self)
        content = own._dump(data)
        with own._open_for_write(own._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)


def _tell_unkept(why: str) -> None:
    tell_once(
        "cache",
        f"compiled code cannot be kept ({why}), so it is compiled anew each time, which may take a minute. "
        "To keep it, set NUMBA_CACHE_DIR to a folder that can be written to.",
    )
