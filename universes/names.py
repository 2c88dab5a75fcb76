"""Lists of names as people write them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from hedgebook.errors import ParameterError, did_you_mean, value_text

K = TypeVar("K", bound=StrEnum)


def listed(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """The names of "a, b", of a sequence, or none of None; stripped, without empty ones, in their order."""
    if given is None:
        return ()
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(name for part in parts if (name := part.strip()))


def listed_once(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """The same, each name once."""
    return tuple(dict.fromkeys(listed(given)))


def named(kind: type[K], value: Any, what: str, where: str) -> K:
    """The one of a kind that has this name. Raises ParameterError, saying `what` is wrong `where`, with the closest."""
    names = {one.value: one for one in kind}
    if isinstance(value, str) and value in names:
        return names[value]
    remedy = did_you_mean(value_text(value, quoted=False), list(names))
    raise ParameterError(what, where=where, value=value, remedy=remedy)
