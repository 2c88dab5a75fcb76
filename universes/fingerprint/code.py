"""The fingerprint of a user's own code: its files, the modules it imports, the values it holds, package versions."""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache, partial
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from .values import NAMED, digest, of_file, of_value

PROGRAM = Path(__file__).parents[2]
ROOMS = ("engine", "strategies", "universes", "reports")
INSTALLED = ("site-packages", "dist-packages")
MAIN = "__main__"


def of_code(thing: Any, *, file: Path | None = None) -> dict[str, Any]:
    """Everything of a user's own that decides what a function or an object does.

    file: where it was loaded from, if that is known. Holds the files of its code and of every module that they import
    from the user's folders, directly or by way of others; the versions of the packages that they import; and the
    values that its functions take from closures, attributes and module variables. What hedgebook itself has is left
    out: see `of_program`.
    """
    walk = _walked(thing, file)
    modules, packages = _imports(walk)
    return {
        "files": _named(walk.files),
        "modules": {name: of_file(path) for name, path in sorted(modules.items())},
        "packages": {name: _version(name) for name in sorted(packages)},
        "functions": dict(sorted(walk.codes.items())),
        "values": dict(sorted(walk.values.items())),
    }


def code_files(thing: Any, file: Path | None = None) -> dict[str, Path]:
    """The files that `of_code` tells of, by the name of their module or, without one, of the file."""
    walk = _walked(thing, file)
    modules, _ = _imports(walk)
    return {**{path.name: path for path in sorted(walk.files)}, **dict(sorted(modules.items()))}


def _walked(thing: Any, file: Path | None) -> _Walk:
    walk = _Walk()
    walk.thing(thing)
    if file is not None:
        walk.files.setdefault(file.resolve(), file.name)
    return walk


def is_own(path: Path) -> bool:
    """Whether a file is the user's own: of no package that is installed, not Python's and not hedgebook's."""
    if not path.is_file() or any(part in INSTALLED for part in path.parts):
        return False
    return not any(path.is_relative_to(root) for root in (*_python(), *(PROGRAM / room for room in ROOMS)))


class _Walk:
    """Looks through functions and objects.

    modules: files by the name under which they were imported; files: those of other code; codes: of functions that
    are in no file.
    """

    def __init__(self) -> None:
        self.modules: dict[str, Path] = {}
        self.files: dict[Path, str] = {}
        self.codes: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._seen: set[int] = set()

    def thing(self, thing: Any, name: str = "") -> None:
        """A function, a class or an object of a class of the user's."""
        if id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        if isinstance(thing, partial):
            self.values[f"{name}partial"] = [of_value(thing.args), of_value(thing.keywords)]
            self.thing(thing.func, name)
        elif isinstance(thing, MethodType):
            self.thing(thing.__self__, name)
            self.thing(thing.__func__, name)
        elif isinstance(thing, FunctionType):
            self._function(thing)
        elif isinstance(thing, type):
            self._class(thing)
        elif not _foreign(type(thing)):
            self._class(type(thing))
            self._held(thing, name or type(thing).__qualname__)

    def _held(self, thing: Any, name: str) -> None:
        slots = {slot: getattr(thing, slot, None) for kind in type(thing).__mro__ for slot in _slots(kind)}
        for key, value in {**slots, **getattr(thing, "__dict__", {})}.items():
            self._value(f"{name}.{key}", value)

    def _class(self, kind: type) -> None:
        for one in kind.__mro__:
            if _foreign(one):
                continue
            for key, value in vars(one).items():
                inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
                if isinstance(inner, FunctionType):
                    self.thing(inner)
                elif not key.startswith("__"):
                    self._value(f"{one.__qualname__}.{key}", value)

    def _function(self, function: FunctionType) -> None:
        if (wrapped := getattr(function, "__wrapped__", None)) is not None:
            self.thing(wrapped)
        if _foreign(function):
            return
        # The module of a strategy file has a name that is made up, and a script's is that of every script.
        module = "" if function.__module__.startswith(("_hedgebook_strategy_", MAIN)) else f"{function.__module__}."
        name, path = f"{module}{function.__qualname__}", Path(function.__code__.co_filename)
        if path.is_file():
            self._file(function.__module__, path)
        else:
            self.codes[name] = digest(*_code_parts(function.__code__))
        for i, default in enumerate(function.__defaults__ or ()):
            self._value(f"{name}.default[{i}]", default)
        for key, value in (function.__kwdefaults__ or {}).items():
            self._value(f"{name}.{key}", value)
        for key, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            try:
                self._value(f"{name}.{key}", cell.cell_contents)
            except ValueError:  # an empty cell
                continue
        for key in sorted(_names(function.__code__)):
            if key in function.__globals__:
                self._value(f"{module}{key}", function.__globals__[key])

    def _file(self, module: str, path: Path) -> None:
        """Keep the file of code, under the name of its module where it was imported by that."""
        loaded = getattr(sys.modules.get(module), "__file__", None)
        if module != MAIN and loaded and Path(loaded).resolve() == path.resolve():
            self.modules.setdefault(module, path.resolve())
        else:
            self.files.setdefault(path.resolve(), path.name)

    def _value(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType):
            path = Path(getattr(value, "__file__", None) or "")
            if is_own(path):
                self._file(value.__name__, path)
        elif isinstance(value, FunctionType | MethodType | partial | type):
            self.thing(value, f"{name}.")
        elif _foreign(type(value)):
            self.values[name] = of_value(value)
        else:
            self.thing(value, name)


