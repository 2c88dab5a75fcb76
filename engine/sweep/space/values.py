"""The values that a parameter takes in a sweep: what they may be, and when two of them are the same.

A value is an int, float, str, bool, None, or a tuple of names (a basket); a tuple of numbers is the text that lists
them, as in 0.5/0.3/0.2. 1 and 1.0 are the same number; True is no
number; a basket is the same whatever the order of its names; a basket of one name is that name. One axis holds one
kind of values, and None besides: whole numbers beside fractions become fractions, so that every column has one type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

from hedgebook.errors import ParameterError

INT, FLOAT, BOOL, TEXT, NONE = "int", "float", "bool", "text", "none"
# Each is typed, checked and written down by itself, also where a sample takes few of them.
MOST_LEVELS = 100_000
BASKET_SIGN = "+"
# A column holds several numbers that belong together as a text, in their order: 0.5/0.3/0.2.
NUMBER_SIGN = "/"
_ONE = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(rf"{_ONE}(?:/{_ONE})+")
ACCEPTED = (
    "whole numbers, fractions, names, true and false, none, baskets of names such as miner+neocloud, and several "
    "numbers that belong together such as 0.7/0.3"
)
_INT64 = 2**63

# The pandas type of a column, by kind and by whether None is among its values.
DTYPES = {
    (INT, False): "int64",
    (INT, True): "Int64",
    (FLOAT, False): "float64",
    (FLOAT, True): "Float64",
    (BOOL, False): "bool",
    (BOOL, True): "boolean",
    (TEXT, False): "str",
    (TEXT, True): "str",
    (NONE, True): "str",
}


def plain_value(name: str, value: Any) -> Any:
    """One value of a parameter, as Python's own type.

    Takes numpy scalars, members of an enumeration and lists of names too. Raises ParameterError for NaN, infinities,
    whole numbers beyond 64 bits, empty names and everything that is not a value.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        return _whole(name, int(value))
    if isinstance(value, float | np.floating):
        return _fraction(name, float(value))
    if isinstance(value, str):
        parts = tuple(str(value).split(BASKET_SIGN))
        return _basket(name, parts, value)
    if isinstance(value, list | tuple) and value and all(isinstance(part, str) for part in value):
        return _basket(name, tuple(value), value)
    if isinstance(value, list | tuple) and len(value) > 1 and all(_is_number(part) for part in value):
        return NUMBER_SIGN.join(repr(_fraction(name, float(part))) for part in value)
    what = f"a {type(value).__name__} is not a value of a parameter"
    raise ParameterError(what, where=name, value=value, bound=ACCEPTED)


def _is_number(part: Any) -> bool:
    return isinstance(part, int | float | np.number) and not isinstance(part, bool | np.bool_)


def numbers_of(text: str) -> tuple[float, ...] | None:
    """The numbers that a text such as 0.5/0.3/0.2 lists, None for any other text."""
    if not _NUMBERS.fullmatch(text.strip()):
        return None
    return tuple(float(part) for part in text.split(NUMBER_SIGN))


def _whole(name: str, value: int) -> int:
    if not -_INT64 <= value < _INT64:
        raise ParameterError("this whole number is too large", where=name, value=value, bound="64 bits")
    return value


def _fraction(name: str, value: float) -> float:
    if not isfinite(value):
        raise ParameterError(
            "this is not a finite number", where=name, value=value, remedy="Write none (None) where there is no value"
        )
    return value + 0.0  # -0.0 becomes 0.0


def _basket(name: str, parts: tuple[str, ...], given: Any) -> str | tuple[str, ...]:
    names = tuple(str(part).strip() for part in parts)
    if not all(names):
        raise ParameterError("a name is empty", where=name, value=repr(given), bound="names, joined by + to a basket")
    for sign in (",", BASKET_SIGN):
        if wrong := [part for part in names if sign in part]:
            raise ParameterError(
                f"a name cannot have {sign!r} in it",
                where=name,
                value=wrong[0],
                remedy="Join names to a basket by +, and give several values as a list",
            )
    twice = [part for part in names if names.count(part) > 1]
    if twice:
        raise ParameterError("a basket names this twice", where=name, value=twice[0])
    return names[0] if len(names) == 1 else names


def kind_of(value: Any) -> str:
    """The kind of one plain value."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    return FLOAT if isinstance(value, float) else TEXT


def kind_of_all(name: str, values: Sequence[Any]) -> str:
    """The one kind of many plain values, None left out. Raises ParameterError when they are of several kinds."""
    kinds = {kind_of(value) for value in values} - {NONE}
    if kinds == {INT, FLOAT}:
        return FLOAT
    if len(kinds) > 1:
        by_kind = {kind_of(value): value for value in reversed(values)}
        shown = ", ".join(text_of(by_kind[kind]) for kind in (BOOL, INT, FLOAT, TEXT) if kind in kinds)
        raise ParameterError(
            "values of several kinds on one axis",
            where=name,
            value=shown,
            bound="numbers, or names and baskets, or true and false; none beside any of them",
        )
    return kinds.pop() if kinds else NONE


def distinct_values(name: str, values: Sequence[Any]) -> tuple[tuple[Any, ...], str]:
    """The values of an axis as plain values of one kind, and that kind.

    Raises ParameterError when there is none, when one is given twice, and for everything that `plain_value` refuses.
    """
    if len(values) == 0:
        raise ParameterError("there are no values", where=name, bound="at least one")
    check_levels(name, len(values))
    plain = [plain_value(name, value) for value in values]
    kind = kind_of_all(name, plain)
    if kind == FLOAT:
        plain = [_as_fraction(name, value) for value in plain]
    keys = [frozenset(value) if isinstance(value, tuple) else value for value in plain]
    if len(set(keys)) < len(keys):
        seen: set[Any] = set()
        for key, value in zip(keys, plain, strict=True):
            if key in seen:
                raise ParameterError("a value is given twice", where=name, value=text_of(value), remedy="Drop one")
            seen.add(key)
    return tuple(plain), kind


def _as_fraction(name: str, value: Any) -> float | None:
    if value is None or isinstance(value, float):
        return value
    if int(float(value)) != value:
        raise ParameterError(
            "beside fractions, this whole number would be rounded", where=name, value=value, bound="up to 2^53"
        )
    return float(value)


def check_levels(name: str, count: int) -> None:
    """Raise ParameterError when an axis would hold more values than can be listed."""
    if count > MOST_LEVELS:
        raise ParameterError(
            "too many values on one axis",
            where=name,
            value=f"{count:,}",
            bound=f"at most {MOST_LEVELS:,}",
            remedy="Give a larger step, or bounds without one to sample between, as in 0.5:2.0",
        )


def text_of(value: Any) -> str:
    """A value as a person types it: none, true, 0.06, dollar, miner+neocloud."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return BASKET_SIGN.join(value)
    return value if isinstance(value, str) else repr(value)


def json_value(value: Any) -> Any:
    """A value as JSON has it: baskets are lists."""
    return list(value) if isinstance(value, tuple) else value
