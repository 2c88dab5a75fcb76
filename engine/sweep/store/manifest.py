"""What a sweep is, so that another can be told to be the same: format, version, table and job, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from hedgebook.errors import ParameterError, RunFolderError

from .chunk import Job, Layout

FORMAT = 1
IDENTITY = ("format", "hedgebook", "count", "chunk_sets", "metrics", "columns", "block_sessions", "job")
RUNNING, INTERRUPTED, DONE = "running", "interrupted", "done"
ABSENT = "nothing"


def identity(job: Job, layout: Layout) -> dict[str, Any]:
    """Everything that decides what is in a sweep's folder, as JSON gives it back.

    Raises ParameterError where the job's manifest is not ready for JSON.
    """
    found = {
        "format": FORMAT,
        "hedgebook": version("hedgebook"),
        "count": layout.count,
        "chunk_sets": layout.chunk_sets,
        "metrics": list(layout.metrics),
        "columns": dict(layout.types),
        "block_sessions": list(layout.block_sessions),
        "job": dict(job.manifest()),
    }
    try:
        text = json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise ParameterError(f"cannot be written as JSON: {problem}", where="the sweep's manifest") from None
    made: dict[str, Any] = json.loads(text)
    return made


def digest(known: Mapping[str, Any]) -> str:
    """SHA-256 of an identity, the same whatever the order of its keys; column order counts."""
    ordered = {**known, "columns": list(known["columns"].items())}
    return sha256(json.dumps(ordered, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def layout_of(manifest: Mapping[str, Any]) -> Layout:
    """The layout of a manifest. Raises KeyError, TypeError, ValueError or ParameterError where it tells of none."""
    made = Layout(
        count=int(manifest["count"]),
        chunk_sets=int(manifest["chunk_sets"]),
        metrics=tuple(manifest["metrics"]),
        types=tuple(manifest["columns"].items()),
        block_sessions=tuple(float(count) for count in manifest["block_sessions"]),
    )
    made.check()
    return made


def check_same(there: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    """Raise RunFolderError that names the first key in which two identities differ, and both values."""
    for key in IDENTITY:
        difference = _difference(key, there.get(key, ABSENT), wanted[key])
        if difference is not None:
            name, old, new = difference
            raise RunFolderError(
                f"the folder holds another sweep: {name} is {_shown(old)} there and {_shown(new)} here",
                where=where,
                remedy="Resume with the same arguments and data; else choose another folder or --overwrite.",
            )


def _difference(name: str, old: Any, new: Any) -> tuple[str, Any, Any] | None:
    """The first place in which two values of JSON differ, None = nowhere."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            found = _difference(f"{name}.{key}", old.get(key, ABSENT), new.get(key, ABSENT))
            if found is not None:
                return found
        return (f"{name} in order", list(old), list(new)) if name == "columns" and list(old) != list(new) else None
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = zip(old, new, strict=True)
        found_parts = (_difference(f"{name}[{i}]", *pair) for i, pair in enumerate(pairs))
        return next((part for part in found_parts if part is not None), None)
    # 1 and True are equal in Python, but not the same parameter.
    return None if old == new and isinstance(old, bool) == isinstance(new, bool) else (name, old, new)


def _shown(value: Any) -> str:
    shown = value if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
