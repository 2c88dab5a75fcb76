"""What pydantic finds wrong with a value, told in words of our own, every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from hedgebook.errors import InputError, did_you_mean, together

from ..meant_number import number_hint
from .foreign import text_of

FLAW = "flaw"
LONGEST_VALUE_SHOWN = 80

# What is wrong and what to do about it, by the start of the name that pydantic gives a problem.
WORDS = {
    "int": ("this is not a whole number", "Write a whole number, as in 20."),
    "float": ("this is not a number", "Write a number, as in 0.05."),
    "finite": ("this is not a finite number", "Write a number, as in 0.05."),
    "bool": ("this is neither true nor false", "Write true or false, without quotes."),
    "string_too_short": ("this is empty", "Write something here."),
    "string_too_long": ("this is too long", "Shorten it."),
    "string_pattern": ("this has a character that is not allowed here", "Use the accepted ones only."),
    "string_unicode": ("this is not UTF-8", "Correct it."),
    "string": ("this is not text", "Write text in quotes."),
    "timezone_aware": (
        "this moment has no offset from UTC, so no time zone is known",
        "Add the offset from UTC, as in 2026-07-01T08:00:00-04:00.",
    ),
    "datetime": (
        "this is not a moment",
        "Write a moment with its offset, as in 2026-07-01T08:00:00-04:00, without quotes.",
    ),
    "date": ("this is not a date", "Write a date as in 2026-07-01, without quotes."),
    "tuple": ("this is not a list", 'Write a list, as in ["a", "b"].'),
    "list": ("this is not a list", 'Write a list, as in ["a", "b"].'),
    "dict": ("this is not a table", "Write a table, as in { name = 1.0 }."),
    "mapping": ("this is not a table", "Write a table, as in { name = 1.0 }."),
    "too_short": ("this has too few entries", "Add at least one."),
    "too_long": ("this has too many entries", "Remove some."),
    "path": ("this is not the path of a file", "Write a path in quotes."),
    "none": ("nothing can be given here", "Leave it out."),
}
PATTERNS = {
    r"^\S+$": "no spaces",
    r"^[a-z][a-z0-9_-]*$": "a to z, 0 to 9, - and _, a letter first",
    r"^[a-z0-9][a-z0-9-]*$": "a to z, 0 to 9 and -, not - first",
}
RANGES = ("greater_than", "less_than")
CHOICES = ("enum", "literal_error")


def flaw(what: str, *, at: Sequence[int | str], value: object, remedy: str) -> PydanticCustomError:
    """An error for a model's own validator to raise: what is wrong, at which key, and what to do about it."""
    return PydanticCustomError(
        FLAW, "{what}; {remedy}", {"what": what, "at": tuple(at), "value": value, "remedy": remedy, "more": ()}
    )


def flaws(found: Sequence[PydanticCustomError]) -> PydanticCustomError:
    """Several of them as one error to raise, in their order."""
    first = found[0].context or {}
    return PydanticCustomError(FLAW, "{what}; {remedy}", {**first, "more": tuple(found[1:])})


def repeats(
    names: Sequence[object], where: Callable[[int], Sequence[int | str]], *, what: str, remedy: str
) -> list[PydanticCustomError]:
    """A flaw for each name that stood before; where: the place of the i-th, None: a name that is missing."""
    found, seen = [], set()
    for i, name in enumerate(names):
        key = repr(name)  # what stands in a file may be a list, which no set takes
        if name is not None and key in seen:
            found.append(flaw(f"{what} stands twice", at=where(i), value=name, remedy=remedy))
        seen.add(key)
    return found


def tables_in(given: object) -> list[Mapping[str, Any]]:
    """The entries of a list of tables as it stands in a file, an empty one for each that is no table."""
    return [entry if isinstance(entry, Mapping) else {} for entry in given] if isinstance(given, list) else []


def refusal(
    model: type[BaseModel],
    problem: ValidationError,
    error: type[InputError],
    *,
    source: str = "",
    more: Iterable[PydanticCustomError] = (),
) -> InputError:
    """Every problem as one error, misspelt keys first. source: the file, before every place in it."""
    # A misspelt key is reported before the key that seems to be missing because of it.
    found = sorted(_causes(problem.errors(include_url=False)), key=lambda p: p["type"] != "extra_forbidden")
    problems: list[InputError] = []
    for one in found:
        problems += explained(model, one, error, source)
    for flawed in more:
        problems += _flawed((), flawed.context or {}, error, source)
    return together(problems)


