"""Lists of names as people write them."""

from __future__ import annotations

from collections.abc import Iterable


def listed(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """The names of "a, b", of a sequence, or none of None; stripped, without empty ones, in their order."""
    if given is None:
        return ()
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(name for part in parts if (name := part.strip()))


def listed_once(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """The same, each name once."""
    return tuple(dict.fromkeys(listed(given)))
