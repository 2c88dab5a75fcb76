"""The figures of a result as tables: what stands nested in its JSON, unrounded, as rows and columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NAME, VALUE = "name", "value"
# What a row is called that has a name of its own besides.
KEY = "key"
SHORT_LIST = 400
Row = dict[str, Any]


def scalars(values: Mapping[str, Any]) -> Row:
    """What stands by itself in a result, lists of words and numbers joined."""
    return {name: _joined(value) for name, value in values.items() if _is_scalar(value)}


def tables(values: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Every table within a result by name, in the order in which they stand there.

    Rows within rows become a table of their own that begins with the key of the row around them.
    """
    found: dict[str, list[Row]] = {}
    for name, value in values.items():
        if value and not _is_scalar(value):
            _collect(name, value, {}, found)
    return {name: _frame(rows) for name, rows in found.items() if rows}


def _collect(name: str, value: Any, keys: Row, found: dict[str, list[Row]]) -> None:
    """Add the rows of a value to the table `name`; keys: of the rows around it."""
    if isinstance(value, list):
        if not all(isinstance(row, Mapping) for row in value):
            found.setdefault(name, []).extend({**keys, VALUE: _joined(row)} for row in value)
            return
        found.setdefault(name, [])
        for row in value:
            found[name].append({**keys, **_own(row)})
            _children(name, row, {**keys, **_key(row)}, found)
    elif value and all(isinstance(part, list) for part in value.values()):
        if all(_is_scalar(part) for part in value.values()):
            found.setdefault(name, []).extend({**keys, NAME: k, VALUE: _joined(part)} for k, part in value.items())
            return
        for key, part in value.items():
            _collect(name, part, {**keys, NAME: key}, found)
    elif value and all(isinstance(part, Mapping) for part in value.values()):
        found.setdefault(name, [])
        head = NAME if not any(NAME in part for part in value.values()) else KEY
        for key, part in value.items():
            found[name].append({**keys, head: key, **_own(part)})
            _children(name, part, {**keys, head: key}, found)
    else:
        found.setdefault(name, []).extend({**keys, NAME: k, VALUE: part} for k, part in _own(value).items())
        _children(name, value, keys, found)


def _children(name: str, row: Mapping[str, Any], keys: Row, found: dict[str, list[Row]]) -> None:
    """The tables that stand within a row, however deep."""
    for key, part in row.items():
        if isinstance(part, list) and not _is_scalar(part):
            _collect(f"{name} {key}", part, keys, found)
        elif isinstance(part, Mapping):
            _children(f"{name} {key}", part, keys, found)


def _own(row: Mapping[str, Any], path: str = "") -> Row:
    """The values of a row, those of mappings within it by their path; not those of rows within it."""
    own: Row = {}
    for key, part in row.items():
        where = f"{path}.{key}" if path else str(key)
        if isinstance(part, Mapping):
            own |= _own(part, where)
        elif _is_scalar(part):
            own[where] = _joined(part)
    return own


def _key(row: Mapping[str, Any]) -> Row:
    """What tells a row from the others: its first value."""
    return next(({str(key): part} for key, part in row.items() if part is not None and _is_scalar(part)), {})


def _is_scalar(value: Any) -> bool:
    if isinstance(value, Mapping):
        return False
    if isinstance(value, list):
        return all(not isinstance(part, (Mapping, list)) for part in value) and len(_joined(value)) < SHORT_LIST
    return True


def _joined(value: Any) -> Any:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else value


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a table: the last part of a path where that is enough, and real days."""
    heads = list(dict.fromkeys(head for row in rows for head in row))
    last = [head.rsplit(".", 1)[-1] for head in heads]
    plain = {h: tail if last.count(tail) == 1 and tail not in heads else h for h, tail in zip(heads, last, strict=True)}
    frame = pd.DataFrame({plain[head]: [row.get(head) for row in rows] for head in heads})
    return pd.DataFrame({name: days(frame[name]) for name in frame.columns}, index=frame.index)


def days(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of days as days, any other as it is."""
    if column.dtype.kind not in "OT" and not isinstance(column.dtype, pd.StringDtype):
        return column
    known = [value for value in column if value is not None and value == value]
    if known and all(isinstance(value, str) and DAY.fullmatch(value) for value in known):
        return pd.to_datetime(column, errors="coerce")
    return column
