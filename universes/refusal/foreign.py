"""Values of other makers: numbers of other libraries as Python's own, and values whose own methods fail.

A call that breaks on such a value names it, in place of what broke inside. Nothing is looked at while all goes well;
only what an error left behind is searched for such a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

from hedgebook.errors import HedgebookError, InputError, ParameterError

# Values of these are sound: what they refuse is refused on purpose.
SOUND = ("hedgebook", "numpy", "pandas", "polars", "pyarrow")
PLAIN = (str, bytes, int, float, complex, bool, type(None))
# Tables and lists in one another, and values of a list that are looked at.
DEEPEST, MOST_LOOKED_AT = 100, 10_000
CONTAINERS = (list, tuple, set, frozenset, dict)


def unusable(arguments: Mapping[str, object], error: type[InputError] = ParameterError) -> InputError | None:
    """The error for the first argument, by name, whose own methods fail; None where all are sound."""
    for name, value in arguments.items():
        what = _reason(value)
        if what:
            return error(what, where=name, remedy="Give plain values: numbers, text, dates, lists or tables of these.")
    return None


def is_a(value: Any, abstract: type) -> bool:
    """Whether a value is a number of an abstract kind; flags and spans of time are none."""
    # numpy counts its spans of time among the whole numbers.
    return isinstance(value, abstract) and not isinstance(value, bool) and not _is_span(value)


def _is_span(value: Any) -> bool:
    return str(getattr(value, "dtype", "")).startswith("timedelta64")


def in_python(value: Any) -> Any:
    """A number or a flag of another library as one of Python: int, float or bool; anything else as it is.

    Small whole numbers and half floats of numpy would overflow in what is done with them.
    """
    if type(value) in (int, float, bool, str) or value is None:
        return value
    try:
        return _in_python(value)
    except Exception:  # a value whose own methods fail is no number
        return value


def _in_python(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return str.__str__(value)  # text of a class of its own, whose methods may be anything
    if isinstance(value, int | float) and isinstance(value, Enum):
        return value
    if type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy":
        return bool(value)
    try:
        return int(value) if is_a(value, Integral) else float(value) if is_a(value, Real) else value
    except OverflowError:
        return value


def guarded(make: Callable[[], Any], arguments: Mapping[str, object], error: type[InputError] = ParameterError) -> Any:
    """What `make` gives. Raises `error` where it breaks on one of the arguments whose own methods fail."""
    try:
        return make()
    except HedgebookError:
        raise
    except Exception:
        found = unusable(arguments, error)
        if found is None:
            raise
    raise found


def text_of(value: object) -> str:
    """The text of a value, its kind where it has no text of its own; no place in memory."""
    try:
        text = str(value)
    except Exception:
        return f"a value of type {type(value).__name__}"
    return f"a value of type {type(value).__name__}" if " object at 0x" in text else text


def _reason(value: object) -> str:
    """Why a value, or one inside it, cannot be used; empty where it can."""
    open_values: list[tuple[object, int]] = [(value, 0)]
    looked_at = 0
    while open_values and looked_at < MOST_LOOKED_AT:
        one, depth = open_values.pop()
        looked_at += 1
        if depth > DEEPEST:
            return "this is nested too deep, or holds itself"
        kind = type(one)
        if kind in CONTAINERS:
            open_values += [(part, depth + 1) for part in _parts(one)]
        elif _sound(kind):
            stored = getattr(getattr(one, "dtype", None), "kind", "")
            if stored == "V":
                return f"{_called(one)} of records cannot be used here"
            open_values += [(part, depth + 1) for part in _parts(one)] if stored == "O" else []
        elif not _works(one):
            return f"{_called(one)} cannot be used here: its own methods fail"
    return ""


def _called(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _sound(kind: type) -> bool:
    if kind in PLAIN or kind in CONTAINERS or issubclass(kind, Enum | type):
        return True
    return kind.__module__.partition(".")[0] in SOUND or kind in (date, PurePath)


def _parts(value: Any) -> Iterable[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()][:MOST_LOOKED_AT]
    flat = value.ravel() if hasattr(value, "ravel") else value
    return list(flat)[:MOST_LOOKED_AT]


def _works(value: Any) -> bool:
    """Whether a value can be asked what every value is asked."""
    try:
        for ask in _questions(value):
            ask()
    except Exception:
        return False
    return True


def _questions(value: Any) -> Iterator[Callable[[], object]]:
    yield lambda: (value.__class__, getattr(value, "shape", None), getattr(value, "any_name_at_all", None))
    yield lambda: (str(value), repr(value), bool(value == value), bool(value != value), bool(value))
    if type(value).__hash__ is not None:
        yield lambda: hash(value)
    if isinstance(value, int | float):
        yield lambda: (value >= 0, value <= 0, value < 0, value > 0, float(value), int(value), value + 0)
    if hasattr(type(value), "__array__"):
        yield lambda: value.__array__()
    if isinstance(value, Sequence | Mapping | set | frozenset):
        yield lambda: (len(value), list(value))
    if isinstance(value, Mapping):
        yield lambda: (list(value.items()), list(value.values()))
