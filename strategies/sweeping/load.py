"""Loading a user's own strategy from a Python file."""

from __future__ import annotations

import hashlib
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from hedgebook.errors import ParameterError, StrategyError, did_you_mean

EXAMPLE = "mine.py:strategy"


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
    if not path.is_file():
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
            bound="a function of the market, or an object with a method schedule or batch",
        )
    return thing


def is_strategy(thing: object) -> bool:
    """Whether something can be called, or has a method that can."""
    return callable(thing) or any(callable(getattr(thing, name, None)) for name in ("schedule", "batch"))


def _is_own(value: object, module: str) -> bool:
    """Whether a value of a module is a strategy that was written there and not imported."""
    return is_strategy(value) and (getattr(value, "__module__", None) or type(value).__module__) == module


def _run_file(path: Path) -> ModuleType:
    """A module from a file, with the file's folder to import from meanwhile."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ParameterError("this file cannot be read", where=str(path), value=str(problem)) from None
    place = path.resolve()
    digest = hashlib.sha256(str(place).encode() + text.encode()).hexdigest()
    module = ModuleType(f"_hedgebook_strategy_{digest[:12]}")
    module.__file__ = str(place)
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(place.parent))
    try:
        exec(compile(text, str(place), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as problem:
        raise StrategyError(told(problem), where=place_of(problem, place) or str(path)) from None
    finally:
        with suppress(ValueError):
            sys.path.remove(str(place.parent))
        sys.modules.pop(module.__name__, None)
    return module


def told(problem: BaseException) -> str:
    """An error in one line."""
    if isinstance(problem, SyntaxError):
        return f"{type(problem).__name__}: {problem.msg}"
    said = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__


def place_of(problem: BaseException, file: Path | None) -> str | None:
    """File and line where an error arose: the last line of `file`, or of any file, that was being run."""
    if isinstance(problem, SyntaxError) and problem.filename:
        return f"{Path(problem.filename).name}, line {problem.lineno}"
    frames = traceback.extract_tb(problem.__traceback__)
    own = [frame for frame in frames if file is None or Path(frame.filename) == file]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else None
