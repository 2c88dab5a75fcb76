"""What decides a number of what a manifest holds, apart from the content that is kept beside it."""

from __future__ import annotations

import json
from typing import Any

from .encode import IS, Shared

# What is kept to make an argument again, and told by its hash or its value as well.
KEPT = {
    "object hedgebook.engine.frictions.costs:Costs": ("name",),
    "object hedgebook.engine.account.account:Account": ("name",),
    "strategy": ("file", "set"),
    "code": ("files",),
    "file": ("text", "base64"),
    "array": ("base64",),
    "prices": ("loaded",),
}


def known(told: Any) -> Any:
    """What decides a number of what a manifest holds: hashes and values, without the content kept beside them."""
    if isinstance(told, list):
        return [known(part) for part in told]
    if not isinstance(told, dict):
        return told
    if isinstance(told, Shared):
        # Found once: a library of events is walked for as long as a run takes.
        if told.known is None:
            told.known = Known(_known(told))
        return told.known
    return _known(told)


class Known(dict[str, Any]):
    """What decides a number of a value that many calls share; `text` keeps its JSON."""

    text: str | None = None


def known_text(told: Any) -> str:
    """What `known` gave as JSON in the order of its keys; that of a shared value is made once."""
    if isinstance(told, Known):
        if told.text is None:
            told.text = _dumped(told)
        return told.text
    if not isinstance(told, dict):
        return _dumped(told)
    inner = {key: known_text(part) if isinstance(part, Known) else _dumped(part) for key, part in told.items()}
    parts = (f"{json.dumps(key)}: {inner[key]}" for key in sorted(told))
    return "{" + ", ".join(parts) + "}"


def _dumped(told: Any) -> str:
    return json.dumps(told, sort_keys=True, default=str)


def _known(told: dict[str, Any]) -> Any:
    if told.get(IS) == "named":
        return known(told["value"])
    if told.get(IS) == "tuple":
        return _by_name([known(part) for part in told["values"]])
    out = KEPT.get(str(told.get(IS)), ())
    found = {key: known(part) for key, part in told.items() if key not in out}
    if told.get(IS) == "prices":
        found["universe"].pop("value", None)
    return found


def _by_name(parts: list[Any]) -> Any:
    """Parts that have an id or a name of their own by that, so that a difference says it; others in order."""
    for key in ("id", "name", "ticker"):
        names = [part.get(key) for part in parts if isinstance(part, dict)]
        if parts and len(set(map(str, names))) == len(parts) and all(isinstance(name, str) for name in names):
            return {str(name): part for name, part in zip(names, parts, strict=True)}
    return parts
