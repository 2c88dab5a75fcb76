"""Reading TOML files into validated models, with errors that name file, key, value and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hedgebook.errors import InputError, did_you_mean

from .model import FLAW, Value, flaw, refusal

__all__ = ["find_file", "flaw", "read_toml", "validate"]
Model = TypeVar("Model", bound=BaseModel)

def read_toml(path: Path, *, error: type[InputError]) -> dict[str, Any]:
    """The tables of a TOML file. Raises `error` when it cannot be read or parsed."""
    try:
        # utf-8-sig drops the byte order mark that some Windows editors write and TOML does not allow.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise _no_such_file(path, "TOML", error) from None
    except UnicodeDecodeError as problem:
        raise error(
            f"byte {problem.start} is not UTF-8", where=str(path), remedy="Save the file as UTF-8."
        ) from None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise error(
            f"the file cannot be read: {reason}",
            where=str(path),
            remedy="Check what it is and its permissions.",
        ) from None
    except tomllib.TOMLDecodeError as problem:
        raise error(
            f"this is not valid TOML: {problem}", where=str(path), remedy="Correct the file there."
        ) from None


def find_file(
    name_or_path: str | Path, shipped: Mapping[str, Path], *, kind: str, error: type[InputError]
) -> Path:
    """The file that a shipped name or a user's path means; a name with a suffix or a folder is a path."""
    given = Path(name_or_path)
    if given.suffix or len(given.parts) > 1:
        if not given.is_file():
            raise _no_such_file(given, kind, error)
        return given
    try:
        return shipped[str(name_or_path)]
    except KeyError:
        hint = did_you_mean(str(name_or_path), shipped)
        raise error(
            f"there is no {kind} {str(name_or_path)!r}",
            remedy=f"{hint} A file is named by its path, as in ./mine.toml.",
        ) from None


def validate(model: type[Model], raw: Mapping[str, Any], *, path: Path, error: type[InputError]) -> Model:
    """A model built from `raw`. Raises `error` that names everything wrong in it."""
    try:
        # Not model_validate, which a Value has raise an error of its own.
        made: Model = model.__pydantic_validator__.validate_python(raw)
        return made
    except ValidationError as problem:
        more = model.more_problems(raw) if issubclass(model, Value) and not _told(problem) else []
        raise refusal(model, problem, error, source=path.name, more=more) from None


def _told(problem: ValidationError) -> bool:
    """Whether the problems between entries are among these already."""
    return any(one["type"] == FLAW and not one["loc"] for one in problem.errors(include_url=False))


def _no_such_file(path: Path, kind: str, error: type[InputError]) -> InputError:
    here = "the current folder" if path.parent == Path() else f"folder {str(path.parent)!r}"
    if path.exists():
        return error(f"this is a folder, not a {kind} file", where=str(path), remedy="Name a file in it.")
    if not path.parent.is_dir():
        return error(f"there is no such {kind} file", where=str(path), remedy=f"There is no {here} either.")
    neighbours = sorted(p.name for p in path.parent.glob("*.toml"))
    remedy = did_you_mean(path.name, neighbours) if neighbours else f"There is no TOML file in {here}."
    return error(f"there is no such {kind} file", where=str(path), remedy=remedy)
