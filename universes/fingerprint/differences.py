"""What differs between two fingerprints, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .values import NAMED

ABSENT = "nothing"
HASH = re.compile(r"[0-9a-f]{16}([0-9a-f]{48})?")
LONGEST = 80


@dataclass(frozen=True)
class Difference:
    """A place in which two fingerprints differ: its name, what stands there in each, and the file, where it is one."""

    name: str
    old: Any
    new: Any
    file: str | None = None

    def __str__(self) -> str:
        name = f"{self.name} ({self.file})" if self.file else self.name
        if _is_hash(self.old) and _is_hash(self.new):
            return f"{name} has changed"
        return f"{name} is {_shown(self.old)} there and {_shown(self.new)} here"


def differences(name: str, old: Any, new: Any, file: str | None = None) -> Iterator[Difference]:
    """The places in which two values differ, in the order of the new one.

    file: what the nearest value around it is named. 1 and True differ, as do dictionaries in what they hold alone.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        file = _file_of(new) or _file_of(old) or file
        for key in [*new, *(key for key in old if key not in new)]:
            if key != NAMED:
                at = f"{name}.{key}" if name else key
                # The hash of a file is its content, and the file is what a reader knows.
                at = name if key == "sha256" and name else at
                yield from differences(at, old.get(key, ABSENT), new.get(key, ABSENT), file)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(f"{name}[{i}]", one, other, file)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Difference(name, old, new, file)


def _file_of(value: dict[str, Any]) -> str | None:
    found = value.get(NAMED)
    return found if isinstance(found, str) else None


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def _shown(value: Any) -> str:
    if value == ABSENT:
        return ABSENT
    if _is_hash(value):
        return "something"
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3]}..."
