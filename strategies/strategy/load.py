"""Loading a user's own strategy from a Python file."""

from __future__ import annotations

import hashlib
import importlib
import io
import pickle
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from hedgebook.errors import HedgebookError, ParameterError, StrategyError, did_you_mean
from hedgebook.universes.fingerprint.code import find_module, is_own
from hedgebook.universes.raw_file import is_file, read_bytes

R = TypeVar("R")

EXAMPLE = "mine.py:strategy"
_FILES: WeakKeyDictionary[Any, Path] = WeakKeyDictionary()
_NAMES: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
# The files behind the private modules, by the modules' names.
_PLACES: dict[str, Path] = {}
# The user's modules that strategy files imported, with the content that they had then.
_IMPORTED: dict[str, str] = {}


def names_file(text: str) -> bool:
    """Whether a text names a strategy in a Python file rather than a trade."""
    return text.endswith(".py") or ".py:" in text


def load_strategy(text: str) -> Any:
    """The function or object that "mine.py:name" names; the file is read anew each time.

    Its module is private: it can be imported under no name, and its functions travel to another process as code.
    Raises ParameterError for a file or a name that is not there and for a name that is no strategy, StrategyError,
    with file and line, where the file itself fails.
    """
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py"):
        file, name = text, ""
    path = Path(file)
    if not is_file(path):
        raise ParameterError("there is no such file", where="strategy", value=file)
    found = vars(_run_file(path))
    choices = [key for key, value in found.items() if not key.startswith("_") and _is_own(value, found["__name__"])]
    if not name:
        raise ParameterError(
            "a strategy of a file needs a name",
            where=file,
            bound=f"file:name, as in {EXAMPLE}",
            remedy=did_you_mean("", choices),
        )
    if name not in found:
        raise ParameterError(f"there is no {name!r} in it", where=file, remedy=did_you_mean(name, choices))
    thing = found[name]
    if not is_strategy(thing):
        raise ParameterError(
            f"{name} is no strategy, because it cannot be called",
            where=file,
            value=type(thing).__name__,
            bound="a function of the market, a class or a value of a strategy, a Schedule, or a DataFrame of weights",
        )
    with suppress(TypeError):  # what cannot be referred to weakly
        _FILES[thing] = path.resolve()
        _NAMES[thing] = f"{path.resolve()}:{name}"
    return thing


def loaded_from(thing: Any) -> Path | None:
    """The file that `load_strategy` took a strategy from, which may only import it from another one."""
    try:
        return _FILES.get(thing)
    except TypeError:
        return None


def named_in_file(thing: Any) -> str | None:
    """The text by which another process of this machine loads a strategy, None for one that is of no file alone."""
    try:
        return _NAMES.get(thing)
    except TypeError:
        return None


class _ByFile(pickle.Pickler):
    """A pickler that writes classes and functions of strategy files as the file and their name in it."""

    def reducer_override(self, thing: Any) -> Any:
        place = _PLACES.get(getattr(thing, "__module__", None) or "")
        if place is None or not isinstance(thing, type | FunctionType) or "." in thing.__qualname__:
            return NotImplemented
        return _of_file, (str(place), thing.__qualname__)


def packed_by_file(thing: Any) -> bytes:
    """A strategy as another process of this machine unpickles it. Raises what pickle raises for what cannot travel."""
    out = io.BytesIO()
    _ByFile(out).dump(thing)
    return out.getvalue()


@lru_cache(maxsize=64)
def _of_file(place: str, name: str) -> Any:
    """A class or function of a file, the same one each time in a process."""
    return vars(_module_of(place))[name]


@lru_cache(maxsize=16)
def _module_of(place: str) -> ModuleType:
    return _run_file(Path(place))


def made_from(thing: Any, kind: type) -> Any:
    """An object that a class of a file gave without arguments: another process makes it of the class."""
    text = named_in_file(kind)
    with suppress(TypeError):
        if text is not None:
            _NAMES[thing] = text
    return thing


def is_strategy(thing: object) -> bool:
    """Whether something can be called, has a method that can, or is a table of weights or orders."""
    if type(thing).__name__ in ("DataFrame", "Schedule"):
        return True
    return callable(thing) or any(callable(getattr(thing, name, None)) for name in ("plan", "schedule", "batch"))


def _is_own(value: object, module: str) -> bool:
    """Whether a value of a module is a strategy that was written there and not imported."""
    if not is_strategy(value):
        return False
    made_here = not isinstance(value, type) and callable(getattr(value, "plan", None))  # of a class of any module
    return made_here or (getattr(value, "__module__", None) or type(value).__module__) == module


def _run_file(path: Path) -> ModuleType:
    """A module from a file, with the file's folder to import from meanwhile.

    Where one of the user's modules that an earlier file imported has changed since, or another one is meant by its name
    here, all of them are imported anew: the numbers are those of the code that the files hold now.
    """
    try:
        text = read_bytes(path, error=ParameterError).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise ParameterError("this file cannot be read", where=str(path), value=str(problem)) from None
    place = path.resolve()
    digest = hashlib.sha256(str(place).encode() + text.encode()).hexdigest()
    module = ModuleType(f"_hedgebook_strategy_{digest[:12]}")
    module.__file__ = str(place)
    _PLACES[module.__name__] = place
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(place.parent))
    _forget_changed(place.parent)
    before = set(sys.modules)
    try:
        exec(compile(text, str(place), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as problem:
        raise StrategyError(told(problem), where=place_of(problem, place) or str(path)) from None
    finally:
        with suppress(ValueError):
            sys.path.remove(str(place.parent))
        sys.modules.pop(module.__name__, None)
        _IMPORTED.update({name: _content(name) for name in set(sys.modules) - before if _content(name)})
    return module


def _content(name: str) -> str:
    """A hash over the file of one of the user's own modules, empty for every other one."""
    file = getattr(sys.modules.get(name), "__file__", None)
    path = Path(file) if file else None
    return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None and is_own(path) else ""


def _forget_changed(folder: Path) -> None:
    importlib.invalidate_caches()
    for name, content in _IMPORTED.items():
        loaded = sys.modules.get(name)
        if loaded is None:
            continue
        meant = find_module(name, folder, loaded=False)
        if _content(name) != content or meant is None or meant.resolve() != Path(str(loaded.__file__)).resolve():
            for other in _IMPORTED:
                sys.modules.pop(other, None)
            _IMPORTED.clear()
            return


def told(problem: BaseException) -> str:
    """An error in one line."""
    if isinstance(problem, SyntaxError):
        return f"{type(problem).__name__}: {problem.msg}"
    said = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__


def guarded(ask: Callable[[], R], where: str, file: Callable[[], Path | None]) -> R:
    """What code of the user's own answers. file: tells where it stands, if that is known; asked where it fails.

    Raises StrategyError with where it was asked and the line at which it failed; errors of hedgebook pass.
    """
    try:
        return ask()
    except HedgebookError:
        raise
    except (Exception, SystemExit) as problem:
        line = place_of(problem, file()) or place_of(problem, None)
        raise StrategyError(told(problem), where=f"{where}, {line}") from problem


def place_of(problem: BaseException, file: Path | None) -> str | None:
    """File and line where an error arose: the last line of `file`, or of any file, that was being run."""
    if isinstance(problem, SyntaxError) and problem.filename:
        return f"{Path(problem.filename).name}, line {problem.lineno}"
    frames = traceback.extract_tb(problem.__traceback__)
    own = [frame for frame in frames if file is None or Path(frame.filename) == file]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else None
