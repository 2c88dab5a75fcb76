"""Packages that read their own docstrings while they are imported, which `python -OO` has taken away."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


def peer(name: str) -> ModuleType:
    """A package by name. Under -OO its files are compiled with docstrings, whatever the interpreter's flag says."""
    if sys.flags.optimize < 2 or name in sys.modules:
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
