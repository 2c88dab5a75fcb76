"""Strategies and code of the user's own as JSON: the name and file they came from, and everything that they hold."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from hedgebook.strategies.catalogue.find import find_strategy, named_by
from hedgebook.strategies.strategy.load import loaded_from, named_in_file, names_file
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.universes.fingerprint import NAMED, of_code
from hedgebook.universes.fingerprint.code import code_files, is_own
from hedgebook.universes.raw_file import is_file

from .encode import IS, also_encode, class_name, encode, encode_file

MAIN = "__main__"


def encode_named(text: str) -> dict[str, Any]:
    """A strategy that is named by a text: what it is now, and the file that it stands in."""
    if names_file(text):
        from hedgebook.strategies.strategy.load import load_strategy

        return encode_code(load_strategy(text))
    return _named(text, {}, find_strategy(text))


def encode_strategy(value: Strategy) -> dict[str, Any]:
    """A strategy by what it holds, and by the name that it was asked for by, where it was."""
    named = named_by(value)
    return _named(named[0], named[1], value) if named is not None else _named(None, {}, value)


def _named(text: str | None, changes: Any, value: Strategy) -> dict[str, Any]:
    file = None if text is None else toml_file(text)
    found: dict[str, Any] = {IS: "strategy", NAMED: text, "set": encode(dict(changes))}
    if text is not None and names_file(text):
        path, colon, name = text.rpartition(":")
        found[NAMED] = f"{Path(path).absolute()}{colon}{name}"
    elif file is not None:
        found |= {NAMED: f"{file.absolute()}{text[len(str(file)) :]}"}  # type: ignore[index]
    own = type(value).__module__.partition(".")[0] != "hedgebook"
    kind = encode_code(type(value)) if own else class_name(type(value))
    fields = {name: encode(getattr(value, name)) for name in type(value).model_fields}
    found |= {"class": kind, "value": fields}
    return found if file is None else {**found, "file": encode_file(file)}


def toml_file(text: str) -> Path | None:
    """The file of a text like mine.toml or mine.toml:name, None for another text or where it is not there."""
    for part in (text, text.rpartition(":")[0]):
        if part.endswith(".toml") and is_file(Path(part)):
            return Path(part)
    return None


def encode_code(thing: Any) -> dict[str, Any]:
    """A function, class or object of the user's: how it is loaded again, its fingerprint and its files' content."""
    file = loaded_from(thing) or loaded_from(type(thing))
    files = {name: encode_file(path) for name, path in code_files(thing, file).items()}
    instance = not isinstance(thing, type) and not inspect.isroutine(thing)
    return {
        IS: "code",
        NAMED: _place(thing, instance),
        "instance": instance,
        "files": files,
        "code": of_code(thing, file=file),
    }


def _place(thing: Any, instance: bool) -> str | None:
    """FILE.py:NAME by which it can be loaded, None where it stands in a script, in a function or in no file."""
    known = named_in_file(thing)
    if known is not None:
        return known
    if instance:
        return None
    name, module = getattr(thing, "__qualname__", ""), getattr(thing, "__module__", MAIN)
    try:
        path = Path(inspect.getsourcefile(thing) or "")
    except (TypeError, OSError):
        return None
    if not name.isidentifier() or module == MAIN or not is_own(path):
        return None
    return f"{path.resolve()}:{name}"


def _is_code(value: Any) -> bool:
    """Whether something of the user's can be called, or plans, and is no strategy of hedgebook's."""
    module = str(getattr(value, "__module__", type(value).__module__))
    if module.partition(".")[0] in ("hedgebook", "numpy", "pandas", "builtins", "pathlib", "datetime"):
        return False
    return callable(value) or any(callable(getattr(value, name, None)) for name in ("plan", "schedule", "batch"))


also_encode("a named strategy", lambda _: False, encode_named)
also_encode("a strategy", lambda value: isinstance(value, Strategy), encode_strategy)
also_encode("code", _is_code, encode_code)
