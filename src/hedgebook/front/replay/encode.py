"""Arguments of a call as JSON that holds all of them: values, tables, files with their content, prices by hash."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from hedgebook.universes.chains.folder import ENDINGS
from hedgebook.universes.fingerprint import NAMED, of_value
from hedgebook.universes.raw_file import is_file, is_folder

from .call import call_of

Test = Callable[[Any], bool]
IS = "is"
# What is only drawn, told or placed, and decides no number.
LEFT_OUT = ("progress", "tell", "storage", "overwrite", "resume", "pdf", "paper", "xlsx", "threads", "workers", "out")
SCHEDULER = "scheduler"
# Of a table or a file of the user's that is kept in whole; of a larger one its hash alone.
MOST_BYTES = 4_000_000
# Arguments that name a file of a library, or a strategy.
FILES = ("costs", "account", "events", "scenarios", "claims")
STRATEGIES = ("strategy", "trade")
# Arguments whose text may be the name of a file or of a run's folder.
PLACES = (
    "subject",
    "subjects",
    "returns",
    "benchmark",
    "factors",
    "loadings",
    "book",
    "limits",
    "trades",
    "chain",
    "surfaces",
)


class Shared(dict[str, Any]):
    """What a frozen value that many calls share holds, written down once; `known` keeps what decides a number of it."""

    known: Any = None


_MORE: dict[str, tuple[Test, Callable[[Any], Any]]] = {}


def encode(value: Any, name: str = "") -> Any:
    """An argument as JSON, its kind under the key `is` where JSON has none; `name` tells what a text may mean."""
    if name in FILES and isinstance(value, str | Path):
        return _library(value, name)
    if name in STRATEGIES and isinstance(value, str):
        return _MORE["a named strategy"][1](value)
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return _text(value) if isinstance(value, str) and name in PLACES else value
    if isinstance(value, list | tuple):
        parts = [encode(part, name) for part in value]
        return parts if isinstance(value, list) else {IS: "tuple", "values": parts}
    for test, made in (*_MORE.values(), *_KINDS):
        if test(value):
            return made(value)
    return {IS: "unknown", "type": type(value).__qualname__, "value": of_value(value)}


def also_encode(what: str, test: Test, made: Callable[[Any], Any]) -> None:
    """Let values of another kind be written down by `made`: those that `test` knows."""
    _MORE[what] = test, made


def encode_file(path: Path) -> dict[str, Any]:
    """A file by its place, its hash and, where it is not large, its content."""
    data = path.read_bytes()
    found = {IS: "file", NAMED: str(path.absolute()), "sha256": sha256(data).hexdigest()}
    if len(data) > MOST_BYTES:
        return found
    try:
        return {**found, "text": data.decode()}
    except UnicodeDecodeError:
        return {**found, "base64": base64.b64encode(data).decode()}


def _library(value: str | Path, name: str) -> dict[str, Any]:
    """Costs, an account or a library: what was named, and what it holds."""
    found: dict[str, Any] = {IS: "named", NAMED: str(value)}
    if is_file(Path(value)) and (Path(value).suffix or len(Path(value).parts) > 1):
        found = {IS: "named", NAMED: str(Path(value).absolute()), "file": encode_file(Path(value))}
    held = load_library(value, name)
    # A shipped library is one frozen value of many: what was found of it once is kept with it.
    kept = held.__dict__.get("_encoded")
    if kept is None:
        kept = Shared(encode(held))
        object.__setattr__(held, "_encoded", kept)
    return {**found, "value": kept}


def load_library(value: str | Path, name: str) -> Any:
    """What a name or a file of costs, an account, events, scenarios or claims holds."""
    if name == "costs":
        from hedgebook.engine.frictions.costs import load_costs

        return load_costs(value)
    if name == "account":
        from hedgebook.engine.account import load_account

        return load_account(value)
    if name == "events":
        from hedgebook.universes.event import load_events

        return load_events(value)
    if name == "claims":
        from hedgebook.universes.claims.claim import load_claims

        return load_claims(value)
    from hedgebook.engine.stress.scenario import load_scenarios

    return load_scenarios(value)


def _text(value: str) -> Any:
    """A text, which may be the name of a file or a run's folder."""
    path = Path(value)
    looks = bool(path.suffix or len(path.parts) > 1)
    if "\n" in value or not value or not (looks or is_folder(path)):
        return value
    return _path(path) if is_file(path) or is_folder(path) else value


def _path(path: Path) -> Any:
    if is_file(path):
        return encode_file(path)
    if is_folder(path):
        # Tables of a run's folder, or quotes of options.
        tables = (one for one in sorted(path.iterdir()) if one.name.endswith(ENDINGS) and is_file(one))
        files = {one.name: sha256(one.read_bytes()).hexdigest() for one in tables}
        return {IS: "folder", NAMED: str(path.absolute()), "files": files}
    return {IS: "path", "value": str(path)}


