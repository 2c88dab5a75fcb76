"""A value in a line: what it holds by name, and of tables, arrays and long lists only how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any, TypeVar

import numpy as np

C = TypeVar("C", bound=type)
LONGEST_TEXT, LONGEST_LIST, LONGEST_LINE = 60, 4, 600


def brief(cls: C) -> C:
    """A dataclass whose text is one short line; `long_repr` gives the whole."""
    cls.__long_repr__ = cls.__repr__  # type: ignore[attr-defined]
    cls.__repr__ = line  # type: ignore[assignment]
    return cls


def long_repr(value: Any) -> str:
    """The text of a value with everything in it."""
    whole = getattr(type(value), "__long_repr__", repr)
    return str(whole(value))


def line(value: Any) -> str:
    """A dataclass in one line of at most 600 letters."""
    parts = []
    for part in fields(value):
        if part.repr and not part.name.startswith("_"):
            parts.append(f"{part.name}={told(getattr(value, part.name, None))}")
    text = ", ".join(parts)
    if len(text) > LONGEST_LINE:
        text = text[: LONGEST_LINE - 1] + "\u2026"
    return f"{type(value).__name__}({text})"


def told(value: Any) -> str:
    """A value within a line: short ones as they are, of others their kind and how much is in them."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "\u2026")
    if value is None or isinstance(value, bool | int | float | np.generic | date):
        return str(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"<{type(value).__name__} {' x '.join(map(str, shape))}>"
    if isinstance(value, Mapping | tuple | list | set | frozenset):
        return _several(value)
    name = getattr(value, "name", None) or getattr(value, "id", None)
    return f"<{type(value).__name__}{f' {name}' if isinstance(name, str) else ''}>"[:LONGEST_TEXT]


def _array(values: np.ndarray[Any, Any]) -> str:
    shape = " x ".join(map(str, values.shape))
    if values.dtype.kind == "M" and values.ndim == 1 and len(values):
        return f"<{shape} from {values[0]} to {values[-1]}>"
    return f"<{shape} {values.dtype.name if not values.dtype.fields else 'records'}>"


def _several(values: Any) -> str:
    plain = not isinstance(values, Mapping) and all(
        one is None or isinstance(one, str | bool | int | float | date) for one in values
    )
    if plain and len(values) <= LONGEST_LIST:
        return f"({', '.join(told(one) for one in values)})"
    if isinstance(values, Mapping):
        return f"<{len(values)} by name>"
    kinds = {type(one).__name__ for one in values}
    return f"<{len(values)} {kinds.pop() if len(kinds) == 1 else 'values'}>"
