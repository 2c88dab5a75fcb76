"""Compiled code on disk: kept where that is possible, proved whole when it is read, made again where it is not."""

from __future__ import annotations

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any, cast

from llvmlite.binding import address_of_symbol
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache, _Cache
from numba.core.runtime.nrt import rtsys

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
        """The compiled function, None where it is not there or cannot be used.

        numba readies all that it compiles with before it reads one, which took 0.3 s of every command. Machine code
        needs nothing of it but what it calls, so it is readied only where that is not there.
        """
        own = cast(Any, self)
        try:
            rtsys.initialize(target_context)
            kept = own._cache_file.load(own._index_key(sig, target_context.codegen()))
            if kept is None:
                return None
            called, data = kept
            if called is None or any(address_of_symbol(name) is None for name in called):
                target_context.refresh()
            return own._impl.rebuild(target_context, data)
        except Exception:  # whatever unpickling and rebuilding raise: it is compiled again, and written anew
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function if that is possible."""
        try:
            cast(Any, super()).save_overload(sig, data)
        except OSError as problem:
            _tell_unkept(f"{problem.strerror or problem}: {Path(self._cache_path)}")

    def _save_overload(self, sig: Any, data: Any) -> None:
        """As numba's own, with the names of what the machine code calls beside it."""
        own = cast(Any, self)
        if not own._impl.check_cachable(data):
            return
        own._impl.locator.ensure_cache_path()
        own._cache_file.save(own._index_key(sig, data.codegen), (called_by(data.library), own._impl.reduce(data)))


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


def called_by(library: Any) -> tuple[str, ...] | None:
    """Names that compiled code takes from elsewhere; None where numba does not tell."""
    module = getattr(library, "_final_module", None)
    if module is None:
        return None
    defined = (*module.functions, *module.global_variables)
    return tuple(one.name for one in defined if one.is_declaration and not one.name.startswith("llvm."))


def _tell_unkept(why: str) -> None:
    tell_once(
        "cache",
        f"compiled code cannot be kept ({why}), so it is compiled anew each time, which may take a minute. "
        "To keep it, set NUMBA_CACHE_DIR to a folder that can be written to.",
    )