def _number(value: float) -> Any:
    return value if math.isfinite(value) else {IS: "number", "value": str(value)}


def encode_array(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """An array, all of it."""
    if values.dtype == object:
        return {IS: "array", "dtype": "object", "shape": list(values.shape), "values": encode(values.ravel().tolist())}
    data = np.ascontiguousarray(values)
    head = {IS: "array", "dtype": data.dtype.str, "shape": list(data.shape)}
    if data.dtype.fields:
        head["dtype"] = [list(one) for one in data.dtype.descr]
    raw = data.tobytes()
    found = {**head, "sha256": sha256(raw).hexdigest()}
    return found if len(raw) > MOST_BYTES else {**found, "base64": base64.b64encode(raw).decode()}


def _is_table(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "to_numpy")


def _table(value: Any) -> dict[str, Any]:
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        columns = [_series(value.iloc[:, i]) for i in range(value.shape[1])]
        return {IS: "table", "columns": _series(value.columns), "index": _series(value.index), "values": columns}
    if isinstance(value, pd.Series):
        name = encode(value.name) if isinstance(value.name, str | int | None) else None
        return {IS: "series", "name": name, "index": _series(value.index), "values": _series(value)}
    if isinstance(value, pd.Timestamp):
        return {IS: "moment", "value": value.isoformat()}
    return _series(value)


def _series(value: Any) -> dict[str, Any]:
    """Values of an index or a column; texts of whatever kind as objects."""
    array = np.asarray(value.to_numpy() if hasattr(value, "to_numpy") else value)
    if getattr(value.dtype, "tz", None) is not None:
        array = np.asarray(value.astype("datetime64[ns, UTC]").tz_localize(None).to_numpy())
    name = getattr(value, "name", None)
    return {**encode_array(array), "name": name if isinstance(name, str) else None}


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    if all(isinstance(key, str) for key in value) and IS not in value:
        return {key: encode(part, key) for key, part in value.items() if key not in LEFT_OUT}
    return {IS: "pairs", "values": [[encode(key), encode(part)] for key, part in value.items()]}


def class_name(kind: type) -> str:
    """Module and name of a class."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _names_of(value: Any) -> list[str]:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    return [part.name for part in fields(value) if part.init]


def encode_object(value: Any) -> dict[str, Any]:
    """A frozen value of hedgebook's by its fields."""
    held = {name: encode(getattr(value, name)) for name in _names_of(value) if name not in LEFT_OUT}
    return {IS: f"object {class_name(type(value))}", **held}


def _is_object(value: Any) -> bool:
    known = isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type))
    return known and type(value).__module__.partition(".")[0] == "hedgebook"


def _enum(value: Enum) -> dict[str, Any]:
    return {IS: f"one of {class_name(type(value))}", "value": encode(value.value)}


def encode_call(value: Any) -> dict[str, Any]:
    """A result by the call that made it."""
    call = call_of(value)
    if call is None:
        return {IS: "unknown", "type": type(value).__name__, "value": None}
    return {IS: "made", "door": call.door, "arguments": encode_arguments(call.arguments)}


def encode_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name, without what decides no number."""
    return {name: encode(value, name) for name, value in arguments.items() if name not in (*LEFT_OUT, SCHEDULER)}


def _loaded(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _path(Path(value.folder))
    return {**found, "loaded": True}


_KINDS: tuple[tuple[Test, Callable[[Any], Any]], ...] = (
    (lambda value: isinstance(value, Enum), _enum),
    (lambda value: isinstance(value, Path), _path),
    (lambda value: isinstance(value, float), _number),
    (lambda value: isinstance(value, np.datetime64), lambda v: {IS: "day", "value": str(v)}),
    (lambda value: isinstance(value, np.generic), lambda value: encode(value.item())),
    (lambda value: isinstance(value, np.ndarray), encode_array),
    (lambda value: isinstance(value, datetime), lambda v: {IS: "moment", "value": v.isoformat()}),
    (lambda value: isinstance(value, date), lambda v: {IS: "date", "value": v.isoformat()}),
    (lambda value: isinstance(value, range), lambda v: {IS: "range", "values": [v.start, v.stop, v.step]}),
    (
        lambda value: isinstance(value, set | frozenset),
        lambda v: {IS: "set", "values": sorted((encode(part) for part in v), key=repr)},
    ),
    (lambda value: isinstance(value, Mapping), _mapping),
    (_is_table, _table),
    (lambda value: hasattr(value, "files") and hasattr(value, "folder"), _loaded),
    (lambda value: call_of(value) is not None, encode_call),
    (_is_object, encode_object),
)
