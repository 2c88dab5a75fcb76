"""Reading TOML files into validated models, with errors that name file, key, value and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hedgebook.errors import InputError, did_you_mean

from .model import Value
from .raw_file import files_in, is_file, is_folder, read_bytes
from .refusal.problems import FLAW, flaw, refusal

__all__ = ["find_file", "flaw", "read_toml", "validate"]
Model = TypeVar("Model", bound=BaseModel)

# Far beyond any file of ours, and far below what Python's parser or a message could not take.
MOST_LEVELS, MOST_BYTES = 24, 16_000_000
WHOLE_BOUND = "whole numbers of 64 bits, dates from year 1 to 9999"


def name_of(path: Path, *, stem: bool = False) -> str:
    """The name of a file as text; a letter that is none, which Unix allows in names of files, is replaced."""
    return (path.stem if stem else path.name).encode("utf-8", "replace").decode()


def read_toml(path: Path, *, error: type[InputError]) -> dict[str, Any]:
    """The tables of a TOML file. Raises `error` when it cannot be read or parsed."""
    try:
        data = read_bytes(path, error=error, most_bytes=MOST_BYTES)
        # utf-8-sig drops the byte order mark that some Windows editors write and TOML does not allow.
        tables = tomllib.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        raise _no_such_file(path, "TOML", error) from None
    except UnicodeDecodeError as problem:
        raise error(f"byte {problem.start} is not UTF-8", where=str(path), remedy="Save the file as UTF-8.") from None
    except tomllib.TOMLDecodeError as problem:
        raise error(f"this is not valid TOML: {problem}", where=str(path), remedy="Correct the file there.") from None
    except RecursionError:
        raise _too_deep(path, error) from None
    except ValueError:  # from int() of thousands of digits, or date() of a day that does not exist
        raise error("a number or a date in it is beyond what can be read", where=str(path), bound=WHOLE_BOUND) from None
    _check_sizes(tables, path, error)
    return tables


def _check_sizes(tables: dict[str, Any], path: Path, error: type[InputError]) -> None:
    """Refuse what no file of ours has: tables in tables without end, and whole numbers beyond 64 bits."""
    level: list[tuple[str, Any]] = list(tables.items())
    for _ in range(MOST_LEVELS):
        for key, value in level:
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise error("this whole number is too large", where=f"{path.name}: {key}", bound=WHOLE_BOUND)
        inner: list[tuple[str, Any]] = []
        for key, value in level:
            if isinstance(value, dict):
                inner += [(f"{key}.{name}", one) for name, one in value.items()]
            elif isinstance(value, list):
                inner += [(f"{key}[{i}]", one) for i, one in enumerate(value)]
        level = inner
    if level:
        raise _too_deep(path, error)


def _too_deep(path: Path, error: type[InputError]) -> InputError:
    return error("tables or lists in it are nested too deeply", where=str(path), bound=f"at most {MOST_LEVELS} levels")


def find_file(name_or_path: str | Path, shipped: Mapping[str, Path], *, kind: str, error: type[InputError]) -> Path:
    """The file that a shipped name or a user's path means; a name with a suffix or a folder is a path."""
    given = Path(name_or_path)
    if given.suffix or len(given.parts) > 1:
        if not is_file(given):
            _refuse_odd(given, error)
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


def _refuse_odd(path: Path, error: type[InputError]) -> None:
    """Say what is wrong with a name that cannot be one, a device or a pipe; nothing where there is no such file."""
    if not is_folder(path):
        with suppress(FileNotFoundError):
            read_bytes(path, error=error)


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
    if is_folder(path):
        return error(f"this is a folder, not a {kind} file", where=str(path), remedy="Name a file in it.")
    if not is_folder(path.parent):
        return error(f"there is no such {kind} file", where=str(path), remedy=f"There is no {here} either.")
    neighbours = files_in(path.parent, ".toml")
    remedy = did_you_mean(path.name, neighbours) if neighbours else f"There is no TOML file in {here}."
    return error(f"there is no such {kind} file", where=str(path), remedy=remedy)