def _foreign(thing: Any) -> bool:
    """Whether a class or a function is not the user's own code."""
    module = getattr(thing, "__module__", None)
    if module is None or module == "builtins" or str(module).partition(".")[0] == "hedgebook":
        return True
    file = getattr(sys.modules.get(module), "__file__", None) if module in sys.modules else None
    if isinstance(thing, FunctionType):
        file = thing.__code__.co_filename
        return Path(file).is_file() and not is_own(Path(file))
    if module in sys.modules and file is None:
        return module in sys.builtin_module_names or module in sys.stdlib_module_names
    return file is not None and not is_own(Path(file))


def _slots(kind: type) -> tuple[str, ...]:
    found = vars(kind).get("__slots__", ())
    names = (found,) if isinstance(found, str) else tuple(found)
    return tuple(name for name in names if not name.startswith("__"))


def _names(code: CodeType) -> set[str]:
    """Names that a function looks up in its module, those of functions within it among them."""
    found = set(code.co_names)
    for part in code.co_consts:
        if isinstance(part, CodeType):
            found |= _names(part)
    return found


def _code_parts(code: CodeType) -> Iterator[bytes | str]:
    yield from (code.co_code, repr(code.co_names), repr(code.co_varnames))
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _code_parts(part)
        else:
            yield repr(sorted(part, key=repr) if isinstance(part, frozenset) else part)


def _imports(walk: _Walk) -> tuple[dict[str, Path], set[str]]:
    """The user's own modules that code imports, by name, and the packages besides."""
    modules, packages = dict(walk.modules), set[str]()
    # Of a file to look into: its package, and the folder that the imports of everything from there on begin from.
    left = [(path, "", path.parent) for path in walk.files]
    left += [(path, _package(name, path), _top(name, path)) for name, path in modules.items()]
    looked = {path for path, _, _ in left}
    while left:
        path, package, folder = left.pop()
        for name in _imported(path, package, folder):
            if name.partition(".")[0] == "hedgebook":
                continue  # its sources are those of `of_program`, wherever they stand
            found = find_module(name, folder)
            if found is None or not is_own(found):
                packages.add(name.partition(".")[0])
                continue
            found = found.resolve()
            if found not in walk.files:
                modules.setdefault(name, found)
            if found not in looked:
                looked.add(found)
                left.append((found, _package(name, found), folder))
    own = {name.partition(".")[0] for name in modules}
    return modules, packages - set(sys.stdlib_module_names) - {"hedgebook", ""} - own


def _package(name: str, file: Path) -> str:
    """The package that a module's relative imports begin from."""
    return name if file.name == "__init__.py" else name.rpartition(".")[0]


def _top(name: str, file: Path) -> Path:
    """The folder from which a module of this name is imported."""
    return file.parents[name.count(".") + (file.name == "__init__.py")]


def _imported(path: Path, package: str, folder: Path) -> list[str]:
    """Every module that a file may import, wherever in it that stands; `from a import b` may mean a module a.b."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= dict.fromkeys(part for name in node.names for part in _steps(name.name))
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*filter(None, above), *filter(None, [node.module])])
            found |= dict.fromkeys(_steps(base))
            inner = [f"{base}.{name.name}" if base else name.name for name in node.names if name.name != "*"]
            found |= dict.fromkeys(name for name in inner if find_module(name, folder) is not None)
    return [name for name in found if name]


def _steps(name: str) -> Iterator[str]:
    """a, a.b and a.b.c of a.b.c: all of them are run."""
    parts = name.split(".")
    return (".".join(parts[: i + 1]) for i in range(len(parts)))


def find_module(name: str, folder: Path, *, loaded: bool = True) -> Path | None:
    """The file of a module as it is loaded, or would be from a file in the folder."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if loaded and file:
        return Path(file)
    places: Any = [str(folder), *sys.path]
    spec = None
    for step in _steps(name):
        try:
            spec = PathFinder.find_spec(step, places)
        except (ImportError, ValueError, AttributeError):
            return None
        if spec is None:
            return None
        places = spec.submodule_search_locations or []
    return Path(spec.origin) if spec is not None and spec.origin else None


def _version(name: str) -> str:
    """The version of the distribution that an importable package belongs to."""
    for distribution in (name, *_distributions().get(name, ())):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "unknown"


@cache
def _distributions() -> Any:
    return packages_distributions()


@cache
def _python() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    return tuple({Path(paths[name]).resolve() for name in ("stdlib", "platstdlib")})


def _named(files: dict[Path, str]) -> dict[str, Any]:
    """Files by number: what they are called decides nothing."""
    found = sorted((of_file(path) for path in files), key=lambda one: (str(one[NAMED]), str(one["sha256"])))
    return {str(i): one for i, one in enumerate(found)}
