"""The numbers of a result as one hash, and the first in which two results differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.universes.counted import counted
from hedgebook.universes.fingerprint import Difference, differences
from hedgebook.universes.fingerprint.values import digest

# What is told beside the numbers: versions, the name and hash of a price file, places and notes.
BESIDE = (
    *("versions", "data", "folder", "report", "pdf", "xlsx", "undefined", "warnings", "notes", "sources", "source"),
    "checks",
)
NAV_COLUMNS = ("nav_open", "nav_close", "cash", "interest", "borrow", "return")


@dataclass(frozen=True)
class NumberDifference:
    """A number that is not the same: where it stands, and both values."""

    name: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.name} is {_shown(self.old)} there and {_shown(self.new)} here"


def figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a result's JSON, as JSON gives them back."""
    kept: dict[str, Any] = json.loads(json.dumps(dict(values), default=str))
    return {key: part for key, part in kept.items() if key not in BESIDE}


def digests(result: Any, values: Mapping[str, Any]) -> dict[str, str | None]:
    """SHA-256 of a result's figures, and of its NAV or table where it has one."""
    return {
        "figures_sha256": digest(json.dumps(figures(values), sort_keys=True)),
        "nav_sha256": _nav(result),
        "table_sha256": _table(result),
    }


def _is_run(result: Any) -> bool:
    from hedgebook.strategies.run.tables import RunTables

    return isinstance(result, RunTables)


def _nav(result: Any) -> str | None:
    if not _is_run(result):
        return None
    return nav_digest(result.nav)


def nav_digest(nav: Any) -> str:
    """SHA-256 of NAV by session: the bits of every column."""
    return nav_columns_digest(nav.index.to_numpy(), {name: nav[name].to_numpy() for name in NAV_COLUMNS})


def nav_columns_digest(sessions: Any, columns: Mapping[str, Any]) -> str:
    """The same of columns that are no table yet."""
    days = np.asarray(sessions).astype("datetime64[D]").astype(np.int64)
    return digest(days.tobytes(), *(_bits(columns[name]) for name in NAV_COLUMNS))


def _table(result: Any) -> str | None:
    """Of a sweep: the bits of every measure of every set."""
    if type(result).__name__ != "Sweep":
        return None
    return table_digest(result.table)


def table_digest(table: Any) -> str:
    """SHA-256 of a table, column by column."""
    parts: list[bytes | str] = []
    for name in table.columns:
        column = table[name]
        plain = column.dtype.kind == "f" and isinstance(column.dtype, np.dtype)
        parts += [str(name), _bits(column.to_numpy()) if plain else repr(column.tolist())]
    return digest(*parts)


def _bits(values: Any) -> bytes:
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()


def first_of_nav(old: Any, new: Any) -> NumberDifference | None:
    """The first session and column in which two tables of NAV differ, None where they do not."""
    days = [f"{day:%Y-%m-%d}" for day in old.index], [f"{day:%Y-%m-%d}" for day in new.index]
    if days[0] != days[1]:
        return NumberDifference("sessions", _span(days[0]), _span(days[1]))
    for i, day in enumerate(days[0]):
        for name in NAV_COLUMNS:
            one, other = float(old[name].iloc[i]), float(new[name].iloc[i])
            if one != other and not (np.isnan(one) and np.isnan(other)):
                return NumberDifference(f"{name} of {day}", one, other)
    return None


def first_of_table(old: Any, new: Any) -> NumberDifference | None:
    """The first set and column in which two tables of sets differ, None where they do not."""
    if list(old.columns) != list(new.columns) or len(old) != len(new):
        return NumberDifference("sets", f"{counted(len(old), 'set')}", f"{counted(len(new), 'set')}")
    for name in old.columns:
        one, other = old[name].tolist(), new[name].tolist()
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            if a is not b and a != b and not (a != a and b != b):
                return NumberDifference(f"{name} of set {old.index[i]}", a, b)
    return None


def first_of_figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> NumberDifference | None:
    """The first figure in which two results differ, None where they do not."""
    found: Iterator[Difference] = differences("", figures(old), figures(new))
    one = next(found, None)
    return None if one is None else NumberDifference(one.name, one.old, one.new)


def _span(days: list[str]) -> str:
    return f"{days[0]} to {days[-1]} ({len(days)})" if days else "none"


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
