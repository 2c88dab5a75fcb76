"""Reading TOML files into validated models, with errors that name file, key, value and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from hedgebook.errors import InputError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)

# What pydantic calls a problem, by the start of its name, and what the writer of the file should do about it.
REMEDIES = {
    "timezone_aware": "Add the offset from UTC, as in 2026-07-01T08:00:00-04:00.",
    "datetime": "Write a moment with its offset, as in 2026-07-01T08:00:00-04:00, without quotes.",
    "date": "Write a date as in 2026-07-01, without quotes.",
    "bool": "Write true or false, without quotes.",
    "string_type": "Write text in quotes.",
    "string_pattern": "Use only the characters that the pattern allows.",
    "string_too_short": "Write something here.",
    "tuple": 'Write a list, as in ["a", "b"].',
    "too_short": "Add at least one.",
}
FLAW = "flaw"
LONGEST_VALUE_SHOWN = 80


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
    """A model built from `raw`. Raises `error` for the first thing wrong in it."""
    try:
        return model.model_validate(raw)
    except ValidationError as problem:
        raise _first_problem(model, problem, path.name, error) from None


def flaw(what: str, *, at: Sequence[int | str], value: object, remedy: str) -> PydanticCustomError:
    """An error for a model's own validator to raise: what is wrong, at which key, and what to do about it."""
    return PydanticCustomError(
        FLAW, "{what}; {remedy}", {"what": what, "at": tuple(at), "value": value, "remedy": remedy}
    )


def _no_such_file(path: Path, kind: str, error: type[InputError]) -> InputError:
    here = "the current folder" if path.parent == Path() else f"folder {str(path.parent)!r}"
    if path.exists():
        return error(f"this is a folder, not a {kind} file", where=str(path), remedy="Name a file in it.")
    if not path.parent.is_dir():
        return error(f"there is no such {kind} file", where=str(path), remedy=f"There is no {here} either.")
    neighbours = sorted(p.name for p in path.parent.glob("*.toml"))
    remedy = did_you_mean(path.name, neighbours) if neighbours else f"There is no TOML file in {here}."
    return error(f"there is no such {kind} file", where=str(path), remedy=remedy)


def _first_problem(
    model: type[BaseModel], problem: ValidationError, file_name: str, error: type[InputError]
) -> InputError:
    # A misspelt key is reported before the key that seems to be missing because of it.
    problems = _causes(problem.errors(include_url=False))
    problems.sort(key=lambda p: p["type"] != "extra_forbidden")
    first = problems[0]
    at, what, value, remedy = _explain(model, first)
    location = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).lstrip(".")
    where = f"{file_name}: {location}" if location else file_name
    others = len(problems) - 1
    if others:
        remedy += f" {others} more problem{'s' if others > 1 else ''} in this file."
    return error(what, where=where, value=value, remedy=remedy)


def _causes(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """The problems without those lists that count as too short only because an entry of theirs is wrong."""
    places = [p["loc"] for p in problems]
    return [
        p
        for p in problems
        if p["type"] != "too_short"
        or not any(len(at) > len(p["loc"]) and at[: len(p["loc"])] == p["loc"] for at in places)
    ]


def _explain(
    model: type[BaseModel], problem: ErrorDetails
) -> tuple[tuple[int | str, ...], str, object | None, str]:
    """Where a problem is, what it is, the offending value if it can be shown, and the remedy."""
    at, kind, ctx = problem["loc"], problem["type"], problem.get("ctx", {})
    value = _short(problem["input"])
    if kind == FLAW:
        return (*at, *ctx["at"]), ctx["what"], ctx["value"], ctx["remedy"]
    if kind == "extra_forbidden":
        return at, "there is no such key", value, did_you_mean(str(at[-1]), _fields_at(model, at[:-1]))
    if kind == "missing":
        return at, "this key is missing", None, "Add it."
    if kind in ("model_type", "model_attributes_type"):
        keys = ", ".join(_fields_at(model, at))
        return at, "this should be a table", value, f"Write a table with the keys {keys}."
    what = problem["msg"].removeprefix("Value error, ")
    if kind in ("enum", "literal_error"):
        return at, what, value, did_you_mean(str(value), re.findall(r"'([^']*)'", ctx["expected"]))
    remedy = next((text for start, text in REMEDIES.items() if kind.startswith(start)), "Correct this value.")
    return at, what, value, remedy


def _short(value: object) -> object | None:
    """The value, or None where it is too long to show in a message."""
    return value if len(repr(value)) <= LONGEST_VALUE_SHOWN else None


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields that a model, or one nested in it at `location`, accepts."""
    current: type[BaseModel] = model
    for part in location:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        nested = _model_in(current.model_fields[part].annotation)
        if nested is not None:
            current = nested
    return list(current.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
