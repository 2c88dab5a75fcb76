"""The one place that decides how kernels are compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import types

from .kernel_cache import cache_of, tell_once

F = TypeVar("F", bound=Callable[..., Any])
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False}
# For pieces that kernels alone call: no reference counts, which numba has and its types do not know, and no entry for
# Python, which took a fifth of the time that it takes to compile a tile. Python would find no function there.
UNCOUNTED: dict[str, Any] = {**OPTIONS, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
MERGED: dict[str, Any] = {**UNCOUNTED, "inline": "always"}


def kernel(function: F) -> F:
    """Compile on first use and keep the machine code on disk.

    nogil, so that threads can run kernels side by side; error_model "numpy", so that a division by zero gives
    inf or NaN instead of costing a branch; no fastmath, because results must be the same everywhere.
    """
    compiled = _compiled(function, OPTIONS)
    compiled._cache = cache_of(function, sources_stamp())
    return cast(F, compiled)


def inlined(function: F) -> F:
    """Compile as `kernel` does, for pieces that kernels call: never cached alone, always part of the caller."""
    return cast(F, _compiled(function, OPTIONS))


def uncounted(function: F) -> F:
    """Compile as `inlined` does, for pieces that make no array: none of the references they hand on is counted.

    Else each call between compiled functions counts, atomically, the references to every array it passes: profiled,
    that was a third of the time of a tile. numba refuses to compile one that makes an array or returns a part of one.
    """
    return cast(F, _compiled(function, UNCOUNTED))


def merged(function: F) -> F:
    """Make a piece part of its caller's source, if it has many arguments and is called in one place and often.

    An array is handed to a function as ten numbers: a call with thirty arrays took longer than what it called. Merged
    by LLVM instead, tiles were a tenth faster and took twice as long to compile.
    """
    return cast(F, _compiled(function, MERGED))


def _compiled(function: Any, options: dict[str, Any]) -> Any:
    """A function that compiles itself on first use, also where NUMBA_DISABLE_JIT asks that none does.

    Some pieces are written in the compiler's own terms and are nothing in plain Python.
    """
    config: Any = numba.config
    if config.DISABLE_JIT:
        tell_once("jit", "NUMBA_DISABLE_JIT is set, but the kernels cannot run uncompiled: they are compiled anyway.")
        # For good, since numba asks again for what it compiles of its own at the first use.
        config.DISABLE_JIT = 0
    compiled: Any = numba.njit(**options)(function)
    as_given = compiled.get_call_template

    unliteral: Callable[[Any], Any] = types.unliteral

    def by_kind(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return as_given(tuple(map(unliteral, args)), {name: unliteral(kind) for name, kind in kws.items()})

    # A number that is written out in a call is a type of its own to numba: pieces were compiled up to four times.
    compiled.get_call_template = by_kind
    return compiled


@lru_cache(maxsize=1)
def sources_stamp() -> str:
    """A hash over the sources of all kernels."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