def _causes(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """The problems without those lists that count as too short only because an entry of theirs is wrong."""
    places = [p["loc"] for p in problems]
    return [
        p
        for p in problems
        if p["type"] != "too_short"
        or not any(len(at) > len(p["loc"]) and at[: len(p["loc"])] == p["loc"] for at in places)
    ]


def explained(
    model: type[BaseModel], problem: ErrorDetails, error: type[InputError], source: str = ""
) -> list[InputError]:
    """One problem of pydantic's in our words; several where a model's own validator found several."""
    at, kind, ctx = problem["loc"], problem["type"], problem.get("ctx", {})
    if kind == FLAW:
        return _flawed(at, ctx, error, source)
    value, bound = _short(problem["input"]), None
    if kind == "extra_forbidden":
        what, remedy = "there is no such key", did_you_mean(str(at[-1]), _fields_at(model, at[:-1]))
    elif kind == "missing":
        what, value, remedy = "this key is missing", None, "Add it."
    elif kind in ("model_type", "model_attributes_type"):
        what, remedy = "this should be a table", f"Write a table with the keys {', '.join(_fields_at(model, at))}."
    elif kind in CHOICES:
        choices = [part.strip("'") for part in str(ctx["expected"]).replace(" or ", ", ").split(", ")]
        what, remedy = "there is no such choice", did_you_mean(str(value), choices)
    elif kind.startswith(RANGES):
        what, bound = "out of range", _range(model, at, ctx)
        remedy = _as_a_fraction(value, bound)
    elif kind in ("value_error", "assertion_error"):
        what, remedy = problem["msg"].partition(", ")[2], "Correct this value."
        value = value if at else None
    else:
        starts = sorted(WORDS, key=len, reverse=True)
        what, remedy = next(
            (WORDS[start] for start in starts if kind.startswith(start)), ("this cannot be used", "Correct this value.")
        )
        bound = _bound(kind, ctx)
        if kind.startswith(("int", "float")):
            remedy = _meant(model, at, problem["input"], whole=kind.startswith("int")) or remedy
    return [error(what, where=_where(source, at), value=value, bound=bound, remedy=remedy or None)]


def _bound(kind: str, ctx: Mapping[str, Any]) -> str | None:
    """What would be accepted, where a problem says it in numbers or characters."""
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(ctx["pattern"]), str(ctx["pattern"]))
    if kind == "too_short":
        return f"at least {ctx['min_length']}"
    if kind in ("too_long", "string_too_long"):
        return f"at most {ctx['max_length']}"
    return None


def _meant(model: type[BaseModel], at: tuple[int | str, ...], value: object, *, whole: bool) -> str | None:
    """What to write where text is a number with a percent sign or separators, if the field takes that number."""
    limits = _limits(model, at)
    tests: dict[str, Callable[[float, float], bool]] = {"ge": ge, "gt": gt, "le": le, "lt": lt}

    def fits(number: float) -> bool:
        within = all(tests[name](number, limit) for name, limit in limits.items())
        return within and (number.is_integer() or not whole)

    name = at[-1] if at and isinstance(at[-1], str) and at[-1].isidentifier() else ""
    return number_hint(value, str(name), fits=fits)


def _as_a_fraction(value: object, bound: str) -> str:
    """What to write where a percentage stands for a fraction."""
    try:
        percent = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return ""
    if not bound.endswith(" 1") or not 1 <= percent <= 100:
        return ""
    return f"This is a fraction: {percent:g}% is {percent / 100:g}."


def _flawed(
    at: tuple[int | str, ...], ctx: Mapping[str, Any], error: type[InputError], source: str
) -> list[InputError]:
    where = _where(source, (*at, *ctx["at"]))
    own = error(ctx["what"], where=where, value=_short(ctx["value"]), remedy=ctx["remedy"])
    return [own, *(one for more in ctx["more"] for one in _flawed(at, more.context or {}, error, source))]


def _where(source: str, at: tuple[int | str, ...]) -> str | None:
    location = "".join(f"[{part}]" if isinstance(part, int) else f".{text_of(part)}" for part in at).lstrip(".")
    return ": ".join(part for part in (source, location) if part) or None


def _short(value: object) -> object | None:
    """The value, or None where it is too long to show in a message."""
    try:
        return value if len(repr(value)) <= LONGEST_VALUE_SHOWN else None
    except Exception:  # a foreign value whose text cannot be had is not worth an error of its own
        return None


def _range(model: type[BaseModel], at: tuple[int | str, ...], ctx: Mapping[str, Any]) -> str:
    """What a number may be, from its field, in words."""
    limits = _limits(model, at) or dict(ctx)
    if "ge" in limits and "le" in limits:
        return f"{limits['ge']:g} to {limits['le']:g}"
    words = (("ge", "from"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
    return ", ".join(f"{word} {limits[name]:g}" for name, word in words if name in limits)


def _limits(model: type[BaseModel], at: tuple[int | str, ...]) -> dict[str, Any]:
    """The limits of the field at a place, by ge, gt, le and lt."""
    limits: dict[str, Any] = {}
    field = _field_at(model, at)
    for mark in () if field is None else _marks(field.annotation, field.metadata):
        for kind, name in ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt")):
            if isinstance(mark, kind):
                limits[name] = getattr(mark, name)
    return limits


def _marks(annotation: Any, metadata: Iterable[Any]) -> Iterator[Any]:
    for mark in metadata:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)
    yield from () if annotation is None else _inner_marks(annotation)


def _inner_marks(annotation: Any) -> Iterator[Any]:
    yield from _marks(None, getattr(annotation, "__metadata__", ()))
    for part in get_args(annotation):
        if isinstance(part, type) or get_args(part):
            yield from _inner_marks(part)


def _field_at(model: type[BaseModel], at: tuple[int | str, ...]) -> FieldInfo | None:
    """The field that a place lies in."""
    current, found = model, None
    for part in at:
        if not isinstance(part, str) or part not in current.model_fields:
            continue
        found = current.model_fields[part]
        nested = _model_in(found.annotation)
        if nested is None:
            return found
        current = nested
    return found


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
