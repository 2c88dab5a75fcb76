"""One thread of linear algebra wherever a figure is kept: how many share a sum decides its last digits."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from importlib import import_module
from inspect import isgeneratorfunction
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

# Read by the libraries when they are loaded: OpenBLAS, MKL, BLIS and Apple's Accelerate.
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_lock = threading.Lock()
_inside = 0
_limits: Any = None
# What controls the libraries that were loaded when so many modules were: finding them takes as long as a small run.
_controller: tuple[int, Any] = (0, None)


@contextmanager
def one_thread() -> Iterator[None]:
    """While this lasts, linear algebra uses one thread; nested and side by side, the last one out gives them back."""
    global _inside, _limits
    with _lock:
        if _inside == 0:
            _limits = _limit()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _limits is not None:
                _limits.restore_original_limits()
                _limits = None


def _limit() -> Any:
    """None where the libraries were told before they were loaded."""
    if all(os.environ.get(name) == "1" for name in VARIABLES):
        return None
    # scipy has a library of its own; loaded later it would have all threads.
    import_module("scipy.linalg")
    global _controller
    if _controller[0] != len(sys.modules):
        found = import_module("threadpoolctl").ThreadpoolController()
        _controller = len(sys.modules), found
    return _controller[1].limit(limits=1, user_api="blas")


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose figures are the same however many threads linear algebra may have."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_thread():
            return function(*args, **kwargs)

    return limited


def figures_on_one_thread(kind: C) -> C:
    """A class of which every public method and property is `on_one_thread`, those that it inherits among them."""
    for name in dir(kind):
        if name.startswith("_"):
            continue
        found = next(vars(base)[name] for base in kind.__mro__ if name in vars(base))
        made = _limited(found)
        if made is not None:
            setattr(kind, name, made)
            if isinstance(made, cached_property):
                made.__set_name__(kind, name)
    return kind


def _limited(found: Any) -> Any:
    """None for what is neither a method nor a property."""
    if isinstance(found, cached_property):
        return cached_property(on_one_thread(found.func))
    if isinstance(found, property) and found.fget is not None:
        return property(on_one_thread(found.fget), found.fset, found.fdel, found.__doc__)
    plain = callable(found) and not isinstance(found, type | classmethod | staticmethod)
    return on_one_thread(found) if plain and not isgeneratorfunction(found) else None
