"""Packages that need care when they are imported: docstrings that `python -OO` has taken away, and what is not used."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any

# By package, what it imports for downloads that are never asked of it here, with parsers, sockets and data bases, 0.3 s
# of every run: the module of it that does, and what that calls it.
LATER = {"empyrical": ("yfinance", "empyrical.utils", "yf")}


def peer(name: str) -> ModuleType:
    """A package by name. Under -OO its files are compiled with docstrings, whatever the interpreter's flag says."""
    if name in sys.modules:
        return import_module(name)
    with _downloads_later(name):
        return _imported(name)


@contextmanager
def _downloads_later(name: str) -> Iterator[None]:
    """Import a package without what it downloads with, which is loaded once something of it is used."""
    other, place, called = LATER.get(name, ("", "", ""))
    if not other or other in sys.modules or find_spec(other) is None:
        yield
        return
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    modules[other] = None
    try:
        yield
    finally:
        modules.pop(other, None)
    setattr(sys.modules[place], called, _Later(other))


class _Later(ModuleType):
    """Stands for a module that is imported at the first use of anything of it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def _imported(name: str) -> ModuleType:
    if sys.flags.optimize < 2:
        return import_module(name)
    finder = _WithDocstrings(name)
    sys.meta_path.insert(0, finder)
    try:
        return import_module(name)
    finally:
        sys.meta_path.remove(finder)


class _WithDocstrings(MetaPathFinder):
    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The file of a module of the package, to be compiled by `_Loader`."""
        if fullname.partition(".")[0] != self.package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """The module's code as without -OO."""
        path = self.get_filename(fullname)
        code = compile(self.get_data(path), path, "exec", dont_inherit=True, optimize=0)
        assert isinstance(code, CodeType)
        return code
