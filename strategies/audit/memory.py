"""What a strategy keeps from one call to the next: an audit that plans it again must find it as it was at first."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence, MutableSet
from functools import partial
from types import FunctionType
from typing import Any

from ..strategy.given import FunctionStrategy
from ..strategy.strategy import Strategy

# Functions that a function calls, of the same file, and those that these call.
DEEPEST = 4


class Memory:
    """Values outside of a strategy's own calls that its code can reach: globals, attributes, defaults and caches.

    What they hold when this is made is what `restored` gives back to them.
    """

    def __init__(self, strategy: Strategy) -> None:
        self._kept: list[tuple[str, Callable[[], Any], Callable[[Any], None], Any, Any]] = []
        self._spaces: list[tuple[Callable[[], Mapping[str, Any]], Callable[[str], None], frozenset[str]]] = []
        self._caches: dict[str, Any] = {}
        self._seen: set[int] = set()
        for owner in _owners(strategy):
            self._of_object(owner)

    def changed(self) -> tuple[str, ...]:
        """The names of what holds something else than at first."""
        found = [name for name, get, _, held, copy in self._kept if not _same(get(), held, copy)]
        found += [name for look, _, names in self._spaces for name in look() if name not in names]
        found += [name for name, one in self._caches.items() if one.cache_info().currsize]
        return tuple(dict.fromkeys(found))

    def restored(self) -> None:
        """Give everything what it held at first, and empty what `functools.cache` keeps."""
        for _, get, put, held, copy in self._kept:
            if get() is not held:
                put(held)
            _refill(held, copy)
        for look, drop, names in self._spaces:
            for name in [name for name in look() if name not in names]:
                drop(name)
        for one in self._caches.values():
            one.cache_clear()

    def _of_object(self, owner: Any) -> None:
        if isinstance(owner, FunctionType):
            self._of_function(owner, DEEPEST)
            return
        kind = owner if isinstance(owner, type) else type(owner)
        for base in kind.__mro__:
            if base.__module__.startswith(("hedgebook.", "pydantic", "builtins", "abc", "typing")):
                continue
            self._spaces.append((partial(vars, base), partial(delattr, base), frozenset(vars(base))))
            for name, value in list(vars(base).items()):
                plain = getattr(value, "__func__", value)
                if isinstance(plain, FunctionType):
                    self._of_function(plain, DEEPEST)
                elif not name.startswith("__"):
                    self._keep(name, partial(getattr, base, name, None), partial(setattr, base, name))
        if not isinstance(owner, type | Strategy):
            held = vars(owner) if hasattr(owner, "__dict__") else {}
            if hasattr(owner, "__dict__"):
                self._spaces.append((partial(vars, owner), held.__delitem__, frozenset(held)))
            for name in list(held):
                self._keep(name, partial(held.get, name), partial(held.__setitem__, name))

    def _of_function(self, function: FunctionType, depth: int) -> None:
        if id(function.__code__) in self._seen or depth < 0:
            return
        self._seen.add(id(function.__code__))
        space, names = function.__globals__, tuple(dict.fromkeys(_names(function.__code__)))
        missing = {name for name in names if name not in space}
        self._spaces.append((lambda: {name: 0 for name in missing if name in space}, space.__delitem__, frozenset()))
        for name in names:
            if name in space:
                self._reach(name, space[name], function, depth)
                self._keep(name, partial(space.get, name), partial(space.__setitem__, name))
        for cell, name in zip(function.__closure__ or (), function.__code__.co_freevars, strict=False):
            try:
                self._reach(name, cell.cell_contents, function, depth)
            except ValueError:  # not yet filled
                continue
            self._keep(name, partial(getattr, cell, "cell_contents"), partial(setattr, cell, "cell_contents"))
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._keep(f"a default of {function.__name__}", lambda v=value: v, lambda _: None)  # type: ignore[misc]
        own = vars(function)
        self._spaces.append((lambda: own, own.__delitem__, frozenset(own)))
        for name in list(own):
            self._keep(name, partial(own.get, name), partial(own.__setitem__, name))

    def _reach(self, name: str, value: Any, function: FunctionType, depth: int) -> None:
        """Look into what a function calls."""
        if hasattr(value, "cache_clear") and hasattr(value, "cache_info"):
            self._caches[name] = value
            value = inspect.unwrap(value)
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            self._of_function(value, depth - 1)

    def _keep(self, name: str, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        held = get()
        if inspect.ismodule(held) or isinstance(held, type) or callable(held):
            return
        self._kept.append((name, get, put, held, _copy(held)))


def _owners(strategy: Strategy) -> Iterator[Any]:
    if not isinstance(strategy, FunctionStrategy):
        yield type(strategy)
        return
    yield inspect.unwrap(getattr(strategy.called_function, "__func__", strategy.called_function))
    if not isinstance(strategy.function, FunctionType):
        yield strategy.function


def _names(code: Any) -> Iterator[str]:
    """The names that code and what is written inside of it look up."""
    yield from code.co_names
    for inner in code.co_consts:
        if hasattr(inner, "co_names"):
            yield from _names(inner)


def _copy(held: Any) -> Any:
    if isinstance(held, MutableMapping):
        return dict(held)
    if isinstance(held, MutableSequence):
        return list(held)
    return set(held) if isinstance(held, MutableSet) else None


def _same(now: Any, held: Any, copy: Any) -> bool:
    """Whether a value is still the same one and, of a container, holds the same."""
    if now is not held or copy is None:
        return now is held
    if len(now) != len(copy):
        return False
    if isinstance(copy, dict):
        return all(key in now and now[key] is value for key, value in copy.items())
    if isinstance(copy, set):
        return bool(now == copy)
    return all(a is b for a, b in zip(now, copy, strict=True))


def _refill(held: Any, copy: Any) -> None:
    if copy is None or _same(held, held, copy):
        return
    held.clear()
    if isinstance(copy, list):
        held.extend(copy)
    else:
        held.update(copy)
