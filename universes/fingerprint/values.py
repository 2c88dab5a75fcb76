"""Fingerprints of values and files."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from hedgebook.errors import InputError

from ..brief import long_repr

NAMED = "named"
DEEPEST = 12
LONGEST = 200


def digest(*parts: bytes | str) -> str:
    """SHA-256 of several parts, which cannot run into one another."""
    found = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        found.update(len(content).to_bytes(8, "little"))
        found.update(content)
    return found.hexdigest()


def of_file(path: str | Path) -> dict[str, Any]:
    """A file by its content, a folder by that of its files. Raises InputError where it cannot be read."""
    try:
        if Path(path).is_dir():
            inner = [f"{one.name}\0{of_file(one)['sha256']}\0" for one in sorted(Path(path).iterdir())]
            content = "".join(inner).encode()
        else:
            content = Path(path).read_bytes()
    except OSError as problem:
        raise InputError(f"the file cannot be read: {problem.strerror or problem}", where=str(path)) from None
    return {NAMED: Path(path).name, "sha256": hashlib.sha256(content).hexdigest()}


def of_model(model: BaseModel, *, titles: tuple[str, ...] = ("name",)) -> dict[str, Any]:
    """A pydantic value by its fields, files by their content. titles: fields of it that are mere names."""
    found: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        found[NAMED if name in titles else name] = str(value) if name in titles else of_value(value)
    return found


def of_value(value: Any, depth: int = 0) -> Any:
    """Any value: plain ones as they are; arrays, tables and files by their content, objects by what they hold.

    NaN and infinities are words. What can be looked into no further stands as its text or, where this names a place
    in memory, as its type.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Path):
        return of_file(value) if value.is_file() else str(value)
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, np.ndarray):
        return of_array(value)
    if depth >= DEEPEST:
        return _shown(value)
    return _of_parts(value, depth + 1)


def of_array(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """An array by its content; every NaN is the same."""
    if values.dtype == object or values.dtype.fields:
        content = json.dumps([of_value(value) for value in values.ravel().tolist()], default=str).encode()
    else:
        plain = np.where(np.isnan(values), np.nan, values) if values.dtype.kind == "f" else values
        content = np.ascontiguousarray(plain).tobytes()
    return {"shape": list(values.shape), "sha256": digest(str(values.dtype), content)}


def _of_parts(value: Any, depth: int) -> Any:
    if isinstance(value, BaseModel):
        return {name: of_value(getattr(value, name), depth) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: of_value(getattr(value, part.name, None), depth) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): of_value(part, depth) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [of_value(part, depth) for part in value]
    if isinstance(value, set | frozenset):
        return sorted((of_value(part, depth) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    if isinstance(value, bytes | bytearray):
        return hashlib.sha256(value).hexdigest()
    if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "to_numpy"):
        return _of_table(value, depth)
    return _shown(value)


def _of_table(value: Any, depth: int) -> dict[str, Any]:
    """A table, series or index of pandas: labels and values."""
    found = {"type": type(value).__name__, "values": of_value(value.to_numpy(), depth)}
    if hasattr(value, "index") and hasattr(value, "items"):
        found["index"] = of_value(value.index.to_numpy(), depth)
    if hasattr(value, "columns"):
        found["columns"] = of_value(value.columns.to_numpy(), depth)
    return found


def _shown(value: Any) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    try:
        text = long_repr(value)
    except Exception:  # an object of somebody else's
        return kind
    if " at 0x" in text:
        return kind
    return text if len(text) <= LONGEST else digest(text)


def bare(value: Any) -> Any:
    """A fingerprint without the words that decide nothing."""
    if isinstance(value, Mapping):
        return {key: bare(part) for key, part in value.items() if key != NAMED}
    return [bare(part) for part in value] if isinstance(value, list) else value
